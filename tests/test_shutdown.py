"""The end of the exporter while something hangs: within a second, here and as a command."""

import asyncio
import contextlib
import re
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import structlog
from command import ANY_PORT, PATIENCE, Started, started
from conftest import Lab
from test_app import running

from exporter import work
from exporter.demo import write_configuration
from exporter.simulator import VERIFICATIONS, Fault, SimulatedTenant, Simulator
from exporter.sources import file as file_source
from exporter.sources.threads import Threads

TOKEN = re.compile(r".*/token")
VAULT = "/secrets/"
TARGET = "billing-api"


class Hanging:
    """A function that does not return before it may; `began` is set once it is called."""

    def __init__(self) -> None:
        self.began = threading.Event()
        self.may_end = threading.Event()

    def __call__(self, *_: object, **__: object) -> None:
        """Hang."""
        self.began.set()
        self.may_end.wait(60)

    async def called(self) -> bool:
        """Whether it hangs, once it does."""
        return await asyncio.to_thread(self.began.wait, PATIENCE)


@pytest.fixture
def lab(tmp_path: Path, simulator: Simulator, tenants: Sequence[SimulatedTenant]) -> Lab:
    """Two tenants and a target whose secret is in a Key Vault."""
    scenarios = [one for one in VERIFICATIONS if one.name == TARGET]
    file = write_configuration(tmp_path, simulator, tenants, "http://exporter.test", scenarios)
    return Lab(file, simulator, tenants)


def in_a_vault(lab: Lab) -> None:
    """The target's secret is in a Key Vault from now on."""
    lab.rewrite(f"file: {TARGET}.stored", f"key_vault: {lab.simulator.url}\n      name: billing")


@pytest.fixture
def hang() -> Iterator[Hanging]:
    """What hangs until the test ends."""
    hanging = Hanging()
    yield hanging
    hanging.may_end.set()


HANGING = {
    "Graph": Fault.hanging(),
    "login": Fault.hanging(path=TOKEN),
    "vault": Fault.hanging(path=VAULT),
}


def hanging(lab: Lab, monkeypatch: pytest.MonkeyPatch, fault: Fault) -> asyncio.Event:
    """What is set once a request hangs in the simulator."""
    asked, linger = asyncio.Event(), lab.simulator.linger

    async def noted(fault: Fault) -> None:
        asked.set()
        await linger(fault)

    monkeypatch.setattr(lab.simulator, "linger", noted)
    lab.simulator.faults.add(fault)
    in_a_vault(lab)
    return asked


@pytest.mark.parametrize("fault", HANGING.values(), ids=HANGING)
async def test_exporter_ends_within_a_second_while_a_service_hangs(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    asked = hanging(lab, monkeypatch, fault)
    async with running(lab), asyncio.timeout(PATIENCE):
        await asked.wait()


@pytest.mark.parametrize(
    "place",
    [
        "exporter.poller.departed",
        "exporter.metrics.exposition.View",
        "exporter.verify.directory.directory_of",
        "exporter.sources.file.content_of",
    ],
)
async def test_exporter_ends_within_a_second_while_a_thread_hangs(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, hang: Hanging, place: str
) -> None:
    # Reads that hang are remembered: not by the other tests.
    monkeypatch.setattr(file_source, "THREADS", Threads())
    monkeypatch.setattr(work, "WORKER", work.Worker())
    async with running(lab) as exporter:
        monkeypatch.setattr(place, hang)
        assert await hang.called()
        assert (await exporter.client.get("/metrics")).is_success


async def test_exporter_ends_within_a_second_while_pages_hang(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, hang: Hanging
) -> None:
    monkeypatch.setattr("exporter.web.landing.page", hang)
    async with running(lab) as exporter:
        pages = [asyncio.create_task(exporter.client.get("/")) for _ in range(3)]
        assert await hang.called()
    answers = await asyncio.gather(*pages, return_exceptions=True)

    assert all(isinstance(answer, Exception) for answer in answers)


async def test_exporter_ends_within_a_second_while_a_reload_hangs(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, hang: Hanging
) -> None:
    async with running(lab) as exporter:
        monkeypatch.setattr("exporter.config.load", hang)
        reload = asyncio.create_task(exporter.client.post("/-/reload"))
        exporter.app.reload_soon()
        assert await hang.called()
    with contextlib.suppress(Exception):
        await reload


async def test_reload_that_is_asked_for_while_the_exporter_ends_is_overlooked(lab: Lab) -> None:
    with structlog.testing.capture_logs() as logs:
        async with running(lab) as exporter:
            await exporter.until_polled()
            exporter.app.stop()
            exporter.app.reload_soon()
        # Its task group takes no more tasks.
        exporter.app.reload_soon()

    assert not [entry for entry in logs if entry["log_level"] == "error"]


@pytest.mark.parametrize("fault", HANGING.values(), ids=HANGING)
async def test_command_ends_within_a_second_of_sigterm_while_a_service_hangs(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fault: Fault
) -> None:
    asked = hanging(lab, monkeypatch, fault)
    arguments = ("--config.file", str(lab.file), "--web.listen-address", ANY_PORT)
    with started(tmp_path, *arguments) as exporter:
        async with asyncio.timeout(PATIENCE):
            await asked.wait()
        code, took = await asyncio.to_thread(terminated, exporter)

    assert code == 0
    assert took < 1
    assert "msg=stopped" in exporter.said()
    assert "Traceback" not in exporter.said()


def terminated(exporter: Started) -> tuple[int, float]:
    """The exit code after SIGTERM, and how long it took."""
    began = time.monotonic()
    exporter.process.send_signal(signal.SIGTERM)
    code = exporter.process.wait(timeout=PATIENCE)
    return code, time.monotonic() - began
