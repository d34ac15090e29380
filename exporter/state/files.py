"""
Bytes in files that are whole or not there: written beside and put in place at once, only for their
owner to read. Knows nothing of what is in them; raises OSError.
"""

import contextlib
import errno
import fcntl
import os
import re
import stat
import tempfile
from pathlib import Path

PRIVATE_DIRECTORY = 0o700
PRIVATE_FILE = 0o600
UNFINISHED = ".tmp-"
LEFT_BEHIND = re.compile(rf"\.(?P<name>.+){re.escape(UNFINISHED)}[a-z0-9_]{{8}}")
"""With the characters that tempfile adds."""

LARGEST = 1 << 30
"""Bytes: thirty times what a hundred thousand applications take."""


def read(path: Path, beginning: bytes = b"", most: int = LARGEST) -> bytes | None:
    """
    What is in a file; None when there is none. Never waits for a pipe; of a file that begins in
    another way no more than that is read, and of one with more than `most` bytes nothing.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no regular file")
    with os.fdopen(descriptor, "rb") as stream:
        first = stream.read(len(beginning))
        if first != beginning:
            return first
        if found.st_size > most:
            raise OSError(errno.EFBIG, f"it is larger than {most} bytes")
        return first + stream.read(most)


def write(path: Path, content: bytes) -> None:
    """
    Put a file in the place of the one before, which stays as it was when anything fails. It is on
    the disk when this returns.
    """
    descriptor, unfinished = tempfile.mkstemp(prefix=f".{path.name}{UNFINISHED}", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:  # mkstemp makes it for its owner alone
            stream.write(content)
            stream.flush()
            os.fsync(descriptor)
        Path(unfinished).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(unfinished).unlink()
        raise
    sync_directory(path.parent)


def sync_directory(folder: Path) -> None:
    """Have the names in a directory on the disk, too."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_directory(folder: Path) -> None:
    """Make it for its owner alone; one that is there is left as it is."""
    with contextlib.suppress(FileExistsError):
        folder.mkdir(PRIVATE_DIRECTORY, parents=True)
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "it is a file")


def lock(path: Path) -> int | None:
    """
    The descriptor that holds a lock for as long as it is open, which ends with the process at the
    latest; None when another process has the lock.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def is_private(path: Path) -> bool:
    """Whether its owner alone may do anything with it; a file that is not there is."""
    try:
        return stat.S_IMODE(path.stat().st_mode) & ~PRIVATE_FILE == 0
    except FileNotFoundError:
        return True


def remove_unfinished(folder: Path, names: re.Pattern[str]) -> None:
    """What a process that was killed while it wrote files of these names has left behind."""
    for path in folder.iterdir():
        found = LEFT_BEHIND.fullmatch(path.name)
        if found and names.fullmatch(found["name"]):
            with contextlib.suppress(OSError):
                path.unlink()
