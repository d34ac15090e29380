"""When jobs run: through crashes, with pauses that grow, and not all at once."""

import asyncio
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from exporter import log, schedule
from exporter.schedule import backoff, forever, rest, start_delay


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(schedule, "FIRST_RETRY", 0.001)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


async def ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


class Job:
    """Crashes the first times it runs; `runs` counts them, and `done` is set at the last."""

    def __init__(self, crashes: int, until: int) -> None:
        self.crashes = crashes
        self.until = until
        self.runs = 0
        self.done = asyncio.Event()

    async def __call__(self) -> float:
        """One run."""
        self.runs += 1
        if self.runs == self.until:
            self.done.set()
        if self.runs <= self.crashes:
            raise RuntimeError(f"bug {self.runs}")
        return 0.0 if self.runs < self.until else 60.0


@pytest.mark.usefixtures("_quick")
async def test_job_survives_crashes_and_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("info", "json")
    job = Job(crashes=2, until=4)
    task = asyncio.create_task(forever("poll contoso", job))
    async with asyncio.timeout(5):
        await job.done.wait()
    await ended(task)
    assert job.runs == 4
    events = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(event["msg"], event["task"]) for event in events] == [
        ("task crashed", "poll contoso"),
        ("task works again", "poll contoso"),
    ]
    assert events[0]["exception"].startswith("Traceback (most recent call last)")
    assert "RuntimeError" in events[0]["exception"]
    assert events[1]["crashes"] == 2


@pytest.mark.usefixtures("_quick")
async def test_job_that_crashes_is_not_run_again_in_a_tight_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(schedule, "FIRST_RETRY", 30.0)
    job = Job(crashes=99, until=99)
    task = asyncio.create_task(forever("poll", job))
    await asyncio.sleep(0.02)
    await ended(task)
    assert job.runs == 1


async def test_job_waits_for_the_pause_that_it_asks_for() -> None:
    job = Job(crashes=0, until=3)
    task = asyncio.create_task(forever("poll", job))
    async with asyncio.timeout(5):
        await job.done.wait()
    await asyncio.sleep(0.02)
    await ended(task)
    assert job.runs == 3


async def test_cancellation_is_no_crash() -> None:
    began = asyncio.Event()

    async def endless() -> float:
        began.set()
        await asyncio.sleep(60)
        return 0.0

    task = asyncio.create_task(forever("poll", endless))
    await began.wait()
    await ended(task)
    assert task.cancelled()


@pytest.mark.parametrize(
    ("failures", "longest", "pause"),
    [
        (1, 3600, 15),
        (2, 3600, 30),
        (3, 3600, 60),
        (8, 3600, 1920),
        (9, 3600, 3600),
        (1_000_000, 3600, 3600),
        (1, 5, 5),
        (1, 0, 0),
    ],
)
def test_backoff_doubles_up_to_the_longest_with_jitter_below(
    failures: int, longest: float, pause: float
) -> None:
    drawn = [backoff(failures, longest) for _ in range(200)]
    assert all(0.8 * pause <= wait <= pause for wait in drawn)
    assert pause == 0 or max(drawn) - min(drawn) > 0.05 * pause


def test_first_of_the_jobs_begins_at_once() -> None:
    assert [start_delay(0, count) for count in (1, 2, 500)] == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("count", [2, 10, 300, 1_000])
def test_other_jobs_begin_one_after_another_within_a_minute(count: int) -> None:
    delays = [start_delay(position, count) for position in range(count)]
    assert delays == sorted(delays)
    assert len(set(delays)) == count
    assert delays[1] > 0
    assert delays[-1] <= min(60.0, 0.2 * count)
    assert delays[-1] >= (count - 1.5) * min(60.0, 0.2 * count) / count


class Rounds:
    """A job that asks for a minute's pause, and says when it has run."""

    def __init__(self) -> None:
        self.runs = 0
        self.ran = asyncio.Event()

    async def __call__(self) -> float:
        """One run."""
        self.runs += 1
        self.ran.set()
        return 60.0

    async def again(self) -> None:
        """Wait for the next run."""
        async with asyncio.timeout(2):
            await self.ran.wait()
        self.ran.clear()


async def settled() -> None:
    """Let everything that is due run."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_job_that_is_woken_runs_at_once_and_then_rests_again() -> None:
    job, woken = Rounds(), asyncio.Event()
    task = asyncio.create_task(forever("verify", job, woken))
    await job.again()
    for _ in range(3):
        woken.set()
        await job.again()
    await settled()
    assert job.runs == 4
    assert not woken.is_set()
    await ended(task)


async def test_job_that_is_woken_many_times_at_once_runs_once_more() -> None:
    job, woken = Rounds(), asyncio.Event()
    task = asyncio.create_task(forever("verify", job, woken))
    await job.again()
    for _ in range(5):
        woken.set()
    await job.again()
    await settled()
    assert job.runs == 2
    await ended(task)


async def test_wake_during_a_run_is_not_lost() -> None:
    woken, running, may_end = asyncio.Event(), asyncio.Event(), asyncio.Event()
    runs = 0

    async def job() -> float:
        nonlocal runs
        runs += 1
        running.set()
        await may_end.wait()
        return 60.0

    task = asyncio.create_task(forever("verify", job, woken))
    await running.wait()
    woken.set()
    await settled()
    assert runs == 1
    may_end.set()
    await settled()
    assert runs == 2
    await ended(task)


async def test_wake_just_when_the_rest_is_over_costs_no_run() -> None:
    woken = asyncio.Event()
    resting = asyncio.create_task(rest(0.01, woken))
    await asyncio.sleep(0.01)
    woken.set()
    async with asyncio.timeout(2):
        await resting
    assert not woken.is_set()


@pytest.mark.parametrize("seconds", [0.0, -5.0, 0.01])
@pytest.mark.parametrize("event", [True, False], ids=["with event", "without"])
async def test_rest_ends_by_itself(seconds: float, event: bool) -> None:  # noqa: FBT001 - parametrised
    async with asyncio.timeout(2):
        await rest(seconds, asyncio.Event() if event else None)


async def test_rest_that_is_not_woken_lasts() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await rest(60.0, asyncio.Event())


async def test_rest_that_is_ended_does_not_go_on() -> None:
    resting = asyncio.create_task(rest(60.0, asyncio.Event()))
    await settled()
    await ended(resting)


@pytest.mark.usefixtures("_quick")
async def test_job_that_crashed_rests_unless_it_is_woken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "FIRST_RETRY", 30.0)
    job, woken = Job(crashes=9, until=2), asyncio.Event()
    task = asyncio.create_task(forever("verify", job, woken))
    await settled()
    assert job.runs == 1
    woken.set()
    async with asyncio.timeout(2):
        await job.done.wait()
    await settled()
    assert job.runs == 2
    await ended(task)


class Panic(BaseException):
    """What a library in Rust raises."""


@pytest.mark.usefixtures("_quick")
@pytest.mark.parametrize("error", [Panic(), KeyboardInterrupt(), SystemExit(1), MemoryError()])
async def test_job_survives_what_is_no_exception(error: BaseException) -> None:
    done, crashes = asyncio.Event(), list[int]()

    async def job() -> float:
        if len(crashes) < 2:
            raise error
        done.set()
        return 60.0

    task = asyncio.create_task(forever("poll", job, crashed=lambda: crashes.append(1)))
    async with asyncio.timeout(5):
        await done.wait()
    await ended(task)
    assert len(crashes) == 2


@pytest.mark.usefixtures("_quick")
async def test_cancellation_that_nobody_asked_for_is_a_crash() -> None:
    done, crashes = asyncio.Event(), list[int]()

    async def job() -> float:
        if not crashes:
            inner = asyncio.get_running_loop().create_future()
            inner.cancel()
            await inner
        done.set()
        return 60.0

    task = asyncio.create_task(forever("poll", job, crashed=lambda: crashes.append(1)))
    async with asyncio.timeout(5):
        await done.wait()
    await ended(task)
    assert task.cancelled()
    assert len(crashes) == 1


@pytest.mark.usefixtures("_quick")
async def test_crash_is_logged_when_it_begins_when_it_is_another_and_when_it_ends() -> None:
    runs, done = 0, asyncio.Event()

    async def job() -> float:
        nonlocal runs
        runs += 1
        if runs <= 3:
            raise RuntimeError(runs)
        if runs <= 5:
            raise KeyError(runs)
        done.set()
        return 60.0

    with structlog.testing.capture_logs() as logs:
        task = asyncio.create_task(forever("poll", job))
        async with asyncio.timeout(5):
            await done.wait()
        await settled()
        await ended(task)

    found = [(e["event"], type(e.get("exc_info")).__name__) for e in logs]
    assert found == [
        ("task crashed", "RuntimeError"),
        ("task crashed", "KeyError"),
        ("task works again", "NoneType"),
    ]
    assert logs[-1]["crashes"] == 5


@pytest.mark.usefixtures("_quick")
async def test_pause_that_is_none_is_a_crash() -> None:
    runs: list[int] = []
    done = asyncio.Event()

    async def job() -> float:
        runs.append(1)
        if len(runs) == 1:
            return "soon"  # type: ignore[return-value]
        done.set()
        return 60.0

    task = asyncio.create_task(forever("poll", job))
    async with asyncio.timeout(5):
        await done.wait()
    await ended(task)


@pytest.mark.usefixtures("_quick")
@pytest.mark.parametrize("instead", [None, RuntimeError("of a library")])
async def test_end_that_a_job_swallows_ends_it_all_the_same(instead: Exception | None) -> None:
    begun = asyncio.Event()

    async def job() -> float:
        begun.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            if instead:
                raise instead from None
        return 3600.0

    task = asyncio.create_task(forever("poll", job))
    await begun.wait()
    async with asyncio.timeout(5):
        await ended(task)
