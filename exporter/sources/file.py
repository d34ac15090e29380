"""A value that is the whole of a file, exactly as it is there. Never strips or repairs it."""

import os
import stat
from pathlib import Path

from exporter.config import SourceConfig
from exporter.sources.access import NO_ACCESS, Access
from exporter.sources.secret import Secret
from exporter.sources.threads import Threads
from exporter.sources.unreadable import SourceUnreadable

LARGEST = 64 * 1024
THREADS = Threads()
NOT_FOUND = (
    "does not exist; mount or create it, or correct `file`"
    " (relative paths start from the directory of the configuration file)"
)


async def read_file(source: SourceConfig, _access: Access = NO_ACCESS) -> Secret:
    """Bytes that are no UTF-8 survive as surrogates: a later step says what is wrong with them."""
    content = await read_bytes(source)
    return Secret(content.decode("utf-8", "surrogateescape"))


async def read_bytes(source: SourceConfig) -> bytes:
    """In a thread of its own: a file on a network may take its time, or never come."""
    return await THREADS.read(content_of, source.file or Path())


def content_of(path: Path) -> bytes:
    """The bytes of a regular file of reasonable size; raises SourceUnreadable."""
    try:
        # A pipe or device would block, or never end; O_NONBLOCK lets it be opened to look.
        with open(path, "rb", opener=without_waiting) as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise SourceUnreadable(f"{path} is not a regular file; name the file itself")
            content = stream.read(LARGEST + 1)
    except OSError as error:
        raise SourceUnreadable(f"{path} {reason(error)}") from None
    if len(content) > LARGEST:
        raise SourceUnreadable(f"{path} is larger than 64 KiB; name the file with the secret alone")
    return content


def without_waiting(path: str, flags: int) -> int:
    """Open without waiting for a writer at the other end of a pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def reason(error: OSError) -> str:
    """What happened and what to do, for the usual three; the system's words for the rest."""
    match error:
        case FileNotFoundError() | NotADirectoryError():
            return NOT_FOUND
        case PermissionError():
            return "may not be read; let the exporter's user read it (fsGroup in Kubernetes)"
        case IsADirectoryError():
            return "is a directory; name the file in it (a mounted Kubernetes Secret: its key)"
    return f"cannot be read ({error.strerror}); check the volume it is on"
