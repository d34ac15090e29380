"""
TLS with clients that show a certificate: each connection verifies it anew, against authorities that
were loaded once. Reads no file.
"""

import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from typing import cast

from exporter.web.access.settings import TlsSettings
from exporter.web.access.tls import bare

SANS = "subjectAltName"
NAMES = {"DNS", "email", "URI", "IP Address"}


@dataclass(frozen=True, slots=True)
class Speech:
    """What connections speak: `whole` has everything, `kind` is what a verified one is made of."""

    settings: TlsSettings
    whole: ssl.SSLContext
    kind: type[ssl.SSLObject] | None
    file: str

    def for_one(self) -> ssl.SSLContext:
        """
        The context of one connection. OpenSSL keeps sessions in the context that a connection began
        with; Python cannot turn that off for TLS 1.2. In one of its own, there is none of before.
        """
        if self.kind is None:
            return self.whole
        made = bare(self.settings, self.file)
        made.sslobject_class = self.kind
        return made


def speech(settings: TlsSettings, whole: ssl.SSLContext, file: str) -> Speech:
    """What is spoken with a context that has certificate, key and authorities."""
    names = settings.client_allowed_sans
    allowed = None if names is None else frozenset(names)
    return Speech(settings, whole, verified(whole, allowed) if settings.verifies else None, file)


def verified(whole: ssl.SSLContext, names: frozenset[str] | None) -> type[ssl.SSLObject]:
    """
    A TLS connection that takes certificate, key and authorities from `whole`, and whose handshake
    fails when the client has none of the names; with None, any will do.
    """

    class Verified(ssl.SSLObject):
        """Checks after the chain was verified, before anything is read."""

        def do_handshake(self) -> None:
            """As always, and then what stands for the client."""
            if self.context is not whole:
                self.context = whole
            super().do_handshake()
            if self.session_reused:
                raise ssl.SSLCertVerificationError("the client went on with a session of before")
            if names is not None and names.isdisjoint(alternative_names(self)):
                raise ssl.SSLCertVerificationError("the client's certificate has no allowed name")

    return Verified


def alternative_names(connection: ssl.SSLObject) -> set[str]:
    """The subject alternative names of the other side, IP addresses in their shortest form."""
    pairs = cast("tuple[tuple[str, str], ...]", (connection.getpeercert() or {}).get(SANS, ()))
    return {plain(kind, name) for kind, name in pairs if kind in NAMES}


def plain(kind: str, name: str) -> str:
    """OpenSSL writes IPv6 addresses without shortening them."""
    return str(ip_address(name.strip())) if kind == "IP Address" else name
