"""Bugs at the edges: in taking a connection, and in taking up what was kept over a restart."""

from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest
import structlog
from conftest import Lab
from test_app import Running, running
from test_faults import ERRORS, Fault, events, failures, tasks

from exporter import schedule
from exporter.demo import write_configuration
from exporter.health import Task
from exporter.simulator import SimulatedTenant, Simulator


@pytest.fixture(autouse=True)
def _soon_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Crashed tasks go on at once, within reason."""
    monkeypatch.setattr(schedule, "FIRST_RETRY", 0.05)


@pytest.fixture
def lab(tmp_path: Path, simulator: Simulator, tenants: Sequence[SimulatedTenant]) -> Lab:
    """Two tenants, and state that is kept."""
    file = write_configuration(tmp_path, simulator, tenants, "http://exporter.test", [])
    text = file.read_text(encoding="utf-8")
    file.write_text(f"state: {{dir: state}}\n{text}", encoding="utf-8")
    return Lab(file, simulator, tenants)


each_error = pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)


async def newcomer(exporter: Running) -> int:
    """The status that a client with a connection of its own gets."""
    async with httpx.AsyncClient(base_url=exporter.client.base_url) as client:
        return (await client.get("/-/healthy")).status_code


@each_error
async def test_bug_in_taking_a_connection_costs_that_one_alone(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    fault = Fault(monkeypatch, "exporter.web.serving:Listener.place", error)
    with structlog.testing.capture_logs() as logs:
        async with running(lab) as exporter:
            before = await exporter.until_polled()
            fault.broken = True
            with pytest.raises(httpx.TransportError):
                await newcomer(exporter)
            meanwhile = await exporter.samples()
            fault.broken = False
            status = await newcomer(exporter)

    assert status == 200
    assert meanwhile[failures(Task.LISTENER)] == fault.raised == 1
    assert tasks(meanwhile) == tasks(before)
    [entry] = events(logs, "task crashed")
    assert entry["task"] == Task.LISTENER


@each_error
async def test_bug_in_taking_up_what_was_kept_does_not_prevent_the_start(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    async with running(lab) as exporter:
        await exporter.until_polled()
    fault = Fault(monkeypatch, "exporter.state.keeper:snapshot_with", error)
    fault.broken = True
    with structlog.testing.capture_logs() as logs:
        async with running(lab) as exporter:
            found = await exporter.until_polled()

    assert fault.raised == found[failures(Task.STATE_KEEPER)] == 1
    assert found["entra_exporter_tasks{'task': 'state_keeper'}"] == 1
    assert len(events(logs, "state not restored")) == 1
