"""A tenant's polls: what stays, what is replaced, what is counted and what is logged."""

import asyncio
import dataclasses
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog
from conftest import Lab, settle

from exporter.config import TenantConfig
from exporter.errors import PollError
from exporter.graph import Allowance
from exporter.model import FailureReason, ObjectType
from exporter.poller import Poller
from exporter.schedule import forever
from exporter.simulator import Fault
from exporter.snapshot import ReloadStatus, Snapshot, TenantView
from exporter.store import Store
from exporter.transitions import configured

TOKEN = re.compile(r".*/token")


@asynccontextmanager
async def polling(
    lab: Lab, tenant: TenantConfig | None = None, allowance: Allowance | None = None
) -> AsyncIterator[Poller]:
    """A poller over a store of its own."""
    status = ReloadStatus(successful=True, last_success=0.0)
    first = configured(Snapshot((), status), lab.config, "", status)
    store: Store[None] = Store(first, lambda _snapshot, _now: None, time.time)
    poller = Poller(tenant or lab.contoso, lab.cloud, store, allowance=allowance)
    try:
        yield poller
    finally:
        await poller.aclose()


def keys(view: TenantView) -> set[str]:
    """The ids of every credential that is known."""
    assert view.inventory is not None
    return {c.key_id for item in view.inventory.objects for c in item.credentials}


async def test_successful_poll_puts_the_inventory_into_the_store(lab: Lab) -> None:
    async with polling(lab) as poller:
        before = time.time()
        pause = await poller.poll()

        assert keys(poller.view)
        assert poller.view.failure is None
        assert poller.view.inventory is not None
        assert before <= poller.view.inventory.taken_at <= time.time()
        assert (poller.view.polls, poller.view.tried) == (1, 1)
        assert poller.view.requests["200"] > 1
        assert 0 < pause <= lab.contoso.poll.interval


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault.server_error(500, after=3), id="in the middle of a listing"),
        pytest.param(Fault(malformed=True, after=1), id="broken JSON on a later page"),
        pytest.param(Fault.permission_missing(), id="permission withdrawn"),
    ],
)
async def test_failed_poll_keeps_the_last_good_inventory_whole(lab: Lab, fault: Fault) -> None:
    async with polling(lab) as poller:
        await poller.poll()
        good = poller.view.inventory
        lab.simulator.faults.add(fault)
        await poller.poll()

        assert poller.view.inventory is good
        assert poller.view.failure is not None
        assert (poller.view.polls, poller.view.tried) == (2, 2)


async def test_success_after_failure_clears_the_failure_and_keeps_its_count(lab: Lab) -> None:
    async with polling(lab) as poller:
        lab.simulator.faults.add(Fault.server_error(500))
        await poller.poll()
        lab.simulator.faults.clear()
        await poller.poll()

        assert poller.view.failure is None
        assert poller.view.failures == {FailureReason.SERVER: 1}


async def test_removed_credential_goes_away_with_the_next_successful_poll(lab: Lab) -> None:
    tenant = lab.tenants[0]
    removed = next(a for a in tenant.applications if a.display_name == "payroll-sync")
    gone = removed.password_credentials[0].key_id
    async with polling(lab) as poller:
        await poller.poll()
        assert gone in keys(poller.view)
        others = tuple(a for a in tenant.applications if a is not removed)
        lab.simulator.replace_tenant(dataclasses.replace(tenant, applications=others))
        await poller.poll()

        assert gone not in keys(poller.view)


async def test_failures_are_retried_with_growing_pauses_up_to_the_interval(lab: Lab) -> None:
    tenant = lab.contoso.model_copy(
        update={"poll": lab.contoso.poll.model_copy(update={"interval": 100.0})}
    )
    async with polling(lab, tenant) as poller:
        lab.simulator.faults.add(Fault.server_error(500))
        pauses = [await poller.poll() for _ in range(6)]

    # Less what the poll itself took.
    assert 8 <= pauses[0] <= 15
    assert 18 <= pauses[1] <= 30
    assert all(70 <= pause <= 100 for pause in pauses[4:])


async def test_retry_after_counts_from_the_answer_that_asked_for_it(lab: Lab) -> None:
    async with polling(lab) as poller:
        lab.simulator.faults.add(Fault.throttled(retry_after=1))
        began = time.monotonic()
        pause = await poller.poll()

        assert time.monotonic() - began > 2  # the SDK has waited for its own retries
        assert pause >= 1
        lab.simulator.faults.clear()
        await poller.poll()
        assert poller.view.failure is None


async def test_what_graph_asked_for_outlives_the_poller(lab: Lab) -> None:
    allowance = Allowance()
    lab.simulator.faults.add(Fault.throttled(retry_after=600, times=1))
    async with polling(lab, allowance=allowance) as poller:
        await poller.poll()
    sent = lab.simulator.requests.copy()
    async with polling(lab, allowance=allowance) as poller:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await poller.poll()

    graph = [r for r in lab.simulator.requests[len(sent) :] if r.path.startswith("/v1.0")]
    assert graph == []


async def test_cancelled_poll_counts_its_requests_and_does_not_go_on(lab: Lab) -> None:
    async with polling(lab) as poller:
        lab.simulator.faults.add(Fault.hanging(path="/v1.0/servicePrincipals"))
        task = asyncio.create_task(poller.poll())
        async with asyncio.timeout(5):
            while poller.requests.get("200", 0) < 2:  # noqa: ASYNC110 - no event tells
                await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        assert poller.view.requests["200"] >= 2
        assert poller.view.tried == 0


@pytest.mark.parametrize("turns", range(6))
async def test_cancellation_while_a_listing_fails_is_not_lost(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, turns: int
) -> None:
    failed = asyncio.Event()

    async def fill(listing: Any, *_others: Any) -> None:  # noqa: ANN401 - any arguments
        if listing.type is ObjectType.APPLICATION:
            failed.set()
            raise PollError(FailureReason.SERVER, "made up", "none")
        try:
            await asyncio.sleep(60)
        finally:
            for _ in range(10):  # takes its time to end
                await asyncio.sleep(0)

    monkeypatch.setattr("exporter.graph.reading.fill", fill)
    async with polling(lab) as poller:
        task = asyncio.create_task(forever("poll", poller.poll))
        await failed.wait()
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        async with asyncio.timeout(5):
            await asyncio.wait([task])

        assert task.done()


async def test_connections_of_a_failed_poll_are_not_kept(lab: Lab) -> None:
    """One listing's request may be cancelled just as its connection breaks: httpcore keeps that."""
    async with polling(lab, allowance=Allowance(10_000)) as poller:
        await poller.poll()
        before, sent = open_files(), poller.view.requests["200"]
        for _ in range(30):
            lab.simulator.faults.add(Fault.dropped())
            await poller.poll()
        lab.simulator.faults.clear()
        await poller.poll()
        await settle()

        assert open_files() <= before + 4
        assert poller.view.requests["200"] == 2 * sent
        assert poller.view.requests["error"] >= 30


def open_files() -> int:
    """How many files and connections this process has."""
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_retry_after_is_obeyed_even_beyond_the_interval(lab: Lab) -> None:
    async with polling(lab) as poller:
        lab.simulator.faults.add(Fault.throttled(retry_after=600))
        pause = await poller.poll()

    assert 595 <= pause <= 600


async def test_permission_that_was_just_granted_counts_at_once(lab: Lab) -> None:
    async with polling(lab) as poller:
        lab.simulator.faults.add(Fault.permission_missing(times=1))
        await poller.poll()
        await poller.poll()

        assert poller.view.failure is None
    # A token holds what was granted when it was issued: the second poll needs one of its own.
    assert len([r for r in lab.simulator.requests if TOKEN.match(r.path)]) == 2


async def test_bug_in_the_exporter_fails_the_poll_and_not_the_program(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(*_: Any) -> None:  # noqa: ANN401 - any arguments
        raise ZeroDivisionError

    async with polling(lab) as poller:
        await poller.poll()
        monkeypatch.setattr("exporter.poller.read_inventory", crash)
        with structlog.testing.capture_logs() as logs:
            for _ in range(3):
                await poller.poll()

        assert poller.view.failure is not None
        assert poller.view.failure.reason is FailureReason.INTERNAL
        assert keys(poller.view)
    [entry] = logs
    assert isinstance(entry["exc_info"], ZeroDivisionError)


async def test_lasting_failure_is_logged_when_it_starts_and_when_it_ends(lab: Lab) -> None:
    async with polling(lab) as poller:
        with structlog.testing.capture_logs() as logs:
            await poller.poll()
            lab.simulator.faults.add(Fault.server_error(500))
            for _ in range(3):
                await poller.poll()
            lab.simulator.faults.clear()
            await poller.poll()

    events = [entry["event"] for entry in logs]
    assert events == ["entry left out", "poll failed", "poll succeeded again"]
    assert logs[-1]["failures"] == 3


async def test_unreadable_entry_is_logged_once_by_id(lab: Lab) -> None:
    async with polling(lab) as poller:
        with structlog.testing.capture_logs() as logs:
            await poller.poll()
            await poller.poll()

    [entry] = [entry for entry in logs if entry["event"] == "entry left out"]
    assert entry["tenant"] == "contoso"
    assert re.fullmatch(r"[0-9a-f-]{36}", entry["object_id"])
    assert re.fullmatch(r"[0-9a-f-]{36}", entry["key_id"])


async def test_expired_secret_of_the_exporter_is_logged_with_code_and_next_step(lab: Lab) -> None:
    async with polling(lab, lab.fabrikam) as poller:
        with structlog.testing.capture_logs() as logs:
            await poller.poll()

        assert poller.view.failure is not None
        assert poller.view.failure.aadsts_code == 7000222
    [entry] = logs
    assert entry["reason"] == "login"
    assert entry["aadsts"] == 7000222
    assert "create a new one" in entry["next_step"]


async def test_filters_of_the_configuration_choose_what_is_watched(lab: Lab) -> None:
    lab.rewrite("interval: 5s", "interval: 5s\n    include:\n    - name: ^payroll")
    async with polling(lab) as poller:
        await poller.poll()

        assert poller.view.inventory is not None
        assert {item.name for item in poller.view.inventory.objects} == {"payroll-sync"}


async def test_authority_file_that_holds_no_certificate_fails_polls_until_it_does(
    lab: Lab, tmp_path: Path
) -> None:
    good = lab.simulator.ca_file.read_bytes()
    file = tmp_path / "ca.pem"
    lab.rewrite(str(lab.simulator.ca_file), str(file))
    file.write_text("no certificate")
    async with polling(lab) as poller:
        await poller.poll()

        assert poller.view.failure is not None
        assert str(file) in poller.view.failure.detail
        file.write_bytes(good)
        await poller.poll()

        assert poller.view.failure is None
