"""A certificate authority of the tests' own, and what it signs, in PEM."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

HOSTS = (x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1")))
DAY = timedelta(days=1)

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

SIGNS = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


@dataclass(frozen=True)
class Signed:
    """A certificate and its key."""

    cert: str
    key: str
    serial: int

    def write(self, folder: Path, name: str) -> tuple[Path, Path]:
        """Both in files."""
        cert, key = folder / f"{name}.pem", folder / f"{name}.key"
        cert.write_text(self.cert)
        key.write_text(self.key)
        return cert, key


class Authority:
    """Signs whatever it is asked to."""

    def __init__(self, name: str = "tests") -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = named(name)
        basic = x509.BasicConstraints(ca=True, path_length=None)
        builder = begun(self.name, self.key).issuer_name(self.name)
        own = x509.SubjectKeyIdentifier.from_public_key(self.key.public_key())
        builder = builder.add_extension(own, critical=False).add_extension(SIGNS, critical=True)
        self.certificate = builder.add_extension(basic, critical=True).sign(
            self.key, hashes.SHA256()
        )

    @property
    def pem(self) -> str:
        """The authority's own certificate."""
        return str(self.certificate.public_bytes(serialization.Encoding.PEM), "ascii")

    def sign(
        self, *names: x509.GeneralName, key: Key | None = None, password: bytes = b""
    ) -> Signed:
        """A certificate for the names."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        # Python 3.13 trusts no certificate that does not say which key has signed it.
        signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        builder = begun(named("signed"), key).issuer_name(self.name)
        builder = builder.add_extension(signer, critical=False)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        made = builder.sign(self.key, hashes.SHA256())
        cert = str(made.public_bytes(serialization.Encoding.PEM), "ascii")
        return Signed(cert, key_pem(key, password), made.serial_number)


def named(name: str) -> x509.Name:
    """A subject."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def begun(subject: x509.Name, key: Key) -> x509.CertificateBuilder:
    """What every certificate has."""
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
    )


def key_pem(key: Key, password: bytes = b"") -> str:
    """A private key, with a password if there is one."""
    encryption = (
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption()
    )
    return str(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
        ),
        "ascii",
    )
