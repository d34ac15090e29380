"""The runbook pages of the alerts about tenants and the exporter."""

from dataclasses import replace

import pytest
from builders import DAY, NOW, credential, failure, inventory, snapshot, tenant
from test_runbook_page import gone, read

from exporter.model import FailureReason
from exporter.runbooks import RUNBOOKS
from exporter.snapshot import ReloadStatus, TenantView


@pytest.mark.parametrize("name", ["EntraPollFailing", "EntraInventoryStale"])
def test_failing_poll_says_why_and_shows_what_helps_with_that_only(name: str) -> None:
    bad = failure(FailureReason.PERMISSION, detail="Authorization_RequestDenied")
    page = read(name, snapshot(tenant(failure=bad)), tenant="contoso")
    assert "permission. Next step: give the exporter a new secret." in page.text
    assert "Authorization_RequestDenied" in page.text
    assert "az ad app permission add" in "".join(page.commands)
    assert "own credential" not in page.text
    assert RUNBOOKS[name].impact in page.text
    assert "is set" not in page.text


@pytest.mark.parametrize("reason", FailureReason)
def test_every_reason_of_a_failed_poll_has_a_next_step(reason: FailureReason) -> None:
    shown = snapshot(tenant(failure=failure(reason)))
    assert "Do this now" in read("EntraPollFailing", shown, tenant="contoso").text


@pytest.mark.parametrize("name", ["EntraPollFailing", "EntraInventoryStale"])
def test_tenant_that_was_read_just_now_needs_nothing(name: str) -> None:
    page = read(name, snapshot(tenant()), tenant="contoso")
    assert "This exporter sees it mended: Tenant contoso was read 0 s ago" in page.text


def test_stale_tenant_that_was_read_a_while_ago_is_left_to_the_reader() -> None:
    some = replace(tenant(), inventory=inventory(taken_at=NOW - 3000))
    text = read("EntraInventoryStale", snapshot(some), tenant="contoso").text
    assert "Tenant contoso was read last 50 min ago" in text
    assert "sees it mended" not in text
    polled = read("EntraPollFailing", snapshot(some), tenant="contoso").text
    assert "This exporter sees it mended: Tenant contoso was read 50 min ago" in polled


def test_stale_tenant_without_a_failure_is_not_called_mended() -> None:
    old = replace(tenant(), inventory=inventory(taken_at=NOW - DAY))
    text = read("EntraInventoryStale", snapshot(old), tenant="contoso").text
    assert "Tenant contoso was read last 1 d 0 h ago" in text or "24 h ago" in text
    assert "sees it mended" not in text


@pytest.mark.parametrize(
    ("view", "said"),
    [
        (tenant(read=False), "the first poll is under way"),
        (tenant(read=False, polled=False), "only its secrets are verified"),
    ],
)
def test_tenant_without_data_says_why(view: TenantView, said: str) -> None:
    for name in ("EntraInventoryStale", "EntraInventoryShrank"):
        assert said in read(name, snapshot(view), tenant="contoso").text


def test_shrunk_inventory_says_how_much_is_left_and_gone() -> None:
    text = read("EntraInventoryShrank", gone(credential(90)), tenant="contoso").text
    assert "In tenant contoso 1 applications and service principals are watched" in text
    assert "1 credentials seen earlier are gone." in text


def test_accepted_configuration_needs_nothing_and_a_refused_one_says_since_when() -> None:
    assert "sees it mended" in read("EntraConfigReloadFailed", snapshot()).text
    refused = replace(snapshot(), reload=ReloadStatus(successful=False, last_success=NOW - 60))
    page = read("EntraConfigReloadFailed", refused)
    assert "is that of 1 min ago" in page.text
    assert "--config.check" in page.commands[0]


def test_page_of_the_absent_exporter_says_that_it_answers() -> None:
    assert "so one is running" in read("EntraExporterAbsent", snapshot()).text
