"""Many tenants, of which some hang: the others are read, and nothing grows without a limit."""

import asyncio
import re
import resource
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Lab, settle
from test_app import running
from test_poller import polling

from exporter.demo import write_configuration
from exporter.simulator import Fault, SimulatedTenant, Simulator, generated_tenant

COUNT = 120
HANGING = 12


def tenant(number: int) -> SimulatedTenant:
    """One of many small tenants."""
    made = generated_tenant(applications=2, seed=number, name=f"tenant-{number:04}")
    return replace(made, name=f"tenant-{number:04}")


@pytest.fixture
def tenants() -> Sequence[SimulatedTenant]:
    return tuple(tenant(number) for number in range(COUNT))


@pytest.fixture
def lab(
    tmp_path: Path,
    simulator: Simulator,
    tenants: Sequence[SimulatedTenant],
    monkeypatch: pytest.MonkeyPatch,
) -> Lab:
    """Every tenant once an hour, all of them begun within three seconds."""
    monkeypatch.setattr("exporter.schedule.LONGEST_START_SPREAD", 3.0)
    file = write_configuration(tmp_path, simulator, tenants, "http://exporter.test")
    text = file.read_text(encoding="utf-8").replace("interval: 5s", "interval: 1h")
    file.write_text(text, encoding="utf-8")
    return Lab(file, simulator, tenants)


def read(samples: dict[str, float]) -> int:
    """How many tenants were read."""
    done = [name for name in samples if name.startswith("entra_poll_success{")]
    return sum(samples[name] == 1 for name in done)


def serves(task: asyncio.Task[object]) -> bool:
    """Whether it serves a connection: the simulator's are counted among all others."""
    code = getattr(task.get_coro(), "cr_code", None)
    return code is not None and "aiohttp" in code.co_filename


async def test_tenants_that_hang_hold_up_no_other_and_nothing_piles_up(lab: Lab) -> None:
    for one in lab.tenants[::10]:
        lab.simulator.faults.add(Fault.hanging(path=re.compile(f"/{one.tenant_id}/.*")))
    async with running(lab) as exporter:
        samples = await exporter.until(lambda found: read(found) == COUNT - HANGING)
        tasks = sum(not serves(task) for task in asyncio.all_tasks())
        pollers = samples["entra_exporter_tasks{'task': 'poller'}"]
        page = await exporter.client.get("/")

    assert read(samples) == COUNT - HANGING
    assert pollers == COUNT
    # Of a poll that waits for its sign-in there are three: itself and both listings.
    assert tasks < COUNT + 4 * HANGING + 50
    assert page.status_code == 200


async def test_exporter_takes_as_many_open_files_as_the_machine_allows(lab: Lab) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 1024), hard))
    try:
        async with running(lab):
            assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_connections_do_not_outlive_the_poll(lab: Lab) -> None:
    def sockets() -> int:
        opened = [*Path("/proc/self/fd").iterdir()]
        return sum(file.is_socket() for file in opened)

    async with polling(lab) as poller:
        await poller.sign_in.get_token(f"{lab.cloud.graph}/.default")
        before = sockets()
        for fault in (Fault(times=0), Fault.server_error(500), Fault.dropped()):
            lab.simulator.faults.clear()
            lab.simulator.faults.add(fault)
            await poller.poll()
            async with asyncio.timeout(30):
                while sockets() > before:
                    await settle()
