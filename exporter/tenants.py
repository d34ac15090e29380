"""
All tenants that are polled: a poller for each, in step with the configuration, and polls before
their time. Polls nothing itself.
"""

import asyncio
import math
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from exporter import log
from exporter.config import CloudConfig, Config, TenantConfig
from exporter.graph import Allowance
from exporter.health import Health, Task
from exporter.model import FailureReason
from exporter.poller import Poller
from exporter.schedule import forever, start_delay
from exporter.store import Store
from exporter.tasks import closed

EARLY_AGAIN = 300.0
"""Seconds in which a tenant is polled before its time once at most."""

Start = Callable[[Task, Coroutine[Any, Any, None]], asyncio.Task[None]]


@dataclass(slots=True)
class Polling:
    """A tenant's poller, made when it is first needed; `woken` to poll at once."""

    tenant: TenantConfig
    cloud: CloudConfig
    make: Callable[[], Poller]
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    poller: Poller | None = None

    async def poll(self) -> float:
        """Poll once; returns the seconds until the next."""
        self.woken.clear()
        self.poller = self.poller or self.make()
        pause = await self.poller.poll()
        if self.poller.failures:
            # What asked for an early poll waits like everybody else.
            self.woken.clear()
        return pause

    @property
    def failed_by_a_bug(self) -> bool:
        """Whether the last poll did."""
        failure = self.poller.view.failure if self.poller else None
        return failure is not None and failure.reason is FailureReason.INTERNAL


@dataclass(frozen=True, slots=True)
class Running:
    """A tenant that is polled, and the task that does it."""

    polling: Polling
    task: asyncio.Task[None]


class Tenants:
    """`apply` a configuration; `polled` is called after each poll with the tenant's name."""

    def __init__(
        self, store: Store[Any], start: Start, polled: Callable[[str], None], health: Health
    ) -> None:
        self.store = store
        self.start = start
        self.polled = polled
        self.health = health
        self.running: dict[str, Running] = {}
        self.allowances: dict[tuple[str, str, str | None], Allowance] = {}
        self.wished = set[str]()
        self.polled_early: dict[str, float] = {}

    def apply(self, new: Config) -> None:
        """Poll what it says from now on, leaving alone what stays the same."""
        polled = {tenant.name: tenant for tenant in new.tenants if tenant.polls}
        for name, one in list(self.running.items()):
            tenant, polling = polled.get(name), one.polling
            if tenant is None or (polling.tenant, polling.cloud) != (tenant, new.cloud_of(tenant)):
                self.running.pop(name).task.cancel()
        fresh = [tenant for name, tenant in polled.items() if name not in self.running]
        for position, tenant in enumerate(fresh):
            self.watch(tenant, new.cloud_of(tenant), start_delay(position, len(fresh)))

    def watch(self, tenant: TenantConfig, cloud: CloudConfig, first: float) -> None:
        """Poll a tenant from now on, the first time after `first` seconds."""
        account = (cloud.graph, tenant.tenant_id, tenant.identity.client_id)
        allowance = self.allowances.setdefault(account, Allowance())
        view = self.store.snapshot.tenant(tenant.name)
        if view is not None and not view.tried:
            allowance.rest(view.rest_until - self.store.clock())
        make = partial(Poller, tenant, cloud, self.store, allowance=allowance)
        polling = Polling(tenant, cloud, make)
        task = self.start(Task.POLLER, self.poll_forever(polling, first))
        self.running[tenant.name] = Running(polling, task)

    async def poll_forever(self, polling: Polling, first: float) -> None:
        """Poll until cancelled, then end the connections."""
        # Making a poller takes milliseconds: with many tenants, not all at once.
        await asyncio.sleep(first)

        async def poll() -> float:
            pause = await polling.poll()
            if polling.failed_by_a_bug:
                self.health.failed(Task.POLLER)
            self.tell(polling.tenant.name)
            return pause

        crashed = partial(self.health.failed, Task.POLLER)
        try:
            await forever(f"poll {polling.tenant.name}", poll, polling.woken, crashed)
        finally:
            if polling.poller is not None:
                await closed(polling.poller.aclose())

    def tell(self, tenant: str) -> None:
        """Say that a poll has ended; what follows from that is no reason to poll again soon."""
        try:
            self.polled(tenant)
        except Exception as error:  # noqa: BLE001 - a bug there is none of the poll
            self.health.failed(Task.ERRAND)
            log.get().error("end of a poll not told", tenant=tenant, exc_info=error)

    def poll_early(self, tenant: str) -> None:
        """Poll before the interval is over, as a new inventory may explain a refused secret."""
        if tenant in self.running and tenant not in self.wished:
            self.wished.add(tenant)
            self.start(Task.ERRAND, self.poll_when_allowed(tenant))

    async def poll_when_allowed(self, tenant: str) -> None:
        """Wake the poller, but not soon after it was woken the last time, nor after a failure."""
        allowed = self.polled_early.get(tenant, -math.inf) + EARLY_AGAIN
        try:
            await asyncio.sleep(allowed - time.monotonic())
        finally:
            self.wished.discard(tenant)
        self.polled_early[tenant] = time.monotonic()
        view, running = self.store.snapshot.tenant(tenant), self.running.get(tenant)
        if view is not None and view.failure is None and running is not None:
            running.polling.woken.set()
