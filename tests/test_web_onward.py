"""Links that name a credential or a target lead to the runbook of what is true now."""

from urllib.parse import quote

import msgspec
import pytest
from builders import (
    APP_ID,
    DAY,
    KEY_ID,
    NOW,
    application,
    credential,
    snapshot,
    target_view,
    tenant,
    with_targets,
)
from test_web_server import HOSTILE_QUERIES, served

from exporter.model import Cause, ObjectType
from exporter.snapshot import Held, Snapshot
from exporter.web.onward import portal, runbook

CREDENTIAL = {"tenant": "contoso", "app_id": APP_ID, "key_id": KEY_ID}
TARGET = {"tenant": "contoso", "app_id": APP_ID, "target": "billing-api"}
NEWER = "bbbbbbbb-0000-4000-8000-000000000002"


def holding(*days: float) -> Snapshot:
    """An application with a secret for each of these, the first of the known key id."""
    keys = [KEY_ID, NEWER]
    held = [credential(left, key_id=key) for left, key in zip(days, keys, strict=False)]
    return snapshot(tenant(application(*held)))


@pytest.mark.parametrize(
    ("days", "alert"),
    [
        ((20,), "EntraCredentialExpiresSoon"),
        ((3,), "EntraCredentialExpiryImminent"),
        ((-3,), "EntraCredentialExpired"),
        ((-40,), "EntraExpiredCredentialLeftover"),
        ((3, 300), "EntraSupersededCredentialExpiresSoon"),
        ((-3, 300), "EntraExpiredCredentialLeftover"),
    ],
)
def test_a_credential_leads_to_the_runbook_of_its_state(
    days: tuple[float, ...], alert: str
) -> None:
    expected = f"runbooks/{alert}?tenant=contoso&app_id={APP_ID}&key_id={KEY_ID}"

    assert runbook(holding(*days), NOW, CREDENTIAL) == expected


def test_an_application_leads_to_the_runbook_of_its_most_urgent_credential() -> None:
    asked = {"tenant": "contoso", "app_id": APP_ID}

    assert f"EntraCredentialExpired?tenant=contoso&app_id={APP_ID}&key_id={NEWER}" in runbook(
        holding(-60, -3), NOW, asked
    )


@pytest.mark.parametrize(
    ("cause", "alert"),
    [
        (Cause.EXPIRED, "EntraVerifyExpired"),
        (Cause.ROTATION_MISMATCH, "EntraVerifyRotationMismatch"),
        (Cause.WRONG_CLOUD, "EntraVerifyFailed"),
        (Cause.NETWORK, "EntraVerifyNotPossible"),
    ],
)
def test_a_target_leads_to_the_runbook_of_its_cause(cause: Cause, alert: str) -> None:
    shown = with_targets(target_view(cause))

    assert runbook(shown, NOW, TARGET).startswith(f"runbooks/{alert}?tenant=contoso&target=billing")


def test_a_target_whose_stored_credential_ends_soon_leads_there() -> None:
    shown = with_targets(target_view(holds=Held(KEY_ID, NOW + 3 * DAY)))

    assert runbook(shown, NOW, TARGET).startswith("runbooks/EntraStoredCredentialExpiryImminent?")


@pytest.mark.parametrize(
    ("shown", "asked", "address"),
    [
        (holding(300), CREDENTIAL, f"?q={KEY_ID}"),
        (holding(300), {**CREDENTIAL, "key_id": NEWER}, f"?q={NEWER}"),
        (holding(300), {**CREDENTIAL, "tenant": "nobody"}, f"?q={KEY_ID}"),
        (with_targets(target_view()), TARGET, "?q=billing-api"),
        (with_targets(target_view()), {**TARGET, "tenant": "zulu"}, f"?q={APP_ID}"),
        (holding(300), {}, ""),
    ],
)
def test_where_nothing_is_to_be_done_the_list_says_what_there_is(
    shown: Snapshot, asked: dict[str, str], address: str
) -> None:
    assert runbook(shown, NOW, asked) == address


def test_the_portal_shows_the_credentials_of_an_application() -> None:
    address = portal(holding(3), NOW, CREDENTIAL)

    assert address.startswith("https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/")
    assert address.endswith(f"/Credentials/appId/{APP_ID}")


def test_the_portal_finds_a_service_principal_by_its_own_id() -> None:
    held = application(credential(3), object_type=ObjectType.SERVICE_PRINCIPAL)
    owner = msgspec.structs.replace(held, object_id=NEWER)

    assert f"/objectId/{NEWER}/" in portal(snapshot(tenant(owner)), NOW, CREDENTIAL)


def test_a_cloud_without_a_portal_leads_to_the_runbook() -> None:
    shown = snapshot(tenant(application(credential(3)), cloud="lab"))

    assert portal(shown, NOW, CREDENTIAL).startswith("runbooks/EntraCredentialExpiryImminent?")


async def test_the_links_arrive() -> None:
    asked = "&".join(f"{name}={quote(value)}" for name, value in CREDENTIAL.items())
    async with served(holding(3)) as client:
        moved = await client.get(f"/runbooks/?{asked}")
        page = await client.get(f"/runbooks/?{asked}", follow_redirects=True)
        shown = await client.get(f"/portal?{asked}")
        index = await client.get("/runbooks/?tenant=contoso")

    assert (moved.status_code, shown.status_code, index.status_code) == (302, 302, 200)
    assert moved.headers["cache-control"] == shown.headers["cache-control"] == "no-store"
    assert page.status_code == 200
    assert KEY_ID in page.text
    assert shown.headers["location"].startswith("https://entra.microsoft.com/#view/")


@pytest.mark.parametrize("query", HOSTILE_QUERIES)
@pytest.mark.parametrize("path", ["/runbooks/", "/portal"])
async def test_hostile_links_lead_nowhere_else(path: str, query: str) -> None:
    asked = f"{query}&app_id=%0d%0aSet-Cookie:a=b&target=//evil.example.com&key_id=http://evil/"
    async with served(holding(3)) as client:
        answer = await client.get(f"{path}?{asked}")

    assert answer.status_code == 302
    assert answer.headers["location"].startswith(("../?q=", "?q="))
    assert "set-cookie" not in answer.headers
