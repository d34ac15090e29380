"""
The directory of the state files: one exporter's at a time, with the key of the marks and a file for
each tenant. Runs in a thread of its own; raises OSError, logs nothing.
"""

import contextlib
import errno
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from exporter.state import files
from exporter.state.envelope import SPOILT, TITLE, UnusableError, sealed, unsealed
from exporter.state.record import Record, decode, encode
from exporter.state.trouble import in_use, why

KEY_BYTES = 32
SUFFIX = ".state"
OURS = re.compile(rf"key|[a-z0-9-]+{re.escape(SUFFIX)}")
"""The names of files that are written here."""


class Folder:
    """`take` it, then `load` and `save`; what `take` could not do is done by the first `save`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.held: int | None = None
        self.closed = False
        self.key_kept = False
        self.spoilt: dict[str, str] = {}

    def take(self) -> None:
        """Make the directory and get its lock; raises OSError while another exporter has that."""
        if self.closed:
            raise in_use(self.path)
        if self.held is not None:
            return
        files.make_directory(self.path)
        self.held = files.lock(self.path / "lock")
        if self.held is None:
            raise in_use(self.path)
        files.remove_unfinished(self.path, OURS)

    def kept_key(self) -> bytes:
        """The key in the directory; empty when there is none that can be used."""
        with contextlib.suppress(OSError):
            found = files.read(self.path / "key", most=KEY_BYTES)
            return found if found and len(found) == KEY_BYTES else b""
        return b""

    def keep_key(self, key: bytes) -> None:
        """
        Write the key that makes the marks of stored values, unless it is what is there and private:
        with it, guesses at a stored value can be checked.
        """
        file = self.path / "key"
        if not self.key_kept and not (self.kept_key() == key and files.is_private(file)):
            files.write(file, key)
        self.key_kept = True

    def load(self, name: str, tenant_id: str, cloud: str) -> Record | None:
        """The tenant's record, None when there is no file; raises UnusableError."""
        try:
            content = files.read(self.file(name), TITLE)
        except OSError as error:
            raise UnusableError(f"it cannot be read: {why(error)}") from None
        if content is None:
            return None
        record = decode(unsealed(content))
        found, wanted = (record.name, record.tenant_id, record.cloud), (name, tenant_id, cloud)
        if found != wanted:
            raise UnusableError(
                f"it is of tenant {record.name}, {record.tenant_id} in cloud {record.cloud}"
            )
        return record

    def set_aside(self, name: str, ending: str = SPOILT) -> Path | None:
        """
        Keep a file that is not used under another name, which it returns, so that it is not written
        over; None where that cannot be done.
        """
        file = self.file(name)
        aside = file.with_name(f"{file.name}.{ending}")
        self.spoilt[name] = ending
        if self.held is None:
            return None
        try:
            file.replace(aside)
        except FileNotFoundError:  # somebody has moved it away
            del self.spoilt[name]
            return None
        except OSError:
            return None
        del self.spoilt[name]
        return aside

    def not_read(self, names: Iterable[str]) -> None:
        """Keep the files of these tenants aside before the first write, as they are not known."""
        self.spoilt |= dict.fromkeys(names, SPOILT)

    def save(self, name: str, key: bytes, make: Callable[[], Record]) -> None:
        """Write the tenant's file anew, and before the first one the key of its marks."""
        self.take()
        if name in self.spoilt:
            self.set_aside(name, self.spoilt[name])
        if name in self.spoilt:
            raise FileExistsError(errno.EEXIST, "a file that is not used is in the way")
        self.keep_key(key)
        files.write(self.file(name), sealed(encode(make())))

    def file(self, name: str) -> Path:
        """Where the state of a tenant is; its name is of lower-case letters, digits and `-`."""
        return self.path / f"{name}{SUFFIX}"

    def close(self) -> None:
        """Let another exporter have it."""
        self.closed = True
        if self.held is not None:
            os.close(self.held)
            self.held = None
