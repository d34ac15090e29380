"""A certificate with its private key, from a file. Whether it is valid is found out elsewhere."""

import asyncio
import base64
import binascii
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from exporter.config import CertificateConfig, SourceConfig
from exporter.sources.access import TokenCredential
from exporter.sources.file import read_bytes
from exporter.sources.material import CertificateMaterial
from exporter.sources.opened import ACCEPTED, Opened
from exporter.sources.pem import MARK, open_pem
from exporter.sources.pfx import BEGINNING, open_pfx
from exporter.sources.reading import read
from exporter.sources.secret import Secret
from exporter.sources.unreadable import SourceUnreadable


async def read_certificate(
    config: CertificateConfig,
    credential: TokenCredential | None = None,
    *,
    ca_file: Path | None = None,
    verify_resource: bool = True,
) -> CertificateMaterial:
    """What is in the file now; raises SourceUnreadable. `read` takes the same for the password."""
    content = await read_bytes(SourceConfig(file=config.file))
    password = None
    if config.password is not None:
        stored = await read(
            config.password, credential, ca_file=ca_file, verify_resource=verify_resource
        )
        # Most editors, and `echo`, put a newline at the end.
        password = Secret(stored.reveal().rstrip("\r\n"))
    # Trying a password takes its time, by design.
    return await asyncio.to_thread(material_of, content, password, config.file)


def material_of(content: bytes, password: Secret | None, path: Path) -> CertificateMaterial:
    """As `pair_of`; what the library fails with may hold the password, and is not passed on."""
    try:
        return pair_of(content, password, path)
    except BaseException as error:
        if not failed_inside(error):
            raise
    raise SourceUnreadable(
        f"{path} could not be opened: it made the library that reads it fail; export or copy it"
        " again, and check the value that `certificate.password` names, if it has one"
    )


def failed_inside(error: BaseException) -> bool:
    """
    Whether the library stumbled: over values that it decodes late, or with a panic of its Rust
    code, which is no Exception, ends the process when nobody stops it, and has no importable type.
    """
    if isinstance(error, SourceUnreadable):
        return False
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"


def pair_of(content: bytes, password: Secret | None, path: Path) -> CertificateMaterial:
    """The pair in the content, and the content in a form that finds that pair again."""
    found = opened(content, password, path)
    key, leaf = pair_in(found, path)
    as_it_is = found.paired and found.keys[0] is key and found.certificates[0] is leaf
    return CertificateMaterial(
        pem_or_pfx=content if as_it_is else rewritten(found, key, leaf),
        password=password if as_it_is and found.locked else None,
        thumbprint=leaf.fingerprint(hashes.SHA1()).hex().upper(),  # noqa: S303 - it only names
        expires=leaf.not_valid_after_utc.timestamp(),
        starts=leaf.not_valid_before_utc.timestamp(),
        subject=leaf.subject.rfc4514_string(),
    )


def opened(content: bytes, password: Secret | None, path: Path) -> Opened:
    """By what the content looks like, not by the file's name."""
    if BEGINNING.match(content):
        return open_pfx(content, password, path)
    if MARK in content:
        return open_pem(content, password, path)
    raise SourceUnreadable(f"{path} {other_format(content)}; {ACCEPTED}")


def other_format(content: bytes) -> str:
    """What else the file may be."""
    if not content:
        return "is empty"
    try:
        if BEGINNING.match(base64.b64decode(b"".join(content.split()), validate=True)):
            return "is PKCS#12 written as base64 text: decode it with `base64 -d`"
    except binascii.Error:
        pass
    try:
        x509.load_der_x509_certificate(content)
    except ValueError:
        return "is neither PEM nor PKCS#12"
    return "is a certificate alone, in DER, without its private key"


def pair_in(found: Opened, path: Path) -> tuple[PrivateKeyTypes, x509.Certificate]:
    """The key and its certificate, or what is missing."""
    count = f"{len(found.certificates)} certificate{'s' * (len(found.certificates) != 1)}"
    if not found.keys:
        raise SourceUnreadable(f"{path} holds {count} and no private key; {ACCEPTED}")
    if not found.certificates:
        raise SourceUnreadable(f"{path} holds a private key and no certificate; {ACCEPTED}")
    pair = found.pair()
    if pair is None:
        raise SourceUnreadable(
            f"the private key in {path} belongs to no certificate in it (there: {count});"
            " put the certificate that was made for this key beside it"
        )
    if not isinstance(pair[0], RSAPrivateKey | EllipticCurvePrivateKey):
        kind = type(pair[0]).__name__.lstrip("_").removesuffix("PrivateKey")
        raise SourceUnreadable(f"the private key in {path} is of the kind {kind}; {ACCEPTED}")
    return pair


def rewritten(found: Opened, key: PrivateKeyTypes, leaf: x509.Certificate) -> bytes:
    """The pair first, as PEM without a password: azure-identity takes the first of each kind."""
    chain = [leaf, *(one for one in found.certificates if one is not leaf)]
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + b"".join(one.public_bytes(Encoding.PEM) for one in chain)
