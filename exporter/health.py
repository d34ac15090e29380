"""
How the exporter itself does: which of its tasks run, how often one failed by a bug, and how late
its event loop is. Counted as it happens, on the event loop; decides and shows nothing.
"""

import asyncio
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import NoReturn

NAP = 0.25
"""Seconds between two looks at how late the event loop is."""

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds: up to where each bucket of the lateness reaches. One more has what is beyond."""


class Task(StrEnum):
    """What the exporter does, as the metrics name it; docs/metrics.md says what each is."""

    POLLER = "poller"
    VERIFIER = "verifier"
    RENDERER = "renderer"
    FILE_WATCHER = "file_watcher"
    RELOADER = "reloader"
    LISTENER = "listener"
    PAGE = "page"
    ERRAND = "errand"
    LOOP_MONITOR = "loop_monitor"
    STATE_KEEPER = "state_keeper"
    OTHER = "other"


class Health:
    """Counts from 0; one for each running exporter, handed to whatever may fail."""

    def __init__(self) -> None:
        self.failures = dict.fromkeys(Task, 0)
        self.running = dict.fromkeys(Task, 0)
        self.late = [0] * (len(BOUNDS) + 1)
        self.late_seconds = 0.0

    def failed(self, task: Task) -> None:
        """A bug ended what a task was doing."""
        self.failures[task] += 1

    @contextmanager
    def runs(self, task: Task) -> Iterator[None]:
        """A task runs for as long as the block."""
        self.running[task] += 1
        try:
            yield
        finally:
            self.running[task] -= 1

    def woke_late(self, seconds: float) -> None:
        """A timer of the event loop came so late."""
        self.late[bisect_left(BOUNDS, seconds)] += 1
        self.late_seconds += seconds

    async def look_at_the_loop(self) -> NoReturn:
        """
        Sleep for a moment, again and again, and count how late each ended. Nothing lies between two
        of them: the loop might be blocked just then. Its clock neither follows the wall clock nor
        runs while the machine is suspended.
        """
        loop = asyncio.get_running_loop()
        due = loop.time() + NAP
        while True:
            await asyncio.sleep(due - loop.time())
            woke = loop.time()
            self.woke_late(max(0.0, woke - due))
            due = woke + NAP
