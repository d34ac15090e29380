"""The thread beside the event loop: one call at a time, and none takes it down or holds it up."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from exporter import work
from exporter.work import CallError, Worker, aside


@pytest.fixture(autouse=True)
def worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    """A thread of the test's own, which hangs for a tenth of a second at most."""
    own = Worker(patience=0.1)
    monkeypatch.setattr(work, "WORKER", own)
    yield own
    with own.changed:  # let it go
        own.thread = None
        own.changed.notify_all()


async def test_call_gives_what_its_function_gives_or_raises() -> None:
    assert await aside(lambda a, b: a + b, 1, b=2) == 3
    with pytest.raises(ZeroDivisionError):
        await aside(lambda: 1 / 0)


async def test_calls_are_made_one_after_the_other_in_one_thread() -> None:
    order: list[tuple[int, int]] = []

    def note(number: int) -> None:
        order.append((number, threading.get_ident()))

    await asyncio.gather(*(aside(note, number) for number in range(20)))
    assert [n for n, _ in order] == list(range(20))
    assert len({thread for _, thread in order}) == 1
    assert order[0][1] != threading.get_ident()


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt, SystemExit, type("Panic", (BaseException,), {})]
)
async def test_what_is_no_exception_becomes_one(error: type[BaseException]) -> None:
    def crash() -> None:
        raise error

    with pytest.raises(CallError, match=error.__name__) as caught:
        await aside(crash)
    assert isinstance(caught.value.__cause__, error)
    assert await aside(lambda: "goes on") == "goes on"


async def test_call_that_hangs_is_left_behind_and_those_after_it_are_made() -> None:
    go = threading.Event()
    hanging = asyncio.create_task(aside(go.wait, 20))
    await asyncio.sleep(0)
    threads = await asyncio.gather(*(aside(threading.get_ident) for _ in range(3)))
    with pytest.raises(CallError, match=r"within 0\.1 seconds"):
        await hanging
    go.set()
    assert len(set(threads)) == 1


async def test_call_whose_caller_has_left_does_not_hold_up_the_others_for_ever() -> None:
    go = threading.Event()
    hanging = asyncio.create_task(aside(go.wait, 20))
    await asyncio.sleep(0.01)
    hanging.cancel()
    async with asyncio.timeout(5):
        assert await aside(lambda: "made") == "made"
    go.set()


async def test_result_that_comes_too_late_is_nobodys(worker: Worker) -> None:
    go = threading.Event()
    with pytest.raises(CallError):
        await aside(go.wait, 20)
    go.set()
    assert await aside(lambda: "right") == "right"
    assert worker.left == 1


async def test_no_more_threads_are_left_behind_than_the_program_bears(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "MOST_LEFT", 1)
    go = threading.Event()
    with pytest.raises(CallError):
        await aside(go.wait, 20)
    async with asyncio.timeout(5):
        second, third = (asyncio.create_task(aside(go.wait, 20)) for _ in range(2))
        for call in (second, third, aside(lambda: "not begun")):
            with pytest.raises(CallError):
                await call
    assert worker.left == 1
    assert not worker.waiting
    go.set()
    async with asyncio.timeout(5):
        assert await made_at_last() == "goes on"


async def made_at_last() -> str:
    """A call that is tried until a thread has come back."""
    while True:
        try:
            return await aside(lambda: "goes on")
        except CallError:
            await asyncio.sleep(0.01)


async def test_call_that_nobody_waits_for_is_not_begun(worker: Worker) -> None:
    go, made = threading.Event(), list[str]()
    worker.patience = 20.0
    first = asyncio.create_task(aside(go.wait, 20))
    unwanted = asyncio.create_task(aside(made.append, "unwanted"))
    await asyncio.sleep(0)
    unwanted.cancel()
    await asyncio.wait({unwanted})
    go.set()
    await first
    await aside(made.append, "wanted")
    assert made == ["wanted"]


async def test_thread_that_has_died_is_replaced(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    await aside(lambda: None)
    first = worker.thread
    assert first is not None
    with worker.changed:
        monkeypatch.setattr(worker, "thread", None)
        worker.changed.notify_all()
    await asyncio.to_thread(first.join, 5)
    worker.thread = first
    assert not first.is_alive()
    assert await aside(lambda: "goes on") == "goes on"


async def test_thread_that_cannot_be_started_is_tried_again(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refused)
        with pytest.raises(RuntimeError, match="start new thread"):
            await aside(lambda: None)
    assert not worker.waiting
    assert await aside(lambda: "goes on") == "goes on"
