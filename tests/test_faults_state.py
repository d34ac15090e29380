"""Bugs in keeping state, at the start and in a reload: the exporter runs, and it shows."""

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog
from builders import application, inventory
from conftest import Lab
from faults import (
    Fault,
    PanicException,
    each_error,
    events,
    everywhere_and_everything,
    failures,
    own_log,
    soon_again,
    tasks,
)
from stating import CONFIGURATION, desk, secret
from test_app import PATIENCE, Running, running
from test_state_app import lab, lived, shows_all, state_file

from exporter.health import Task
from exporter.state import files, loading
from exporter.state.folder import KEY_BYTES
from exporter.state.record import Record

__all__ = ["lab", "own_log", "soon_again"]
FAILURES = failures(Task.STATE_KEEPER)
FABRIKAM = "cccccccc-0000-4000-8000-000000000002"


@everywhere_and_everything(
    "exporter.state.keeper:load",
    "exporter.state.keeper:Keeper.apply",
    "exporter.state.keeper:Keeper.open",
    "exporter.state.keeper:Keeper.restore",
    "exporter.state.keeper:snapshot_with",
    "exporter.store:Store.render_once",
)
async def test_bug_in_restoring_state_keeps_nothing_from_starting_and_polling(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, place: str, error: BaseException
) -> None:
    await lived(lab)
    fault = Fault(monkeypatch, place, error)
    fault.broken = True
    with structlog.testing.capture_logs() as logs:
        async with running(lab) as exporter:
            fault.broken = False
            samples = await exporter.until_polled()

    assert fault.raised
    assert samples[FAILURES] == 1
    [entry] = events(logs, "state not restored", "state not kept")
    assert entry["exc_info"] is error


@pytest.mark.parametrize(
    "place",
    [
        "exporter.state.keeper:load",
        "exporter.state.keeper:Keeper.open",
        "exporter.state.keeper:Keeper.restore",
        "exporter.state.keeper:snapshot_with",
        "exporter.state.loading:tenant_of",
        "exporter.state.loading:targets_of",
    ],
)
async def test_file_that_a_bug_kept_from_being_taken_up_is_not_written_over(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    await lived(lab)
    good = state_file(lab).read_bytes()
    fault = Fault(monkeypatch, place, ValueError("bug"))
    fault.broken = True
    async with running(lab) as exporter:
        fault.broken = False
        await exporter.until(lambda found: shows_all(lab, found))

    assert fault.raised
    assert state_file(lab).read_bytes() != good
    assert state_file(lab).with_name("contoso.state.unreadable").read_bytes() == good


@pytest.mark.parametrize("place", ["tenant_of", "targets_of"])
async def test_bug_in_taking_up_one_tenant_costs_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    both = [*CONFIGURATION["tenants"], {"name": "fabrikam", "tenant_id": FABRIKAM}]
    async with desk(tmp_path, tenants=both) as first:
        read = inventory(application(secret()))
        first.store.update_tenant("fabrikam", lambda old: replace(old, inventory=read))
        await first.learn()
    original = getattr(loading, place)

    def odd(record: Record, *rest: object) -> object:
        if record.name == "fabrikam":
            raise ValueError
        return original(record, *rest)

    monkeypatch.setattr(loading, place, odd)
    with structlog.testing.capture_logs() as logs:
        async with desk(tmp_path, tenants=both) as second:
            assert second.contoso.inventory is not None

    [told] = stated(logs)
    assert told["event"] == "state file not used"
    assert told["kept_as"] == "fabrikam.state.unreadable"
    assert "a bug of the exporter (ValueError" in told["why"]


def stated(logs: Sequence[Any]) -> list[Any]:
    """The warnings."""
    return [entry for entry in logs if entry["log_level"] == "warning"]


@pytest.mark.parametrize("place", ["apply", "open", "restore"])
async def test_marks_that_are_kept_after_such_a_bug_are_known_after_the_next_start(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    fault = Fault(monkeypatch, f"exporter.state.keeper:Keeper.{place}", ValueError("bug"))
    fault.broken = True
    async with running(lab) as exporter:
        fault.broken = False
        await exporter.until(lambda found: shows_all(lab, found))
        assert (await exporter.client.post("/-/reload")).is_success
    async with running(lab) as second:
        await second.until(lambda found: shows_all(lab, found))

    first, then = exporter.app.targets.shared.key, second.app.targets.shared.key
    assert len(first) == len(then) == KEY_BYTES
    assert (lab.file.parent / "state" / "key").read_bytes() == first == then
    assert state_file(lab).exists()


RELOADED = "entra_exporter_config_last_reload_successful{}"


@each_error
async def test_bug_in_changing_where_state_is_kept_leaves_the_configuration(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    async with running(lab) as exporter:
        before = await exporter.until_polled()
        fault = Fault(monkeypatch, "exporter.state.keeper:Keeper.apply", error)
        fault.broken = True
        lab.rewrite("interval: 1h", "interval: 2h")
        with structlog.testing.capture_logs() as logs:
            answer = await exporter.client.post("/-/reload")
        broken = await exporter.until(lambda found: found[RELOADED] == 0)
        intervals = intervals_of(exporter)
        fault.broken = False
        again = await exporter.client.post("/-/reload")
        await exporter.until(lambda found: found[RELOADED] == 1)

    assert (answer.status_code, again.status_code) == (500, 200)
    assert broken[failures(Task.RELOADER)] == 1
    assert tasks(broken) == tasks(before)
    assert intervals == {3600.0}
    assert intervals_of(exporter) == {7200.0}
    [entry] = events(logs, "configuration not reloaded")
    assert entry["exc_info"] is error


def intervals_of(exporter: Running) -> set[float]:
    """How often the tenants are polled."""
    return {one.polling.tenant.poll.interval for one in exporter.app.tenants.running.values()}


async def test_configuration_is_taken_back_even_if_state_cannot_be(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = Fault(monkeypatch, "exporter.state.keeper:Keeper.apply", PanicException())

    def spoil(*_arguments: object) -> None:
        state.broken = True
        monkeypatch.setattr("exporter.verify.targets.Targets.apply", apply)
        raise ZeroDivisionError

    async with running(lab) as exporter:
        before = await exporter.until_polled()
        apply = exporter.app.targets.__class__.apply
        monkeypatch.setattr("exporter.verify.targets.Targets.apply", spoil)
        lab.rewrite("interval: 1h", "interval: 2h")
        answer = await exporter.client.post("/-/reload")
        broken = await exporter.until(lambda found: found[RELOADED] == 0)

    assert answer.status_code == 500
    assert state.raised == 1
    assert intervals_of(exporter) == {3600.0}
    assert tasks(broken) == tasks(before)


class Disk:
    """A disk that hangs once it is asked for a directory, until it is `released`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked = threading.Event()
        self.released = threading.Event()
        monkeypatch.setattr(files, "make_directory", self.hang)

    def hang(self, _folder: Path) -> None:
        """Do not answer."""
        self.asked.set()
        self.released.wait(60)


@pytest.mark.parametrize("by_signal", [False, True], ids=["post", "signal"])
async def test_exporter_ends_within_a_second_while_a_reload_waits_for_the_disk(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, *, by_signal: bool
) -> None:
    with structlog.testing.capture_logs() as logs:
        async with running(lab) as exporter:
            await exporter.until_polled()
            disk = Disk(monkeypatch)
            lab.rewrite("dir: state", "dir: elsewhere")
            reload = asyncio.create_task(exporter.client.post("/-/reload"))
            if by_signal:
                reload.cancel()
                exporter.app.reload_soon()
            assert await asyncio.to_thread(disk.asked.wait, PATIENCE)
        disk.released.set()
        await asyncio.gather(reload, return_exceptions=True)

    assert not events(logs, "configuration reloaded", "configuration not reloaded")


async def test_bug_in_a_reload_that_the_end_overtakes_starts_nothing_any_more(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(lab) as exporter:
        await exporter.until_polled()
    monkeypatch.setattr(exporter.app.keeper, "apply", raising)

    with pytest.raises(ZeroDivisionError):
        await exporter.app.change(exporter.app.config)


async def raising(_config: object) -> None:
    """A bug."""
    raise ZeroDivisionError
