"""
Microsoft Graph's pages as they come over the wire, decoded to structs. Takes what it can from a
page with nonsense in it and says what it left out; gives no meaning to what it read.
"""

import codecs
import re
from dataclasses import dataclass
from typing import Annotated, TypeVar

import msgspec

Id = Annotated[str, msgspec.Meta(min_length=1)]
"""Never empty: two objects without an id would pass for one."""


class PasswordEntry(msgspec.Struct, rename="camel", gc=False):
    """One of `passwordCredentials`. Every field is nullable in Graph's metadata."""

    key_id: str | None = None
    display_name: str | None = None
    custom_key_identifier: str | None = None
    start_date_time: str | None = None
    end_date_time: str | None = None
    hint: str | None = None

    def __repr__(self) -> str:
        """Without the hint."""
        return f"{type(self).__name__}({self.key_id!r})"


class KeyEntry(PasswordEntry, rename="camel", gc=False):
    """One of `keyCredentials`: a certificate, once for each usage."""

    usage: str | None = None


class ObjectEntry(msgspec.Struct, rename="camel"):
    """An application or a service principal, as far as it was selected."""

    id: Id
    app_id: Id
    display_name: str | None = None
    tags: list[str | None] | None = None
    password_credentials: list[PasswordEntry] | None = None
    key_credentials: list[KeyEntry] | None = None
    preferred_token_signing_key_thumbprint: str | None = None
    service_principal_type: str | None = None
    app_owner_organization_id: str | None = None


class LooseObject(msgspec.Struct, rename="camel"):
    """An object of which some field is not what it should be."""

    id: Id
    app_id: Id
    display_name: str | None = None
    tags: list[str | None] | None = None
    password_credentials: list[msgspec.Raw] | None = None
    key_credentials: list[msgspec.Raw] | None = None
    preferred_token_signing_key_thumbprint: str | None = None
    service_principal_type: str | None = None
    app_owner_organization_id: str | None = None


class Page(msgspec.Struct):
    """One page of a listing."""

    value: list[ObjectEntry]
    next_link: str | None = msgspec.field(name="@odata.nextLink", default=None)


class LoosePage(msgspec.Struct):
    """One page of a listing in which some object is not what it should be."""

    value: list[msgspec.Raw]
    next_link: str | None = msgspec.field(name="@odata.nextLink", default=None)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An object, or one credential of it, that was left out. Ids only: names may be anything."""

    object_id: str
    key_id: str
    problem: str


PAGE = msgspec.json.Decoder(Page)
LOOSE_PAGE = msgspec.json.Decoder(LoosePage)
OBJECT = msgspec.json.Decoder(ObjectEntry)
LOOSE_OBJECT = msgspec.json.Decoder(LooseObject)
PASSWORD = msgspec.json.Decoder(PasswordEntry)
KEY = msgspec.json.Decoder(KeyEntry)

ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
"""One escape of JSON: a pair that makes one character, a half of such a pair, any other."""

MOST_LOST = 10_000
"""Entries of a page that are left out: millions of them would be remembered, one by one."""

Entry = TypeVar("Entry", PasswordEntry, KeyEntry)


def decode_page(body: bytes) -> tuple[Page, list[Unreadable]]:
    """A page and what was left out of it; raises msgspec.DecodeError if it is no page at all."""
    try:
        return PAGE.decode(body), []
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        body = with_whole_characters(body)
    try:
        loose = LOOSE_PAGE.decode(body)
        lost: list[Unreadable] = []
        entries = [entry for raw in loose.value if (entry := decode_object(raw, lost)) is not None]
    except (UnicodeDecodeError, RecursionError) as error:
        raise msgspec.DecodeError(str(error)) from error
    return Page(entries, loose.next_link), lost


def with_whole_characters(body: bytes) -> bytes:
    """
    The JSON with every half of a character, as a name that was cut may end in, replaced by `?`:
    msgspec takes none. What else is odd in one object stays in that object. Raises
    msgspec.DecodeError if it is no UTF-8.
    """
    try:
        text = body.removeprefix(codecs.BOM_UTF8).decode(errors="surrogatepass")
    except UnicodeDecodeError as error:
        raise msgspec.DecodeError(str(error)) from error
    whole = text.encode(errors="replace")
    return ESCAPE.sub(lambda found: b"?" if found["half"] else found[0], whole)


def decode_object(raw: msgspec.Raw, lost: list[Unreadable]) -> ObjectEntry | None:
    """One object without its unreadable credentials, or None; what is left out goes to `lost`."""
    try:
        return OBJECT.decode(raw)
    except msgspec.DecodeError as error:  # a ValidationError too
        problem = str(error)
    try:
        loose = LOOSE_OBJECT.decode(raw)
    except msgspec.DecodeError:
        leave_out(Unreadable(known_id(raw, "id"), "", problem), lost)
        return None
    fields = msgspec.structs.asdict(loose)
    passwords, keys = loose.password_credentials or [], loose.key_credentials or []
    fields["password_credentials"] = decode_entries(PASSWORD, loose.id, passwords, lost)
    fields["key_credentials"] = decode_entries(KEY, loose.id, keys, lost)
    return ObjectEntry(**fields)


def decode_entries(
    decoder: msgspec.json.Decoder[Entry],
    object_id: str,
    raws: list[msgspec.Raw],
    lost: list[Unreadable],
) -> list[Entry]:
    """The readable ones of an object's credentials."""
    entries: list[Entry] = []
    for raw in raws:
        try:
            entries.append(decoder.decode(raw))
        except msgspec.DecodeError as error:
            leave_out(Unreadable(object_id, known_id(raw, "keyId"), str(error)), lost)
    return entries


def leave_out(entry: Unreadable, lost: list[Unreadable]) -> None:
    """One more; raises msgspec.DecodeError when they are so many that this is no page."""
    if len(lost) >= MOST_LOST:
        raise msgspec.DecodeError(f"more than {MOST_LOST} entries in it make no sense")
    lost.append(entry)


def known_id(raw: msgspec.Raw, field: str) -> str:
    """The id in a piece of JSON that is otherwise not understood; empty if there is none."""
    try:
        value = msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return ""
    found = value.get(field) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""
