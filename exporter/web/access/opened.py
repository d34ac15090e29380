"""Opens the operator's files to read them: never waits for a pipe, never reads without end."""

import errno
import os
import stat
from pathlib import Path

from exporter.config.load import LARGEST

IRREGULAR = "a pipe, a device or the like, no regular file"


def content(path: Path) -> bytes:
    """The bytes of a regular file, with links followed; raises OSError."""
    with open(path, "rb", opener=at_once) as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise OSError(errno.EINVAL, IRREGULAR)
        found = stream.read(LARGEST + 1)
    if len(found) > LARGEST:
        raise OSError(errno.EFBIG, "more than 8 MiB")
    return found


def at_once(path: str, flags: int) -> int:
    """Open without waiting for whoever is at the other end."""
    return os.open(path, flags | os.O_NONBLOCK)
