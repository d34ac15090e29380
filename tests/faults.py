"""
Faults put into the running exporter's own inside: what raises, where, and what is seen of it. The
fixtures make whatever imports them a test of a quick exporter with a real log.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import pytest
import structlog
from conftest import Lab
from test_app import Running, polled, running
from test_app_verify import LIVING, success

from exporter import log, schedule
from exporter.demo import write_configuration
from exporter.health import Task
from exporter.simulator import VERIFICATIONS, SimulatedTenant, Simulator

MARKER = "Mrk8Q~NobodyMaySeeThisValueAnywhere12345"
SHOWN = ("billing-api", LIVING)
INTERVAL = "interval: 300ms"
RENDERED = "entra_exporter_exposition_timestamp_seconds{}"
READ = "entra_poll_last_success_timestamp_seconds{'tenant': 'contoso'}"


class PanicException(BaseException):
    """What a library in Rust raises when it fails: no Exception."""


ERRORS = [
    ZeroDivisionError("bug"),
    MemoryError(),
    RecursionError("too deep"),
    KeyboardInterrupt(),
    SystemExit(3),
    asyncio.CancelledError(),
    PanicException(MARKER),
]
STRANGE = ERRORS[-2:]
"""A cancellation that nobody asked for, and a panic: the two that most often pass unnoticed."""

each_error = pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
strange_error = pytest.mark.parametrize("error", STRANGE, ids=lambda error: type(error).__name__)


def everywhere_and_everything(*places: str) -> pytest.MarkDecorator:
    """Each error at the first place, and the strangest at the others."""
    cases = [(places[0], error) for error in ERRORS] + [(place, ERRORS[-1]) for place in places[1:]]
    named = [f"{place.rpartition('.')[2]}-{type(error).__name__}" for place, error in cases]
    return pytest.mark.parametrize(("place", "error"), cases, ids=named)


@pytest.fixture(autouse=True)
def own_log() -> Iterator[None]:
    """The log as the command sets it up, until the test ends."""
    root, azure = logging.getLogger(), logging.getLogger("azure")
    handlers, levels = root.handlers[:], (root.level, azure.level)
    log.configure("debug", "logfmt")
    yield
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    azure.setLevel(levels[1])
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def soon_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Crashed tasks go on at once, within reason."""
    monkeypatch.setattr(schedule, "FIRST_RETRY", 0.05)


@pytest.fixture
def lab(
    tmp_path: Path,
    simulator: Simulator,
    tenants: Sequence[SimulatedTenant],
    monkeypatch: pytest.MonkeyPatch,
) -> Lab:
    """Two tenants and two targets that work, and intervals shorter than an operator may have."""
    monkeypatch.setattr("exporter.config.values.SHORTEST", 0.0)
    scenarios = [one for one in VERIFICATIONS if one.name in SHOWN]
    file = write_configuration(tmp_path, simulator, tenants, "http://exporter.test", scenarios)
    text = file.read_text(encoding="utf-8")
    text = text.replace("interval: 10s", INTERVAL).replace("interval: 5s", INTERVAL)
    file.write_text(text, encoding="utf-8")
    return Lab(file, simulator, tenants)


class Fault:
    """Something in the exporter that raises for as long as it is `broken`, and counts how often."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, place: str, error: BaseException) -> None:
        self.error = error
        self.broken = False
        self.raised = 0
        self.original = resolve_name(place)
        replace(monkeypatch, place, self.wrapped())

    def wrapped(self) -> Callable[..., Any]:
        """The original, or the error. A function, so that it may take a method's place."""

        def call(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - stands for anything
            if self.broken:
                self.raised += 1
                raise self.error
            return self.original(*args, **kwargs)

        return call


def replace(monkeypatch: pytest.MonkeyPatch, place: str, other: Callable[..., Any]) -> None:
    """Put something in the place of what `module:name` stands for."""
    module, _, path = place.partition(":")
    holder, _, name = path.rpartition(".")
    monkeypatch.setattr(resolve_name(f"{module}:{holder}" if holder else module), name, other)


def failures(task: Task) -> str:
    """The sample that counts a task's bugs."""
    return f"entra_exporter_task_failures_total{{'task': '{task}'}}"


def tasks(samples: dict[str, float]) -> dict[str, float]:
    """How many tasks of each kind run, without those that come and go."""
    lasting = (Task.POLLER, Task.VERIFIER, Task.RENDERER, Task.FILE_WATCHER, Task.LOOP_MONITOR)
    return {task: samples[f"entra_exporter_tasks{{'task': '{task}'}}"] for task in lasting}


def credentials(samples: dict[str, float]) -> dict[str, float]:
    """Every series about when a credential expires."""
    return {name: v for name, v in samples.items() if name.startswith("entra_credential_expiry")}


def events(logs: Sequence[Any], *names: str) -> list[Any]:
    """The events of these names."""
    return [entry for entry in logs if entry["event"] in names]


@contextlib.asynccontextmanager
async def settled(lab: Lab) -> AsyncIterator[tuple[Running, dict[str, float]]]:
    """The exporter once everything was polled and verified, and what it shows then."""
    async with running(lab) as exporter:
        samples = await exporter.until(
            lambda found: (
                found.get(polled("contoso")) == 1
                and all(found.get(success(name, lab)) == 1 for name in SHOWN)
            )
        )
        yield exporter, samples


async def shows_and_mends(exporter: Running, fault: Fault, task: Task, before: Any) -> None:  # noqa: ANN401 - samples
    """While broken it is counted and everything is still there; then polls go on."""
    fault.broken = True
    broken = await exporter.until(lambda found: found[failures(task)] >= before[failures(task)] + 2)
    assert credentials(broken) == credentials(before)
    assert tasks(broken) == tasks(before)
    fault.broken = False
    await exporter.until(
        lambda found: found[READ] > broken[READ] and found[RENDERED] > broken[RENDERED]
    )
