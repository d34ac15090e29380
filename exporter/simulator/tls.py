"""
A certificate authority for one run: makes the simulator's server certificate and forgets its keys.
Valid from 2000 to 2099 on purpose: tests freeze the time, and this is not what they test.
"""

import ipaddress
import ssl
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

BEGIN = datetime(2000, 1, 1, tzinfo=UTC)
END = datetime(2099, 12, 31, tzinfo=UTC)
ADDRESSES = (
    x509.DNSName("localhost"),
    x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    x509.IPAddress(ipaddress.ip_address("::1")),
)


def server_context(directory: Path, host: str) -> tuple[ssl.SSLContext, Path]:
    """
    Make the listener's TLS context and the file of the authority that clients must trust.

    `ssl` reads keys from files alone, so the server's key is on disk for the moment of loading it.
    """
    ca_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = authority_certificate(ca_key)
    certificate = server_certificate(authority, ca_key, server_key.public_key(), host)
    ca_file, chain = directory / "ca.pem", directory / "server.pem"
    ca_file.write_bytes(pem(authority))
    chain.touch(mode=0o600)
    try:
        chain.write_bytes(private_pem(server_key) + pem(certificate))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
    finally:
        chain.unlink()
    return context, ca_file


def authority_certificate(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    """Make the self-signed certificate of the authority."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Simulated tenant throwaway CA")])
    return (
        builder(name, name, key.public_key(), key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )


def server_certificate(
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    key: ec.EllipticCurvePublicKey,
    host: str,
) -> x509.Certificate:
    """Make the certificate of the listener, for the loopback addresses and `host`."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Simulated tenant")])
    names = list(ADDRESSES)
    if host != "localhost" and x509.IPAddress(ipaddress.ip_address(host)) not in names:
        names.append(x509.IPAddress(ipaddress.ip_address(host)))
    server_auth = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    return (
        builder(name, authority.subject, key, authority_key.public_key())
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage(signs_certificates=False), critical=True)
        .add_extension(server_auth, critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    issuer_key: ec.EllipticCurvePublicKey,
) -> x509.CertificateBuilder:
    """Begin a certificate; both key identifiers are there because strict clients demand them."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGIN)
        .not_valid_after(END)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False
        )
    )


def usage(*, signs_certificates: bool) -> x509.KeyUsage:
    """Say what a key is for."""
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def pem(certificate: x509.Certificate) -> bytes:
    """Write a certificate as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Write a private key as PEM, for the moment in which `ssl` reads it."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
