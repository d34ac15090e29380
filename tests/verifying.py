"""Verifiers over the simulated tenant, one by one and with a clock that is set by hand."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from conftest import settling

from exporter import config
from exporter.config import Config
from exporter.demo import stored_file, write_configuration
from exporter.model import Cause
from exporter.poller import Poller
from exporter.simulator import Simulator, Verification, Wording, demo_tenants
from exporter.snapshot import ReloadStatus, Snapshot, TargetView
from exporter.store import Store
from exporter.transitions import configured
from exporter.verdict import Diagnosis, Verdict
from exporter.verify.job import jobs
from exporter.verify.verifier import Shared, Verifier

TOKEN_PATH = "/oauth2/v2.0/token"


@dataclass
class Clock:
    """Unix time that passes only when told to."""

    now: float

    def __call__(self) -> float:
        """The time."""
        return self.now


class Bench:
    """Verifiers of some scenarios over one simulator, a store and a clock."""

    def __init__(self, folder: Path, simulator: Simulator, loaded: Config) -> None:
        self.folder = folder
        self.simulator = simulator
        self.config = loaded
        self.clock = Clock(time.time())
        status = ReloadStatus(successful=True, last_success=self.clock.now)
        first = configured(Snapshot((), status), loaded, "", status)
        self.store: Store[None] = Store(first, lambda _snapshot, _now: None, self.clock)
        self.wishes: list[str] = []
        shared = Shared(self.store, self.wishes.append)
        self.shared = shared
        self.verifiers = {job.target.name: Verifier(job, shared) for job in jobs(loaded)}
        self.pollers = [
            Poller(tenant, loaded.cloud_of(tenant), self.store)
            for tenant in loaded.tenants
            if tenant.polls
        ]

    async def poll(self) -> None:
        """Read every tenant once."""
        for poller in self.pollers:
            await poller.poll()

    async def turn(self, name: str) -> float:
        """Let a target's verifier look once; returns its pause."""
        return await self.verifiers[name].turn()

    async def all_turns(self, names: Sequence[str]) -> None:
        """Let several look, some at the same time."""
        async with asyncio.TaskGroup() as group:
            for name in names:
                group.create_task(self.turn(name))

    def view(self, name: str) -> TargetView:
        """The target as it stands in the store."""
        return next(view for view in self.store.snapshot.targets if view.target.name == name)

    def verdict(self, name: str) -> Verdict:
        """Its last verdict."""
        verdict = self.view(name).verdict
        assert verdict is not None
        return verdict

    def diagnosis(self, name: str) -> Diagnosis:
        """Why it fails."""
        diagnosis = self.verdict(name).diagnosis
        assert diagnosis is not None
        return diagnosis

    def cause(self, name: str) -> Cause | None:
        """The cause of its failure, None while it works."""
        diagnosis = self.verdict(name).diagnosis
        return diagnosis.cause if diagnosis else None

    def store_value(self, name: str, value: str | bytes) -> None:
        """Store another value at a target."""
        content = value if isinstance(value, bytes) else value.encode()
        stored_file(self.folder, name).write_bytes(content)

    def asked(self) -> int:
        """How many token requests there were."""
        return sum(request.path.endswith(TOKEN_PATH) for request in self.simulator.requests)

    async def aclose(self) -> None:
        """End all connections."""
        await self.shared.reader.aclose()
        for poller in self.pollers:
            await poller.aclose()


@contextlib.asynccontextmanager
async def verifying(
    folder: Path, scenarios: Sequence[Verification], wording: Wording = "present"
) -> AsyncIterator[Bench]:
    """The scenarios' values are stored, and their troubles switched on."""
    tenants = demo_tenants(time.time())
    async with settling(), Simulator(tenants, page_size=100, wording=wording) as simulator:
        file = write_configuration(folder, simulator, tenants, "http://exporter.test", scenarios)
        bench = Bench(folder, simulator, config.load(file))
        for scenario in scenarios:
            if scenario.fault is not None:
                simulator.faults.add(scenario.fault)
        try:
            yield bench
        finally:
            await bench.aclose()
