"""
Where long calculations run: one thread beside the event loop. Decoding and rendering hold the
interpreter, so more threads would only take turns, and each keeps tens of megabytes to itself. One
that does not come back is left behind, and another takes its place.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field
from functools import partial
from threading import Condition, Thread, current_thread
from time import monotonic
from typing import Any, ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

PATIENCE = 300.0
"""Seconds for one call: many times what the largest tenant takes on a slow machine."""

MOST_LEFT = 8
"""Threads left behind, at most: they may be busy for ever."""

NO_MORE = f"more than {MOST_LEFT} calls do not end, so no thread is left; restart the exporter"


class CallError(RuntimeError):
    """A call that never ended, or that ended as no call should."""


@dataclass(eq=False, slots=True)
class Call:
    """What a thread is asked for; `began` is of the monotonic clock."""

    function: Callable[[], Any]
    began: float = 0.0
    result: Future[Any] = field(default_factory=Future)

    def carry_out(self) -> None:
        """Make it, and pass on what comes of it, if anybody still waits for that."""
        if not self.result.set_running_or_notify_cancel():
            return
        try:
            result = self.function()
        except Exception as error:  # noqa: BLE001 - it is raised where the result is awaited
            self.fail(error)
        except BaseException as error:  # noqa: BLE001 - as above, but it must not end the program
            failed = CallError(f"a call ended with {type(error).__name__}")
            failed.__cause__ = error
            self.fail(failed)
        else:
            with contextlib.suppress(InvalidStateError):  # too late
                self.result.set_result(result)

    def fail(self, error: Exception) -> None:
        """Nothing comes of it."""
        with contextlib.suppress(InvalidStateError):
            self.result.set_exception(error)


class Worker:
    """A daemon thread that makes one call after the other: the process ends without it."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self.patience = patience
        self.changed = Condition()
        self.waiting = deque[Call]()
        self.thread: Thread | None = None
        self.present: Call | None = None
        self.left = 0

    def begin(self, function: Callable[[], Any]) -> Call:
        """Have it called as soon as those before it are done."""
        call = Call(function)
        with self.changed:
            if self.stuck and self.left >= MOST_LEFT:
                raise CallError(NO_MORE)
            if self.thread is None or not self.thread.is_alive():
                self.hire()
            self.waiting.append(call)
            self.changed.notify_all()
        return call

    def hire(self) -> None:
        """Let a new thread do the work from now on; only with the lock."""
        thread = Thread(target=self.work, name="work", daemon=True)
        # Only what can be started takes the place of the other.
        thread.start()
        self.thread, self.present = thread, None

    def work(self) -> None:
        """What the thread does, until another has taken its place."""
        while call := self.next():
            call.carry_out()

    def next(self) -> Call | None:
        """The call that waits longest, once there is one; None when this thread was left behind."""
        with self.changed:
            if self.thread is current_thread():
                self.present = None
            self.changed.wait_for(lambda: self.waiting or self.thread is not current_thread())
            if self.thread is not current_thread():
                return None
            self.present = self.waiting.popleft()
            self.present.began = monotonic()
            return self.present

    def leave_behind(self) -> None:
        """Have another thread go on if this one has been at one call for too long."""
        with self.changed:
            stuck = self.stuck
            if stuck is None:
                return
            if self.left < MOST_LEFT:
                self.left += 1
                self.hire()
                without_thread = []
            else:
                without_thread = [*self.waiting]
                self.waiting.clear()
        stuck.fail(CallError(f"a call did not end within {self.patience:g} seconds"))
        for call in without_thread:
            call.fail(CallError(NO_MORE))

    @property
    def stuck(self) -> Call | None:
        """The present call when it has taken too long; only with the lock."""
        late = self.present is not None and monotonic() - self.present.began >= self.patience
        return self.present if late else None


WORKER = Worker()


async def aside(
    function: Callable[Parameters, Result], *args: Parameters.args, **kwargs: Parameters.kwargs
) -> Result:
    """
    What a function gives, calculated without holding up the event loop. Raises what it raises, or
    CallError when it does not end, ends with what is no Exception, or no thread is left for it.
    """
    worker = WORKER
    result: asyncio.Future[Result] = asyncio.wrap_future(
        worker.begin(partial(function, *args, **kwargs)).result
    )
    try:
        while not result.done():
            await asyncio.wait({result}, timeout=worker.patience / 10)
            worker.leave_behind()
    finally:
        # Whoever does not wait for it any more does not want it begun either, nor told of.
        if not result.cancel() and not result.cancelled():
            result.exception()
    return result.result()
