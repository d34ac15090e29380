"""
Wiring only: a configuration becomes a store, the pollers of the tenants, the verifiers of the
targets, a renderer and a web server, all beside each other; and a reload the change to another.
"""

import asyncio
import contextlib
import gc
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from exporter import __version__, config, log
from exporter.address import Address
from exporter.config import Config
from exporter.health import Health, Task
from exporter.metrics.exposition import Exposition, Renderer
from exporter.reloading import Reloader
from exporter.schedule import wanted
from exporter.snapshot import ReloadStatus, Snapshot
from exporter.state import Keeper
from exporter.store import Store
from exporter.tasks import Tasks, closed
from exporter.tenants import Tenants
from exporter.transitions import configured, reload_failed
from exporter.verify.targets import Targets
from exporter.web import Access, Pages, serving

Listening = Callable[[Sequence[Address]], None]

SWITCH_INTERVAL = 0.0005
"""
Seconds after which a thread that decodes or renders lets the event loop in: with Python's 5 ms, a
scrape waits that long for each piece of it that it sends.
"""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the command line says."""

    config_file: Path
    addresses: tuple[Address, ...]
    telemetry_path: str = "/metrics"
    web_config_file: Path | None = None
    probe_address: Address | None = None


class App:
    """The running exporter; raises ConfigError when one of its files has mistakes."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self.settings = settings
        self.clock = clock
        self.config = config.load(settings.config_file)
        file = settings.web_config_file
        self.access = None if file is None else Access(file)
        self.health = Health()
        empty = Snapshot((), ReloadStatus(successful=True, last_success=clock()))
        self.store: Store[Exposition] = Store(empty, Renderer(), clock)
        self.tasks = Tasks(self.health)
        self.targets = Targets(self.store, self.tasks.start, self.poll_early, self.health)
        read = self.targets.inventory_read
        self.tenants = Tenants(self.store, self.tasks.start, read, self.health)
        self.keeper = Keeper(self.store, partial(self.health.failed, Task.STATE_KEEPER))
        self.reloader = Reloader(settings.config_file, self.change, self.not_changed, self.health)
        self.own_url = ""
        self.stopping = asyncio.Event()

    async def run(self, listening: Listening = lambda _addresses: None) -> None:
        """Serve until `stop` or a signal; `listening` is told the addresses once they answer."""
        spare_the_loop()
        allow_open_files()
        asyncio.get_running_loop().set_exception_handler(self.tasks.unforeseen)
        try:
            await self.remember()
            await self.serve(listening)
        finally:
            await self.keeper.leave()
        log.get().info("stopped")

    async def serve(self, listening: Listening) -> None:
        """Serve until `stop` or a signal."""
        path = self.settings.telemetry_path
        pages = Pages(self.store, self.reload, self.clock, path, self.health)
        async with (
            serving(pages.application(self.access), self.health, self.access) as listen,
            serving(
                pages.probes(), self.health, option="--probe.listen-address"
            ) as listen_for_probes,
        ):
            taken = [await listen(address) for address in self.settings.addresses]
            if self.settings.probe_address is not None:
                await listen_for_probes(self.settings.probe_address)
            self.own_url = f"{self.scheme}://{socket.gethostname()}:{taken[0].port}"
            async with self.tasks.group:
                self.tasks.keep_going(Task.STATE_KEEPER, self.keeper.look)
                self.apply(self.config)
                self.tasks.keep_going(Task.RENDERER, self.store.keep_rendered)
                self.tasks.keep_going(Task.FILE_WATCHER, self.targets.watch)
                self.tasks.keep_going(Task.LOOP_MONITOR, self.health.look_at_the_loop)
                self.handle_signals()
                self.announce(taken)
                listening(taken)
                await self.stopping.wait()
                self.tasks.end()
            await asyncio.gather(closed(self.targets.aclose()), self.keeper.flush())

    async def remember(self) -> None:
        """Show what is known from before a restart, before anybody asks; no bug there ends it."""
        status = self.store.snapshot.reload
        try:
            await self.keeper.apply(self.config)
            self.store.update(lambda old: configured(old, self.config, self.own_url, status))
            await self.store.render_once()
        except BaseException as error:
            if wanted(error):
                raise
            self.health.failed(Task.STATE_KEEPER)
            log.get().error("state not restored", exc_info=error)
        finally:
            # What is kept later says that its marks were made with this key.
            self.targets.recognise(self.keeper.own_key())

    @property
    def scheme(self) -> str:
        """What browsers and scrapers speak with it."""
        return "https" if self.access is not None and self.access.encrypted else "http"

    def stop(self) -> None:
        """End `run`."""
        self.stopping.set()

    def handle_signals(self) -> None:
        """SIGTERM and SIGINT end the program, SIGHUP reads the configuration again."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, self.reload_soon)

    def reload_soon(self) -> None:
        """Reload beside everything else."""
        if not self.stopping.is_set():
            self.tasks.start(Task.RELOADER, self.reloader.quietly())

    async def reload(self) -> None:
        """Read the configuration again; raises ConfigError or ReloadError and changes nothing."""
        await self.reloader.reload()

    async def change(self, new: Config) -> None:
        """Take a configuration over; when a bug is in the way of that, go back to the old one."""
        status = self.store.snapshot.reload
        try:
            await self.keeper.apply(new)
            if self.stopping.is_set():
                return
            self.apply(new)
        except BaseException as error:
            if not wanted(error):
                await self.go_back(status)
            raise
        self.config = new

    async def go_back(self, status: ReloadStatus) -> None:
        """Be what the configuration in force says, whatever becomes of its state."""
        try:
            await self.keeper.apply(self.config)
        finally:
            # At the end no task is taken any more.
            if not self.stopping.is_set():
                self.apply(self.config)
                self.store.update(lambda old: replace(old, reload=status))

    def not_changed(self) -> None:
        """Show that the file is not what is in force."""
        self.store.update(reload_failed)

    def apply(self, new: Config) -> None:
        """Make the running exporter what `new` says, leaving alone what stays the same."""
        status = ReloadStatus(successful=True, last_success=self.clock())
        self.store.update(lambda old: configured(old, new, self.own_url, status))
        self.tenants.apply(new)
        self.targets.apply(new)

    def poll_early(self, tenant: str) -> None:
        """A verifier wishes for a newer inventory."""
        self.tenants.poll_early(tenant)

    def announce(self, addresses: Sequence[Address]) -> None:
        """Log what runs."""
        places = ", ".join(map(str, addresses))
        probes = {} if (probed := self.settings.probe_address) is None else {"probes": str(probed)}
        url = addresses[0].at(self.scheme)
        log.get().info("listening", address=places, url=url, version=__version__, **probes)


def spare_the_loop() -> None:
    """Keep what stops the event loop short: waits for threads, and walks through the modules."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    gc.freeze()


def allow_open_files() -> None:
    """
    As many as the machine allows, connections being files: of thousands of tenants that hang, each
    holds some, and without one left /metrics could not answer.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
