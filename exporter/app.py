"""
Wiring only: a configuration becomes a store, one poller a tenant, the verifiers of the targets, a
renderer and a web server, all in one task group; and a reload becomes the difference between two
configurations.
"""

import asyncio
import contextlib
import gc
import math
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from exporter import __version__, config, log
from exporter.address import Address
from exporter.config import CloudConfig, Config, TenantConfig
from exporter.errors import ConfigError
from exporter.graph import Allowance
from exporter.health import Health, Task
from exporter.metrics.exposition import Exposition, Renderer
from exporter.model import FailureReason
from exporter.poller import Poller
from exporter.schedule import forever, start_delay
from exporter.snapshot import ReloadStatus, Snapshot
from exporter.state import Keeper
from exporter.store import Store
from exporter.transitions import configured, reload_failed
from exporter.verify.targets import Targets
from exporter.web import Pages, serving

Listening = Callable[[Sequence[Address]], None]

SWITCH_INTERVAL = 0.0005
"""
Seconds after which a thread that decodes or renders lets the event loop in: with Python's 5 ms, a
scrape waits that long for each piece of it that it sends.
"""

CLOSING_TIMEOUT = 0.3
"""Seconds that connections get to end well."""

EARLY_AGAIN = 300.0
"""Seconds in which a tenant is polled before its time once at most."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the command line says."""

    config_file: Path
    addresses: tuple[Address, ...]
    telemetry_path: str = "/metrics"


@dataclass(frozen=True, slots=True)
class Watched:
    """A tenant that is polled, and the task that does it."""

    tenant: TenantConfig
    cloud: CloudConfig
    task: asyncio.Task[None]
    woken: asyncio.Event


class App:
    """The running exporter; raises ConfigError when the configuration file has mistakes."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self.settings = settings
        self.clock = clock
        self.config = config.load(settings.config_file)
        self.health = Health()
        empty = Snapshot((), ReloadStatus(successful=True, last_success=clock()))
        self.store: Store[Exposition] = Store(empty, Renderer(), clock)
        self.watched: dict[str, Watched] = {}
        self.allowances: dict[tuple[str, str, str | None], Allowance] = {}
        self.tasks = set[asyncio.Task[None]]()
        self.group = asyncio.TaskGroup()
        self.targets = Targets(self.store, self.start, self.poll_early, self.health)
        self.keeper = Keeper(self.store, partial(self.health.failed, Task.STATE_KEEPER))
        self.wished = set[str]()
        self.polled_early: dict[str, float] = {}
        self.own_url = ""
        self.stopping = asyncio.Event()
        self.reloading = asyncio.Lock()

    async def run(self, listening: Listening = lambda _addresses: None) -> None:
        """Serve until `stop` or a signal; `listening` is told the addresses once they answer."""
        spare_the_loop()
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
        async with serving(pages) as listen:
            taken = [await listen(address) for address in self.settings.addresses]
            self.own_url = f"http://{socket.gethostname()}:{taken[0].port}"
            async with self.group:
                self.keep_going(Task.STATE_KEEPER, self.keeper.look)
                self.apply(self.config)
                self.keep_going(Task.RENDERER, self.store.keep_rendered)
                self.keep_going(Task.FILE_WATCHER, self.targets.watch)
                self.keep_going(Task.LOOP_MONITOR, self.health.look_at_the_loop)
                self.handle_signals()
                self.announce(taken)
                listening(taken)
                await self.stopping.wait()
                for task in self.tasks:
                    task.cancel()
            await asyncio.gather(closed(self.targets.aclose()), self.keeper.flush())

    async def remember(self) -> None:
        """Show what is known from before a restart, before anybody asks."""
        await self.keeper.apply(self.config)
        self.targets.recognise(self.keeper.key)
        status = self.store.snapshot.reload
        self.store.update(lambda old: configured(old, self.config, self.own_url, status))
        await self.store.render_once()

    def stop(self) -> None:
        """End `run`."""
        self.stopping.set()

    def keep_going(self, kind: Task, job: Callable[[], Awaitable[float]]) -> None:
        """Run again and again what there is one of."""
        self.start(kind, forever(kind, job, crashed=partial(self.health.failed, kind)))

    def start(self, kind: Task, job: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a job beside the others, until it ends or the exporter does."""
        task = self.group.create_task(self.counted(kind, job))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        # One that is cancelled before it begins would never be awaited.
        task.add_done_callback(lambda _: job.close())
        return task

    async def counted(self, kind: Task, job: Coroutine[Any, Any, None]) -> None:
        """Do the job, which counts as running meanwhile."""
        with self.health.runs(kind):
            await job

    def handle_signals(self) -> None:
        """SIGTERM and SIGINT end the program, SIGHUP reads the configuration again."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, self.reload_soon)

    def reload_soon(self) -> None:
        """Reload beside everything else."""
        self.start(Task.RELOADER, self.reload_quietly())

    async def reload_quietly(self) -> None:
        """Reload; a mistake is logged and shows in the metrics."""
        with contextlib.suppress(ConfigError):
            await self.reload()

    async def reload(self) -> None:
        """Read the configuration again: with mistakes it changes nothing and raises ConfigError."""
        async with self.reloading:
            try:
                new = await asyncio.to_thread(config.load, self.settings.config_file)
            except ConfigError as error:
                self.store.update(reload_failed)
                log.get().error("configuration not reloaded", problems=str(error))
                raise
            except Exception:
                self.health.failed(Task.RELOADER)
                raise
            await self.keeper.apply(new)
            if not self.stopping.is_set():
                self.apply(new)
                log.get().info("configuration reloaded", tenants=len(new.tenants))

    def apply(self, new: Config) -> None:
        """Make the running exporter what `new` says, leaving alone what stays the same."""
        self.config = new
        polled = {tenant.name: tenant for tenant in new.tenants if tenant.polls}
        for name, watched in list(self.watched.items()):
            tenant = polled.get(name)
            if tenant is None or (watched.tenant, watched.cloud) != (tenant, new.cloud_of(tenant)):
                self.watched.pop(name).task.cancel()
        status = ReloadStatus(successful=True, last_success=self.clock())
        self.store.update(lambda old: configured(old, new, self.own_url, status))
        fresh = [tenant for name, tenant in polled.items() if name not in self.watched]
        for position, tenant in enumerate(fresh):
            self.watch(tenant, new.cloud_of(tenant), start_delay(position, len(fresh)))
        self.targets.apply(new)

    def watch(self, tenant: TenantConfig, cloud: CloudConfig, first: float) -> None:
        """Poll a tenant from now on, the first time after `first` seconds."""
        account = (cloud.graph, tenant.tenant_id, tenant.identity.client_id)
        allowance = self.allowances.setdefault(account, Allowance())
        view = self.store.snapshot.tenant(tenant.name)
        if view is not None and not view.tried:
            allowance.rest(view.rest_until - self.clock())
        make = partial(Poller, tenant, cloud, self.store, allowance=allowance)
        ended, woken = partial(self.targets.inventory_read, tenant.name), asyncio.Event()
        crashed = partial(self.health.failed, Task.POLLER)
        task = self.start(Task.POLLER, poll_forever(make, first, ended, woken, crashed))
        self.watched[tenant.name] = Watched(tenant, cloud, task, woken)

    def poll_early(self, tenant: str) -> None:
        """Poll before the interval is over, as a new inventory may explain a refused secret."""
        if tenant in self.watched and tenant not in self.wished:
            self.wished.add(tenant)
            self.start(Task.ERRAND, self.poll_when_allowed(tenant))

    async def poll_when_allowed(self, tenant: str) -> None:
        """Wake the poller, but not soon after it was woken the last time, nor after a failure."""
        allowed = self.polled_early.get(tenant, -math.inf) + EARLY_AGAIN
        await asyncio.sleep(allowed - time.monotonic())
        self.polled_early[tenant] = time.monotonic()
        self.wished.discard(tenant)
        view, watched = self.store.snapshot.tenant(tenant), self.watched.get(tenant)
        if view is not None and view.failure is None and watched is not None:
            watched.woken.set()

    def announce(self, addresses: Sequence[Address]) -> None:
        """Log what runs."""
        places = ", ".join(map(str, addresses))
        log.get().info("listening", address=places, version=__version__)


def spare_the_loop() -> None:
    """Keep what stops the event loop short: waits for threads, and walks through the modules."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    gc.freeze()


async def poll_forever(
    make: Callable[[], Poller],
    first: float,
    ended: Callable[[], None],
    woken: asyncio.Event,
    crashed: Callable[[], None],
) -> None:
    """
    Poll until cancelled, then end the connections; `ended` is called after each poll, and `crashed`
    after one that a bug has ended.
    """
    # Making a poller takes milliseconds: with many tenants, not all at once.
    await asyncio.sleep(first)
    poller = make()

    async def poll() -> float:
        woken.clear()
        pause = await poller.poll()
        failure = poller.view.failure
        if failure is not None and failure.reason is FailureReason.INTERNAL:
            crashed()
        if poller.failures:
            # What asked for an early poll waits like everybody else.
            woken.clear()
        ended()
        return pause

    try:
        await forever(f"poll {poller.tenant.name}", poll, woken, crashed)
    finally:
        await closed(poller.aclose())


async def closed(closing: Awaitable[None]) -> None:
    """Connections ended well, if that does not take long."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CLOSING_TIMEOUT):
            await closing
