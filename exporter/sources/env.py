"""A value in an environment variable of this process. Never strips or repairs it."""

import os

from exporter.config import SourceConfig
from exporter.sources.access import NO_ACCESS, Access
from exporter.sources.secret import Secret
from exporter.sources.unreadable import SourceUnreadable


async def read_env(source: SourceConfig, _access: Access = NO_ACCESS) -> Secret:
    """An empty variable is an empty value; only one that is not set is unreadable."""
    value = os.environ.get(source.env or "")
    if value is None:
        raise SourceUnreadable(
            f"environment variable {source.env} is not set; set it for the exporter's process"
            " (in Kubernetes with `env` or `envFrom`) and restart it, or correct its name"
        )
    return Secret(value)
