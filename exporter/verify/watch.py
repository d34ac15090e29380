"""
Which of some files may have changed, as soon as they do. Watches the directories they are in: a
mounted Kubernetes Secret is replaced by turning a link, and its files are never written to.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from pathlib import Path
from time import monotonic

from watchfiles import Change, awatch

from exporter import log
from exporter.verify.places import Found, Looks

LOOK_AGAIN = 10.0
"""Seconds after which directories that came, went or became others are taken notice of."""

VANISHED = 1.0
"""Seconds after which to look again when a directory went just before it was to be watched."""

FAILED = 60.0
"""Seconds after which watching is tried again when the system allows no more of it."""

QUIET = 200
"""Milliseconds without a change: whoever writes a file has done so by then."""

ROUND = 1000
"""Milliseconds within which a watch says that it has begun, and then that nothing changes."""


async def changed(
    files: Callable[[], Iterable[Path]], *, missed: bool = False
) -> AsyncGenerator[set[Path], None]:
    """
    The files that may have changed, each time; for ever, whatever cannot be watched. At first all
    of them, when something may have been `missed` before.
    """
    watch = Watch(files)
    watch.all_may_have = missed
    await watch.look()
    while True:
        try:
            async with aclosing(watch.until_others()) as found:
                async for some in found:
                    yield some
            pause = 0.0 if watch.found.watched else LOOK_AGAIN
        except (OSError, RuntimeError, ExceptionGroup) as error:
            pause = watch.failed(error)
        # Nobody saw what changed before the next watch begins.
        watch.all_may_have = True
        if pause:
            await asyncio.sleep(pause)
            await watch.look()


class Watch:
    """What is watched of the `files`. Says once what cannot be, and when all can be again."""

    def __init__(self, files: Callable[[], Iterable[Path]]) -> None:
        self.files = files
        self.looks = Looks()
        self.found = Found()
        self.all_may_have = False
        self.begun = False
        self.failing = False
        self.refused: set[Path] = set()

    async def look(self) -> None:
        """Find out what is to be watched."""
        self.found = await self.looks.at(self.files())
        for place in self.found.refused.keys() - self.refused:
            why = self.found.refused[place]
            log.get().warning("stored files not watched here", place=str(place), why=why)
        self.refused = set(self.found.refused)

    async def until_others(self) -> AsyncGenerator[set[Path], None]:
        """
        The files that may have changed, each time, until there is something else to be watched.
        Raises OSError, RuntimeError or a group of them where the system does not let it watch.
        """
        found, looked, self.begun = self.found, monotonic(), False
        if not found.watched:
            return
        async with aclosing(rounds(found)) as changes:
            async for ended, paths in changes:
                self.works()
                files = self.concerned(paths)
                if files:
                    yield files
                # Not after each line that somebody logs beside a thousand files.
                if files or ended or monotonic() - looked >= LOOK_AGAIN:
                    await self.look()
                    looked = monotonic()
                if ended or self.found != found:
                    return

    def concerned(self, paths: set[Path]) -> set[Path]:
        """The files that may have changed when these paths did: at first all of them."""
        first, self.all_may_have = self.all_may_have, False
        return self.found.files if first else self.found.changed(paths)

    def works(self) -> None:
        """Watching works."""
        self.begun = True
        if self.failing:
            log.get().info("stored files are watched again")
        self.failing = False

    def failed(self, error: Exception) -> float:
        """Watching does not work; returns the seconds after which to try it again."""
        if self.begun:  # a file came whose name is not UTF-8 text, which watchfiles gives up at
            return LOOK_AGAIN
        if isinstance(error, FileNotFoundError):
            return VANISHED
        if not self.failing:
            log.get().warning("stored files are not watched, only read again", why=str(error))
        self.failing = True
        return FAILED


async def rounds(found: Found) -> AsyncGenerator[tuple[bool, set[Path]], None]:
    """What changed in the directories, now and then; and whether one of their watches ended."""
    # Adding a watch on a volume that hangs would stop the whole program: only what just answered.
    async with aclosing(
        awatch(
            *found.watched,
            watch_filter=None,
            step=QUIET,
            rust_timeout=ROUND,
            yield_on_timeout=True,
            recursive=False,
            ignore_permission_denied=True,
        )
    ) as all_changes:
        async for changes in all_changes:
            paths = {Path(path) for _, path in changes}
            gone = {Path(path) for change, path in changes if change is not Change.modified}
            yield not gone.isdisjoint(found.watched), paths
