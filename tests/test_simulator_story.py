"""What happens in the simulated tenant while the demo runs."""

import asyncio
import itertools

import pytest

from exporter.simulator import VERIFICATIONS, Simulator, demo_tenants
from exporter.simulator.changes import REMOVED, REPLACED
from exporter.simulator.story import LIVING, Moment, generation, moments, play
from exporter.simulator.values import secret_value, uid

NOW = 1_790_000_000.0


class Over(Exception):  # noqa: N818 - the end of a test's time, no error
    """The time of a test has passed."""


def first(number: int) -> list[Moment]:
    return list(itertools.islice(moments(), number))


def living_values(simulator: Simulator) -> list[str | None]:
    contoso = simulator.tenants[uid("tenant", "contoso")]
    app = contoso.application(uid("app", LIVING))
    assert app is not None
    return [one.secret for one in app.password_credentials]


async def played(simulator: Simulator, until: float, pace: float = 1.0) -> dict[str, str]:
    """Play up to a moment, without waiting; what was written by target."""
    written: dict[str, str] = {}
    passed = 0.0

    async def sleep(seconds: float) -> None:
        nonlocal passed
        passed += seconds
        if passed > until:
            raise Over

    with pytest.raises(Over):
        await play(simulator, written.__setitem__, pace=pace, sleep=sleep)
    return written


def test_first_a_secret_is_removed_and_another_replaced() -> None:
    opening = [(one.at, one.change) for one in first(2)]
    assert opening == [(3, REMOVED), (3, REPLACED)]


def test_living_secret_is_replaced_and_its_consumer_follows() -> None:
    replaced, told = first(4)[2:]
    assert (replaced.at, told.at) == (30, 75)
    assert replaced.change is not None
    assert (replaced.change.removes, replaced.change.adds) == ("0", "1")
    assert (told.target, told.value) == (LIVING, secret_value(LIVING, "1"))


def test_every_two_minutes_comes_the_next_generation() -> None:
    later = generation(7)
    assert [one.at for one in later] == [30 + 7 * 120, 75 + 7 * 120]
    assert later[1].value == secret_value(LIVING, "8")


def test_moments_are_in_the_order_of_time() -> None:
    times = [one.at for one in first(20)]
    assert times == sorted(times)


def test_only_stored_secrets_are_told_of() -> None:
    targets = {one.name for one in VERIFICATIONS if one.demo}
    assert {one.target for one in first(20)} - {""} <= targets


def test_stored_values_are_in_no_repr() -> None:
    [told] = (one for one in first(4) if one.target)
    assert told.value not in repr(told)


async def test_playing_changes_the_directory_and_then_what_is_stored() -> None:
    simulator = Simulator(demo_tenants(NOW), clock=lambda: NOW)
    assert await played(simulator, 29) == {}
    assert living_values(simulator) == [secret_value(LIVING, "0")]


@pytest.mark.parametrize(
    ("until", "generation_there", "stored"),
    [(30, "1", None), (75, "1", "1"), (150, "2", "1"), (200, "2", "2"), (320, "3", "3")],
)
async def test_consumer_is_behind_between_two_moments(
    until: float, generation_there: str, stored: str | None
) -> None:
    simulator = Simulator(demo_tenants(NOW), clock=lambda: NOW)
    written = await played(simulator, until)
    assert living_values(simulator) == [secret_value(LIVING, generation_there)]
    assert written == ({LIVING: secret_value(LIVING, stored)} if stored else {})


async def test_pace_makes_it_faster() -> None:
    simulator = Simulator(demo_tenants(NOW), clock=lambda: NOW)
    written = await played(simulator, 7.5, pace=0.1)
    assert written == {LIVING: secret_value(LIVING, "1")}


async def test_playing_ends_when_it_is_cancelled() -> None:
    simulator = Simulator(demo_tenants(NOW), clock=lambda: NOW)
    task = asyncio.create_task(play(simulator, lambda _target, _value: None, pace=0.0001))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert uid("key", LIVING, "0") not in str(simulator.tenants)
