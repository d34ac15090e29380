"""Why a secret was refused, where a restart has taken the hints: never more than is known."""

import random
from collections.abc import Iterable
from dataclasses import replace

import msgspec
import pytest
from builders import APP_ID, DAY, KEY_ID, NOW, application, credential, inventory
from test_diagnosis import (
    MARK,
    OTHER_MARK,
    Row,
    any_of,
    evidence,
    gone,
    newer,
    other,
    secret,
    some_evidence,
    text,
)

from exporter.history import departed
from exporter.model import Cause, Credential, DirectoryObject
from exporter.verdict import Evidence, Gone, Verdict
from exporter.verify.diagnosis import diagnose
from exporter.verify.held import held

LISTED = secret(hint="")
NEWER = msgspec.structs.replace(newer(), hint="")
WENT = gone(secret(hint=""))
ENDED = gone(secret(-10, hint=""))
WORKED = NOW - 3 * DAY

ROWS = (
    Row("it worked, and nothing can be compared", evidence(LISTED, NEWER, worked_at=NOW - 6 * DAY),
        Cause.INVALID_SECRET, "unsure", ("worked and is refused now", "is not known")),
    Row("it worked, and is known to be listed", evidence(LISTED, key_id=KEY_ID, worked_at=WORKED),
        Cause.INVALID_SECRET, "unsure", ("still lists it",)),
    Row("it is known to have ended", evidence(secret(-3, hint=""), key_id=KEY_ID),
        Cause.EXPIRED, "likely", ("2026-09-18",)),
    Row("it is known to have gone", evidence(secret(hint=OTHER_MARK, starts=-200, key_id="old"),
        gone=(WENT,), key_id=KEY_ID, worked_at=WORKED), Cause.REVOKED, "proven"),
    Row("it is known to have gone, and another came", evidence(newer(), gone=(WENT,),
        key_id=KEY_ID, worked_at=WORKED), Cause.ROTATION_MISMATCH, "proven", ("new-key",)),
    Row("it is known to be another one than went", evidence(newer(starts=-200), gone=(WENT,),
        key_id="another"), Cause.INVALID_SECRET, "likely"),
    Row("one went that cannot be compared", evidence(newer(starts=-200), gone=(WENT,)),
        Cause.INVALID_SECRET, "unsure", ("1 removed cannot be compared",)),
    Row("one went that had ended and cannot be compared",
        evidence(newer(starts=-200), gone=(ENDED,), worked_at=WORKED),
        Cause.INVALID_SECRET, "unsure", ("cannot be told",)),
    Row("what went before it worked is not it",
        evidence(newer(starts=-200), gone=(replace(WENT, missed_since=NOW - 4 * DAY),)),
        Cause.INVALID_SECRET, "unsure"),
    Row("another application fits, and one went that cannot be compared",
        evidence(newer(), gone=(WENT,), others=(other(secret()),)), Cause.WRONG_APPLICATION,
        "unsure", ("1 removed cannot be compared",)),
)  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.says)
def test_without_hints_no_more_is_said_than_is_known(row: Row) -> None:
    found = diagnose(row.given, NOW)

    assert (found.cause, found.confidence) == (row.cause, row.confidence)
    for words in row.words:
        assert words in text(found)


def bare(credentials: Iterable[Credential]) -> tuple[Credential, ...]:
    """Without hints."""
    return tuple(msgspec.structs.replace(one, hint="") for one in credentials)


def bare_object(item: DirectoryObject | None) -> DirectoryObject | None:
    """Without hints."""
    return item and msgspec.structs.replace(item, credentials=bare(item.credentials))


def bare_gone(found: Iterable[Gone]) -> tuple[Gone, ...]:
    """Without hints."""
    return tuple(replace(one, credential=bare([one.credential])[0]) for one in found)


def test_without_hints_nothing_is_revoked_or_replaced_but_what_was_known() -> None:
    chance, compared = random.Random(20261123), 0  # noqa: S311 - cases, not keys
    for _ in range(20_000):
        given = some_evidence(chance)
        known_as = any_of(chance, ("", *{one.key_id for one in fitting(given)}))
        without = replace(
            given,
            owner=bare_object(given.owner),
            service_principal=bare_object(given.service_principal),
            others=(),  # nobody is found by a hint
            gone=bare_gone(given.gone),
            key_id=known_as,
        )
        found = diagnose(without, NOW)
        matched = [g for g in without.gone if g.credential.key_id == known_as]
        if found.cause in {Cause.REVOKED, Cause.ROTATION_MISMATCH}:
            compared += 1
            assert matched or given.worked_at is not None, given
        assert not (found.cause is Cause.REVOKED and found.confidence == "unsure")
    assert compared > 100


def fitting(given: Evidence) -> list[Credential]:
    """What the stored value may be, by the hint."""
    objects = (given.owner, given.service_principal)
    there = [one for item in objects if item for one in item.credentials]
    return [one for one in (*there, *(g.credential for g in given.gone)) if one.hint == MARK]


def test_what_is_stored_is_known_by_its_key_id_where_no_hint_is() -> None:
    objects = (application(LISTED, NEWER), None)
    works = Verdict(NOW, None)

    assert held(MARK, works, objects, None, NOW) is None
    found = held(MARK, works, objects, None, NOW, key_id=KEY_ID)
    assert found is not None
    assert found.key_id == KEY_ID


def test_key_id_counts_for_nothing_where_the_hint_says_otherwise() -> None:
    objects = (application(secret(hint=OTHER_MARK)), None)

    assert held(MARK, Verdict(NOW, None), objects, None, NOW, key_id=KEY_ID) is None


def test_repeated_key_ids_that_are_numbered_anew_are_not_gone_when_hints_come_back() -> None:
    def app(*credentials: Credential) -> DirectoryObject:
        return application(*credentials, app_id=APP_ID)

    first, second = credential(1, key_id="k"), credential(2, key_id="k#2")
    hinted = msgspec.structs.replace(second, key_id="k", hint=MARK)
    before, after = inventory(app(first, second)), inventory(app(hinted), taken_at=NOW + 60)

    assert departed(before, after, {}) == {}
