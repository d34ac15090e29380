"""A target over a restart: what was known of its value still counts, and what hints told stays."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from test_verifier import LIVING, REVOKED, ROTATED, change_of, scenario, verified
from verifying import Bench

from exporter.demo import stored_file
from exporter.model import Cause
from exporter.poller import Poller
from exporter.simulator import Change, Fault, carry_out
from exporter.simulator.values import secret_value
from exporter.snapshot import ReloadStatus, Snapshot
from exporter.state.keeping import record_of
from exporter.state.record import decode, encode
from exporter.state.restoring import targets_of, tenant_of
from exporter.transitions import configured
from exporter.verify.job import jobs
from exporter.verify.verifier import Verifier

DAY = 86_400.0
WRONG = "reporting-south"


async def restart(bench: Bench, *, key: bytes | None = None, seconds: float = 60) -> None:
    """The exporter ends, and begins again later with what its files say."""
    old, now = bench.store.snapshot, bench.clock.now
    records = [
        decode(encode(record_of(t, targets, bench.shared.key, now)))
        for t in old.tenants
        for targets in [[v for v in old.targets if v.target.tenant == t.name]]
    ]
    bench.clock.now += seconds
    bench.shared = replace(bench.shared, key=key or bench.shared.key)
    described = [job.described for job in jobs(bench.config)]
    kept = Snapshot(
        tuple(tenant_of(record, bench.clock.now) for record in records),
        ReloadStatus(successful=True, last_success=0),
        targets=tuple(
            view
            for record in records
            for view in targets_of(record, described, bench.shared.key, bench.clock.now)
        ),
    )
    bench.store.update(lambda _old: configured(kept, bench.config, "", kept.reload))
    bench.shared.directories.kept.clear()
    bench.verifiers = {job.target.name: Verifier(job, bench.shared) for job in jobs(bench.config)}
    for poller in bench.pollers:
        await poller.aclose()
    bench.pollers = [Poller(p.tenant, p.cloud, bench.store) for p in bench.pollers]


def remove(name: str, bench: Bench) -> None:
    """The secret of a scenario is removed from the directory, and none comes."""
    tenant = bench.simulator.tenants[scenario(name).tenant_id]
    apps = tuple(
        replace(app, password_credentials=()) if app.app_id == scenario(name).client_id else app
        for app in tenant.applications
    )
    bench.simulator.replace_tenant(replace(tenant, applications=apps))


@contextlib.asynccontextmanager
async def restarted(
    folder: Path, *names: str, key: bytes | None = None, gone: str = ""
) -> AsyncIterator[Bench]:
    """Scenarios that were read and verified before a restart; the secret of one went meanwhile."""
    async with verified(folder, *names) as bench:
        if gone:
            remove(gone, bench)
        await restart(bench, key=key)
        yield bench


async def test_refused_value_waits_for_its_pause_as_if_there_had_been_no_restart(
    tmp_path: Path,
) -> None:
    async with restarted(tmp_path, "plant-telemetry") as bench:
        before = bench.view("plant-telemetry").memory.not_before
        asked = bench.asked()
        for _ in range(5):
            await restart(bench, seconds=1)
            bench.clock.now = min(bench.clock.now, before - 0.5)
            await bench.turn("plant-telemetry")

        assert bench.asked() == asked
        assert bench.view("plant-telemetry").memory.not_before == before


@pytest.mark.parametrize("name", ["plant-telemetry", "billing-api", WRONG])
async def test_poll_after_a_restart_that_finds_nothing_new_has_nothing_tried(
    tmp_path: Path, name: str
) -> None:
    async with verified(tmp_path, name) as bench:
        await restart(bench, seconds=1)
        await bench.poll()
        asked = bench.asked()
        await bench.turn(name)

        assert bench.asked() == asked
        directory = await bench.verifiers[name].directory()
        assert not directory.blind
        assert not bench.verifiers[name].concerned(directory)


async def test_value_that_was_mended_while_the_exporter_was_down_is_tried_at_once(
    tmp_path: Path,
) -> None:
    async with verified(tmp_path, "plant-telemetry") as bench:
        bench.store_value("plant-telemetry", secret_value("plant-telemetry", "sensors"))
        await restart(bench, seconds=1)
        await bench.turn("plant-telemetry")

        assert bench.verdict("plant-telemetry").works


async def test_application_that_changed_while_the_exporter_was_down_is_tried_at_once(
    tmp_path: Path,
) -> None:
    async with verified(tmp_path, ROTATED) as bench:
        carry_out(change_of(ROTATED), bench.simulator)
        await restart(bench, seconds=1)
        await bench.poll()
        await bench.turn(ROTATED)

        assert bench.cause(ROTATED) is Cause.ROTATION_MISMATCH


async def test_rotation_while_the_exporter_was_down_is_proven_by_the_key_id_of_before(
    tmp_path: Path,
) -> None:
    async with verified(tmp_path, ROTATED) as bench:
        holds = bench.view(ROTATED).holds
        carry_out(change_of(ROTATED), bench.simulator)
        await restart(bench)
        await bench.poll()
        await bench.turn(ROTATED)
        diagnosis = bench.diagnosis(ROTATED)

    assert holds is not None
    assert (diagnosis.cause, diagnosis.confidence) == (Cause.ROTATION_MISMATCH, "proven")
    assert diagnosis.key_id == holds.key_id


async def test_removal_while_the_exporter_was_down_is_called_revoked(tmp_path: Path) -> None:
    async with restarted(tmp_path, REVOKED, gone=REVOKED) as bench:
        await bench.poll()
        await bench.turn(REVOKED)

        assert bench.cause(REVOKED) is Cause.REVOKED
        assert bench.diagnosis(REVOKED).confidence == "proven"


async def test_rotation_mismatch_stays_one_over_many_restarts_and_polls(tmp_path: Path) -> None:
    async with verified(tmp_path, LIVING) as bench:
        carry_out(Change(LIVING, "0", "1"), bench.simulator)
        bench.clock.now += 60
        await bench.poll()
        await bench.turn(LIVING)
        began = bench.view(LIVING).since
        for _ in range(3):
            await restart(bench, seconds=2 * 3600)
            await bench.turn(LIVING)
            assert bench.cause(LIVING) is Cause.ROTATION_MISMATCH
            await bench.poll()
            await bench.turn(LIVING)
            assert bench.cause(LIVING) is Cause.ROTATION_MISMATCH

        assert bench.view(LIVING).since == began


async def test_expired_and_then_removed_while_down_is_expired_not_revoked(tmp_path: Path) -> None:
    async with restarted(tmp_path, "invoice-archive", gone="invoice-archive") as bench:
        await bench.poll()
        await bench.turn("invoice-archive")

        assert bench.cause("invoice-archive") is Cause.EXPIRED


async def test_removal_that_no_poll_has_seen_is_not_called_revoked(tmp_path: Path) -> None:
    async with restarted(tmp_path, REVOKED, gone=REVOKED) as bench:
        bench.clock.now += 900
        await bench.turn(REVOKED)

        assert bench.cause(REVOKED) is Cause.INVALID_SECRET
        assert "still lists it" in bench.diagnosis(REVOKED).summary


@pytest.mark.parametrize("name", [WRONG, "plant-telemetry", "invoice-archive", "order-intake"])
async def test_what_hints_told_stays_while_graph_does_not_answer(tmp_path: Path, name: str) -> None:
    async with verified(tmp_path, name) as bench:
        before = bench.view(name)
        await restart(bench, seconds=2 * 3600)
        asked = bench.asked()
        await bench.turn(name)
        after = bench.view(name)

        assert bench.asked() > asked
        assert before.verdict is not None
        assert after.verdict is not None
        assert after.verdict.at == bench.clock.now
        assert after.verdict.diagnosis is not None
        assert before.verdict.diagnosis is not None
        assert after.verdict.diagnosis.cause is before.verdict.diagnosis.cause
        assert (after.since, after.holds) == (before.since, before.holds)


async def test_what_hints_told_stays_over_an_attempt_that_fails_after_a_restart(
    tmp_path: Path,
) -> None:
    async with verified(tmp_path, WRONG) as bench:
        before = bench.diagnosis(WRONG)
        await restart(bench, seconds=2 * 3600)
        bench.simulator.faults.add(Fault.server_error(path="/"))
        await bench.turn(WRONG)
        assert bench.cause(WRONG) is Cause.LOGIN_UNAVAILABLE
        bench.simulator.faults.clear()
        await restart(bench, seconds=2 * 3600)
        await bench.turn(WRONG)
        after = bench.diagnosis(WRONG)

    assert before.cause is Cause.WRONG_APPLICATION
    assert after == before


async def test_what_is_stored_is_still_known_while_graph_does_not_answer(tmp_path: Path) -> None:
    async with verified(tmp_path, "billing-api", "data-lake-loader", "partner-gateway") as bench:
        before = [view.holds for view in bench.store.snapshot.targets]
        await restart(bench, seconds=2 * 3600)
        await bench.all_turns(["billing-api", "data-lake-loader", "partner-gateway"])

        assert all(view.verdict and view.verdict.works for view in bench.store.snapshot.targets)
        assert [view.holds for view in bench.store.snapshot.targets] == before
        assert all(before)

        await bench.poll()
        asked = bench.asked()
        await bench.all_turns(["billing-api", "data-lake-loader", "partner-gateway"])
        assert bench.asked() == asked


async def test_value_that_is_not_recognised_is_neither_revoked_nor_another_applications(
    tmp_path: Path,
) -> None:
    for name in (REVOKED, WRONG):
        folder = tmp_path / name
        folder.mkdir()
        async with restarted(folder, name, key=b"x" * 32, gone=name) as bench:
            await bench.turn(name)

            assert bench.cause(name) is Cause.INVALID_SECRET
            assert bench.diagnosis(name).confidence == "unsure"


async def test_new_value_that_was_tried_without_hints_is_tried_again_with_them(
    tmp_path: Path,
) -> None:
    wrong = stored_value(WRONG)
    async with verified(tmp_path, "billing-api") as bench:
        await restart(bench)
        bench.store_value("billing-api", wrong)
        await bench.turn("billing-api")
        assert bench.cause("billing-api") is Cause.INVALID_SECRET
        assert bench.diagnosis("billing-api").confidence == "unsure"
        await bench.poll()
        assert bench.verifiers["billing-api"].concerned(
            await bench.verifiers["billing-api"].directory()
        )
        await bench.turn("billing-api")
        assert bench.cause("billing-api") is Cause.WRONG_APPLICATION
        asked = bench.asked()
        await bench.turn("billing-api")

        assert bench.asked() == asked


def stored_value(name: str) -> bytes:
    """What a scenario has stored."""
    content = scenario(name).content(())
    assert content is not None
    return content


async def test_retry_after_of_the_login_service_holds_over_a_restart(tmp_path: Path) -> None:
    async with verified(tmp_path, "billing-api", LIVING) as bench:
        bench.simulator.faults.add(Fault.throttled(600, path="/", times=1))
        bench.clock.now += 11
        await bench.turn("billing-api")
        assert bench.cause("billing-api") is Cause.THROTTLED
        await restart(bench)
        for verifier in bench.verifiers.values():
            verifier.rest_as_before()
        asked = bench.asked()
        await bench.all_turns(["billing-api", LIVING])
        assert bench.asked() == asked
        bench.clock.now += 600
        await bench.all_turns(["billing-api", LIVING])

        assert bench.asked() == asked + 2


async def test_clock_that_is_behind_at_the_start_and_set_later_leaves_no_wrong_cause(
    tmp_path: Path,
) -> None:
    names = ["billing-api", "plant-telemetry", "invoice-archive"]
    async with verified(tmp_path, *names) as bench:
        before = [bench.cause(name) for name in names]
        await restart(bench, seconds=-400 * DAY)
        await bench.all_turns(names)
        bench.clock.now += 400 * DAY + 60
        await bench.poll()
        await bench.all_turns(names)
        bench.clock.now += 3600
        await bench.all_turns(names)

        assert [bench.cause(name) for name in names] == before
        assert all(bench.verdict(name).at >= bench.clock.now - 3600 for name in names)


async def test_source_that_is_back_after_a_restart_shows_what_was_refused_before(
    tmp_path: Path,
) -> None:
    async with verified(tmp_path, "plant-telemetry") as bench:
        file = stored_file(bench.folder, "plant-telemetry")
        content = file.read_bytes()
        file.unlink()
        await bench.turn("plant-telemetry")
        await restart(bench, seconds=1)
        assert bench.cause("plant-telemetry") is Cause.SOURCE_UNREADABLE
        file.write_bytes(content)
        asked = bench.asked()
        await bench.turn("plant-telemetry")

        assert bench.asked() == asked
        assert bench.cause("plant-telemetry") is Cause.INVALID_SECRET


async def test_state_from_the_future_has_a_refused_value_tried_once_and_then_rest(
    tmp_path: Path,
) -> None:
    async with verified(tmp_path, "plant-telemetry") as bench:
        await restart(bench, seconds=-DAY)
        asked = bench.asked()
        await bench.turn("plant-telemetry")
        await restart(bench, seconds=1)
        await bench.turn("plant-telemetry")

        assert bench.asked() == asked + 1
        assert bench.verdict("plant-telemetry").at <= bench.clock.now


async def test_target_that_alone_was_throttled_holds_up_no_other_after_a_restart(
    tmp_path: Path,
) -> None:
    async with verified(tmp_path, "billing-api", LIVING) as bench:
        client_id = scenario("billing-api").client_id
        bench.simulator.faults.add(Fault(path="/", client_id=client_id, status=429))
        bench.clock.now += 11
        await bench.turn("billing-api")
        assert bench.cause("billing-api") is Cause.THROTTLED
        await restart(bench, seconds=1)
        for verifier in bench.verifiers.values():
            verifier.rest_as_before()
        asked = bench.asked()
        await bench.all_turns(["billing-api", LIVING])

        assert bench.asked() == asked + 1
        assert bench.verdict(LIVING).at == bench.clock.now


async def test_removed_while_down_and_ended_since_is_not_said_to_have_ended_first(
    tmp_path: Path,
) -> None:
    async with restarted(tmp_path, REVOKED, gone=REVOKED) as bench:
        holds = bench.view(REVOKED).holds
        assert holds is not None
        bench.clock.now = holds.expires + DAY
        await bench.poll()
        await bench.turn(REVOKED)
        diagnosis = bench.diagnosis(REVOKED)

    assert (diagnosis.cause, diagnosis.confidence) == (Cause.EXPIRED, "unsure")
    assert "after it expired" not in diagnosis.summary
    assert "may have been removed before" in diagnosis.evidence[0]
