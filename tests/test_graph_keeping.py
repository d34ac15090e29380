"""What stays as it was known because Graph's answer makes no sense of it any more."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from builders import NOW, application, credential

from exporter.graph.credentials import read_object
from exporter.graph.keeping import Places, kept
from exporter.graph.wire import Unreadable, decode_page
from exporter.history import departed
from exporter.model import (
    Credential,
    CredentialKind,
    DirectoryObject,
    Inventory,
    Nameless,
    ObjectType,
)

THUMBPRINT = "AB" * 20
DATES = {"startDateTime": "2026-01-01T00:00:00Z", "endDateTime": "2026-12-01T00:00:00Z"}


def read(entry: dict[str, Any]) -> tuple[DirectoryObject, list[Unreadable]]:
    """A service principal as it comes in a page, and what was left out of it."""
    page, lost = decode_page(json.dumps({"value": [entry]}).encode())
    return read_object(page.value[0], ObjectType.SERVICE_PRINCIPAL, lost), lost


def with_signing_certificate(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """One whose private key has some fields that are different."""
    common = {"customKeyIdentifier": THUMBPRINT, **DATES}
    private = common | {"keyId": "private", "usage": "Sign"} | fields
    public = common | {"keyId": "public", "usage": "Verify"}
    return {
        "id": "object",
        "appId": "app",
        "preferredTokenSigningKeyThumbprint": THUMBPRINT,
        "keyCredentials": [private, public],
        "passwordCredentials": [common | {"keyId": "private"}],
    }


def test_signing_certificate_whose_private_key_cannot_be_read_stays_one_and_becomes_no_secret() -> (
    None
):
    old, _ = read(with_signing_certificate())
    [was] = old.credentials
    assert was.kind is CredentialKind.SAML_SIGNING
    new, lost = read(with_signing_certificate(displayName=7))
    places = Places(ObjectType.SERVICE_PRINCIPAL, {}, NOW)
    [now] = kept({"object": old}, {"object": new}, lost, places)

    assert now.credentials == (was,)


A, B, C = (credential(days, key_id=key_id) for days, key_id in ((30, "a"), (10, "b"), (20, "c")))
ID = "object"
NO_ID = Unreadable(ID, "", "no date")
NO_OBJECT_ID = Unreadable("", "", "no id")


def holding(*credentials: Credential, object_id: str = ID) -> DirectoryObject:
    """An application with the credentials."""
    return msgspec.structs.replace(application(*credentials), object_id=object_id)


def poll(
    last: Inventory | None, *found: DirectoryObject, lost: tuple[Unreadable, ...] = ()
) -> Inventory:
    """The inventory after a poll that found so much and lost so much."""
    before = {one.object_id: one for one in last.nameless} if last else {}
    known = {item.object_id: item for item in last.objects} if last else {}
    here = {item.object_id: item for item in found}
    places = Places(ObjectType.APPLICATION, before, NOW)
    here |= {item.object_id: item for item in kept(known, here, lost, places)}
    return Inventory(NOW, tuple(here.values()), nameless=tuple(places.after))


def key_ids(found: Inventory, object_id: str = ID) -> list[str]:
    """Of an object's credentials."""
    [item] = [item for item in found.objects if item.object_id == object_id]
    return sorted(one.key_id for one in item.credentials)


def object_ids(found: Inventory) -> list[str]:
    """Of all objects."""
    return sorted(item.object_id for item in found.objects)


def test_secret_that_loses_its_id_stays_for_as_long_as_that_lasts() -> None:
    last = poll(None, holding(A, B))
    for _ in range(3):
        last = poll(last, holding(B), lost=(NO_ID,))
        assert key_ids(last) == ["a", "b"]
    assert key_ids(poll(last, holding(B))) == ["b"]


def test_secret_that_is_removed_beside_an_entry_without_id_of_old_goes_away() -> None:
    last = poll(None, holding(A, B), lost=(NO_ID,))
    last = poll(last, holding(B), lost=(NO_ID,))
    assert key_ids(last) == ["b"]
    assert key_ids(poll(last, holding(), lost=(NO_ID,))) == []


def test_secret_that_is_removed_beside_one_that_lost_its_id_before_goes_away_and_that_stays() -> (
    None
):
    last = poll(poll(None, holding(A, B, C)), holding(B, C), lost=(NO_ID,))
    last = poll(last, holding(C), lost=(NO_ID,))
    assert key_ids(last) == ["a", "c"]
    assert key_ids(poll(last, holding(C), lost=(NO_ID,))) == ["a", "c"]


def test_each_further_entry_without_id_stands_for_one_more() -> None:
    last = poll(None, holding(A, B, C), lost=(NO_ID,))
    last = poll(last, holding(B, C), lost=(NO_ID, NO_ID))
    last = poll(last, holding(), lost=(NO_ID,) * 4)
    assert key_ids(last) == ["a", "b", "c"]


def test_entry_without_id_that_is_mended_takes_none_away_that_another_stands_for() -> None:
    last = poll(poll(None, holding(A), lost=(NO_ID,)), holding(), lost=(NO_ID, NO_ID))
    assert key_ids(poll(last, holding(B), lost=(NO_ID,))) == ["a", "b"]


def test_of_more_that_are_missing_at_once_the_next_to_end_stays() -> None:
    over = credential(-1, key_id="over")
    last = poll(poll(None, holding(over, A, B, C)), holding(), lost=(NO_ID,))
    assert key_ids(last) == ["b"]


def test_without_memory_of_it_an_entry_without_id_may_stand_for_one_that_is_missing() -> None:
    last = Inventory(NOW, (holding(A),))
    assert key_ids(poll(last, holding(), lost=(NO_ID,))) == ["a"]


def test_applications_that_are_deleted_beside_an_object_without_id_of_old_go_away() -> None:
    ten = [holding(A, object_id=str(n)) for n in range(10)]
    last = poll(poll(None, *ten, lost=(NO_OBJECT_ID,)), *ten, lost=(NO_OBJECT_ID,))
    assert object_ids(poll(last, *ten[:5], lost=(NO_OBJECT_ID,))) == ["0", "1", "2", "3", "4"]


def test_application_that_loses_its_id_stays_and_others_may_be_deleted() -> None:
    ten = [holding(A, object_id=str(n)) for n in range(10)]
    last = poll(poll(None, *ten), *ten[1:], lost=(NO_OBJECT_ID,))
    assert len(last.objects) == 10
    last = poll(last, *ten[5:], lost=(NO_OBJECT_ID,))
    assert object_ids(last) == ["0", "5", "6", "7", "8", "9"]
    assert object_ids(poll(last, lost=(NO_OBJECT_ID,))) == ["0"]


WHOLE = Unreadable(ID, "", "no object")


@pytest.mark.parametrize("unread", [WHOLE, NO_OBJECT_ID], ids=["with id", "without id"])
def test_object_that_is_unreadable_for_a_while_forgets_nothing_of_its_entries_without_id(
    unread: Unreadable,
) -> None:
    last = poll(poll(None, holding(A, B)), holding(B), lost=(NO_ID,))
    for _ in range(2):
        last = poll(last, lost=(unread,))
        assert key_ids(last) == ["a", "b"]
    # Meanwhile one was removed that is not what the entry stands for.
    assert key_ids(poll(last, holding(), lost=(NO_ID,))) == ["a"]


@pytest.mark.parametrize("unread", [WHOLE, NO_OBJECT_ID], ids=["with id", "without id"])
def test_secret_removed_while_its_object_is_unreadable_hides_behind_no_entry_of_old(
    unread: Unreadable,
) -> None:
    last = poll(poll(None, holding(A, B), lost=(NO_ID,)), lost=(unread,))
    assert key_ids(poll(last, holding(B), lost=(NO_ID,))) == ["b"]


def test_of_more_that_lost_their_ids_the_next_to_end_stays_when_one_entry_goes() -> None:
    last = poll(poll(None, holding(A, B)), holding(B), lost=(NO_ID,))
    last = poll(last, holding(), lost=(NO_ID, NO_ID))
    assert key_ids(poll(last, holding(), lost=(NO_ID,))) == ["b"]


def test_what_an_entry_without_id_stands_for_is_not_gone_and_what_is_removed_beside_it_is() -> None:
    first = poll(None, holding(A, B))
    second = poll(first, holding(B), lost=(NO_ID,))
    third = poll(second, holding(), lost=(NO_ID,))
    gone = departed(first, second, {})

    assert gone == {}
    [[one]] = departed(second, third, gone).values()
    assert one.credential == B


LATER = {"k": 30.0, "k#2": 60.0}


@pytest.mark.parametrize("unreadable", ["k", "k#2"])
def test_of_repeated_key_ids_the_one_that_cannot_be_read_keeps_its_number_and_its_end(
    unreadable: str,
) -> None:
    first, second = (credential(days, key_id=key_id) for key_id, days in LATER.items())
    left = second if unreadable == "k" else first
    last = poll(None, holding(first, second))
    for _ in range(2):
        found = holding(msgspec.structs.replace(left, key_id="k"))
        last = poll(last, found, lost=(Unreadable(ID, "k", "no date"),))
        assert ends(last) == {key_id: NOW + days * 86_400 for key_id, days in LATER.items()}


def ends(found: Inventory) -> Mapping[str, float]:
    """By key id."""
    return {one.key_id: one.expires for item in found.objects for one in item.credentials}


def test_of_repeated_key_ids_one_that_is_removed_beside_an_unreadable_one_goes_away() -> None:
    three = [credential(days, key_id=key) for days, key in ((1, "k"), (2, "k#2"), (3, "k#3"))]
    lost = (Unreadable(ID, "k", "no date"),)
    last = poll(poll(None, holding(*three)), holding(three[0]), lost=lost)
    assert len(ends(last)) == 2


@pytest.mark.parametrize("key_id", ["", "k"], ids=["no key id", "repeated key id"])
def test_new_secret_of_the_same_key_id_hides_none_that_cannot_be_read(key_id: str) -> None:
    first, second, new = (credential(days, key_id=key_id) for days in (1, 2, 3))
    lost = (Unreadable(ID, key_id, "no date"),)
    last = poll(None, holding(first, numbered(second)))
    last = poll(poll(last, holding(first), lost=lost), holding(first, numbered(new)), lost=lost)
    assert sorted(ends(last).values()) == [NOW + days * 86_400 for days in (1, 2, 3)]


def numbered(second: Credential) -> Credential:
    """The second one of its key id."""
    return msgspec.structs.replace(second, key_id=f"{second.key_id}#2")


@pytest.mark.parametrize("key_id", ["", "k"], ids=["no key id", "key id"])
def test_secret_with_another_name_is_not_taken_for_a_missing_one(key_id: str) -> None:
    one = credential(1, key_id=key_id)
    renamed = msgspec.structs.replace(one, name="another")
    lost = (Unreadable(ID, key_id, "no date"), NO_ID)
    assert len(ends(poll(poll(None, holding(one)), holding(renamed), lost=lost))) == 1


def test_places_without_id_are_remembered_for_what_is_read_only() -> None:
    found = poll(None, holding(A), lost=(NO_ID, NO_OBJECT_ID, Unreadable("other", "", "")))
    assert set(found.nameless) == {
        Nameless(ObjectType.APPLICATION, "", 1),
        Nameless(ObjectType.APPLICATION, ID, 1),
    }
