"""The whole exposition of the demo at a frozen time, to be read as a difference when it changes."""

import contextlib
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import settling
from freezegun import freeze_time

from exporter import config
from exporter.demo import write_configuration
from exporter.demo.running import PAGE_SIZE
from exporter.metrics.exposition import Exposition, Renderer
from exporter.poller import Poller
from exporter.simulator import VERIFICATIONS, Simulator, demo_tenants
from exporter.snapshot import ReloadStatus, Snapshot
from exporter.store import Store
from exporter.transitions import configured
from exporter.verify.job import jobs
from exporter.verify.verifier import Shared, Verifier

GOLDEN = Path(__file__).parent / "golden" / "metrics.prom"
MOMENT = datetime(2026, 1, 15, 12, tzinfo=UTC)
NOW = MOMENT.timestamp()
LATER = 90.0


async def read_and_verified(file: Path) -> Store[Exposition]:
    """The demo's tenants, each polled once, and its targets, each verified once."""
    loaded = config.load(file)
    status = ReloadStatus(successful=True, last_success=NOW)
    first = configured(Snapshot((), status), loaded, "", status)
    store = Store(first, Renderer(), time.time)
    for tenant in loaded.tenants:
        async with contextlib.aclosing(Poller(tenant, loaded.cloud_of(tenant), store)) as poller:
            await poller.poll()
    shared = Shared(store)
    for job in jobs(loaded):
        await Verifier(job, shared).turn()
    await shared.reader.aclose()
    return store


async def test_exposition_of_the_demo_is_the_golden_one(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    tenants = demo_tenants(NOW)
    async with settling(), Simulator(tenants, page_size=PAGE_SIZE, clock=lambda: NOW) as simulator:
        shown = [one for one in VERIFICATIONS if one.demo]
        address = "http://exporter.test:10147"
        file = write_configuration(tmp_path, simulator, tenants, address, shown)
        with freeze_time(MOMENT, real_asyncio=True) as frozen:
            store = await read_and_verified(file)
            frozen.tick(LATER)
            exposition = store.render(store.snapshot, time.time())
    text = b"".join(exposition.text.plain())
    if request.config.getoption("--update-golden"):
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_bytes(text)

    assert text.decode().splitlines() == GOLDEN.read_text(encoding="utf-8").split("\n")[:-1]
