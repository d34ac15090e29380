"""PEM: blocks of text, in any order, with anything between them."""

import re
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from exporter.sources.opened import ACCEPTED, Opened
from exporter.sources.secret import Secret
from exporter.sources.unreadable import SourceUnreadable

MARK = b"-----BEGIN "
KEY = re.compile(
    rb"-----BEGIN (?P<kind>(?:[A-Z0-9]+ )*PRIVATE KEY)-----.*?-----END (?P=kind)-----", re.DOTALL
)
CERTIFICATE = re.compile(
    rb"-----BEGIN (?P<kind>(?:X509 )?CERTIFICATE)-----.*?-----END (?P=kind)-----", re.DOTALL
)


def open_pem(content: bytes, password: Secret | None, path: Path) -> Opened:
    """Its keys and certificates; the password is used for keys that are encrypted, and no other."""
    blocks = [match[0] for match in KEY.finditer(content)]
    return Opened(
        keys=[private_key(block, password, path) for block in blocks],
        certificates=certificates(content, path),
        locked=any(encrypted(block) for block in blocks),
    )


def encrypted(block: bytes) -> bool:
    """In one of the two ways: PKCS#8's, and OpenSSL's older one."""
    first = block.split(b"\n", 2)[:2]
    return b"ENCRYPTED" in first[0] or b"Proc-Type: 4,ENCRYPTED" in first[-1]


def private_key(block: bytes, password: Secret | None, path: Path) -> PrivateKeyTypes:
    """The key of a block."""
    locked = encrypted(block)
    if locked and (password is None or not password.reveal()):
        raise SourceUnreadable(
            f"the private key in {path} is encrypted and there is no password; set"
            " `certificate.password` to where the password is"
        )
    try:
        return serialization.load_pem_private_key(
            block, password.to_bytes() if password and locked else None
        )
    except UnsupportedAlgorithm:
        raise SourceUnreadable(
            f"the private key in {path} is of a kind, or encrypted in a way, that is not known;"
            f" {ACCEPTED}"
        ) from None
    except (ValueError, TypeError):
        raise SourceUnreadable(unusable(path, locked=locked)) from None


def unusable(path: Path, *, locked: bool) -> str:
    """Why a key does not open."""
    if locked:
        return (
            f"the password does not open the private key in {path}; correct the value that"
            " `certificate.password` names"
        )
    return f"the private key in {path} is damaged or of an unknown kind; {ACCEPTED}"


def certificates(content: bytes, path: Path) -> list[x509.Certificate]:
    """Every certificate, the first one first."""
    found = []
    for number, match in enumerate(CERTIFICATE.finditer(content), start=1):
        try:
            found.append(x509.load_pem_x509_certificate(match[0]))
        except ValueError:
            raise SourceUnreadable(
                f"certificate {number} in {path} is damaged; copy the file again, whole"
            ) from None
    return found
