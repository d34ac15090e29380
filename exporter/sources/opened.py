"""What was found in a file that holds a certificate, whatever its format."""

from dataclasses import dataclass, field

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.x509 import Certificate

ACCEPTED = (
    "accepted are PEM with a private key and its certificate, and PKCS#12 (.pfx, .p12), with an"
    " RSA or EC key"
)


@dataclass(frozen=True, slots=True)
class Opened:
    """
    Keys and certificates in the order of the file; `locked` when it took the password to open.

    `paired` is false where the file itself does not say which certificate is the key's.
    """

    keys: list[PrivateKeyTypes] = field(repr=False)
    certificates: list[Certificate]
    locked: bool
    paired: bool = True

    def pair(self) -> tuple[PrivateKeyTypes, Certificate] | None:
        """The first key that has a certificate here, and that certificate."""
        for key in self.keys:
            for certificate in self.certificates:
                if belongs(key, certificate):
                    return key, certificate
        return None


def belongs(key: PrivateKeyTypes, certificate: Certificate) -> bool:
    """Whether the certificate is about the key."""
    try:
        return key.public_key() == certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return False
