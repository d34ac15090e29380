"""The installed command, killed without a warning and started again while Graph does not answer."""

import asyncio
import re
from pathlib import Path

import pytest
from command import ANY_PORT, Started, started, wait_for
from conftest import Lab
from test_state_app import READ_AT, lab, state_file

from exporter.simulator import Fault

__all__ = ["lab"]

VERIFIED = 'entra_verify_success{tenant="contoso",target="billing-api"'
EXPIRY = re.compile(r"^entra_credential_expiry_timestamp_seconds\{.*$", re.MULTILINE)
AGE = READ_AT.replace("'", "").replace(": ", '="').replace("}", '"}')


def arguments(lab: Lab) -> tuple[str, ...]:
    """How the exporter is started."""
    return "--config.file", str(lab.file), "--web.listen-address", ANY_PORT


def metrics(exporter: Started) -> str:
    """The first scrape, as soon as it can be reached."""
    exporter.url = "http://" + exporter.find(r"address=(\S+)")
    return exporter.get("/metrics")


def first_life(lab: Lab, folder: Path) -> str:
    """It learns, writes, and is killed; gives what it showed."""
    with started(folder, *arguments(lab)) as exporter:
        metrics(exporter)
        text = wait_for(
            lambda: text if VERIFIED in (text := exporter.get("/metrics")) else None, exporter.said
        )
        wait_for(lambda: state_file(lab).exists() or None, exporter.said)
        exporter.process.kill()
        exporter.process.wait()
    return text


def second_life(lab: Lab, folder: Path) -> tuple[str, str]:
    """What is shown first, and what was logged once a poll has failed."""
    with started(folder, *arguments(lab)) as exporter:
        text = metrics(exporter)
        exporter.find(r"(poll failed)")
        return text, exporter.said()


def sample(text: str, start: str) -> float:
    """The value of the one sample that begins like this."""
    [line] = [line for line in text.splitlines() if line.startswith(start)]
    return float(line.rpartition(" ")[2])


async def test_after_kill_9_the_first_scrape_shows_the_last_good_data_and_its_true_age(
    lab: Lab, tmp_path: Path
) -> None:
    lives = [tmp_path / "first", tmp_path / "second"]
    for life in lives:
        life.mkdir()
    before = await asyncio.to_thread(first_life, lab, lives[0])
    lab.simulator.faults.add(Fault.dropped(path="/"))
    after, said = await asyncio.to_thread(second_life, lab, lives[1])

    assert EXPIRY.findall(before)
    assert EXPIRY.findall(after) == EXPIRY.findall(before)
    assert sample(after, AGE) == sample(before, AGE) > 0
    assert sample(after, 'entra_poll_success{tenant="contoso"}') == 0
    assert sample(after, 'entra_tenant_info{tenant="contoso"') == 1
    assert 'msg="state read" tenants=' in said
    assert "Traceback" not in said


@pytest.mark.parametrize("length", [0, 1, 60, 700])
async def test_state_that_was_torn_keeps_nobody_from_starting(
    lab: Lab, tmp_path: Path, length: int
) -> None:
    before = await asyncio.to_thread(first_life, lab, tmp_path)
    torn = state_file(lab).read_bytes()[:length]
    state_file(lab).write_bytes(torn)
    lab.simulator.faults.add(Fault.dropped(path="/"))
    after, said = await asyncio.to_thread(second_life, lab, tmp_path)

    assert EXPIRY.findall(before)
    assert not EXPIRY.findall(after)
    assert said.count('msg="state file not used"') == 1
    assert "kept_as=contoso.state.unreadable" in said
