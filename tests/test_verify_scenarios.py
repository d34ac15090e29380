"""Every simulated consumer is told the right cause, in every wording that Microsoft has used."""

from pathlib import Path

import pytest
from verifying import Bench, verifying

from exporter.model import Cause
from exporter.simulator import VERIFICATIONS, WORDINGS, Verification, Wording, carry_out

Told = dict[str, tuple[str | None, int]]
BY_NAME = {scenario.name: scenario for scenario in VERIFICATIONS}


def told(bench: Bench) -> Told:
    """The cause and the code of each target."""
    found: Told = {}
    for name in bench.verifiers:
        diagnosis = bench.verdict(name).diagnosis
        found[name] = (diagnosis.cause.value, diagnosis.code) if diagnosis else (None, 0)
    return found


def expected(scenario: Verification, wording: Wording) -> tuple[str | None, int]:
    """What must be said of a scenario in the end."""
    return scenario.cause, scenario.code_in(wording)


@pytest.mark.parametrize("wording", WORDINGS)
async def test_every_scenario_is_told_its_cause(tmp_path: Path, wording: Wording) -> None:
    async with verifying(tmp_path, VERIFICATIONS, wording) as bench:
        await bench.poll()
        await bench.all_turns([*bench.verifiers])
        before = told(bench)
        changing = [scenario for scenario in VERIFICATIONS if scenario.change]
        for scenario in changing:
            assert scenario.change is not None
            carry_out(scenario.change, bench.simulator)
        bench.clock.now += 30
        await bench.poll()
        await bench.all_turns([scenario.name for scenario in changing])
        after = told(bench)

    assert [before[scenario.name] for scenario in changing] == [(None, 0)] * len(changing)
    assert after == {name: expected(one, wording) for name, one in BY_NAME.items()}


def test_there_is_a_scenario_for_every_cause() -> None:
    assert {scenario.cause for scenario in VERIFICATIONS} == {None, *map(str, Cause)}


async def test_without_an_inventory_nothing_is_called_revoked_or_rotated(tmp_path: Path) -> None:
    async with verifying(tmp_path, VERIFICATIONS) as bench:
        await bench.all_turns([*bench.verifiers])
        found = {cause for cause, _ in told(bench).values()}

    assert not found & {"revoked", "rotation_mismatch", "wrong_application", "propagating"}
    assert {"expired", "format_error", "invalid_secret", "application_disabled"} <= found
