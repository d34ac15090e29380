"""
Reads beside the event loop, in one thread of its own, again for each who asks. A read that hangs is
waited for with patience, and nothing else is begun until it has ended. Knows no file.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from typing import Generic, TypeVar
from weakref import finalize

from exporter.work import Call

PATIENCE = 2.0
"""Seconds for one read."""

Result = TypeVar("Result")


@dataclass(eq=False, frozen=True, slots=True)
class Read(Generic[Result]):
    """One that was begun; late after `deadline`, which is the event loop's time."""

    result: asyncio.Future[Result]
    deadline: float


class Reading(Generic[Result]):
    """What a function gives that may hang; many who ask at once share a call of it."""

    def __init__(self, function: Callable[[], Result]) -> None:
        self.function = function
        self.calls: SimpleQueue[Call | None] = SimpleQueue()
        self.thread: Thread | None = None
        self.latest: Read[Result] | None = None
        finalize(self, self.calls.put_nowait, None)

    async def now(self) -> Result:
        """
        What a call gives that began after this was asked; raises TimeoutError when it takes too
        long, or one before it has not ended.
        """
        seen = self.latest
        if seen is not None and not seen.result.done():
            await ended(seen)
        # Whoever waited for the same one shares the next: it began after all of them asked.
        read = self.latest
        if read is None or read is seen:
            read = self.latest = self.begin()
        await ended(read)
        return read.result.result()

    def begin(self) -> Read[Result]:
        """A new call, for a thread that has nothing else to do."""
        if self.thread is None:
            thread = Thread(target=work, args=(self.calls,), name="web-config", daemon=True)
            thread.start()
            self.thread = thread
        call = Call(self.function)
        self.calls.put_nowait(call)
        deadline = asyncio.get_running_loop().time() + PATIENCE
        return Read(asyncio.wrap_future(call.result), deadline)


def work(calls: SimpleQueue[Call | None]) -> None:
    """What the thread does, until nobody can ask any more."""
    while call := calls.get():
        call.carry_out()


async def ended(read: Read[Result]) -> None:
    """Wait until it has, in whatever way; raises TimeoutError when it is late."""
    if not read.result.done():
        left = read.deadline - asyncio.get_running_loop().time()
        await asyncio.wait({read.result}, timeout=max(left, 0))
    if not read.result.done():
        raise TimeoutError
