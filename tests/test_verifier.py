"""One target over time: when it is tried, what follows from what changed, and what is logged."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import structlog
from verifying import Bench, verifying

from exporter.demo import stored_file
from exporter.model import Cause
from exporter.simulator import (
    VERIFICATIONS,
    Application,
    Change,
    Fault,
    SimulatedTenant,
    Verification,
    Wording,
    carry_out,
)
from exporter.simulator.values import secret_value
from exporter.snapshot import TargetView

HOUR = 3600.0
DAY = 86_400.0
ROTATED = "loyalty-points"
REVOKED = "parcel-tracker"
LIVING = "fleet-monitor"
BY_NAME = {scenario.name: scenario for scenario in VERIFICATIONS}


def scenario(name: str) -> Verification:
    """One of the simulator's."""
    return BY_NAME[name]


def change_of(name: str) -> Change:
    """What happens to a scenario's secret."""
    change = scenario(name).change
    assert change is not None
    return change


@contextlib.asynccontextmanager
async def verified(
    folder: Path, *names: str, poll: bool = True, wording: Wording = "present"
) -> AsyncIterator[Bench]:
    """Some scenarios, each verified once."""
    async with verifying(folder, [scenario(name) for name in names], wording) as bench:
        if poll:
            await bench.poll()
        await bench.all_turns(names)
        yield bench


async def test_secret_that_works_is_tried_again_after_the_interval(tmp_path: Path) -> None:
    async with verified(tmp_path, "billing-api") as bench:
        assert bench.view("billing-api").last_success == bench.clock.now
        pause = await bench.turn("billing-api")
        assert (bench.asked(), 0 < pause <= 10) == (2 + 1, True)  # the exporter's own two sign-ins

        bench.clock.now += 10
        await bench.turn("billing-api")

    assert bench.asked() == 4


async def test_clock_that_goes_back_by_a_year_stops_nothing(tmp_path: Path) -> None:
    async with verified(tmp_path, "billing-api", "plant-telemetry") as bench:
        bench.clock.now -= 365 * DAY
        asked = bench.asked()
        await bench.all_turns(["billing-api", "plant-telemetry"])

        assert bench.asked() == asked + 2
        assert bench.verdict("billing-api").at == bench.clock.now


async def test_refused_secret_is_tried_at_once_when_somebody_asks(tmp_path: Path) -> None:
    async with verified(tmp_path, "plant-telemetry", "billing-api") as bench:
        asked = bench.asked()
        for name in ("plant-telemetry", "billing-api"):
            bench.verifiers[name].try_again()
            await bench.turn(name)

        assert bench.asked() == asked + 1


async def test_refused_secret_is_tried_less_and_less_often(tmp_path: Path) -> None:
    async with verified(tmp_path, "plant-telemetry") as bench:
        tries = [bench.clock.now]
        while bench.clock.now < tries[0] + 4 * HOUR:
            before = bench.asked()
            bench.clock.now += await bench.turn("plant-telemetry")
            if bench.asked() > before:
                tries.append(bench.clock.now)
        pauses = [later - earlier for earlier, later in itertools.pairwise(tries)]

    assert bench.cause("plant-telemetry") is Cause.INVALID_SECRET
    assert pauses[1] < 60
    assert all(HOUR * 0.7 < pause <= HOUR + 20 for pause in pauses[-2:])


async def test_stored_value_is_read_every_interval_while_a_refused_one_rests(
    tmp_path: Path,
) -> None:
    async with verified(tmp_path, "plant-telemetry") as bench:
        for _ in range(12):
            bench.clock.now += 10
            assert await bench.turn("plant-telemetry") <= 10
        asked = bench.asked()
        bench.store_value("plant-telemetry", secret_value("plant-telemetry", "sensors"))
        await bench.turn("plant-telemetry")

        assert bench.asked() == asked + 1
        assert bench.verdict("plant-telemetry").works


async def test_rotated_secret_keeps_failing_until_its_consumer_is_updated(tmp_path: Path) -> None:
    async with verified(tmp_path, LIVING) as bench:
        carry_out(Change(LIVING, "0", "1"), bench.simulator)
        bench.clock.now += 60
        await bench.poll()
        await bench.turn(LIVING)
        assert bench.cause(LIVING) is Cause.ROTATION_MISMATCH
        began = bench.view(LIVING).since
        for _ in range(5):
            bench.clock.now += HOUR
            await bench.poll()
            await bench.turn(LIVING)
            assert bench.cause(LIVING) is Cause.ROTATION_MISMATCH
        assert bench.view(LIVING).since == began

        bench.store_value(LIVING, secret_value(LIVING, "1"))
        await bench.turn(LIVING)

        assert bench.verdict(LIVING).works
        assert bench.view(LIVING).since is None


async def test_rotation_names_what_went_and_what_came(tmp_path: Path) -> None:
    async with verified(tmp_path, ROTATED) as bench:
        carry_out(change_of(ROTATED), bench.simulator)
        bench.clock.now += 60
        await bench.poll()
        await bench.turn(ROTATED)
        diagnosis = bench.diagnosis(ROTATED)

    owner = bench.shared.directories.kept["contoso"].objects(scenario(ROTATED).client_id)[0]
    assert owner is not None
    [newer] = [credential.key_id for credential in owner.credentials]
    assert (diagnosis.cause, diagnosis.confidence) == (Cause.ROTATION_MISMATCH, "proven")
    assert diagnosis.newer_key_id == newer
    assert diagnosis.key_id not in ("", newer)


async def test_removal_before_the_next_inventory_is_not_called_revoked_yet(tmp_path: Path) -> None:
    async with verified(tmp_path, REVOKED) as bench:
        carry_out(change_of(REVOKED), bench.simulator)
        bench.clock.now += 120
        await bench.turn(REVOKED)
        assert (bench.cause(REVOKED), bench.diagnosis(REVOKED).confidence) == (
            Cause.INVALID_SECRET,
            "unsure",
        )
        assert bench.wishes == ["contoso"]

        await bench.poll()
        await bench.turn(REVOKED)

    assert bench.cause(REVOKED) is Cause.REVOKED


async def test_new_inventory_is_not_wished_for_when_the_last_is_fresh(tmp_path: Path) -> None:
    async with verified(tmp_path, "plant-telemetry", "billing-api", "invoice-archive") as bench:
        assert bench.wishes == []


async def test_application_that_changed_is_tried_at_once(tmp_path: Path) -> None:
    async with verified(tmp_path, REVOKED, "billing-api") as bench:
        carry_out(change_of(REVOKED), bench.simulator)
        await bench.poll()
        asked = bench.asked()
        await bench.all_turns([REVOKED, "billing-api"])

        assert bench.asked() == asked + 1
        assert bench.cause(REVOKED) is Cause.REVOKED


async def test_value_that_cannot_be_read_is_no_refusal_and_is_tried_when_it_is_back(
    tmp_path: Path,
) -> None:
    async with verified(tmp_path, "billing-api") as bench:
        file = stored_file(bench.folder, "billing-api")
        content = file.read_bytes()
        file.unlink()
        asked = bench.asked()
        await bench.turn("billing-api")
        assert bench.cause("billing-api") is Cause.SOURCE_UNREADABLE
        assert bench.verdict("billing-api").could_not_tell
        assert "does not exist" in bench.diagnosis("billing-api").summary
        assert bench.asked() == asked

        file.write_bytes(content)
        await bench.turn("billing-api")

        assert bench.verdict("billing-api").works


async def test_refused_value_whose_source_comes_and_goes_is_not_tried_more_often(
    tmp_path: Path,
) -> None:
    async with verified(tmp_path, "plant-telemetry") as bench:
        file = stored_file(bench.folder, "plant-telemetry")
        content, asked = file.read_bytes(), bench.asked()
        for _ in range(200):
            file.unlink()
            bench.clock.now += await bench.turn("plant-telemetry")
            assert bench.cause("plant-telemetry") is Cause.SOURCE_UNREADABLE
            file.write_bytes(content)
            bench.clock.now += 1
            await bench.turn("plant-telemetry")
            assert bench.cause("plant-telemetry") is Cause.INVALID_SECRET

    assert bench.asked() - asked < 12


async def test_what_is_stored_is_still_known_while_it_cannot_be_read(tmp_path: Path) -> None:
    async with verified(tmp_path, "billing-api") as bench:
        before = bench.view("billing-api").holds
        stored_file(bench.folder, "billing-api").unlink()
        await bench.turn("billing-api")

        assert bench.view("billing-api").holds == before is not None


async def test_mended_value_that_expires_is_called_expired(tmp_path: Path) -> None:
    value = secret_value("billing-api", "production")
    async with verified(tmp_path, "billing-api") as bench:
        bench.store_value("billing-api", f"{value}\n")
        await bench.turn("billing-api")
        assert bench.cause("billing-api") is Cause.FORMAT_ERROR
        bench.simulator.clock = bench.clock
        bench.clock.now += 301 * DAY
        await bench.turn("billing-api")

        assert bench.cause("billing-api") is Cause.EXPIRED


@pytest.mark.parametrize("seconds", [90, 5000])
async def test_retry_after_holds_for_every_target_of_the_tenant(
    tmp_path: Path, seconds: int
) -> None:
    async with verified(tmp_path, "billing-api", LIVING) as bench:
        bench.simulator.faults.add(Fault.throttled(seconds, path="/", times=1))
        bench.clock.now += 11
        await bench.turn("billing-api")
        assert bench.cause("billing-api") is Cause.THROTTLED
        asked = bench.asked()
        for _ in range(4):
            bench.clock.now += (seconds - 5) / 4
            await bench.all_turns(["billing-api", LIVING])
        assert bench.asked() == asked
        assert bench.verdict(LIVING).works

        bench.clock.now += 200
        await bench.all_turns(["billing-api", LIVING])

        assert bench.asked() == asked + 2
        assert bench.verdict("billing-api").works


async def test_trouble_of_the_service_is_tried_again_soon_then_less_often(tmp_path: Path) -> None:
    async with verified(tmp_path, "print-service") as bench:
        assert bench.cause("print-service") is Cause.LOGIN_UNAVAILABLE
        assert bench.view("print-service").memory.misses == 1
        bench.simulator.faults.clear()
        bench.clock.now += 11
        await bench.turn("print-service")

        assert bench.verdict("print-service").works
        assert bench.view("print-service").memory.misses == 0


async def test_mended_value_is_not_tried_each_time(tmp_path: Path) -> None:
    good = secret_value("billing-api", "production")
    async with verified(tmp_path, "billing-api") as bench:
        bench.store_value("billing-api", f"{good}\n")
        asked = bench.asked()
        for _ in range(3):
            bench.clock.now += 600
            await bench.turn("billing-api")
            assert bench.cause("billing-api") is Cause.FORMAT_ERROR
            assert bench.diagnosis("billing-api").confidence == "proven"

        assert bench.asked() == asked + 3 + 1


async def test_mended_value_that_was_too_new_is_tried_again_within_hours(tmp_path: Path) -> None:
    good = secret_value("billing-api", "production")
    async with verified(tmp_path, "billing-api", poll=False) as bench:
        bench.store_value("billing-api", f"{good}\n")
        tenant = bench.simulator.tenants[scenario("billing-api").tenant_id]
        bench.simulator.replace_tenant(replace(tenant, applications=without_secrets(tenant)))
        await bench.turn("billing-api")
        assert bench.diagnosis("billing-api").confidence == "unsure"
        bench.simulator.replace_tenant(tenant)
        bench.clock.now += 2 * HOUR
        await bench.turn("billing-api")

        assert bench.diagnosis("billing-api").confidence == "proven"


def without_secrets(tenant: SimulatedTenant) -> tuple[Application, ...]:
    """Its applications, of which none has a secret."""
    return tuple(replace(app, password_credentials=()) for app in tenant.applications)


async def test_value_that_changes_all_the_time_is_not_tried_all_the_time(tmp_path: Path) -> None:
    async with verified(tmp_path, "billing-api") as bench:
        asked = bench.asked()
        for number in range(600):
            bench.clock.now += 0.1
            bench.store_value("billing-api", secret_value("billing-api", str(number)))
            await bench.turn("billing-api")

        assert 3 <= bench.asked() - asked <= 10


async def test_many_reloads_do_not_hammer_the_login_service(tmp_path: Path) -> None:
    async with verified(tmp_path, "plant-telemetry", "support-agent") as bench:
        assert bench.cause("support-agent") is Cause.THROTTLED
        asked = bench.asked()
        for _ in range(50):
            for name in ("plant-telemetry", "support-agent"):
                bench.verifiers[name].try_again()
                await bench.turn(name)

        assert bench.asked() - asked == 3


async def test_tenant_whose_login_service_hangs_holds_up_nobody_else(tmp_path: Path) -> None:
    names = ("billing-api", LIVING, "billing-moved", "data-lake-loader", "partner-gateway")
    async with verified(tmp_path, *names, "fabrikam-shop") as bench:
        fabrikam = scenario("fabrikam-shop").tenant_id
        bench.simulator.faults.add(Fault.hanging(path=f"/{fabrikam}"))
        bench.clock.now += 11
        hanging = [asyncio.create_task(bench.turn("fabrikam-shop")) for _ in range(30)]
        async with asyncio.timeout(5):
            await bench.all_turns(names)
        for task in hanging:
            task.cancel()
        await asyncio.wait(hanging)

        assert bench.verdict("billing-api").at == bench.clock.now


async def test_target_that_a_reload_takes_away_during_its_request_ends_quietly(
    tmp_path: Path,
) -> None:
    async with verified(tmp_path, "billing-api") as bench:
        bench.simulator.faults.add(Fault.slow(0.2, path="/"))
        bench.clock.now += 11
        turn = asyncio.create_task(bench.turn("billing-api"))
        await asyncio.sleep(0.05)
        bench.store.update(lambda old: replace(old, targets=(), tenants=()))
        await turn

        assert bench.store.snapshot.targets == ()


async def test_result_is_not_given_to_another_target_of_the_same_name(tmp_path: Path) -> None:
    async with verified(tmp_path, "billing-api") as bench:
        view = bench.view("billing-api")
        other = TargetView(replace(view.target, client_id="another application"))
        bench.store.update(lambda old: replace(old, targets=(other,)))
        bench.clock.now += 11
        await bench.turn("billing-api")

        assert bench.view("billing-api") == other


async def test_since_when_it_fails_survives_a_source_that_comes_and_goes(tmp_path: Path) -> None:
    async with verified(tmp_path, "plant-telemetry") as bench:
        began = bench.view("plant-telemetry").since
        file = stored_file(bench.folder, "plant-telemetry")
        content = file.read_bytes()
        bench.clock.now += 5
        file.unlink()
        await bench.turn("plant-telemetry")
        file.write_bytes(content)
        await bench.turn("plant-telemetry")

        assert bench.view("plant-telemetry").since == began


async def test_damaged_and_expired_secret_stays_expired_without_an_inventory(
    tmp_path: Path,
) -> None:
    async with verified(tmp_path, "invoice-archive", poll=False) as bench:
        bench.store_value("invoice-archive", f'"{secret_value("invoice-archive", "archive-job")}"')
        for _ in range(3):
            bench.clock.now += 2 * HOUR
            await bench.turn("invoice-archive")

            assert bench.cause("invoice-archive") is Cause.EXPIRED


async def test_value_that_came_back_is_known_to_have_worked(tmp_path: Path) -> None:
    async with verified(tmp_path, LIVING) as bench:
        first = bench.clock.now
        carry_out(Change(LIVING, "0", "1"), bench.simulator)
        bench.store_value(LIVING, secret_value(LIVING, "1"))
        bench.clock.now += 60
        await bench.turn(LIVING)
        bench.store_value(LIVING, secret_value(LIVING, "0"))
        bench.clock.now += 60
        await bench.poll()
        await bench.turn(LIVING)

        assert bench.cause(LIVING) is Cause.ROTATION_MISMATCH
        worked = [at for _, at in bench.view(LIVING).memory.worked]
        assert worked == [first, first + 60]


async def test_what_is_stored_is_found_in_the_inventory(tmp_path: Path) -> None:
    async with verified(tmp_path, "billing-api", "invoice-archive", "plant-telemetry") as bench:
        healthy, expired = bench.view("billing-api").holds, bench.view("invoice-archive").holds

        assert healthy is not None
        assert healthy.expires - bench.clock.now == pytest.approx(300 * DAY, abs=60)
        assert expired is not None
        assert expired.expires - bench.clock.now == pytest.approx(-5 * DAY, abs=60)
        assert bench.view("plant-telemetry").holds is None


async def test_failure_is_logged_when_it_begins_when_it_changes_and_when_it_ends(
    tmp_path: Path,
) -> None:
    async with verified(tmp_path, LIVING) as bench:
        with structlog.testing.capture_logs() as logs:
            carry_out(Change(LIVING, "0", "1"), bench.simulator)
            for _ in range(3):
                bench.clock.now += 2 * HOUR
                await bench.poll()
                await bench.turn(LIVING)
            bench.store_value(LIVING, secret_value(LIVING, "1"))
            await bench.turn(LIVING)
    told = [(entry["event"], entry.get("cause")) for entry in logs if "target" in entry]

    assert told == [
        ("verification failed", "rotation_mismatch"),
        ("verification succeeded again", None),
    ]


async def test_stored_value_is_in_nothing_that_is_kept_or_logged(tmp_path: Path) -> None:
    marker = "Mrk8Q~NobodyMaySeeThisValueAnywhere12345"
    with structlog.testing.capture_logs() as logs:
        async with verified(tmp_path, "billing-api") as bench:
            for stored in (marker, f'"{marker}"', f"{marker}\n", marker[:20], f"\ufeff{marker}"):
                bench.store_value("billing-api", stored)
                await bench.turn("billing-api")
                assert not bench.verdict("billing-api").works
    everything = repr(bench.store.snapshot) + repr(bench.verifiers["billing-api"].__dict__)

    assert marker[:5] not in everything + repr(logs)
    assert "Mrk" not in repr(logs)
