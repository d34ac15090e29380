"""What is written of a tenant, and what of it is believed when it is read."""

import math
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import msgspec
import pytest
from builders import (
    DAY,
    KEY_ID,
    NOW,
    application,
    credential,
    diagnosis,
    inventory,
    signing,
    target,
    target_view,
    tenant,
    verdict,
)
from stating import HINT, MARK, refused, secret

from exporter.model import Cause, CredentialKind, Nameless, ObjectType
from exporter.schedule import LONGEST_WAIT
from exporter.snapshot import Held, Memory, Place, TargetView, TenantView
from exporter.state.envelope import UnusableError, sealed, unsealed
from exporter.state.keeping import record_of
from exporter.state.record import Record, decode, encode
from exporter.state.restoring import targets_of, tenant_of
from exporter.verdict import Finding, Gone, Granted, Refusal

KEY = b"k" * 32
GOLDEN = Path(__file__).parent / "golden" / "contoso.state"

CERTIFICATE = msgspec.structs.replace(
    credential(kind=CredentialKind.CERTIFICATE), thumbprint="AB" * 20, encrypts=True
)
ENDLESS = secret(key_id="endless", starts=-math.inf, expires=math.inf)
READ = inventory(
    application(secret(), ENDLESS, CERTIFICATE, tags=("production", "Zürich")),
    application(signing(30, active=True), object_type=ObjectType.SERVICE_PRINCIPAL),
    unreadable={ObjectType.APPLICATION: 2},
)
OLD = READ
"""As the first version kept it: without what stands for unreadable entries that have no id."""

READ = replace(READ, nameless=(Nameless(ObjectType.APPLICATION, "object", 2, ("secret a",)),))
REFUSAL = Refusal(7000215, "invalid_client", "AADSTS7000215: not known", 401, "c-1")
REFUSED = verdict(Cause.INVALID_SECRET, findings=(Finding("quotes", "quotes", "without"),))
FULL = TargetView(
    target(place=Place("env", env="BILLING")),
    verdict=replace(REFUSED, refusal=REFUSAL),
    holds=Held(KEY_ID, NOW + DAY),
    last_success=NOW - 200,
    since=NOW - 100,
    duration=0.25,
    memory=Memory(
        value=MARK,
        seen=b"digest",
        refused=REFUSED,
        refused_since=NOW - 100,
        refusals=4,
        misses=1,
        not_before=NOW + 900,
        mended=Granted(),
        mended_at=NOW - 50,
        worked=((MARK, NOW - 200),),
        known=((MARK, KEY_ID),),
    ),
)
KNOWN = tenant(
    gone=MappingProxyType({"app": (Gone(secret(key_id="old"), NOW - DAY, NOW - 60),)}),
    inventory=READ,
    rest_until=NOW + 30,
)


def kept(view: TenantView, *targets: TargetView, now: float = NOW) -> Record:
    """The record of a tenant, through the bytes of a file."""
    return decode(unsealed(sealed(encode(record_of(view, targets, KEY, now)))))


def again(view: TargetView, now: float = NOW, key: bytes = KEY) -> TargetView:
    """A target after a restart."""
    [found] = targets_of(kept(KNOWN, view), [view.target], key, now)
    return found


def test_inventory_comes_back_but_for_its_hints() -> None:
    found = tenant_of(kept(KNOWN), NOW + 10).inventory

    assert found is not None
    assert (found.taken_at, found.unreadable) == (NOW, READ.unreadable)
    assert found.restored
    for item, original in zip(found.objects, READ.objects, strict=True):
        bare = tuple(msgspec.structs.replace(c, hint="") for c in original.credentials)
        assert item == msgspec.structs.replace(original, credentials=bare)


def test_what_unreadable_entries_without_id_stand_for_comes_back() -> None:
    found = tenant_of(kept(KNOWN), NOW).inventory

    assert found is not None
    assert found.nameless == READ.nameless != ()


def test_what_has_gone_comes_back_but_for_its_hints() -> None:
    found = tenant_of(kept(KNOWN), NOW).gone

    assert found == {"app": (Gone(secret(key_id="old", hint=""), NOW - DAY, NOW - 60),)}


def test_what_was_told_before_it_could_not_be_tried_comes_back() -> None:
    view = replace(FULL, memory=replace(FULL.memory, refused=None, told=REFUSED))

    assert again(view) == view


@pytest.mark.parametrize("mended", [None, Granted(), REFUSAL])
def test_history_of_a_target_comes_back_whole(mended: Granted | Refusal | None) -> None:
    view = replace(FULL, memory=replace(FULL.memory, mended=mended))

    assert again(view) == view


def test_no_hint_is_in_the_bytes() -> None:
    content = sealed(encode(record_of(KNOWN, [FULL], KEY, NOW)))

    assert HINT.encode() not in content
    assert b"hint" not in content


def test_place_of_a_stored_value_is_not_in_the_bytes() -> None:
    assert b"BILLING" not in encode(record_of(KNOWN, [FULL], KEY, NOW))


def test_words_of_a_service_that_no_file_can_hold_are_escaped() -> None:
    half = "half \ud800 of a character"
    told = replace(diagnosis(), summary=half, evidence=(half,))
    view = target_view(verdict=replace(verdict(), diagnosis=told, refusal=Refusal(1, half, half)))
    found = again(view).verdict

    assert found is not None
    assert found.diagnosis is not None
    assert found.diagnosis.summary == "half \\ud800 of a character"


def test_file_of_the_first_version_is_still_read(request: pytest.FixtureRequest) -> None:
    content = sealed(encode(record_of(replace(KNOWN, inventory=OLD), [FULL], KEY, NOW)))
    if request.config.getoption("--update-golden"):
        GOLDEN.write_bytes(content)
    record = decode(unsealed(GOLDEN.read_bytes()))

    assert targets_of(record, [FULL.target], KEY, NOW) == (FULL,)
    assert (
        tenant_of(record, NOW).inventory
        == tenant_of(kept(replace(KNOWN, inventory=OLD)), NOW).inventory
    )


@pytest.mark.parametrize(
    "payload",
    [b"", b"\xc1", msgspec.msgpack.encode({}), msgspec.msgpack.encode([1, 2])],
    ids=["empty", "no msgpack", "no fields", "a list"],
)
def test_payload_of_another_shape_is_refused(payload: bytes) -> None:
    with pytest.raises(UnusableError, match="does not hold"):
        decode(payload)


@pytest.mark.parametrize(
    ("field", "value"),
    [("saved_at", "soon"), ("inventory", [1]), ("targets", {"a": {}}), ("gone", [["app"]])],
)
def test_field_of_another_type_is_refused_with_its_name(field: str, value: object) -> None:
    fields = msgspec.msgpack.decode(encode(record_of(KNOWN, [FULL], KEY, NOW)))

    with pytest.raises(UnusableError, match=field):
        decode(msgspec.msgpack.encode(fields | {field: value}))


def test_file_nested_without_end_is_refused_and_is_no_bug() -> None:
    fields = encode(record_of(KNOWN, [FULL], KEY, NOW))
    nested = bytes([fields[0] + 1]) + fields[1:] + msgspec.msgpack.encode("x") + b"\x91" * 100_000

    with pytest.raises(UnusableError, match="does not hold"):
        decode(nested + b"\xc0")


def test_target_that_is_another_secret_gets_nothing() -> None:
    record = kept(KNOWN, FULL)
    others = [
        replace(FULL.target, client_id="another"),
        replace(FULL.target, place=Place("env", env="ELSEWHERE")),
        replace(FULL.target, resource="https://graph.microsoft.com"),
        replace(FULL.target, name="unheard-of"),
    ]

    assert targets_of(record, others, KEY, NOW) == ()


def test_other_key_forgets_the_values_and_nothing_else() -> None:
    found = again(FULL, key=b"x" * 32)

    assert (found.verdict, found.holds, found.since) == (FULL.verdict, FULL.holds, FULL.since)
    memory = found.memory
    assert (memory.value, memory.worked, memory.known, memory.mended) == (b"", (), (), None)
    assert (memory.refusals, memory.not_before) == (4, NOW + 900)


def test_inventory_from_the_future_has_no_age_that_is_believed() -> None:
    found = tenant_of(kept(KNOWN), NOW - DAY)

    assert found.inventory is not None
    assert found.inventory.taken_at == 0
    assert found.rest_until == 0
    assert found.inventory.objects
    [gone] = found.gone["app"]
    assert gone.missed_since <= NOW - DAY


def test_clock_that_is_corrected_by_seconds_makes_nothing_younger_than_now() -> None:
    found = tenant_of(kept(KNOWN), NOW - 5).inventory

    assert found is not None
    assert found.taken_at == NOW - 5


def test_pause_from_the_future_does_not_count_and_success_then_is_not_known() -> None:
    now = NOW - DAY
    found = again(FULL, now)

    assert found.verdict is not None
    assert found.verdict.at == now
    assert found.memory.not_before == 0
    assert found.memory.worked == ()
    assert found.last_success is None
    assert found.since == now


def test_no_pause_is_longer_than_a_day() -> None:
    view = replace(FULL, memory=replace(FULL.memory, not_before=NOW + 1000 * DAY))

    assert again(view).memory.not_before == NOW + LONGEST_WAIT


def test_pause_goes_on_where_it_was() -> None:
    assert again(refused(target()), NOW + 60).memory.not_before == NOW + 900
