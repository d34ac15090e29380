"""
Where files lie: the directories to be watched for them, found in a thread of its own, since a look
at a volume on a network may never come back. Watches nothing.
"""

import asyncio
import os
import stat
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from threading import Thread

PATIENCE = 5.0
"""Seconds that looking at one file may take."""

MOST_STUCK = 8
"""Threads left behind on files that do not answer, at most."""

MOUNTS = Path("/proc/self/mountinfo")
REMOTE = ("nfs", "cifs", "smb", "fuse", "ceph", "9p", "lustre", "afs")

Identity = tuple[int, int]
"""Device and inode: what tells a directory from another one that takes its place."""

Place = Identity | str | None
"""A directory: which one, or why it cannot be watched, or None when it is not there."""

Answer = tuple[Path, dict[Path, Place]]
"""A file, and each path with whose change it may change, with the directory that this is in."""


@dataclass(slots=True)
class Found:
    """Directories to be watched, those that cannot be, and which files a path in them concerns."""

    watched: dict[Path, Identity] = field(default_factory=dict)
    refused: dict[Path, str] = field(default_factory=dict)
    concerned: dict[Path, set[Path]] = field(default_factory=dict)

    def add(self, answer: Answer) -> None:
        """Take in what was found of one file."""
        file, paths = answer
        for path, place in paths.items():
            self.concerned.setdefault(path, set()).add(file)
            if isinstance(place, str):
                self.refused[path.parent] = place
            elif place is not None:
                self.watched[path.parent] = place

    @property
    def files(self) -> set[Path]:
        """All that answered."""
        return set().union(*self.concerned.values())

    def changed(self, paths: set[Path]) -> set[Path]:
        """The files that changed with these paths; Kubernetes turns `..data` beside its files."""
        found = [self.concerned.get(path, set()) for path in paths]
        turned = {path.parent for path in paths if path.name.startswith("..")}
        if turned:
            found += [files for path, files in self.concerned.items() if path.parent in turned]
        return set().union(*found)


class Looks:
    """Looks at files again and again, but for those where an earlier look is still stuck."""

    def __init__(self) -> None:
        self.stuck: dict[Walk, Path] = {}
        self.last = Found()

    async def at(self, files: Iterable[Path]) -> Found:
        """What is to be watched now; what was, while no more looks may get stuck."""
        self.stuck = {walk: place for walk, place in self.stuck.items() if walk.is_alive()}
        if len(self.stuck) < MOST_STUCK:
            answers = await self.answers(list(dict.fromkeys(files)))
            self.last = Found(refused=dict.fromkeys(self.stuck.values(), "it does not answer"))
            for answer in answers:
                self.last.add(answer)
        return self.last

    async def answers(self, files: list[Path]) -> list[Answer]:
        """What is found of those that answer."""
        found: list[Answer] = []
        while (files := self.free(files)) and len(self.stuck) < MOST_STUCK:
            walk = Walk(files)
            walk.start()
            files = await walk.left()
            found += walk.answers
            if walk.stuck_on is not None:
                self.stuck[walk] = volume(walk.stuck_on)
        return found

    def free(self, files: list[Path]) -> list[Path]:
        """Those that are not where a look is stuck."""
        stuck = set(self.stuck.values())
        return [file for file in files if not stuck or stuck.isdisjoint([file, *file.parents])]


class Walk(Thread):
    """Looks at one file after the other, in a thread that nobody has to wait for."""

    def __init__(self, files: list[Path]) -> None:
        super().__init__(name="look at files", daemon=True)
        self.files = files
        self.answers: list[Answer] = []
        self.ended = Future[None]()
        self.stuck_on: Path | None = None

    def run(self) -> None:
        """Look at them, and tell whoever waits."""
        try:
            self.look()
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            self.ended.set_exception(error)
        else:
            self.ended.set_result(None)

    def look(self) -> None:
        """Look at them, each directory once."""
        place, real = cache(look_at), cache(real_path)
        for file in self.files:
            if self.stuck_on is not None:
                return  # another walk does the rest
            self.answers.append((file, {path: place(path.parent) for path in paths(file, real)}))

    async def left(self) -> list[Path]:
        """Wait for as long as it gets on; returns the files that another walk has to look at."""
        ended, before = asyncio.wrap_future(self.ended), -1
        while not ended.done() and len(self.answers) > before:
            before = len(self.answers)
            await asyncio.wait({ended}, timeout=PATIENCE)
        if ended.done():
            ended.result()
        elif before < len(self.files):
            self.stuck_on = self.files[before]
        return self.files[before + 1 :] if self.stuck_on else []


def paths(file: Path, real: Callable[[Path], Path]) -> set[Path]:
    """The file's own path, and that of what it is a link to, both free of links on the way."""
    try:
        own = real(file.absolute().parent) / file.name
        # A link that leads in a circle ends where it begins.
        return {own, real_path(own)} if os.path.islink(own) else {own}  # noqa: PTH114 - never raises
    except (OSError, ValueError):
        return {file}


def real_path(path: Path) -> Path:
    """Without links; `Path.resolve` would raise where they lead in a circle."""
    return Path(os.path.realpath(path))


def look_at(place: Path) -> Place:
    """What there is to a directory."""
    try:
        str(place).encode()  # watchfiles has no words for other names
        status = place.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        return getattr(error, "strerror", None) or "its name is no proper text"
    if not stat.S_ISDIR(status.st_mode):
        return None
    if not os.access(place, os.R_OK | os.X_OK):
        return "the exporter's user may not list it"
    return status.st_dev, status.st_ino


def volume(file: Path) -> Path:
    """What hangs with a file: the mount it is on when that is remote, else no more than itself."""
    try:
        lines = MOUNTS.read_text("utf-8", "surrogateescape").splitlines()  # asks no volume
    except OSError:
        return file
    remote = set()
    for line in lines:
        mount, kind = line.split(" - ", 1)
        if kind.startswith(REMOTE):
            remote.add(Path(mount.split()[4]))
    return next((place for place in file.parents if place in remote), file)
