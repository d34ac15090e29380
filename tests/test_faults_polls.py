"""Bugs in polls and in what follows from them: that poll fails, the rest goes on, and it mends."""

import asyncio
import threading
from pkgutil import resolve_name
from typing import Any

import pytest
import structlog
from conftest import Lab
from faults import (
    INTERVAL,
    READ,
    Fault,
    PanicException,
    events,
    everywhere_and_everything,
    failures,
    lab,
    own_log,
    settled,
    shows_and_mends,
    soon_again,
    tasks,
)
from test_app import Running, polled, running

from exporter.health import Task

__all__ = ["lab", "own_log", "soon_again"]


@everywhere_and_everything(
    "exporter.poller:read_inventory",
    "exporter.graph.client:decode_page",
    "exporter.poller:departed",
    "exporter.poller:Poller.report_unreadable",
    "exporter.poller:Poller.update",
)
async def test_bug_in_a_poll_fails_that_poll_and_nothing_else(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, place: str, error: BaseException
) -> None:
    fault = Fault(monkeypatch, place, error)
    async with settled(lab) as (exporter, before):
        await shows_and_mends(exporter, fault, Task.POLLER, before)


async def test_bug_in_a_poll_shows_as_a_failed_poll_and_is_logged_once(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = Fault(monkeypatch, "exporter.poller:departed", ZeroDivisionError("bug"))
    with structlog.testing.capture_logs() as logs:
        async with settled(lab) as (exporter, before):
            fault.broken = True
            after = await exporter.until(lambda found: found[polled("contoso")] == 0)
            await exporter.until(
                lambda found: found[failures(Task.POLLER)] >= before[failures(Task.POLLER)] + 3
            )

    assert after["entra_poll_failures_total{'reason': 'internal', 'tenant': 'contoso'}"] >= 1
    assert after[READ] >= before[READ]
    [entry] = [e for e in events(logs, "poll failed") if e["tenant"] == "contoso"]
    assert isinstance(entry["exc_info"], ZeroDivisionError)


async def test_poller_that_cannot_be_made_is_made_later(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = Fault(monkeypatch, "exporter.tenants:Poller", TypeError("bug"))
    fault.broken = True
    with structlog.testing.capture_logs() as logs:
        async with running(lab) as exporter:
            found = await exporter.until(lambda found: found[failures(Task.POLLER)] >= 4)
            assert found["entra_exporter_tasks{'task': 'poller'}"] == 2
            fault.broken = False
            await exporter.until_polled()

    assert [e["task"] for e in events(logs, "task crashed")].count("poll contoso") == 1
    assert [e["task"] for e in events(logs, "task works again")].count("poll contoso") == 1


async def test_report_of_a_failure_that_fails_ends_nothing(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = Fault(monkeypatch, "exporter.poller:read_inventory", ZeroDivisionError())
    fault = Fault(monkeypatch, "exporter.poller:Poller.report", PanicException())
    async with settled(lab) as (exporter, before):
        reading.broken = True
        await shows_and_mends_after(exporter, fault, reading, before)


async def shows_and_mends_after(
    exporter: Running, fault: Fault, first: Fault, before: dict[str, float]
) -> None:
    """The same of two faults."""
    fault.broken = True
    count = failures(Task.POLLER)
    broken = await exporter.until(lambda found: found[count] >= before[count] + 2)
    assert tasks(broken) == tasks(before)
    fault.broken = first.broken = False
    await exporter.until(lambda found: found[READ] > broken[READ])


async def test_what_follows_from_a_poll_may_fail_without_another_poll(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.rewrite(INTERVAL, "interval: 1h")
    fault = Fault(monkeypatch, "exporter.verify.targets:Targets.of", ZeroDivisionError())
    fault.broken = True
    async with running(lab) as exporter:
        await exporter.until_polled()
        samples = await exporter.until(lambda found: found[failures(Task.ERRAND)] >= 1)
        await asyncio.sleep(0.3)
        samples = await exporter.samples()

    assert samples["entra_polls_total{'tenant': 'contoso'}"] == 1
    assert samples[polled("contoso")] == 1


async def test_errand_that_fails_ends_nothing(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    place = "exporter.verify.verifier:Verifier.concerned"
    fault = Fault(monkeypatch, place, PanicException())
    async with settled(lab) as (exporter, before):
        await shows_and_mends(exporter, fault, Task.ERRAND, before)


async def test_call_that_hangs_for_ever_does_not_stop_polls_and_renders(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, hung = threading.Event(), threading.Event()
    original = resolve_name("exporter.poller:departed")

    def hangs_once(*args: Any) -> Any:  # noqa: ANN401 - as the original
        if not hung.is_set():
            hung.set()
            go.wait(20)
        return original(*args)

    monkeypatch.setattr("exporter.work.WORKER.patience", 0.2)
    monkeypatch.setattr("exporter.poller.departed", hangs_once)
    async with running(lab) as exporter:
        await exporter.until_polled()
    go.set()

    assert hung.is_set()
    assert exporter.app.health.failures[Task.POLLER] == 1
