"""
Certificates to sign in with: throwaway keys, made in memory when they are first needed, what is
issued for them, and how Graph lists that after an upload. Writes no file.
"""

from datetime import UTC, datetime
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from exporter.simulator.directory import KeyCredential
from exporter.simulator.values import timestamp

FIRST_KEY, SECOND_KEY = "first", "second"
KEY_SIZE = 2048
# An issuer numbers what it issues; here nobody looks.
SERIAL = 1


def key_credential(
    certificate: x509.Certificate, key_id: str, name: str | None = None
) -> KeyCredential:
    """Register a certificate; its name is its subject when none is given."""
    sha1 = certificate.fingerprint(hashes.SHA1())  # noqa: S303 - Graph shows SHA-1, it only names
    return KeyCredential(
        key_id=key_id,
        display_name=name or certificate.subject.rfc4514_string(),
        start=timestamp(certificate.not_valid_before_utc.timestamp()),
        end=timestamp(certificate.not_valid_after_utc.timestamp()),
        custom_key_identifier=sha1.hex().upper(),
        certificate=certificate.public_bytes(serialization.Encoding.DER),
    )


@lru_cache
def private_key(name: str) -> rsa.RSAPrivateKey:
    """
    Make a key, once for each name: that takes a tenth of a second.

    RSA, for azure-identity signs with nothing else.
    """
    del name
    return rsa.generate_private_key(public_exponent=65_537, key_size=KEY_SIZE)


def issued(key: str, subject: str, begin: float, end: float) -> x509.Certificate:
    """Issue a certificate for a key; the same for the same arguments, as long as the key lives."""
    name = x509.Name.from_rfc4514_string(subject)
    private = private_key(key)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(SERIAL)
        .not_valid_before(datetime.fromtimestamp(begin, UTC))
        .not_valid_after(datetime.fromtimestamp(end, UTC))
        .sign(private, hashes.SHA256())
    )


def pem_file(key: str, certificate: x509.Certificate) -> bytes:
    """Write a private key, and a certificate that may be that of another, as one PEM file."""
    private = private_key(key).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)
