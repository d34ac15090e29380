"""The runbook pages of the alerts about registered credentials."""

import math
from dataclasses import replace
from types import MappingProxyType

import msgspec
import pytest
from builders import (
    APP_ID,
    DAY,
    KEY_ID,
    NOW,
    application,
    credential,
    signing,
    snapshot,
    target_view,
    tenant,
)
from test_runbook_page import HELD, IDS, NEWER, OTHER, gone, holding, read, usual, with_view

from exporter.model import Cause, Credential, CredentialKind, ObjectType
from exporter.runbooks import RUNBOOKS, About
from exporter.snapshot import Held, Snapshot
from exporter.verdict import Gone

DATED = [name for name, book in RUNBOOKS.items() if book.about is About.CREDENTIAL]


def test_only_one_user_of_the_credential_makes_the_commands_specific() -> None:
    view = replace(usual("EntraCredentialExpiresSoon").targets[0], holds=HELD)
    ids = {name: value for name, value in IDS.items() if name != "target"}
    one = read("EntraCredentialExpiresSoon", with_view(view, credential(20)), **ids)
    assert "kubectl patch secret creds --namespace ns" in "".join(one.commands)
    twin = replace(view, target=replace(view.target, name="other"))
    two = replace(with_view(view, credential(20)), targets=(view, twin))
    page = read("EntraCredentialExpiresSoon", two, **ids)
    assert "--namespace ns" not in "".join(page.commands)
    assert "target billing-api (works), target other (works)" in page.text
    named = read("EntraCredentialExpiresSoon", two, **ids, target="other")
    assert "--namespace ns" in "".join(named.commands)


def test_without_used_by_each_kind_of_consumer_is_offered() -> None:
    page = read("EntraCredentialExpiresSoon", holding(credential(20)), **IDS)
    assert "Where is it stored?" in page.text
    assert "A Key Vault holds it" in page.text
    known = read("EntraVerifyExpired", usual("EntraVerifyExpired"))
    assert "Where is it stored?" not in known.text


def test_superseded_credential_names_the_newer_one_and_is_the_one_to_delete() -> None:
    held = holding(credential(3), credential(90, key_id=NEWER, name="fresh"))
    page = read("EntraSupersededCredentialExpiresSoon", held)
    assert f"Newer one 'fresh', key id {NEWER}" in page.text
    assert f"--key-id {KEY_ID}" in "".join(page.commands)
    assert f"--key-id {NEWER}" not in "".join(page.commands)


def test_newer_one_that_came_meanwhile_changes_what_to_do() -> None:
    held = holding(credential(3), credential(90, key_id=NEWER))
    page = read("EntraCredentialExpiryImminent", held)
    assert f"A newer one is there now ('deploy', key id {NEWER}, ends in" in page.text
    assert f"Get the value of the newer one, {NEWER}" in page.text
    assert "Below stands EntraSupersededCredentialExpiresSoon" in page.text


def test_newer_one_that_is_gone_changes_what_to_do() -> None:
    page = read("EntraSupersededCredentialExpiresSoon", holding(credential(3)))
    assert "The newer one that covered it is gone" in page.text
    assert "Create a new secret beside the old one" in page.text


def test_what_has_expired_meanwhile_is_said_to_have() -> None:
    page = read("EntraCredentialExpiryImminent", holding(credential(-1)))
    assert "It has expired meanwhile." in page.text
    assert "ended 1 d 0 h ago, on 2026-09-20 12:00 UTC" in page.text


def test_leftover_that_is_still_stored_is_replaced_before_it_is_deleted() -> None:
    view = target_view(Cause.EXPIRED, holds=Held(KEY_ID, NOW - DAY))
    held = with_view(view, credential(-1), credential(90, key_id=NEWER))
    page = read("EntraExpiredCredentialLeftover", held)
    assert "It is still stored at target billing-api: mend that first." in page.text
    text = "".join(page.commands)
    assert text.index("< new-secret") < text.index("credential delete")


def test_credential_that_was_replaced_and_deleted_is_mended() -> None:
    ids = {"tenant": "contoso", "app_id": APP_ID, "key_id": KEY_ID}
    page = read("EntraCredentialExpiryImminent", gone(credential(90, key_id=NEWER)), **ids)
    assert "This exporter sees it mended:" in page.text
    assert "is not registered any more: it was seen last 2 h ago" in page.text
    assert f"key id {NEWER}" in page.text
    assert "Do this now" not in page.text
    assert "Not known here" not in page.text


def test_last_credential_that_was_deleted_is_not_mended() -> None:
    page = read("EntraCredentialExpiryImminent", gone())
    assert "sees it mended" not in page.text
    assert "Nothing of its kind is left: whatever used it cannot sign in." in page.text


def lost(was: Credential, *left: Credential) -> Snapshot:
    """That one was deleted, and these are left."""
    seen = Gone(was, last_seen=NOW - 7200, missed_since=NOW - 3600)
    return holding(*left, gone=MappingProxyType({APP_ID: (seen,)}))


def test_certificate_to_encrypt_for_does_not_replace_one_to_sign_in_with() -> None:
    was = credential(3, kind=CredentialKind.CERTIFICATE)
    other = credential(300, kind=CredentialKind.CERTIFICATE, key_id=NEWER)
    encrypting = msgspec.structs.replace(other, encrypts=True)
    page = read("EntraCredentialExpiryImminent", lost(was, encrypting))
    assert "sees it mended" not in page.text
    assert "Nothing of its kind is left" in page.text
    assert "sees it mended" in read("EntraCredentialExpiryImminent", lost(was, other)).text
    back = read("EntraCredentialExpiryImminent", lost(msgspec.structs.replace(was, encrypts=True)))
    assert "tokens are encrypted for it" in back.text
    assert "credential reset" not in "".join(back.commands)


def test_only_an_active_signing_certificate_replaces_one_that_is_gone() -> None:
    name = "EntraCredentialExpired"
    page = read(name, lost(signing(-3), signing(100, key_id=NEWER)))
    assert "sees it mended" not in page.text
    assert "No signing certificate in force is known to be active" in page.text
    active = lost(signing(-3), signing(100, key_id=NEWER, active=True))
    assert "sees it mended" in read(name, active).text


@pytest.mark.parametrize("name", DATED)
@pytest.mark.parametrize("days", [31, 160, math.inf])
def test_healthy_credential_is_not_what_the_alert_is_about(name: str, days: float) -> None:
    page = read(name, holding(credential(days)))
    assert "This credential is not what the alert is about: the secret 'deploy'" in page.text
    assert KEY_ID not in "".join(page.commands)
    assert "credential list" in "".join(page.commands)
    assert "sees it mended" not in page.text
    # Rules may be made with a longer time.
    early = {"EntraCredentialExpiresSoon", "EntraCredentialExpiryImminent"}
    earlier = name in early and days < math.inf
    assert ("Only rules made to warn earlier than 30 days" in page.text) is earlier


def test_leftover_of_rules_with_a_shorter_time_is_one_unless_it_is_stored() -> None:
    name = "EntraExpiredCredentialLeftover"
    page = read(name, holding(credential(-10)))
    assert "Nothing newer is registered." in page.text
    assert f"--key-id {KEY_ID}" in "".join(page.commands)
    assert "credential reset" not in "".join(page.commands)
    view = target_view(Cause.EXPIRED, holds=Held(KEY_ID, NOW - 10 * DAY))
    stored = read(name, with_view(view, credential(-10)))
    assert "credential reset" in "".join(stored.commands)
    covered = read(name, holding(credential(-10), credential(90, key_id=NEWER)))
    assert "Nothing newer" not in covered.text


@pytest.mark.parametrize("name", DATED)
@pytest.mark.parametrize("days", [-40, -1, 5])
def test_later_signing_certificate_that_is_not_active_is_activated(name: str, days: float) -> None:
    later = msgspec.structs.replace(signing(100, key_id=NEWER), thumbprint="AB12")
    page = read(name, holding(signing(days, active=True), later))
    assert f"Another one is registered and not active ('deploy', key id {NEWER}" in page.text
    assert "thumbprint AB12" in page.text
    assert "PATCH" in page.commands[-2]
    assert "addTokenSigningCertificate" not in "".join(page.commands)
    alone = read(name, holding(signing(days, active=True), signing(-50, key_id=NEWER)))
    assert "addTokenSigningCertificate" in "".join(alone.commands)


def test_leftover_that_was_deleted_is_mended() -> None:
    assert "sees it mended" in read("EntraExpiredCredentialLeftover", gone()).text


def test_service_principals_credential_is_handled_there() -> None:
    owner = msgspec.structs.replace(
        application(credential(3), object_type=ObjectType.SERVICE_PRINCIPAL), object_id=OTHER
    )
    both = snapshot(tenant(application(), owner))
    page = read("EntraCredentialExpiryImminent", both)
    assert "of service principal 'billing'" in page.text
    assert f"az ad sp credential list --id {APP_ID}" in "".join(page.commands)
    assert f"ManagedAppMenuBlade/~/Overview/objectId/{OTHER}/appId/{APP_ID}" in page.portal


def test_signing_certificate_is_activated_not_stored() -> None:
    page = read("EntraCredentialExpired", holding(signing(-2, active=True)))
    assert "SAML signing certificate" in page.text
    assert "Make it the active one" in page.text
    assert "credential reset" not in "".join(page.commands)


def test_certificate_has_the_commands_for_certificates() -> None:
    held = credential(3, kind=CredentialKind.CERTIFICATE)
    page = read("EntraCredentialExpiresSoon", holding(held))
    assert f"--key-id {KEY_ID} --cert" in "".join(page.commands)
    assert "openssl req" in "".join(page.commands)


def test_certificate_that_tokens_are_encrypted_for_is_not_replaced_by_one_to_sign_in_with() -> None:
    held = credential(3, kind=CredentialKind.CERTIFICATE)
    page = read("EntraCredentialExpiresSoon", holding(msgspec.structs.replace(held, encrypts=True)))
    assert "tokens are encrypted for it" in page.text
    assert "Where is it stored?" not in page.text
    assert "credential reset" not in "".join(page.commands)
    assert "credential delete" not in "".join(page.commands)


@pytest.mark.parametrize(
    ("cloud", "start"),
    [
        ("public", "https://entra.microsoft.com/#view/"),
        ("usgov", "https://entra.microsoft.us/#view/"),
        ("china", "https://entra.microsoftonline.cn/#view/"),
        ("lab", ""),
    ],
)
def test_portal_of_the_tenants_cloud_is_linked(cloud: str, start: str) -> None:
    page = read("EntraCredentialExpired", holding(credential(-1), cloud=cloud))
    assert page.portal.startswith(start)
    assert page.portal.endswith(f"~/Credentials/appId/{APP_ID}" if start else "")


def test_id_that_is_not_one_gets_neither_link_nor_command() -> None:
    odd = snapshot(tenant(application(credential(3), app_id="<i>'; reboot")))
    page = read("EntraCredentialExpired", odd, tenant="contoso", app_id="<i>'; reboot")
    assert page.portal == ""
    assert "reboot" not in "".join(page.commands)
