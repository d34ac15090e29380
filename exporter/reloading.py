"""
Reads the configuration again while the exporter runs: whatever is wrong with the file, or goes
wrong, the exporter goes on with the one before. Knows neither what is in it nor what it changes.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path

from exporter import config, log
from exporter.config import Config
from exporter.errors import ConfigError, Problem, ReloadError, where
from exporter.health import Health, Task
from exporter.schedule import wanted

PATIENCE = 30.0
"""Seconds for reading the file; a volume that hangs would never answer."""


class Reloader:
    """`apply` takes a configuration over or raises; `failed` is called when nothing came of it."""

    def __init__(
        self,
        file: Path,
        apply: Callable[[Config], Awaitable[None]],
        failed: Callable[[], None],
        health: Health,
    ) -> None:
        self.file = file
        self.apply = apply
        self.failed = failed
        self.health = health
        self.turn = asyncio.Lock()
        self.loading: asyncio.Future[Config] | None = None

    async def quietly(self) -> None:
        """Reload; what went wrong is logged and shows in the metrics."""
        with contextlib.suppress(ConfigError, ReloadError):
            await self.reload()

    async def reload(self) -> None:
        """Raises ConfigError when there are mistakes, ReloadError when a bug was in the way."""
        async with self.turn:
            try:
                new = await self.loaded()
                await self.apply(new)
            except ConfigError as error:
                self.failed()
                log.get().error("configuration not reloaded", problems=str(error))
                raise
            except BaseException as error:
                if wanted(error):
                    raise
                self.failed()
                self.health.failed(Task.RELOADER)
                log.get().error("configuration not reloaded", bug=where(error), exc_info=error)
                raise ReloadError(where(error)) from None
            log.get().info("configuration reloaded", tenants=len(new.tenants))

    async def loaded(self) -> Config:
        """What the file says; raises ConfigError, also when it cannot be read in time."""
        # A read that hangs stays behind; one is enough.
        if self.loading is None or self.loading.done():
            loop = asyncio.get_running_loop()
            self.loading = loop.run_in_executor(None, config.load, self.file)
            self.loading.add_done_callback(noticed)
        done, _ = await asyncio.wait({self.loading}, timeout=PATIENCE)
        if not done:
            found = f"nothing within {PATIENCE:.0f} seconds; check the volume it is on"
            raise ConfigError(str(self.file), [Problem("", None, found, "a file that can be read")])
        return self.loading.result()


def noticed(loading: asyncio.Future[Config]) -> None:
    """What came of it is known, even when nobody waits for it any more."""
    if not loading.cancelled():
        loading.exception()
