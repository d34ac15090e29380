"""What goes wrong where nobody waits for it is logged and counted; no traceback holds a secret."""

import asyncio

import pytest
import structlog
from conftest import Lab
from faults import (
    MARKER,
    Fault,
    PanicException,
    events,
    failures,
    lab,
    own_log,
    settled,
    soon_again,
)
from test_app import running
from test_app_verify import LIVING

from exporter import log
from exporter.demo import store_value
from exporter.health import Task

__all__ = ["lab", "own_log", "soon_again"]


async def test_bug_in_a_callback_is_counted_and_logged(lab: Lab) -> None:
    def crash() -> None:
        raise ZeroDivisionError

    with structlog.testing.capture_logs() as logs:
        async with running(lab) as exporter:
            asyncio.get_running_loop().call_soon(crash)
            await exporter.until(lambda found: found[failures(Task.OTHER)] == 1)

    [entry] = events(logs, "event loop")
    assert isinstance(entry["exc_info"], ZeroDivisionError)


async def test_connection_that_fails_is_logged_but_no_bug(lab: Lab) -> None:
    def crash() -> None:
        raise ConnectionResetError

    with structlog.testing.capture_logs() as logs:
        async with running(lab) as exporter:
            asyncio.get_running_loop().call_soon(crash)
            await asyncio.sleep(0.05)

    assert exporter.app.health.failures[Task.OTHER] == 0
    assert len(events(logs, "event loop")) == 1


SPOILT = [
    ("exporter.poller:read_inventory", Task.POLLER),
    ("exporter.poller:Poller.update", Task.POLLER),
    ("exporter.verify.reader:read", Task.VERIFIER),
    ("exporter.verify.once:asked_of", Task.VERIFIER),
    ("exporter.verify.verifier:held", Task.VERIFIER),
    ("exporter.verify.verifier:after", Task.VERIFIER),
    ("exporter.metrics.exposition:View", Task.RENDERER),
    ("exporter.verify.targets:Targets.wake_readers", Task.FILE_WATCHER),
]


@pytest.mark.parametrize("spoilt", SPOILT, ids=lambda spoilt: spoilt[0])
@pytest.mark.parametrize("kind", [ValueError, PanicException], ids=lambda kind: kind.__name__)
async def test_traceback_of_a_bug_holds_no_secret(
    lab: Lab,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    spoilt: tuple[str, Task],
    kind: type[BaseException],
) -> None:
    place, task = spoilt
    log.configure("debug", "logfmt")
    error = kind(f"not a secret: {MARKER}")
    error.__cause__ = ValueError(MARKER)
    fault = Fault(monkeypatch, place, error)
    async with settled(lab) as (exporter, before):
        fault.broken = True
        store_value(lab.file.parent, LIVING, MARKER)
        await exporter.until(lambda found: found[failures(task)] > before[failures(task)])
        answer = await exporter.client.get("/")
    said = capsys.readouterr().err

    assert kind.__name__ in said
    assert MARKER not in said + answer.text
    assert MARKER[:8] not in said + answer.text
