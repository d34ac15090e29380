"""Bugs in a reload, and files that hang: the configuration before stays in force, and it shows."""

import asyncio
import os
import signal
import threading
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import pytest
import structlog
from conftest import Lab
from faults import (
    INTERVAL,
    MARKER,
    READ,
    Fault,
    PanicException,
    each_error,
    events,
    failures,
    lab,
    own_log,
    replace,
    settled,
    soon_again,
    tasks,
)

from exporter.health import Task

__all__ = ["lab", "own_log", "soon_again"]


@each_error
async def test_bug_in_a_reload_leaves_the_configuration_and_shows(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    reloaded = "entra_exporter_config_last_reload_successful{}"
    with structlog.testing.capture_logs() as logs:
        async with settled(lab) as (exporter, before):
            fault = Fault(monkeypatch, "exporter.config:load", error)
            fault.broken = True
            answer = await exporter.client.post("/-/reload")
            broken = await exporter.until(lambda found: found[reloaded] == 0)
            assert tasks(broken) == tasks(before)
            fault.broken = False
            again = await exporter.client.post("/-/reload")
            await exporter.until(lambda found: found[reloaded] == 1 and found[READ] > broken[READ])

    assert (answer.status_code, again.status_code) == (500, 200)
    assert f"a bug in the exporter ({type(error).__name__}" in answer.text
    assert MARKER not in answer.text
    assert broken[failures(Task.RELOADER)] == 1
    assert broken[failures(Task.PAGE)] == 0
    [entry] = events(logs, "configuration not reloaded")
    assert entry["exc_info"] is not None


@pytest.mark.parametrize(
    "place",
    [
        "exporter.app:configured",
        "exporter.tenants:Tenants.watch",
        "exporter.verify.targets:Targets.add",
        "exporter.verify.directory:Directories.keep_only",
    ],
)
async def test_configuration_that_a_bug_keeps_from_being_taken_over_is_taken_back(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    stamp = "entra_exporter_config_last_reload_success_timestamp_seconds{}"
    async with settled(lab) as (exporter, before):
        original, raised = resolve_name(place), threading.Event()

        def once(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - stands for anything
            if not raised.is_set():
                raised.set()
                raise ZeroDivisionError
            return original(*args, **kwargs)

        replace(monkeypatch, place, once)
        text = lab.file.read_text(encoding="utf-8")
        lab.file.write_text(text.replace(INTERVAL, "interval: 2s"), encoding="utf-8")
        answer = await exporter.client.post("/-/reload")
        await asyncio.sleep(0.1)
        broken = await exporter.until(
            lambda found: found["entra_exporter_config_last_reload_successful{}"] == 0
        )
        await exporter.until(lambda found: found[READ] > broken[READ])

    assert raised.is_set()
    assert answer.status_code == 500
    assert broken[stamp] == before[stamp]
    assert tasks(broken) == tasks(before)
    intervals = {one.polling.tenant.poll.interval for one in exporter.app.tenants.running.values()}
    assert intervals == {0.3}


async def test_reload_by_a_signal_that_fails_ends_nothing(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with settled(lab) as (exporter, before):
        fault = Fault(monkeypatch, "exporter.reloading:Reloader.reload", PanicException())
        fault.broken = True
        os.kill(os.getpid(), signal.SIGHUP)
        broken = await exporter.until(lambda found: found[failures(Task.RELOADER)] == 1)
        assert tasks(broken) == tasks(before)
        fault.broken = False
        os.kill(os.getpid(), signal.SIGHUP)
        stamp = "entra_exporter_config_last_reload_success_timestamp_seconds{}"
        await exporter.until(lambda found: found[stamp] > before[stamp])


async def test_configuration_file_that_hangs_is_a_mistake_and_read_again_later(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, loads = threading.Event(), 0
    load = resolve_name("exporter.config:load")

    def hangs(file: Path) -> Any:  # noqa: ANN401 - as the original
        nonlocal loads
        loads += 1
        go.wait(20)
        return load(file)

    monkeypatch.setattr("exporter.reloading.PATIENCE", 0.1)
    async with settled(lab) as (exporter, _):
        monkeypatch.setattr("exporter.config.load", hangs)
        answers = [await exporter.client.post("/-/reload") for _ in range(2)]
        assert loads == 1
        go.set()
        monkeypatch.setattr("exporter.reloading.PATIENCE", 10.0)
        answers.append(await exporter.client.post("/-/reload"))

    assert [answer.status_code for answer in answers] == [500, 500, 200]
    assert "check the volume" in answers[0].text
