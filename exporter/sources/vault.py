"""A secret in Azure Key Vault: a configuration may name one, but this version reads none."""

from exporter.config import SourceConfig
from exporter.sources.secret import Secret
from exporter.sources.unreadable import SourceUnreadable


async def read_vault(source: SourceConfig) -> Secret:
    """Always unreadable."""
    raise SourceUnreadable(
        f"Key Vault is not read by this version ({source.place}); mount the secret as a file"
        " with the Secrets Store CSI driver, or pass it in an environment variable"
    )
