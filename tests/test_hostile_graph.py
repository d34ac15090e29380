"""Whatever Graph's pages hold: an inventory of what can be read, or the reason `malformed`."""

import json
import math
from datetime import datetime
from email.utils import format_datetime

import httpx
import msgspec
import pytest
from builders import NOW
from hostile import NESTED, anything, array, as_json, dates, record, texts
from hypothesis import example, given
from hypothesis import strategies as st

from exporter.config import PollConfig
from exporter.graph.answers import DETAIL_LENGTH, refused
from exporter.graph.reading import Listing, take
from exporter.graph.wire import Page, Unreadable, decode_page
from exporter.model import Credential, DirectoryObject, ObjectType
from exporter.schedule import LONGEST_WAIT, retry_after

ENDS = "2027-01-31T12:00:00Z"
GOOD = json.dumps(
    {
        "id": "good",
        "appId": "good app",
        "displayName": "billing",
        "passwordCredentials": [{"keyId": "good key", "endDateTime": ENDS}],
    }
)
ids = st.sampled_from(["a", "a", "b", "", "good key"])
words = texts.map(as_json)
entry = record(
    {
        "keyId": ids.map(as_json),
        "displayName": words,
        "customKeyIdentifier": words,
        "startDateTime": dates.map(as_json),
        "endDateTime": dates.map(as_json),
        "hint": words,
        "usage": st.sampled_from(["Sign", "Verify", "Encrypt"]).map(as_json),
    }
)
entries = st.lists(entry | anything, max_size=4).map(array)
thing = record(
    {
        "id": ids.map(as_json),
        "appId": words,
        "displayName": words,
        "tags": st.lists(words | st.just("null"), max_size=3).map(array),
        "passwordCredentials": entries,
        "keyCredentials": entries,
        "preferredTokenSigningKeyThumbprint": words,
        "servicePrincipalType": words,
        "appOwnerOrganizationId": words,
        "@odata.type": anything,
    }
)
both_types = st.sampled_from(ObjectType)


def page(*objects: str, rest: str = "") -> bytes:
    """A page of these JSON objects."""
    return f'{{"value":{array(list(objects))}{rest}}}'.encode()


def read(body: bytes, object_type: ObjectType) -> tuple[Page, list[Unreadable], Listing]:
    """A page, what was left out of it, and the listing that it is all of."""
    decoded, lost = decode_page(body)
    poll = PollConfig(service_principals="all", interval=60.0)
    listing = Listing(object_type, poll, {}, lost=[*lost])
    take(listing, decoded)
    return decoded, lost, listing


def good_credential(listing: Listing) -> Credential:
    """The one credential of the object in which nothing is wrong."""
    [found] = listing.objects["good"].credentials
    return found


@given(st.binary(max_size=200) | anything.map(str.encode) | anything.map(page))
@example(NESTED.encode())
@example(page(NESTED))
@example(b'{"value":[{"id":"\xff","appId":"a"}]}')
@example(b'{"value":[{"id":"\xed\xa0\x80","appId":"a"}]}')
@example(b'{"value":[{"id":"\\x","appId":"a"}]}')
@example(b'{"value":' + b'{"a":' * 5000)
def test_any_bytes_are_a_page_or_none(body: bytes) -> None:
    try:
        decoded, _lost = decode_page(body)
    except msgspec.DecodeError:
        return
    assert isinstance(decoded, Page)


@given(st.lists(thing | anything, max_size=3), st.integers(0, 3), both_types)
@example(
    ['{"id": 3}', as_json("\ud800"), '{"id": "x", "appId": "\\ud800"}'], 0, ObjectType.APPLICATION
)
@example(["1" * 5000, as_json("\ud800")], 1, ObjectType.APPLICATION)
def test_object_that_cannot_be_read_is_counted_and_the_others_stay(
    others: list[str], place: int, object_type: ObjectType
) -> None:
    everything = [*others[:place], GOOD, *others[place:]]

    decoded, lost, listing = read(page(*everything), object_type)

    gone = [one for one in lost if one.key_id == ""]
    assert 0 <= len(everything) - len(decoded.value) <= len(gone)
    assert {entry.id for entry in decoded.value} == set(listing.objects)
    assert good_credential(listing).expires == datetime.fromisoformat(ENDS).timestamp()


@given(st.lists(entry | anything, max_size=5), both_types)
def test_credential_that_cannot_be_read_is_counted_and_the_others_stay(
    others: list[str], object_type: ObjectType
) -> None:
    sure = '{"keyId": "sure", "endDateTime": "2027-01-31T12:00:00Z"}'
    body = page(
        GOOD,
        f'{{"id": "x", "appId": "y", "passwordCredentials": {array([*others, sure])}}}',
    )

    _, _, listing = read(body, object_type)

    found = listing.objects["x"].credentials
    assert len(found) + len(listing.lost) == len(others) + 1
    assert datetime.fromisoformat(ENDS).timestamp() in [c.expires for c in found]
    assert len({(c.kind, c.key_id) for c in found}) == len(found)


@given(st.lists(thing, max_size=3), both_types)
def test_nothing_is_made_up(objects: list[str], object_type: ObjectType) -> None:
    said = json.loads(array(objects), parse_int=str)
    strings = {text.encode(errors="replace").decode() for text in all_texts(said)} | {""}

    _, _, listing = read(page(*objects), object_type)

    for item in listing.objects.values():
        assert {item.object_id, item.app_id, item.name, *item.tags} <= strings
        for credential in item.credentials:
            assert not math.isnan(credential.expires)
            assert credential.key_id.partition("#")[0] in strings
            assert credential.expires == math.inf or instants(strings, credential.expires)
        assert encodes(item)


def all_texts(value: object) -> set[str]:
    """Every text within parsed JSON."""
    if isinstance(value, str):
        return {value}
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return set().union(*map(all_texts, inner))


def instants(strings: set[str], moment: float) -> bool:
    """Whether one of the texts names the moment."""
    for text in strings:
        try:
            if datetime.fromisoformat(text).timestamp() == moment:
                return True
        except (ValueError, OverflowError):
            continue
    return False


def encodes(item: DirectoryObject) -> bool:
    """Whether everything of it can be written in UTF-8."""
    return bool(msgspec.json.encode(item))


@given(st.lists(thing | anything, max_size=3))
def test_what_is_said_of_nonsense_is_short(objects: list[str]) -> None:
    _, _, listing = read(page(*objects), ObjectType.APPLICATION)
    assert all(len(one.problem) <= 300 for one in listing.lost)


@given(
    st.integers(201, 599),
    st.binary(max_size=100) | anything.map(str.encode),
    st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=30)
    | st.just("1e400"),
)
@example(500, NESTED.encode(), "")
def test_any_refusal_becomes_a_reason(status: int, body: bytes, wait: str) -> None:
    error = refused(httpx.Response(status, content=body, headers={"retry-after": wait}), NOW)
    assert 0 <= error.retry_after <= LONGEST_WAIT
    assert len(error.detail) <= DETAIL_LENGTH
    assert error.remedy


@given(texts | dates | st.datetimes().map(format_datetime))
@example("Mon, 99999999999999999999 Jan 2026 00:00:00 GMT")
@example("1_0")
def test_any_retry_after_is_a_time_that_is_waited(header: str) -> None:
    assert 0 <= retry_after(header, NOW) <= LONGEST_WAIT


@pytest.mark.parametrize("depth", [*range(300, 1000, 50)])
def test_nesting_of_any_depth_raises_nothing_else(depth: int) -> None:
    nested = "[" * depth + "]" * depth
    try:
        decode_page(page(GOOD, f'{{"id": "x", "appId": 3, "nested": {nested}}}'))
    except msgspec.DecodeError:
        return
