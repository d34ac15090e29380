"""The running exporter over restarts: what it shows, what it asks again, and what it writes."""

import asyncio
import re
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import structlog
from conftest import Lab
from test_app import Running, polled, running
from test_app_verify import LIVING, MARKER, SHOWN, cause, success

from exporter.address import Address
from exporter.app import App, Settings
from exporter.demo import store_value, stored_file, write_configuration
from exporter.simulator import VERIFICATIONS, Change, Fault, SimulatedTenant, Simulator, carry_out
from exporter.simulator.faults import TOKEN_PATH
from exporter.simulator.values import secret_value
from exporter.snapshot import Saved
from exporter.state import files

REFUSED = "order-intake"
READ_AT = "entra_poll_last_success_timestamp_seconds{'tenant': 'contoso'}"
WRITTEN = "entra_state_last_write_success_timestamp_seconds{'tenant': 'contoso'}"
FAILURES = "entra_state_write_failures_total{'tenant': 'contoso'}"


@pytest.fixture
def lab(tmp_path: Path, simulator: Simulator, tenants: Sequence[SimulatedTenant]) -> Lab:
    """A configuration with state and some targets, and intervals that no test waits for."""
    scenarios = [one for one in VERIFICATIONS if one.name in SHOWN]
    file = write_configuration(tmp_path, simulator, tenants, "http://exporter.test", scenarios)
    text = re.sub("interval: [0-9]+s", "interval: 1h", file.read_text(encoding="utf-8"))
    file.write_text(f"state: {{dir: state}}\n{text}", encoding="utf-8")
    return Lab(file, simulator, tenants)


def folder(lab: Lab) -> Path:
    """Where the state is."""
    return lab.file.parent / "state"


def state_file(lab: Lab) -> Path:
    """Contoso's state."""
    return folder(lab) / "contoso.state"


def shows_all(lab: Lab, samples: dict[str, float]) -> bool:
    """Whether every target was verified and every tenant polled."""
    return samples[polled("contoso")] == 1 and all(success(n, lab) in samples for n in SHOWN)


async def lived(lab: Lab) -> dict[str, float]:
    """The last samples of an exporter that ran until everything was known."""
    async with running(lab) as exporter:
        await exporter.until(lambda found: shows_all(lab, found))
        await exporter.app.store.render_once()
        return await exporter.samples()


@asynccontextmanager
async def killed(lab: Lab) -> AsyncIterator[Running]:
    """The exporter until the block ends, when it ends without a goodbye."""
    app = App(Settings(lab.file, (Address("127.0.0.1", 0),)))
    taken: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(app.run(lambda places: taken.set_result(places[0].url)))
    async with httpx.AsyncClient(base_url=await taken) as client:
        yield Running(app, client)
    task.cancel()
    await asyncio.wait([task])


def about_credentials(samples: dict[str, float]) -> dict[str, float]:
    """The series that polls and verifications gave, but for days, which move."""
    moving = ("days", "entra_poll", "entra_graph", "entra_state", "entra_exporter")
    return {
        name: value
        for name, value in samples.items()
        if name.startswith("entra_") and not any(word in name for word in moving)
    }


async def test_restart_while_graph_is_down_shows_the_last_good_data_and_its_true_age(
    lab: Lab,
) -> None:
    before = await lived(lab)
    lab.simulator.faults.add(Fault.server_error(503, path="/"))
    async with running(lab) as exporter:
        first = await exporter.samples()
        await exporter.until(
            lambda s: s["entra_poll_failures_total{'reason': 'server', 'tenant': 'contoso'}"] == 1
        )
        later = await exporter.samples()

    assert about_credentials(first) == about_credentials(before)
    assert about_credentials(later) == about_credentials(before)
    assert first[READ_AT] == later[READ_AT] == before[READ_AT]
    assert first[polled("contoso")] == later[polled("contoso")] == 0
    assert first["entra_polls_total{'tenant': 'contoso'}"] <= 1
    held = [name for name in before if name.startswith("entra_verify_days_until_expiry")]
    assert held
    assert all(first[name] == pytest.approx(before[name], abs=0.01) for name in held)


async def test_what_was_kept_is_rendered_before_anybody_can_ask(lab: Lab) -> None:
    before = await lived(lab)
    lab.simulator.faults.add(Fault.hanging(path="/"))
    app = App(Settings(lab.file, (Address("127.0.0.1", 0),)))
    task = asyncio.create_task(app.run())
    async with asyncio.timeout(5):
        while not app.own_url:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0)
        shown = b"".join(app.store.rendered.text.plain()).decode()
    app.stop()
    await task

    expiry = "entra_credential_expiry_timestamp_seconds{"
    assert shown.count(expiry) == sum(name.startswith(expiry) for name in before) > 0
    assert app.store.rendered.waiting == ("fabrikam",)


async def test_what_was_refused_fires_at_once_after_a_restart_with_its_true_times(
    lab: Lab,
) -> None:
    before = await lived(lab)
    async with running(lab) as exporter:
        first = await exporter.samples()

    tried = success(REFUSED, lab).replace("success", "timestamp_seconds")
    assert first[success(REFUSED, lab)] == 0
    assert cause(REFUSED, "format_error", first)
    assert first[tried] == before[tried]


async def test_exporter_is_ready_at_once_where_it_has_something_to_show(lab: Lab) -> None:
    await lived(lab)
    lab.simulator.faults.add(Fault.hanging(path="/"))
    async with running(lab) as exporter:
        answer = await exporter.client.get("/-/ready")

    assert answer.status_code == 503
    assert "fabrikam" in answer.text
    assert "contoso" not in answer.text


async def test_page_says_that_the_data_is_from_before_a_restart(lab: Lab) -> None:
    await lived(lab)
    lab.simulator.faults.add(Fault.hanging(path="/"))
    async with running(lab) as exporter:
        page = (await exporter.client.get("/")).text

    assert "Kept from before a restart" in page


async def test_exporter_that_crashes_again_and_again_tries_a_refused_secret_no_more_often(
    lab: Lab,
) -> None:
    [client_id] = [t.client_id for t in lab.config.verify.targets if t.name == REFUSED]
    lab.simulator.faults.add(Fault(path=TOKEN_PATH, client_id=client_id, times=0))
    [counted] = lab.simulator.faults.active
    async with killed(lab) as exporter:
        await exporter.until(lambda found: shows_all(lab, found))
        wrote = await exporter.until(lambda _found: refusal_kept(exporter))
    asked = counted.seen
    assert asked > 0
    assert wrote[success(REFUSED, lab)] == 0
    for _ in range(4):
        async with killed(lab) as exporter:
            await exporter.until_polled()
            await exporter.until(lambda _found: all_looked(exporter))

    assert counted.seen == asked


def refusal_kept(exporter: Running) -> bool:
    """Whether what was refused is in the file."""
    last = exporter.app.keeper.written.get("contoso")
    return last is not None and any(
        view.target.name == REFUSED and view.memory.refused for view in last.parts.targets
    )


def all_looked(exporter: Running) -> bool:
    """Whether every verifier has looked at its target since the start."""
    return all(one.verifier.begun for one in exporter.app.targets.running.values())


async def test_secret_that_was_rotated_while_the_exporter_was_down_is_told_from_a_wrong_one(
    lab: Lab,
) -> None:
    await lived(lab)
    carry_out(Change(LIVING, "0", "1"), lab.simulator)
    async with running(lab) as exporter:
        samples = await exporter.until(lambda found: found[success(LIVING, lab)] == 0)

    assert cause(LIVING, "rotation_mismatch", samples)


async def test_secret_that_was_mended_while_the_exporter_was_down_is_tried_at_once(
    lab: Lab,
) -> None:
    await lived(lab)
    store_value(lab.file.parent, REFUSED, secret_value(REFUSED, "2026"))
    async with running(lab) as exporter:
        before = (await exporter.samples())[success(REFUSED, lab)]
        await exporter.until(lambda found: found[success(REFUSED, lab)] == 1)

    assert before == 0


async def test_retry_after_of_graph_holds_over_a_restart(lab: Lab) -> None:
    lab.simulator.faults.add(Fault.throttled(600))
    throttled = "entra_poll_failures_total{'reason': 'throttled', 'tenant': 'contoso'}"
    async with running(lab) as exporter:
        await exporter.until(lambda found: found[throttled] == 1)
        await exporter.until(lambda found: success("billing-api", lab) in found)
    lab.simulator.faults.clear()
    asked = graph_requests(lab)
    async with running(lab) as exporter:
        await exporter.until(lambda found: found["entra_polls_total{'tenant': 'contoso'}"] == 1)
        await asyncio.sleep(0.3)

    assert graph_requests(lab) == asked > 0


def graph_requests(lab: Lab) -> int:
    """How many there were."""
    return sum(request.path.startswith("/v1.0/") for request in lab.simulator.requests)


async def test_directory_that_cannot_be_used_shows_in_the_metrics_and_ends_nothing(
    lab: Lab,
) -> None:
    folder(lab).write_text("a file", encoding="utf-8")
    with structlog.testing.capture_logs() as logs:
        async with running(lab) as exporter:
            await exporter.until_polled()
            samples = await shown(exporter, lambda saved: saved.failures == 1)

    assert (samples[WRITTEN], samples[FAILURES]) == (0, 1)
    [told] = [entry for entry in logs if entry["event"] == "state not kept"]
    assert told["log_level"] == "warning"


async def shown(exporter: Running, condition: Callable[[Saved], bool]) -> dict[str, float]:
    """The samples once a condition holds for how contoso's file was written."""

    def holds(_found: dict[str, float]) -> bool:
        view = exporter.app.store.snapshot.tenant("contoso")
        return view is not None and view.saved is not None and condition(view.saved)

    await exporter.until(holds)
    await exporter.app.store.render_once()
    return await exporter.samples()


async def test_families_about_state_are_there_only_where_it_is_kept(lab: Lab) -> None:
    async with running(lab) as exporter:
        before = await shown(exporter, lambda saved: saved.at > 0)
        lab.rewrite("state: {dir: state}\n", "")
        await exporter.app.reload()
        after = await exporter.until(lambda found: WRITTEN not in found)

    assert before[WRITTEN] == pytest.approx(time.time(), abs=60)
    assert before[FAILURES] == 0
    assert FAILURES not in after


async def test_shutdown_with_a_disk_that_hangs_is_quick(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()

    def hang(_path: Path, _content: bytes) -> None:
        released.wait()

    async with running(lab) as exporter:
        await shown(exporter, lambda saved: saved.at > 0)
        monkeypatch.setattr(files, "write", hang)
        exporter.app.store.update(lambda old: replace(old, targets=()))
        began = time.monotonic()

    assert time.monotonic() - began < 1
    released.set()


async def test_no_byte_of_a_secret_a_hint_or_a_token_is_in_a_state_file(lab: Lab) -> None:
    values = [f'"{MARKER}"\n', f"CLIENT_SECRET={MARKER}", MARKER, MARKER[:25]]
    for stored in values:
        stored_file(lab.file.parent, "billing-api").write_text(stored, encoding="utf-8")
        async with running(lab) as exporter:
            await exporter.until(lambda found: shows_all(lab, found))
            await exporter.until(lambda found: found[success("billing-api", lab)] == 0)
            view = exporter.app.store.snapshot.tenant("contoso")
    assert view is not None
    assert view.inventory is not None
    hints = {c.hint for item in view.inventory.objects for c in item.credentials} - {""}
    content = b"".join(path.read_bytes() for path in folder(lab).glob("*.state"))
    everything = b"".join(path.read_bytes() for path in folder(lab).iterdir())
    secrets = {secret for tenant in lab.tenants for secret in [tenant.exporter_client_secret]}

    tokens = list(lab.simulator.tokens.grants)
    assert len(content) > 1000
    assert len(hints) > 5
    assert tokens
    for known in (*secrets, *tokens, MARKER, MARKER[:5]):
        assert known.encode() not in everything
    assert b"eyJ" not in everything
    # Three characters may be anywhere by accident: as a field they are not.
    assert not [hint for hint in hints if b"\xa3" + hint.encode() in content]
