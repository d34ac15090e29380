"""
All targets: a verifier for each, in step with the configuration, and what wakes them: a file that
changed, an inventory that was read. Verifies nothing itself.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from exporter.config import Config
from exporter.health import Health, Task
from exporter.schedule import forever, rest, start_delay
from exporter.snapshot import Snapshot
from exporter.store import Store
from exporter.verify.job import Job, jobs
from exporter.verify.reader import Reader
from exporter.verify.verifier import Shared, Verifier
from exporter.verify.watch import changed

FIRST_INVENTORY = 60.0
"""Seconds that a first verification waits for the first poll: with an inventory it can say more."""

BREATH = 20
"""Verifiers that are looked at before others get their turn."""

Start = Callable[[Task, Coroutine[Any, Any, None]], asyncio.Task[None]]


@dataclass(frozen=True, slots=True)
class Running:
    """A verifier and the task that keeps it going."""

    verifier: Verifier
    task: asyncio.Task[None]


class Targets:
    """`apply` a configuration; `start` runs a job beside the others until the exporter ends."""

    def __init__(
        self, store: Store[Any], start: Start, wish: Callable[[str], None], health: Health
    ) -> None:
        self.start = start
        crashed = partial(health.failed, Task.VERIFIER)
        self.shared = Shared(store, wish, Reader(crashed), crashed=crashed)
        self.watched_before = False
        self.running: dict[str, Running] = {}
        self.begun = False

    def recognise(self, key: bytes) -> None:
        """Know stored values by marks made with this key, before anything is verified."""
        self.shared = replace(self.shared, key=key)

    def apply(self, config: Config) -> None:
        """Verify what it says from now on; of what stays, what does not work is tried again."""
        wanted = {job.target.name: job for job in jobs(config)}
        for name, one in list(self.running.items()):
            if wanted.get(name) != one.verifier.job:
                self.running.pop(name).task.cancel()
            else:
                one.verifier.try_again()
        tenants = {job.tenant.name for job in wanted.values() if job.tenant.polls}
        self.shared.directories.keep_only(tenants)
        self.start(Task.ERRAND, self.shared.reader.keep_only(tenants))
        fresh = [job for name, job in wanted.items() if name not in self.running]
        for position, job in enumerate(fresh):
            self.add(job, start_delay(position, len(fresh)))
        self.begun = True

    def add(self, job: Job, first: float) -> None:
        """Verify one from now on, the first time after `first` seconds."""
        verifier = Verifier(job, self.shared)
        if self.begun:
            # Known and failing under other settings: these may have mended it. A start is no such
            # sign: an exporter that crashes again and again would try a refused secret each time.
            verifier.try_again()
        else:
            verifier.rest_as_before()
        task = self.start(Task.VERIFIER, verify_forever(verifier, first))
        self.running[job.target.name] = Running(verifier, task)

    def inventory_read(self, tenant: str) -> None:
        """A poll of the tenant has ended."""
        if concerned := self.of(tenant):
            self.start(Task.ERRAND, self.wake_concerned(concerned))

    async def wake_concerned(self, verifiers: list[Verifier]) -> None:
        """Wake those of whose application the inventory says something new."""
        directory = await verifiers[0].directory()
        for position, verifier in enumerate(verifiers):
            if verifier.concerned(directory):
                verifier.wake()
            if position % BREATH == 0:
                await asyncio.sleep(0)

    async def watch(self) -> float:
        """Wake the verifiers whose files changed, for ever; after a crash it begins again."""
        missed, self.watched_before = self.watched_before, True
        async with contextlib.aclosing(changed(self.files, missed=missed)) as changes:
            async for files in changes:
                await self.wake_readers(files)
        raise RuntimeError("watching has ended by itself")

    async def wake_readers(self, files: set[Path]) -> None:
        """Wake the verifiers that read one of the files, not so many at once that others wait."""
        snapshot: Snapshot = self.shared.store.snapshot
        waiting = set(snapshot.waiting)
        untried = {one.target.name for one in snapshot.targets if one.verdict is None}
        for position, (name, one) in enumerate([*self.running.items()]):
            # A target that has not been read yet goes on waiting for the first inventory.
            first = name in untried and one.verifier.job.tenant.name in waiting
            if not first and not files.isdisjoint(one.verifier.job.files):
                one.verifier.wake()
            if position % BREATH == 0:
                await asyncio.sleep(0)

    def files(self) -> list[Path]:
        """Every file that a stored value is read from."""
        return [file for one in self.running.values() for file in one.verifier.job.files]

    def of(self, tenant: str) -> list[Verifier]:
        """The verifiers of a tenant."""
        all_of_them = (one.verifier for one in self.running.values())
        return [verifier for verifier in all_of_them if verifier.job.tenant.name == tenant]

    async def aclose(self) -> None:
        """End all connections."""
        await self.shared.reader.aclose()


async def verify_forever(verifier: Verifier, first: float) -> None:
    """Verify until cancelled, from the first poll of its tenant on if that comes soon."""
    await asyncio.sleep(first)
    snapshot: Snapshot = verifier.shared.store.snapshot
    if verifier.job.tenant.name in snapshot.waiting:
        await rest(FIRST_INVENTORY, verifier.woken)
    crashed = verifier.shared.crashed
    await forever(f"verify {verifier.job.target.name}", verifier.turn, verifier.woken, crashed)
