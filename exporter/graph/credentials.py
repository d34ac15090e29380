"""
What the entries of an object mean: which are secrets and certificates, which belong together as one
SAML signing certificate, how they are named and when they end. Pure.
"""

import base64
import binascii
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec.structs import replace

from exporter.graph.wire import KeyEntry, ObjectEntry, PasswordEntry, Unreadable
from exporter.model import Credential, CredentialKind, DirectoryObject, ObjectType

SHA1_BYTES = 20
LONGEST_DATE = 40
IDEOGRAPHS = "\N{IDEOGRAPHIC SPACE}"
"""Bytes that never were text decode mostly to ideographs: from here on a name is not believed."""


def read_object(
    entry: ObjectEntry, object_type: ObjectType, lost: list[Unreadable]
) -> DirectoryObject:
    """The object with its credentials; those with a date that makes no sense go to `lost`."""
    signing, keys, passwords = split_signing(entry, object_type)
    found = [
        *read_signing(entry, signing, lost),
        *read_each(entry, CredentialKind.CERTIFICATE, keys, lost),
        *read_each(entry, CredentialKind.SECRET, passwords, lost),
    ]
    return DirectoryObject(
        type=object_type,
        object_id=entry.id,
        app_id=entry.app_id,
        name=entry.display_name or "",
        credentials=tuple(with_unique_ids(found)),
        tags=tuple(tag for tag in entry.tags or () if tag is not None),
    )


def split_signing(
    entry: ObjectEntry, object_type: ObjectType
) -> tuple[list[KeyEntry], list[KeyEntry], list[PasswordEntry]]:
    """
    One entry for each SAML signing certificate, then the certificates and secrets that are none.

    Entra stores a signing certificate as three entries: a private key (usage Sign), its public half
    (Verify) and the password of the private key, all with one customKeyIdentifier; the password and
    the private key share their key id too.
    """
    keys, passwords = entry.key_credentials or [], entry.password_credentials or []
    if object_type is not ObjectType.SERVICE_PRINCIPAL:
        return [], keys, passwords
    # One without any id has nothing in common with the others.
    signing = {identity(key) or id(key): key for key in keys if key.usage == "Sign"}
    key_ids = {key.key_id for key in signing.values()} - {None}
    return (
        list(signing.values()),
        [key for key in keys if key.usage != "Sign" and identity(key) not in signing],
        [p for p in passwords if identity(p) not in signing and p.key_id not in key_ids],
    )


def read_signing(
    entry: ObjectEntry, signing: list[KeyEntry], lost: list[Unreadable]
) -> Iterator[Credential]:
    """The signing certificates; active is the one that Entra says it signs with."""
    preferred = (entry.preferred_token_signing_key_thumbprint or "").upper()
    for key in signing:
        for credential in read_each(entry, CredentialKind.SAML_SIGNING, [key], lost):
            yield replace(credential, active=bool(preferred) and identity(key) == preferred)


def read_each(
    entry: ObjectEntry,
    kind: CredentialKind,
    entries: Iterable[PasswordEntry],
    lost: list[Unreadable],
) -> Iterator[Credential]:
    """The entries as credentials of one kind."""
    for item in entries:
        try:
            yield Credential(
                kind=kind,
                key_id=item.key_id or "",
                name=item.display_name or old_name(item, kind),
                starts=instant(item.start_date_time, absent=-math.inf),
                expires=instant(item.end_date_time, absent=math.inf),
                encrypts=isinstance(item, KeyEntry) and item.usage == "Encrypt",
                hint=item.hint or "",
                thumbprint=certificate_thumbprint(item),
            )
        except ValueError as error:
            lost.append(Unreadable(entry.id, item.key_id or "", str(error)))


def instant(text: str | None, *, absent: float) -> float:
    """Unix time of an ISO 8601 instant with a zone; ValueError if it is none."""
    if text is None:
        return absent
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text[:LONGEST_DATE]!r} is no date") from None
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return moment.timestamp()


def identity(entry: PasswordEntry) -> str:
    """What entries of the same certificate have in common: thumbprint, or key id without one."""
    return thumbprint(entry.custom_key_identifier or "") or (entry.key_id or "")


def thumbprint(identifier: str) -> str:
    """
    A SHA-1 thumbprint in upper-case hex, whether Graph sent it as hex (uploaded certificates) or as
    base64 of its bytes (those that Entra made); anything else as it is.
    """
    if re.fullmatch(r"[0-9A-Fa-f]{40}", identifier):
        return identifier.upper()
    raw = decode_base64(identifier)
    return raw.hex().upper() if len(raw) == SHA1_BYTES else identifier


def certificate_thumbprint(entry: PasswordEntry) -> str:
    """The thumbprint of a certificate; none for a secret, where the field is free text."""
    if not isinstance(entry, KeyEntry):
        return ""
    found = thumbprint(entry.custom_key_identifier or "")
    return found if re.fullmatch(r"[0-9A-F]{40}", found) else ""


def old_name(entry: PasswordEntry, kind: CredentialKind) -> str:
    """The name that old portals kept in a secret's customKeyIdentifier: base64 of UTF-16."""
    if kind is not CredentialKind.SECRET:
        return ""
    name = decode_base64(entry.custom_key_identifier or "").decode("utf-16-le", errors="replace")
    return name if name.isprintable() and all(c < IDEOGRAPHS for c in name) else ""


def decode_base64(text: str) -> bytes:
    """The bytes, or none when it is not base64."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def with_unique_ids(credentials: Iterable[Credential]) -> Iterator[Credential]:
    """Number the repeated key ids, missing ones too: they tell series apart, and none is lost."""
    seen = Counter[tuple[CredentialKind, str]]()
    for credential in credentials:
        seen[credential.kind, credential.key_id] += 1
        count = seen[credential.kind, credential.key_id]
        again = count > 1
        yield replace(credential, key_id=f"{credential.key_id}#{count}") if again else credential
