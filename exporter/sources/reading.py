"""The table of sources: which reader takes which form."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from exporter.config import SourceConfig
from exporter.sources.access import Access, TokenCredential
from exporter.sources.env import read_env
from exporter.sources.file import read_file
from exporter.sources.keyed import read_keyed
from exporter.sources.secret import Secret
from exporter.sources.vault import read_vault

SOURCES: Mapping[str, Callable[[SourceConfig, Access], Awaitable[Secret]]] = {
    "env": read_env,
    "file": read_file,
    "file_key": read_keyed,
    "key_vault": read_vault,
}


async def read(
    source: SourceConfig,
    credential: TokenCredential | None = None,
    *,
    ca_file: Path | None = None,
    verify_resource: bool = True,
) -> Secret:
    """The value as it is now; raises SourceUnreadable. All but `source` is for Key Vault alone."""
    return await SOURCES[source.form](source, Access(credential, ca_file, verify_resource))
