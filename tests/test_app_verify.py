"""The running exporter's verifications: what wakes them, what a reload does, what people see."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import structlog
from conftest import Lab
from test_app import running

from exporter.demo import store_value, stored_file, write_configuration
from exporter.simulator import (
    VERIFICATIONS,
    Change,
    Fault,
    SimulatedTenant,
    Simulator,
    carry_out,
)
from exporter.simulator.values import secret_value

LIVING = "fleet-monitor"
SHOWN = ("billing-api", LIVING, "invoice-archive", "order-intake", "mail-relay-standby")
MARKER = "Mrk8Q~NobodyMaySeeThisValueAnywhere12345"


@pytest.fixture
def lab(tmp_path: Path, simulator: Simulator, tenants: Sequence[SimulatedTenant]) -> Lab:
    """A configuration with some targets, and intervals that no test waits for."""
    scenarios = [one for one in VERIFICATIONS if one.name in SHOWN]
    file = write_configuration(tmp_path, simulator, tenants, "http://exporter.test", scenarios)
    text = file.read_text(encoding="utf-8")
    text = text.replace("interval: 10s", "interval: 1h").replace("interval: 5s", "interval: 2s")
    file.write_text(text, encoding="utf-8")
    return Lab(file, simulator, tenants)


def success(target: str, lab: Lab) -> str:
    """The sample that says whether a target works."""
    [app_id] = [one.client_id for one in lab.config.verify.targets if one.name == target]
    labels = {"app_id": app_id, "target": target, "tenant": "contoso"}
    return f"entra_verify_success{labels}"


def cause(target: str, name: str, samples: dict[str, float]) -> bool:
    """Whether a target's failure has this cause."""
    return any(
        value == 1 and f"'cause': '{name}'" in sample and f"'target': '{target}'" in sample
        for sample, value in samples.items()
    )


async def test_every_target_is_verified_soon_after_the_start(lab: Lab) -> None:
    async with running(lab) as exporter:
        samples = await exporter.until(lambda found: all(success(n, lab) in found for n in SHOWN))

    assert samples[success("billing-api", lab)] == 1
    assert samples[success("mail-relay-standby", lab)] == 0
    assert cause("invoice-archive", "expired", samples)
    assert cause("order-intake", "format_error", samples)
    assert cause("mail-relay-standby", "source_unreadable", samples)


async def test_stored_file_that_changes_is_verified_at_once(lab: Lab) -> None:
    folder = lab.file.parent
    async with running(lab) as exporter:
        await exporter.until(lambda found: found.get(success(LIVING, lab)) == 1)
        store_value(folder, LIVING, "changeme")
        broken = await exporter.until(lambda found: found[success(LIVING, lab)] == 0)
        store_value(folder, LIVING, secret_value(LIVING, "0"))
        await exporter.until(lambda found: found[success(LIVING, lab)] == 1)

    assert cause(LIVING, "format_error", broken)


async def test_secret_mounted_by_kubernetes_that_turns_is_verified_at_once(
    lab: Lab, tmp_path: Path
) -> None:
    mount = tmp_path / "mount"
    for version, value in (("v1", "changeme"), ("v2", secret_value(LIVING, "0"))):
        (mount / version).mkdir(parents=True)
        (mount / version / "secret").write_text(value, encoding="utf-8")
    (mount / "..data").symlink_to("v1")
    (mount / "secret").symlink_to("..data/secret")
    lab.rewrite(f"{LIVING}.stored", str(mount / "secret"))
    async with running(lab) as exporter:
        await exporter.until(lambda found: found.get(success(LIVING, lab)) == 0)
        (mount / "..data_tmp").symlink_to("v2")
        os.replace(mount / "..data_tmp", mount / "..data")  # noqa: PTH105 - replaces a link
        await exporter.until(lambda found: found[success(LIVING, lab)] == 1)


async def test_poll_that_sees_a_rotation_has_the_secret_verified_at_once(lab: Lab) -> None:
    async with running(lab) as exporter:
        await exporter.until(lambda found: found.get(success(LIVING, lab)) == 1)
        carry_out(Change(LIVING, "0", "1"), lab.simulator)
        samples = await exporter.until(lambda found: found[success(LIVING, lab)] == 0)

    assert cause(LIVING, "rotation_mismatch", samples)


async def test_reload_keeps_what_is_known_of_a_target_that_stays_and_drops_one_that_went(
    lab: Lab,
) -> None:
    async with running(lab) as exporter:
        before = await exporter.until(lambda found: all(success(n, lab) in found for n in SHOWN))
        gone = success("order-intake", lab)
        tried = success("billing-api", lab).replace("success", "timestamp_seconds")
        lab.rewrite("name: order-intake\n", "name: order-desk\n")
        await exporter.app.reload()
        after = await exporter.until(lambda found: gone not in found)

    assert after[tried] == before[tried]


async def test_reload_tries_again_what_was_refused_and_nothing_else(lab: Lab) -> None:
    broken, good = (
        success(name, lab).replace("success", "timestamp_seconds")
        for name in ("invoice-archive", "billing-api")
    )
    async with running(lab) as exporter:
        before = await exporter.until(lambda found: all(success(n, lab) in found for n in SHOWN))
        await exporter.app.reload()
        after = await exporter.until(lambda found: found[broken] > before[broken])

    assert after[good] == before[good]


async def test_reload_with_other_settings_tries_at_once_what_failed_under_the_old_ones(
    lab: Lab,
) -> None:
    lab.rewrite("resource: https://management.azure.com", "resource: https://nobody.example.com")
    async with running(lab) as exporter:
        await exporter.until(lambda found: found.get(success("billing-api", lab)) == 0)
        lab.rewrite(
            "resource: https://nobody.example.com", "resource: https://management.azure.com"
        )
        await exporter.app.reload()
        await exporter.until(lambda found: found.get(success("billing-api", lab)) == 1)


async def test_reload_keeps_what_is_known_when_only_words_about_a_target_change(lab: Lab) -> None:
    async with running(lab) as exporter:
        before = await exporter.until(lambda found: found.get(success("billing-api", lab)) == 1)
        tried = success("billing-api", lab).replace("success", "timestamp_seconds")
        lab.rewrite("namespace: billing", "namespace: invoices")
        await exporter.app.reload()
        views = exporter.app.store.snapshot.targets
        after = await exporter.samples()

    assert after[tried] >= before[tried]
    [changed] = [view for view in views if view.target.name == "billing-api"]
    assert changed.target.details["namespace"] == "invoices"
    assert changed.last_success is not None


async def test_tenant_that_takes_the_name_of_another_gets_none_of_its_data(lab: Lab) -> None:
    failed = "entra_poll_failures_total{'reason': 'login', 'tenant': 'contoso'}"
    lab.simulator.faults.add(Fault.slow(0.3))
    async with running(lab) as exporter:
        await asyncio.sleep(0.2)
        lab.rewrite(lab.tenants[0].tenant_id, "99999999-9999-4999-8999-999999999999")
        await exporter.app.reload()
        await exporter.until(lambda found: found.get(failed, 0) >= 1)
        view = exporter.app.store.snapshot.tenant("contoso")

    assert view is not None
    assert view.inventory is None
    assert view.failure is not None
    assert view.failure.aadsts_code == 90002


async def test_reload_that_takes_a_tenant_away_at_the_end_of_its_poll_ends_nothing(
    lab: Lab,
) -> None:
    async with running(lab) as exporter:
        await exporter.until_polled()
        exporter.app.targets.inventory_read("contoso")
        exporter.app.store.update(lambda old: replace(old, tenants=(), targets=()))
        await asyncio.sleep(0.1)

        assert (await exporter.client.get("/-/healthy")).is_success


async def test_page_says_what_does_not_work_why_and_what_to_do(lab: Lab) -> None:
    async with running(lab) as exporter:
        await exporter.until(lambda found: all(success(n, lab) in found for n in SHOWN))
        page = (await exporter.client.get("/")).text

    assert "Does not work now" in page
    assert "Could not be tried" in page
    assert "az ad app credential reset" in page
    assert page.index("Does not work now") < page.index("Stored secrets that work")


async def test_marker_secret_is_in_no_log_metric_or_page(lab: Lab) -> None:
    outputs: list[str] = []
    with structlog.testing.capture_logs() as logs:
        for stored in (MARKER, f'"{MARKER}"\n', f"CLIENT_SECRET={MARKER}", MARKER[:25]):
            stored_file(lab.file.parent, "billing-api").write_text(stored, encoding="utf-8")
            async with running(lab) as exporter:
                await exporter.until(lambda found: found.get(success("billing-api", lab)) == 0)
                outputs += [(await exporter.client.get(path)).text for path in ("/", "/metrics")]

    assert logs
    for output in (*outputs, repr(logs)):
        assert MARKER[:5] not in output
        assert '"Mrk"' not in output
