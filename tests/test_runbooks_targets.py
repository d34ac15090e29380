"""The runbook pages of the alerts about what is stored."""

from dataclasses import replace

import pytest
from builders import APP_ID, DAY, KEY_ID, NOW, credential, diagnosis, target, target_view, verdict
from test_runbook_page import CAUSES, HELD, IDS, NEWER, OTHER, holding, read, usual, with_view

from exporter.model import Cause, CredentialKind
from exporter.runbooks import RUNBOOKS
from exporter.snapshot import Held, Memory, TargetView
from exporter.verdict import Finding, Refusal


def test_refused_target_shows_verdict_evidence_code_and_correlation_id() -> None:
    refusal = Refusal(7000222, "invalid_client", "no", 401, correlation_id=OTHER)
    odd = Finding("newline", "it ends with a line break", "Store it without.")
    judged = verdict(diagnosis=diagnosis(), refusal=refusal, findings=(odd,))
    view = target_view(verdict=judged, since=NOW - 7200)
    text = read("EntraVerifyExpired", with_view(view, credential(-1))).text
    for said in (
        "Target billing-api: The secret has expired.",
        "It ended yesterday.",
        "The stored value: it ends with a line break. Store it without.",
        "Cause expired (proven)",
        "Code AADSTS7000222",
        f"Correlation id {OTHER}",
        "Fails since 2 h ago (2026-09-21 10:00 UTC)",
    ):
        assert said in text


@pytest.mark.parametrize("name", CAUSES)
def test_target_that_works_again_needs_nothing(name: str) -> None:
    page = read(name, with_view(target_view(), credential(90)))
    assert "This exporter sees it mended:" in page.text
    assert "The target billing-api works: the login service gave a token" in page.text
    assert "Do this now" not in page.text


@pytest.mark.parametrize("name", sorted(set(CAUSES) - {"EntraVerifyFailed"}))
def test_other_cause_than_the_alerts_is_named_and_mended(name: str) -> None:
    page = read(name, with_view(target_view(Cause.APPLICATION_DISABLED), credential(90)))
    assert "The cause is now application disabled: the application is disabled." in page.text
    assert "Below stands EntraVerifyFailed" in page.text
    assert RUNBOOKS["EntraVerifyFailed"].impact in page.text
    assert "accountEnabled=true" in "".join(page.commands)
    assert "credential reset" not in "".join(page.commands)


def test_present_cause_of_several_is_the_only_one_shown() -> None:
    page = read("EntraVerifyFailed", with_view(target_view(Cause.BLOCKED_BY_POLICY)))
    assert "Ask who keeps the Conditional Access policies" in page.text
    assert "The cause is now" not in page.text
    assert "Wrong application" not in page.text


def test_last_refusal_stands_while_the_target_cannot_be_tried() -> None:
    refused = Memory(refused=verdict(Cause.EXPIRED, at=NOW - 600))
    view = target_view(Cause.NETWORK, memory=refused)
    page = read("EntraVerifyExpired", with_view(view, credential(-1)))
    assert "It cannot be tried just now (network). Refused last: this." in page.text
    assert "credential reset" in "".join(page.commands)
    worked = replace(view, last_success=NOW - 60)
    after = read("EntraVerifyExpired", with_view(worked, credential(90)))
    assert "The cause is now network" in after.text


def test_target_that_was_not_tried_yet_says_so() -> None:
    page = read("EntraVerifyExpired", with_view(TargetView(target()), credential(90)))
    assert "It has not been tried since the exporter started" in page.text


def test_target_is_found_by_its_application_when_it_is_the_only_one() -> None:
    ids = {"tenant": "contoso", "app_id": APP_ID}
    shown = usual("EntraVerifyExpired")
    assert "Target billing-api" in read("EntraVerifyExpired", shown, **ids).text


def test_target_of_another_application_is_not_shown_for_this_one() -> None:
    view = target_view(Cause.EXPIRED, target=target(client_id=OTHER))
    page = read("EntraVerifyExpired", with_view(view, credential(3)))
    assert "Not known here: target billing-api" in page.text
    assert OTHER not in "".join(page.commands)


def test_stored_credential_that_ends_names_the_newer_one_to_store() -> None:
    view = target_view(holds=HELD)
    held = with_view(view, credential(3), credential(90, key_id=NEWER))
    page = read("EntraStoredCredentialExpiryImminent", held)
    assert "What is stored at target billing-api, application 'billing', ends in 3 d" in page.text
    assert f"A newer one is registered ('deploy', key id {NEWER}" in page.text
    assert f"Get the value of the newer one, {NEWER}" in page.text


def test_stored_credential_that_was_replaced_is_seen_mended_and_keeps_the_steps() -> None:
    view = target_view(holds=Held(NEWER, NOW + 90 * DAY))
    page = read("EntraStoredCredentialExpiryImminent", with_view(view))
    assert "This exporter sees it mended: Another credential is stored" in page.text
    assert (
        "If the alert still fires in ten minutes, another replica of the exporter still sees it: "
        "go on with the steps below." in page.text
    )
    assert "credential reset" in page.html.partition("Mitigation</h2>")[2].partition("<details")[0]


@pytest.mark.parametrize(
    "holds",
    [
        Held(NEWER, NOW + 3 * DAY),
        Held(KEY_ID, NOW + 5 * DAY),
        Held(KEY_ID, NOW + 90 * DAY),
        Held("", NOW + 5 * DAY),
        Held("", NOW + 90 * DAY),
    ],
)
def test_stored_credential_is_not_called_mended_on_thin_evidence(holds: Held) -> None:
    shown = with_view(target_view(holds=holds), credential(5))
    shown = replace(shown, tenants=(replace(shown.tenants[0], expiring_within=3 * DAY),))
    page = read("EntraStoredCredentialExpiryImminent", shown)
    assert "sees it mended" not in page.text
    assert "What is stored at target billing-api" in page.text
    assert "Do this now" in page.text


@pytest.mark.parametrize("asked", [None, KEY_ID])
def test_stored_certificate_that_is_new_or_healthy_is_not_the_one_to_delete(
    asked: str | None,
) -> None:
    view = target_view(
        target=target(kind=CredentialKind.CERTIFICATE), holds=Held(NEWER, NOW + 90 * DAY)
    )
    new = credential(90, kind=CredentialKind.CERTIFICATE, key_id=NEWER)
    ids = {**IDS, "key_id": asked or NEWER}
    page = read("EntraStoredCredentialExpiryImminent", with_view(view, new), **ids)
    assert "--key-id KEY_ID" in "".join(page.commands)
    assert NEWER not in "".join(page.commands)


@pytest.mark.parametrize("name", [*CAUSES, "EntraStoredCredentialExpiryImminent"])
@pytest.mark.parametrize("days", [-3, 90])
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("renamed", "No target of that name is known here for this application"),
        ("", "The link names no target, and none or several are known here"),
    ],
)
def test_unknown_target_leaves_the_links_key_id_out_of_every_command(
    name: str, days: int, given: str, said: str
) -> None:
    page = read(name, holding(credential(days)), **{**IDS, "target": given})
    assert said in page.text
    assert KEY_ID not in "".join(page.commands)


@pytest.mark.parametrize("name", CAUSES)
def test_target_is_found_by_tenant_and_name_without_an_application(name: str) -> None:
    ids = {"tenant": "contoso", "target": "billing-api"}
    page = read(name, usual(name), **ids)
    assert "Target billing-api: " in page.text
    assert "Not known here" not in page.text
    other = read(name, usual(name), tenant="contoso", target="renamed")
    assert "Not known here: target renamed" in other.text
    assert APP_ID not in "".join(other.commands)


def test_stored_certificate_is_known_for_certain_and_a_stored_secret_is_not() -> None:
    for kind, word in ((CredentialKind.CERTIFICATE, KEY_ID), (CredentialKind.SECRET, "KEY_ID")):
        view = target_view(target=target(kind=kind), holds=HELD)
        page = read(
            "EntraStoredCredentialExpiryImminent", with_view(view, credential(3, kind=kind))
        )
        assert f"--key-id {word}" in "".join(page.commands)


def test_stored_credential_that_cannot_be_told_or_is_refused_already_says_so() -> None:
    name = "EntraStoredCredentialExpiryImminent"
    assert "cannot be told at the moment" in read(name, with_view(target_view())).text
    refused = read(name, with_view(target_view(Cause.EXPIRED, holds=HELD)))
    assert "The cause is now expired" in refused.text
