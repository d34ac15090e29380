"""A certificate with its private key, ready to sign in with. Shows what is public of it only."""

from dataclasses import dataclass, field

from exporter.sources.secret import Secret


@dataclass(frozen=True, slots=True)
class CertificateMaterial:
    """
    PEM or PKCS#12, the password that opens it if it needs one, and what its certificate says.

    `thumbprint` is SHA-1 in upper-case hex, as Graph shows it; `starts` and `expires` are Unix
    time. In PEM the key and the certificate that belongs to it come first of their kind.
    """

    pem_or_pfx: bytes = field(repr=False)
    password: Secret | None
    thumbprint: str
    expires: float
    starts: float
    subject: str

    def __reduce__(self) -> tuple[type["CertificateMaterial"], tuple[object, ...]]:
        """What would be stored in a pickle: not the key."""
        public = (self.thumbprint, self.expires, self.starts, self.subject)
        return CertificateMaterial, (b"", None, *public)

    def __copy__(self) -> "CertificateMaterial":
        """Itself, as it cannot change: copying goes by pickling otherwise."""
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> "CertificateMaterial":
        """The same for a deep copy."""
        return self
