"""
A certificate as Graph lists it after an upload, so that a client that has its key can sign in.
Makes no certificate; whoever signs in brings one.
"""

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from exporter.simulator.directory import KeyCredential
from exporter.simulator.values import timestamp


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
