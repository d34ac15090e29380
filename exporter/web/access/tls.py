"""
TLS as the web configuration asks for it: settings and the bytes of certificates to an SSLContext.
Knows of no connection.
"""

import os
import ssl
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import cast

from exporter.errors import ConfigError, Problem
from exporter.web.access.settings import CIPHERS, CURVES, TlsSettings

VERSIONS = {
    "TLS10": ssl.TLSVersion.TLSv1,
    "TLS11": ssl.TLSVersion.TLSv1_1,
    "TLS12": ssl.TLSVersion.TLSv1_2,
    "TLS13": ssl.TLSVersion.TLSv1_3,
}
OLD = {"TLS10", "TLS11"}
SECTION = "tls_server_config"
SANS = "subjectAltName"
NAMES = {"DNS", "email", "URI", "IP Address"}


@dataclass(frozen=True, slots=True)
class Material:
    """The contents of the files; empty where there is none."""

    cert: bytes
    key: bytes
    client_ca: bytes


def material(settings: TlsSettings, file: str) -> Material:
    """What `settings` of `file` name, read now; raises ConfigError."""

    def content(name: str, path: str, inline: str) -> bytes:
        try:
            return Path(path).read_bytes() if path else inline.encode()
        except OSError as error:
            found = f"a file that cannot be read ({path}: {error.strerror})"
            raise mistaken(file, f"{name}_file", found, "a file in PEM") from None

    return Material(
        content("cert", settings.cert_file, settings.cert),
        content("key", settings.key_file, settings.key),
        content("client_ca", settings.client_ca_file, settings.client_ca),
    )


def mistaken(file: str, name: str, found: str, accepted: str) -> ConfigError:
    """One mistake about TLS."""
    return ConfigError(file, [Problem(f"{SECTION}.{name}".rstrip("."), None, found, accepted)])


def context(settings: TlsSettings, given: Material, file: str) -> ssl.SSLContext:
    """What a server speaks; raises ConfigError."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    load_certificate(made, given, file)
    set_versions(made, settings)
    set_ciphers(made, settings, file)
    for name in settings.curve_preferences:
        made.set_ecdh_curve(CURVES[name])
    if settings.verifies:
        ask_clients(made, settings, given, file)
    return made


def load_certificate(made: ssl.SSLContext, given: Material, file: str) -> None:
    """The server's own; a key that needs a password is refused instead of asking a terminal."""
    try:
        with as_file(given.cert) as cert, as_file(given.key) as key:
            made.load_cert_chain(cert, key, password="")
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or "no certificate or no key in it"
        found = f"a certificate and a key that cannot be used ({reason})"
        accepted = "a certificate chain and its private key without a password, both in PEM"
        raise mistaken(file, "", found, accepted) from None


@contextmanager
def as_file(content: bytes) -> Iterator[str]:
    """A file for OpenSSL, in memory where the system has that: the disk may be read-only."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("pem")
        try:
            os.write(descriptor, content)
            yield f"/proc/self/fd/{descriptor}"
        finally:
            os.close(descriptor)
    else:
        with tempfile.NamedTemporaryFile() as file:
            file.write(content)
            file.flush()
            yield file.name


def set_versions(made: ssl.SSLContext, settings: TlsSettings) -> None:
    """From the oldest to the newest that is spoken."""
    with warnings.catch_warnings():
        # Whoever asks for TLS 1.0 knows how old it is.
        warnings.simplefilter("ignore", DeprecationWarning)
        made.minimum_version = VERSIONS[settings.min_version]
        made.maximum_version = VERSIONS[settings.max_version]


def set_ciphers(made: ssl.SSLContext, settings: TlsSettings, file: str) -> None:
    """Those that are named, or the usual ones; versions before 1.2 need what OpenSSL distrusts."""
    if not settings.prefer_server_cipher_suites:
        made.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    names = [CIPHERS[name] for name in settings.cipher_suites if CIPHERS[name]]
    if settings.cipher_suites and not names:
        if settings.max_version != "TLS13":
            found = "only cipher suites of TLS 1.3, which max_version rules out"
            raise mistaken(file, "cipher_suites", found, "one of an older version")
        made.minimum_version = ssl.TLSVersion.TLSv1_3
    old = settings.min_version in OLD
    if names or old:
        made.set_ciphers(":".join(names or ["DEFAULT"]) + ("@SECLEVEL=0" if old else ""))


def ask_clients(made: ssl.SSLContext, settings: TlsSettings, given: Material, file: str) -> None:
    """Verify clients; without a CA of one's own against those of the system, as Go does."""
    required = settings.client_auth_type == "RequireAndVerifyClientCert"
    made.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL
    # What is trusted need not be a root.
    made.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    if settings.client_ca or settings.client_ca_file:
        try:
            # Certificates in PEM are ASCII; comments between them need not be.
            made.load_verify_locations(cadata=given.client_ca.decode("ascii", "ignore"))
        except (ssl.SSLError, ValueError):
            found = "no certificate that can be used"
            raise mistaken(file, "client_ca", found, "certificates in PEM") from None
    else:
        made.load_default_certs(ssl.Purpose.CLIENT_AUTH)
    if settings.client_allowed_sans is not None:
        made.sslobject_class = allowing(frozenset(settings.client_allowed_sans))


def allowing(names: frozenset[str]) -> type[ssl.SSLObject]:
    """A TLS connection whose handshake fails when the client has none of the names."""

    class Allowing(ssl.SSLObject):
        """Checks after the chain was verified, before anything is read."""

        def do_handshake(self) -> None:
            """As always, and then the names."""
            super().do_handshake()
            if names.isdisjoint(alternative_names(self)):
                raise ssl.SSLCertVerificationError("the client's certificate has no allowed name")

    return Allowing


def alternative_names(connection: ssl.SSLObject) -> set[str]:
    """The subject alternative names of the other side, IP addresses in their shortest form."""
    pairs = cast("tuple[tuple[str, str], ...]", (connection.getpeercert() or {}).get(SANS, ()))
    return {plain(kind, name) for kind, name in pairs if kind in NAMES}


def plain(kind: str, name: str) -> str:
    """OpenSSL writes IPv6 addresses without shortening them."""
    return str(ip_address(name.strip())) if kind == "IP Address" else name
