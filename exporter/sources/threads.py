"""
Reads files in threads that nothing else uses, and leaves behind a thread whose file never comes: a
volume that hangs holds up neither other files nor the rest of the program.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread

from exporter.sources.unreadable import SourceUnreadable

PATIENCE = 20.0
"""Seconds for one read, the wait for a thread included."""

MOST = 64
"""Threads, of which each may hang with one file."""


@dataclass(frozen=True, slots=True)
class Read:
    """A read that has not ended; late after `deadline`, which is the event loop's time."""

    path: Path
    call: Callable[[Path], bytes]
    deadline: float
    content: Future[bytes]


class Threads:
    """At most one read of each path at a time, in daemon threads: the process ends without them."""

    def __init__(self, patience: float = PATIENCE, most: int = MOST) -> None:
        self.patience = patience
        self.most = most
        self.lock = Lock()
        self.count = 0
        self.waiting: deque[Read] = deque()
        self.outstanding: dict[Path, Read] = {}

    async def read(self, call: Callable[[Path], bytes], path: Path) -> bytes:
        """What the call gives; raises SourceUnreadable when it takes too long."""
        if earlier := self.outstanding.get(path):
            await ended(earlier)
        # Several that waited for the earlier one share the next: it began after they asked.
        read = self.outstanding.get(path) or self.begin(call, path)
        try:
            async with asyncio.timeout_at(read.deadline):
                return await asyncio.wrap_future(read.content)
        except TimeoutError:
            raise SourceUnreadable(
                f"{path} was not read within {self.patience:.0f} seconds; check the volume it is on"
                f"{self.crowd()}"
            ) from None

    def begin(self, call: Callable[[Path], bytes], path: Path) -> Read:
        """A new read, which a thread takes up as soon as one is free."""
        deadline = asyncio.get_running_loop().time() + self.patience
        read = Read(path, call, deadline, Future())
        # From now on it cannot be cancelled: whoever stops waiting does not stop the thread.
        read.content.set_running_or_notify_cancel()
        with self.lock:
            if self.count < self.most:
                Thread(target=self.work, name="stored-file", daemon=True).start()
                self.count += 1
            self.outstanding[path] = read
            self.waiting.append(read)
        return read

    def work(self) -> None:
        """What a thread does: one read after the other, until there are no more."""
        while read := self.next():
            self.carry_out(read)

    def next(self) -> Read | None:
        """The read that waits longest; after None the thread no longer counts."""
        with self.lock:
            if self.waiting:
                return self.waiting.popleft()
            self.count -= 1
            return None

    def carry_out(self, read: Read) -> None:
        """Pass on what comes of it; by then the path may be read again."""
        try:
            content = read.call(read.path)
        except BaseException as error:  # noqa: BLE001 - it is raised where the content is awaited
            self.outstanding.pop(read.path, None)
            read.content.set_exception(error)
        else:
            self.outstanding.pop(read.path, None)
            read.content.set_result(content)

    def crowd(self) -> str:
        """It may not be the fault of this file's volume."""
        full = self.count >= self.most and len(self.waiting) > 0
        return f", and those of the {self.most} files whose reads hang before it" if full else ""


async def ended(earlier: Read) -> None:
    """Wait until it has ended, in whatever way; raises SourceUnreadable once it is late."""
    try:
        async with asyncio.timeout_at(earlier.deadline):
            with contextlib.suppress(Exception):
                await asyncio.wrap_future(earlier.content)
    except TimeoutError:
        raise SourceUnreadable(
            f"an earlier read of {earlier.path} has not ended yet; check the volume it is on"
        ) from None
