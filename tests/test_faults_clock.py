"""A clock that jumps, forward and back, by hours and by years: everything goes on, and recovers."""

import math
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from conftest import Lab
from test_app import polled, running
from test_app_verify import success
from test_poller import keys, polling
from test_verifier import LIVING, verified

from exporter.demo import write_configuration
from exporter.model import Cause, FailureReason
from exporter.simulator import VERIFICATIONS, Fault, SimulatedTenant, Simulator

HOUR = 3600.0
YEAR = 365 * 86_400.0
JUMPS = pytest.mark.parametrize("jump", [-10 * YEAR, -3 * HOUR, 3 * HOUR, 10 * YEAR])
TARGET = "billing-api"


@pytest.fixture
def lab(tmp_path: Path, simulator: Simulator, tenants: Sequence[SimulatedTenant]) -> Lab:
    """A target, and everything every second."""
    scenarios = [one for one in VERIFICATIONS if one.name == TARGET]
    file = write_configuration(tmp_path, simulator, tenants, "http://exporter.test", scenarios)
    text = file.read_text(encoding="utf-8")
    text = text.replace("interval: 10s", "interval: 1s").replace("interval: 5s", "interval: 1s")
    file.write_text(text, encoding="utf-8")
    return Lab(file, simulator, tenants)


@JUMPS
async def test_running_exporter_goes_on_through_a_jump_and_back(lab: Lab, jump: float) -> None:
    jumped = 0.0

    def clock() -> float:
        return time.time() + jumped

    read = "entra_poll_last_success_timestamp_seconds{'tenant': 'contoso'}"
    tried = success(TARGET, lab).replace("success", "timestamp_seconds")
    async with running(lab, clock=clock) as exporter:
        before = await exporter.until(lambda s: s.get(success(TARGET, lab)) == 1)
        for jumped in (jump, 0.0):  # noqa: B007 - the clock reads it
            moved = clock()
            after = await exporter.until(
                lambda s, since=moved: all(since <= s[one] < since + HOUR for one in (read, tried))  # type: ignore[misc]  # a default
            )
            pages = [
                (await exporter.client.get(path)).status_code
                for path in ("/", "/api/v1/credentials", "/api/v1/verifications", "/-/ready")
            ]

            assert pages == [200] * 4
            assert after[polled("contoso")] == 1
            assert after[success(TARGET, lab)] == 1
            assert not [name for name, value in after.items() if math.isnan(value)]
            spans = [s for s in after if "_duration_seconds" in s or "age_seconds" in s]
            assert all(after[name] >= 0 for name in spans)

    def ends(samples: dict[str, float]) -> dict[str, float]:
        return {name: samples[name] for name in samples if "expiry_timestamp" in name}

    assert ends(before)
    assert ends(after) == ends(before)


@JUMPS
async def test_pauses_of_polls_are_neither_negative_nor_endless(lab: Lab, jump: float) -> None:
    async with polling(lab) as poller:
        await poller.poll()
        poller.store.clock = lambda: time.time() + jump
        good = await poller.poll()
        lab.simulator.faults.add(Fault.server_error(500))
        failed = await poller.poll()

    assert 0 < good <= lab.contoso.poll.interval
    assert 0 < failed <= lab.contoso.poll.interval


@JUMPS
@pytest.mark.parametrize("cause", [None, Cause.EXPIRED, Cause.LOGIN_UNAVAILABLE, Cause.THROTTLED])
async def test_target_is_tried_again_within_its_longest_pause_after_a_jump_and_back(
    tmp_path: Path, jump: float, cause: Cause | None
) -> None:
    scenarios = {
        None: LIVING,
        Cause.EXPIRED: "invoice-archive",
        Cause.LOGIN_UNAVAILABLE: "print-service",
        Cause.THROTTLED: "mail-relay",
    }
    name = scenarios[cause]
    async with verified(tmp_path, name) as bench:
        assert bench.cause(name) is cause
        for moved in (jump, -jump):
            bench.clock.now += moved
            asked, waited = bench.asked(), 0.0
            while bench.asked() == asked and waited < 2 * HOUR:
                pause = await bench.turn(name)
                assert 0 <= pause <= bench.config.verify.interval
                waited += max(pause, 1.0)
                bench.clock.now += max(pause, 1.0)

            assert bench.asked() > asked
            assert bench.cause(name) is cause


async def test_token_that_ended_while_the_clock_stood_still_costs_one_poll_and_no_data(
    lab: Lab,
) -> None:
    async with polling(lab) as poller:
        await poller.poll()
        good = keys(poller.view)
        # For the service two hours pass, and for the machine's clock none.
        lab.simulator.clock = lambda: time.time() + 2 * HOUR
        await poller.poll()
        failed = poller.view
        await poller.poll()

        assert failed.failure is not None
        assert failed.failure.reason is FailureReason.LOGIN
        assert "the time of this machine" in failed.failure.remedy
        assert keys(failed) == good
        assert poller.view.failure is None
