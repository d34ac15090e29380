"""
Runs the exporter's jobs beside each other, so that none which fails ends another. A bug that
nothing nearer has caught is logged and counted here. Knows no job.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any

from exporter import log
from exporter.health import Health, Task
from exporter.schedule import forever, wanted

CLOSING_TIMEOUT = 0.3
"""Seconds that connections get to end well."""


class Tasks:
    """`async with tasks.group`, which ends when all jobs have; `end` has them end."""

    def __init__(self, health: Health) -> None:
        self.health = health
        self.group = asyncio.TaskGroup()
        self.running = set[asyncio.Task[None]]()
        self.ending = False

    def start(self, kind: Task, job: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a job beside the others, until it ends or the exporter does."""
        task = self.group.create_task(self.guarded(kind, job))
        self.running.add(task)
        task.add_done_callback(self.running.discard)
        # One that is cancelled before it begins would never be awaited.
        task.add_done_callback(lambda _: job.close())
        if self.ending:
            task.cancel()
        return task

    def keep_going(self, kind: Task, job: Callable[[], Awaitable[float]]) -> None:
        """Run again and again what there is one of."""
        self.start(kind, forever(kind, job, crashed=partial(self.health.failed, kind)))

    def end(self) -> None:
        """Cancel them, and those that are started from now on."""
        self.ending = True
        for task in self.running:
            task.cancel()

    async def guarded(self, kind: Task, job: Coroutine[Any, Any, None]) -> None:
        """Do the job, which counts as running meanwhile; a bug in it is its own."""
        with self.health.runs(kind):
            try:
                await job
            except BaseException as error:
                if wanted(error):
                    raise
                self.health.failed(kind)
                log.get().error("task ended by a bug", task=kind.value, exc_info=error)

    def unforeseen(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """
        Log what went wrong where nobody waits for it, in a callback or a library's own task, and
        count it unless it is the fault of a connection. The event loop calls this.
        """
        error = context.get("exception")
        if error is not None and not isinstance(error, OSError):
            self.health.failed(Task.OTHER)
        log.get().error("event loop", problem=context.get("message"), exc_info=error)


async def closed(closing: Awaitable[None]) -> None:
    """Connections ended well, if that is possible and does not take long."""
    # A connection that fails to close is closed.
    with contextlib.suppress(Exception):
        async with asyncio.timeout(CLOSING_TIMEOUT):
            await closing
