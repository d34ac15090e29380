"""PKCS#12, the binary format of .pfx and .p12 files."""

import re
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import pkcs12

from exporter.sources.opened import ACCEPTED, Opened
from exporter.sources.secret import Secret
from exporter.sources.unreadable import SourceUnreadable

# A sequence, of known or unknown length, that begins with version 3.
BEGINNING = re.compile(
    rb"\x30(?:[\x00-\x80]|\x81.|\x82(?P<two>..)|\x83...|\x84....)\x02\x01\x03", re.DOTALL
)


def open_pfx(content: bytes, password: Secret | None, path: Path) -> Opened:
    """Its key and certificates; no password is tried as well, which is also the empty one."""
    given = password.to_bytes() if password else b""
    if b"\x00" in given:
        raise SourceUnreadable(with_nul(path))
    for attempt in [given, None] if given else [None]:
        try:
            bag = pkcs12.load_pkcs12(content, attempt)
        except UnsupportedAlgorithm:
            raise SourceUnreadable(
                f"{path} is PKCS#12 that is encrypted in a way that is not known; export it again"
                " with AES-256"
            ) from None
        except (ValueError, TypeError):
            continue
        return opened(bag, locked=attempt is not None)
    raise SourceUnreadable(unopened(content, path, given=bool(given)))


def with_nul(path: Path) -> str:
    """Not to be tried: the library would panic, and print the password."""
    return (
        f"the password for {path} has a NUL character in it, so it cannot be its password; save the"
        " value that `certificate.password` names as UTF-8 text, without NUL characters (PowerShell"
        " 5 writes UTF-16, which has them, unless told `-Encoding ascii`)"
    )


def opened(bag: pkcs12.PKCS12KeyAndCertificates, *, locked: bool) -> Opened:
    """The certificate that is the key's own comes first, where the file says which that is."""
    certificates = [bag.cert] if bag.cert else []
    certificates += bag.additional_certs
    return Opened(
        keys=[bag.key] if bag.key else [],
        certificates=[one.certificate for one in certificates],
        locked=locked,
        paired=bag.cert is not None,
    )


def unopened(content: bytes, path: Path, *, given: bool) -> str:
    """Why it does not open: cut short, or the password."""
    beginning = BEGINNING.match(content)
    size = int.from_bytes(beginning["two"]) + 4 if beginning and beginning["two"] else 0
    if size > len(content):
        return f"{path} is PKCS#12 of {size} bytes, cut short to {len(content)}; copy it again"
    if given:
        return (
            f"the password does not open {path}, which is PKCS#12, or the file is damaged; correct"
            " the value that `certificate.password` names"
        )
    return (
        f"{path} is PKCS#12 with a password, and none is given; set `certificate.password` to where"
        f" the password is ({ACCEPTED})"
    )
