"""
TLS as the web configuration asks for it: settings and the bytes of certificates to an SSLContext.
Knows of no connection.
"""

import os
import ssl
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from exporter.errors import ConfigError, Problem
from exporter.web.access import opened
from exporter.web.access.settings import CIPHERS, CURVES, TlsSettings

VERSIONS = {
    "TLS10": ssl.TLSVersion.TLSv1,
    "TLS11": ssl.TLSVersion.TLSv1_1,
    "TLS12": ssl.TLSVersion.TLSv1_2,
    "TLS13": ssl.TLSVersion.TLSv1_3,
}
OLD = {"TLS10", "TLS11"}
SECTION = "tls_server_config"
A_CURVE = "CurveP256, CurveP384 or CurveP521; or none: then X25519 is preferred anyway"


Seen = tuple[str, int, int, int]
"""A path, and the number, size and time (ns) of what is there."""


@dataclass(frozen=True, slots=True)
class Material:
    """The contents of the files; empty where there is none."""

    cert: bytes
    key: bytes
    client_ca: bytes
    system: tuple[Seen, ...]
    """What the system's authorities look like, where they count."""


def material(settings: TlsSettings, file: str) -> Material:
    """What `settings` of `file` name, read now; raises ConfigError."""

    def content(name: str, path: str, inline: str) -> bytes:
        try:
            return opened.content(Path(path)) if path else inline.encode()
        except OSError as error:
            found = f"a file that cannot be read ({path}: {error.strerror})"
            raise mistaken(file, f"{name}_file", found, "a file in PEM") from None

    return Material(
        content("cert", settings.cert_file, settings.cert),
        content("key", settings.key_file, settings.key),
        content("client_ca", settings.client_ca_file, settings.client_ca),
        system() if settings.verifies and not settings.client_ca_file + settings.client_ca else (),
    )


def system() -> tuple[Seen, ...]:
    """The files and folders with the system's authorities, as they are now."""
    places = ssl.get_default_verify_paths()
    return tuple(looked_at(path) for path in (places.cafile, places.capath) if path)


def looked_at(path: str) -> Seen:
    """What tells whether something has changed; a package replaces the whole file."""
    with suppress(OSError):
        found = Path(path).stat()
        return path, found.st_ino, found.st_size, found.st_mtime_ns
    return path, 0, 0, 0


def mistaken(file: str, name: str, found: str, accepted: str) -> ConfigError:
    """One mistake about TLS."""
    return ConfigError(file, [Problem(f"{SECTION}.{name}".rstrip("."), None, found, accepted)])


def context(settings: TlsSettings, given: Material, file: str) -> ssl.SSLContext:
    """What a server speaks; raises ConfigError."""
    made = bare(settings, file)
    load_certificate(made, given, file)
    if settings.verifies:
        load_authorities(made, settings, given, file)
    return made


def bare(settings: TlsSettings, file: str) -> ssl.SSLContext:
    """The same without anything that takes long to load: certificate, key and authorities."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    set_versions(made, settings)
    set_ciphers(made, settings, file)
    set_curves(made, settings, file)
    if settings.verifies:
        required = settings.client_auth_type == "RequireAndVerifyClientCert"
        made.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL
        # What is trusted need not be a root.
        made.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    return made


def set_curves(made: ssl.SSLContext, settings: TlsSettings, file: str) -> None:
    """The curve that was asked for, if any; X25519 cannot be chosen in Debian 12's Python."""
    for name in settings.curve_preferences:
        try:
            made.set_ecdh_curve(CURVES[name])
        except (ssl.SSLError, ValueError):
            found = f'"{name}", which this Python\'s TLS cannot choose'
            raise mistaken(file, "curve_preferences", found, A_CURVE) from None


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


def load_authorities(
    made: ssl.SSLContext, settings: TlsSettings, given: Material, file: str
) -> None:
    """Who signs certificates of clients; without any, those of the system, as Go does."""
    if not (settings.client_ca or settings.client_ca_file):
        made.load_default_certs(ssl.Purpose.CLIENT_AUTH)
        return
    try:
        # Certificates in PEM are ASCII; comments between them need not be.
        made.load_verify_locations(cadata=given.client_ca.decode("ascii", "ignore"))
    except (ssl.SSLError, ValueError):
        found = "no certificate that can be used"
        raise mistaken(file, "client_ca", found, "certificates in PEM") from None
