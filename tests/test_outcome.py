"""What a verification leaves behind: what is remembered, since when, and how long it rests."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from builders import DAY, NOW, target_view, verdict

from exporter.model import COULD_NOT_TELL, Cause
from exporter.snapshot import Held, Memory, TargetView
from exporter.verdict import Granted, Refusal
from exporter.verify.once import Mended
from exporter.verify.outcome import Tried, after, due

INTERVAL = 900.0
HOUR = 3600.0
OLD, NEW = b"old value", b"new value"
NOT_SO = Refusal(7000215, "invalid_client", "AADSTS7000215: no.")
REFUSALS = sorted(set(Cause) - COULD_NOT_TELL)
START = TargetView(target_view().target)
JITTER = 0.2


def tried(  # noqa: PLR0913 - fields of Tried by name
    cause: Cause | None = None,
    *,
    value: bytes = OLD,
    changed: bool = False,
    at: float = NOW,
    mended: Mended = None,
    retry_after: float = 0.0,
) -> Tried:
    """A verification that took a quarter of a second."""
    return Tried(value, changed, verdict(cause, at), 0.25, mended, retry_after)


def run(*attempts: Tried, view: TargetView = START, interval: float = INTERVAL) -> TargetView:
    """The view after verifications, one after another."""
    for one in attempts:
        view = after(view, one, None, interval)
    return view


def pauses(*attempts: Tried, interval: float = INTERVAL) -> list[float]:
    """The pause after the last of the verifications, drawn often."""
    before, last = run(*attempts[:-1], interval=interval), attempts[-1]
    drawn = (after(before, last, None, interval).memory.not_before for _ in range(30))
    return [until - last.verdict.at for until in drawn]


def jittered(drawn: list[float], pause: float) -> bool:
    """Whether it is the pause with jitter below it, which differs from draw to draw."""
    within = all((1 - JITTER) * pause - 1e-3 <= one <= pause + 1e-3 for one in drawn)
    return within and len(set(drawn)) > 1


def test_view_shows_what_came_of_it() -> None:
    holds = Held("key", NOW + DAY)
    view = after(START, tried(), holds, INTERVAL)
    assert (view.target, view.verdict) == (START.target, verdict())
    assert (view.holds, view.duration, view.last_success) == (holds, 0.25, NOW)


def test_what_was_held_is_not_said_of_the_next_value() -> None:
    view = after(START, tried(), Held("key", NOW + DAY), INTERVAL)
    assert after(view, tried(Cause.INVALID_SECRET), None, INTERVAL).holds is None


def test_last_success_stays_through_what_fails() -> None:
    failing = [tried(cause, at=NOW + n) for n, cause in enumerate(Cause, start=1)]
    assert run(tried(), *failing).last_success == NOW
    assert run(tried(), *failing, tried(at=NOW + DAY)).last_success == NOW + DAY
    assert run(*failing).last_success is None


def test_cause_is_dated_from_when_it_was_first_seen() -> None:
    view = run(*(tried(Cause.EXPIRED, at=NOW + n) for n in range(3)))
    assert view.since == NOW


@pytest.mark.parametrize(
    ("between", "expected"),
    [
        pytest.param(Cause.REVOKED, NOW + 2, id="another cause"),
        pytest.param(Cause.NETWORK, NOW + 2, id="could not tell"),
        pytest.param(None, NOW + 2, id="worked"),
        pytest.param(Cause.EXPIRED, NOW, id="the same cause"),
    ],
)
def test_cause_that_was_away_is_dated_anew(between: Cause | None, expected: float) -> None:
    view = run(tried(Cause.EXPIRED), tried(between, at=NOW + 1), tried(Cause.EXPIRED, at=NOW + 2))
    assert view.since == expected


def test_cause_of_another_value_is_still_the_same_failure() -> None:
    again = tried(Cause.EXPIRED, value=NEW, changed=True, at=NOW + 5)
    assert run(tried(Cause.EXPIRED), again).since == NOW


def test_what_works_has_no_since() -> None:
    assert run(tried(Cause.EXPIRED), tried()).since is None


@pytest.mark.parametrize("interval", [1.0, INTERVAL, 6 * HOUR])
def test_what_works_is_tried_again_after_the_interval(interval: float) -> None:
    assert jittered(pauses(tried(), interval=interval), interval)


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        (INTERVAL, [900, 1800, 3600, 3600, 3600]),
        (10.0, [10, 20, 40, 80, 160]),
        (6 * HOUR, [6 * HOUR] * 5),
    ],
    ids=["quarter of an hour", "ten seconds", "longer than an hour"],
)
@pytest.mark.parametrize("cause", REFUSALS)
def test_refused_value_rests_for_longer_each_time_up_to_an_hour(
    cause: Cause, interval: float, expected: list[float]
) -> None:
    for times, pause in enumerate(expected, start=1):
        assert jittered(pauses(*[tried(cause)] * times, interval=interval), pause)


def test_value_that_is_refused_for_ever_is_tried_hourly() -> None:
    assert jittered(pauses(*[tried(Cause.EXPIRED)] * 2000), HOUR)
    assert jittered(pauses(*[tried(Cause.EXPIRED)] * 2000, interval=1.0), HOUR)


@pytest.mark.parametrize(
    "news",
    [
        pytest.param([tried()], id="it worked"),
        pytest.param([tried(Cause.EXPIRED, value=NEW, changed=True)], id="another value"),
        pytest.param([tried(Cause.EXPIRED, changed=True)], id="the application changed"),
        pytest.param([tried(Cause.NETWORK, value=NEW, changed=True)], id="another, not answered"),
    ],
)
def test_pauses_begin_anew_with_news(news: list[Tried]) -> None:
    refused = [tried(Cause.EXPIRED)] * 6
    first = 1 if news[0].verdict.diagnosis and not news[0].verdict.could_not_tell else 0
    again = [tried(Cause.EXPIRED, value=news[0].value)] * (1 - first)
    assert jittered(pauses(*refused, *news, *again), INTERVAL)


def test_pauses_go_on_growing_over_what_could_not_be_told() -> None:
    refused = tried(Cause.EXPIRED)
    assert jittered(pauses(refused, tried(Cause.NETWORK), refused), 2 * INTERVAL)


def test_pauses_go_on_growing_when_the_cause_becomes_another() -> None:
    assert jittered(pauses(tried(Cause.INVALID_SECRET), tried(Cause.REVOKED)), 2 * INTERVAL)


@pytest.mark.parametrize(
    "cause", sorted(COULD_NOT_TELL - {Cause.THROTTLED}), ids=lambda cause: cause.value
)
def test_what_could_not_be_told_is_tried_again_soon_and_then_less(cause: Cause) -> None:
    for times, pause in enumerate([15, 30, 60, 120, 240, 480, 900, 900], start=1):
        assert jittered(pauses(*[tried(cause)] * times), pause)


def test_trouble_after_trouble_that_ended_is_tried_again_soon() -> None:
    trouble = [tried(Cause.NETWORK)] * 9
    for between in (None, Cause.EXPIRED):
        assert jittered(pauses(*trouble, tried(between), tried(Cause.NETWORK)), 15)


@pytest.mark.parametrize(
    ("cause", "asked", "least"),
    [
        pytest.param(Cause.THROTTLED, 0, 150, id="throttled"),
        pytest.param(Cause.THROTTLED, 60, 150, id="throttled for a minute"),
        pytest.param(Cause.THROTTLED, 400, 400, id="throttled for longer"),
        pytest.param(Cause.THROTTLED, DAY, DAY, id="throttled for a day"),
        pytest.param(Cause.LOGIN_UNAVAILABLE, 400, 400, id="in trouble for longer"),
    ],
)
def test_login_service_is_left_alone_for_as_long_as_it_asks(
    cause: Cause, asked: float, least: float
) -> None:
    for interval in (10.0, INTERVAL):
        assert set(pauses(tried(cause, retry_after=asked), interval=interval)) == {least}


def test_login_service_that_goes_on_throttling_is_asked_less_and_less() -> None:
    assert jittered(pauses(*[tried(Cause.THROTTLED)] * 6), 480)
    assert jittered(pauses(*[tried(Cause.THROTTLED)] * 60), INTERVAL)


@pytest.mark.parametrize("cause", [None, *Cause])
@pytest.mark.parametrize("interval", [1.0, INTERVAL, DAY])
def test_no_pause_is_endless_or_none(cause: Cause | None, interval: float) -> None:
    longest = max(interval, HOUR)
    for times in (1, 2, 7, 40):
        drawn = pauses(*[tried(cause)] * times, interval=interval)
        assert 0.8 * min(interval, 15.0) - 1e-3 <= min(drawn)
        assert max(drawn) <= longest + 1e-3


def test_pause_counts_from_when_the_verdict_came() -> None:
    view = run(tried(at=NOW + DAY))
    assert NOW + DAY < view.memory.not_before <= NOW + DAY + INTERVAL


@pytest.mark.parametrize(
    ("attempts", "pause"),
    [
        pytest.param([tried()], INTERVAL, id="works"),
        pytest.param([tried(Cause.EXPIRED)], INTERVAL, id="refused"),
        pytest.param([tried(Cause.EXPIRED)] * 2, 2 * INTERVAL, id="refused twice"),
        pytest.param([tried(Cause.EXPIRED)] * 9, HOUR, id="refused again and again"),
        pytest.param([tried(Cause.NETWORK)] * 20, INTERVAL, id="could not be tried"),
        pytest.param(
            [tried(Cause.EXPIRED)] * 2 + [tried(Cause.SOURCE_UNREADABLE)] * 20,
            2 * INTERVAL,
            id="refused, and unreadable since",
        ),
        pytest.param(
            [tried(Cause.THROTTLED, retry_after=2 * HOUR)], 2 * HOUR, id="asked to be left alone"
        ),
    ],
)
def test_pause_of_a_longer_interval_shrinks_to_that_of_the_present_one(
    attempts: list[Tried], pause: float
) -> None:
    view = run(*attempts, interval=DAY)
    assert due(view, INTERVAL) == NOW + pause
    assert NOW < due(view, DAY) == view.memory.not_before


@pytest.mark.parametrize("cause", [None, *Cause])
def test_pause_of_the_present_interval_is_not_cut_short(cause: Cause | None) -> None:
    for times in range(1, 12):
        view = run(*[tried(cause, retry_after=77)] * times)
        assert due(view, INTERVAL) == view.memory.not_before


def test_value_that_worked_is_remembered_with_its_last_success() -> None:
    memory = run(tried(), tried(at=NOW + 9), tried(Cause.EXPIRED, at=NOW + 10)).memory
    assert memory.worked_at(OLD) == NOW + 9
    assert memory.worked_at(NEW) is None


@pytest.mark.parametrize("cause", Cause)
def test_value_that_never_worked_is_not_remembered_to_have(cause: Cause) -> None:
    assert run(tried(cause)).memory.worked_at(OLD) is None


def test_value_that_comes_back_is_still_known_to_have_worked() -> None:
    back = [
        tried(),
        tried(value=NEW, changed=True, at=NOW + 1),
        tried(Cause.INVALID_SECRET, changed=True, at=NOW + 2),
    ]
    assert run(*back).memory.worked_at(OLD) == NOW


def worked(count: int, value: Callable[[int], int]) -> Memory:
    """The memory after so many successes, each of the value of that number."""
    attempts = (tried(value=bytes([value(n)]), changed=True, at=NOW + n) for n in range(count))
    return run(*attempts).memory


def test_of_many_values_that_worked_the_latest_eight_are_remembered() -> None:
    memory = worked(20, lambda n: n)
    assert dict(memory.worked) == {bytes([n]): NOW + n for n in range(12, 20)}


def test_value_that_works_often_takes_one_place() -> None:
    memory = worked(300, lambda n: n % 2)
    assert dict(memory.worked) == {b"\x00": NOW + 298, b"\x01": NOW + 299}


def test_value_that_works_again_is_not_the_first_to_be_forgotten() -> None:
    order = [0, 1, 2, 3, 4, 5, 6, 7, 0, 8, 9]
    memory = worked(len(order), order.__getitem__)
    assert [value[0] for value, _ in memory.worked] == [3, 4, 5, 6, 7, 0, 8, 9]


@pytest.mark.parametrize("mended", [Granted(), NOT_SO], ids=["works", "refused"])
def test_what_came_of_the_mended_value_is_remembered_for_the_same_value(mended: Mended) -> None:
    first = tried(Cause.FORMAT_ERROR, mended=mended)
    assert run(first).memory.mended == mended
    assert run(first, tried(Cause.NETWORK), tried(Cause.FORMAT_ERROR)).memory.mended == mended


def test_what_came_of_the_mended_value_is_not_said_of_another_value() -> None:
    first = tried(Cause.FORMAT_ERROR, mended=Granted())
    other = tried(Cause.INVALID_SECRET, value=NEW, changed=True)
    assert run(first, other).memory.mended is None
    assert run(first, other, tried(Cause.INVALID_SECRET)).memory.mended is None


def test_mended_value_is_tried_again_while_the_secret_may_still_spread() -> None:
    spreading = tried(Cause.PROPAGATING, mended=NOT_SO)
    assert run(spreading).memory.mended is None
    assert run(tried(Cause.FORMAT_ERROR, mended=NOT_SO), spreading).memory.mended is None


def test_memory_of_a_value_that_cannot_be_read_stays() -> None:
    memory = run(tried(), tried(Cause.EXPIRED), tried(Cause.EXPIRED)).memory
    view = replace(START, memory=memory)
    later = run(tried(Cause.SOURCE_UNREADABLE, at=NOW + 9), view=view).memory
    assert (later.value, later.refusals, later.worked) == (OLD, 2, memory.worked)


def test_memory_shows_no_value() -> None:
    shown = repr(run(tried()))
    assert "old value" not in shown
