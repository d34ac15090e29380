"""
Where a secret's value comes from. Gives the value exactly as it is stored: whether it is well
formed, and whether it works, is found out elsewhere.
"""

from collections.abc import Awaitable, Callable, Mapping

from exporter.config import SourceConfig
from exporter.sources.env import read_env
from exporter.sources.file import read_bytes, read_file
from exporter.sources.keyed import read_keyed
from exporter.sources.secret import Secret
from exporter.sources.unreadable import SourceUnreadable
from exporter.sources.vault import read_vault

SOURCES: Mapping[str, Callable[[SourceConfig], Awaitable[Secret]]] = {
    "env": read_env,
    "file": read_file,
    "file_key": read_keyed,
    "key_vault": read_vault,
}


async def read(source: SourceConfig) -> Secret:
    """The value as it is now; raises SourceUnreadable."""
    return await SOURCES[source.form](source)


__all__ = ["SOURCES", "Secret", "SourceUnreadable", "read", "read_bytes"]
