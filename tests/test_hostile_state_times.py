"""Whatever times are in a state file: none that lies ahead, or is none, is believed."""

import math
from dataclasses import replace
from typing import Any

import msgspec
from builders import DAY, NOW, render_openmetrics, render_text, samples_of_openmetrics, snapshot
from hostile import texts
from hypothesis import example, given
from hypothesis import strategies as st
from test_hostile_config import places
from test_state_record import FULL, KEY, KNOWN

from exporter.state.envelope import UnusableError, sealed, unsealed
from exporter.state.keeping import record_of
from exporter.state.record import Record, decode, encode
from exporter.state.restoring import targets_of, tenant_of

GOOD = encode(record_of(KNOWN, [FULL], KEY, NOW))
numbers = st.floats() | st.integers(-(2**63), 2**64 - 1) | st.sampled_from([NOW, NOW + DAY, 1e300])
plain = st.none() | st.booleans() | numbers | texts.filter(str.isprintable) | st.binary(max_size=40)
anything = st.recursive(
    plain,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=10,
)

PLACES = [place for place in places(msgspec.msgpack.decode(GOOD)) if place]
TIMES = [p for p in PLACES if str(p[-1]).endswith(("_at", "at", "since", "until", "before"))]


def changed(place: tuple[Any, ...], value: object) -> bytes:
    """The good record with another value at a place."""
    document = msgspec.msgpack.decode(GOOD)
    at = document
    for part in place[:-1]:
        at = at[part]
    at[place[-1]] = value
    return msgspec.msgpack.encode(document)


def taken(payload: bytes) -> Record | None:
    """The record in a file with this payload; None where it is refused, and nothing else."""
    try:
        return decode(unsealed(sealed(payload)))
    except UnusableError:
        return None


def assert_bearable(record: Record) -> None:
    """That it is shown, kept again, and makes nothing younger or later than it may be."""
    view = tenant_of(record, NOW)
    targets = targets_of(record, [FULL.target], KEY, NOW)
    shown = replace(snapshot(view), targets=targets)
    assert render_text(shown, NOW)
    assert samples_of_openmetrics(render_openmetrics(shown, NOW))
    assert decode(encode(record_of(view, targets, KEY, NOW)))
    assert view.inventory is None or view.inventory.taken_at <= NOW
    assert view.rest_until <= NOW + DAY
    assert all(g.missed_since <= NOW >= g.last_seen for found in view.gone.values() for g in found)
    for target in targets:
        assert target.memory.not_before <= NOW + DAY
        assert target.memory.mended_at <= NOW
        for moment in (target.last_success, target.since, target.memory.refused_since):
            assert moment is None or moment <= NOW
        assert target.verdict is None or target.verdict.at <= NOW


@given(st.sampled_from(PLACES), anything)
def test_any_value_at_any_place_of_a_record_is_taken_up_or_refused(
    place: tuple[Any, ...], value: object
) -> None:
    record = taken(changed(place, value))
    if record is not None:
        assert_bearable(record)


@given(st.sampled_from(TIMES), numbers)
@example(("rest_until",), math.nan)
@example(("inventory", "taken_at"), math.nan)
def test_any_time_in_a_record_is_believed_only_where_it_may_be(
    place: tuple[Any, ...], value: float
) -> None:
    record = taken(changed(place, value))
    if record is not None:
        assert_bearable(record)
