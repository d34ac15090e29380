"""Bugs in rendering, verifying and watching: what was last known stays on show, and it mends."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import structlog
from conftest import Lab
from faults import (
    INTERVAL,
    RENDERED,
    Fault,
    credentials,
    events,
    everywhere_and_everything,
    failures,
    lab,
    own_log,
    settled,
    shows_and_mends,
    soon_again,
    strange_error,
    tasks,
)
from test_app import OPENMETRICS, running
from test_app_verify import LIVING, success

from exporter import schedule
from exporter.demo import store_value
from exporter.health import Task
from exporter.simulator.values import secret_value

__all__ = ["lab", "own_log", "soon_again"]


@strange_error
async def test_bug_in_rendering_leaves_the_last_metrics_with_their_age(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    fault = Fault(monkeypatch, "exporter.metrics.exposition:View", error)
    with structlog.testing.capture_logs() as logs:
        async with settled(lab) as (exporter, before):
            await shows_and_mends(exporter, fault, Task.RENDERER, before)

    crashes = [e for e in events(logs, "task crashed") if e["task"] == Task.RENDERER]
    assert len(crashes) == 1


async def test_age_of_the_metrics_stands_still_while_rendering_fails(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = Fault(monkeypatch, "exporter.metrics.exposition:View", ZeroDivisionError())
    count = failures(Task.RENDERER)
    async with settled(lab) as (exporter, _):
        fault.broken = True
        first = await exporter.until(lambda found: found[count] >= 1)
        later = await exporter.until(lambda found: found[count] > first[count])
        packed = await exporter.client.get("/metrics", headers={"Accept": OPENMETRICS})

    assert later[RENDERED] == first[RENDERED]
    assert credentials(later) == credentials(first)
    assert packed.text.endswith("# EOF\n")


@everywhere_and_everything(
    "exporter.verify.once:asked_of",
    "exporter.verify.reader:read",
    "exporter.verify.verifier:held",
    "exporter.verify.verifier:after",
)
async def test_bug_in_a_verification_says_nothing_about_the_secret(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, place: str, error: BaseException
) -> None:
    fault = Fault(monkeypatch, place, error)
    tried = success("billing-api", lab).replace("success", "last_success_timestamp_seconds")
    async with settled(lab) as (exporter, before):
        fault.broken = True
        count = failures(Task.VERIFIER)
        broken = await exporter.until(lambda found: found[count] >= before[count] + 2)
        assert tasks(broken) == tasks(before)
        assert not [
            name
            for name, value in broken.items()
            if name.startswith("entra_verify_cause") and value == 1
            if "source_unreadable" not in name and "login_unavailable" not in name
        ]
        fault.broken = False
        await exporter.until(
            lambda found: (
                found[success("billing-api", lab)] == 1
                and found[tried] > broken[tried]
                and found[success(LIVING, lab)] == 1
            )
        )


@strange_error
async def test_file_that_changes_while_its_watcher_is_down_is_noticed_all_the_same(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    # Nothing but the watcher can tell.
    lab.rewrite(f"verify:\n  {INTERVAL}", "verify:\n  interval: 1h")
    fault = Fault(monkeypatch, "exporter.verify.targets:Targets.wake_readers", error)
    folder = lab.file.parent
    async with settled(lab) as (exporter, before):
        fault.broken = True
        store_value(folder, LIVING, "changeme")
        broken = await exporter.until(lambda found: found[failures(Task.FILE_WATCHER)] >= 1)
        assert tasks(broken) == tasks(before)
        fault.broken = False
        await exporter.until(lambda found: found[success(LIVING, lab)] == 0)
        store_value(folder, LIVING, secret_value(LIVING, "0"))
        await exporter.until(lambda found: found[success(LIVING, lab)] == 1)


async def test_watcher_that_ends_by_itself_begins_again_but_not_in_a_tight_loop(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = 0

    async def ends(*_: object, **__: object) -> AsyncIterator[set[Path]]:
        nonlocal begun
        begun += 1
        yield set()

    monkeypatch.setattr(schedule, "FIRST_RETRY", 30.0)
    monkeypatch.setattr("exporter.verify.targets.changed", ends)
    async with running(lab) as exporter:
        samples = await exporter.until(lambda found: found[failures(Task.FILE_WATCHER)] >= 1)
        await asyncio.sleep(0.1)

    assert begun == 1
    assert samples["entra_exporter_tasks{'task': 'file_watcher'}"] == 1
