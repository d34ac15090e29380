"""Why state could not be kept, and what to do about it: said to whoever runs the exporter. Pure."""

import errno
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

IN_USE = "another exporter that runs keeps its state there"
HANGS = "the disk or volume does not answer"
SLOW = "not all of it could be written in time"

FULL = "free space on that volume; the last good file stays, and writing is tried again"
FORBIDDEN = "let the user of the exporter write in that directory, or name another in state.dir"
A_FILE = "name a directory in state.dir"
BROKEN = "check that disk or volume, or name another directory in state.dir"

NEXT_STEPS: Mapping[int, str] = MappingProxyType(
    {
        errno.ENOSPC: FULL,
        errno.EDQUOT: FULL,
        errno.EFBIG: "raise the limit of the size of files; the last good file stays",
        errno.EACCES: FORBIDDEN,
        errno.EPERM: FORBIDDEN,
        errno.EROFS: FORBIDDEN,
        errno.ENOTDIR: A_FILE,
        errno.EEXIST: "move the file of that tenant away, as the log has said why it is not used",
        errno.ENOLCK: "name a directory on a local disk in state.dir: this one cannot be locked",
        errno.EBUSY: "give each exporter a state.dir of its own",
    }
)


def in_use(folder: Path) -> OSError:
    """What is raised where another exporter has the lock."""
    return OSError(errno.EBUSY, IN_USE, str(folder))


def why(error: OSError) -> str:
    """What happened, in the system's words."""
    if isinstance(error, TimeoutError):
        return HANGS
    return (error.strerror or type(error).__name__).lower()


def next_step(error: OSError) -> str:
    """What to do."""
    return NEXT_STEPS.get(error.errno or 0, BROKEN)
