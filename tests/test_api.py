"""The JSON lists: what they hold, what they refuse, and that docs/api.md explains every field."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from builders import (
    APP_ID,
    DAY,
    KEY_ID,
    NOW,
    TENANT_ID,
    application,
    credential,
    diagnosis,
    failure,
    snapshot,
    target,
    target_view,
    tenant,
    verdict,
    with_targets,
)
from test_landing import HOSTILE

from exporter.model import Cause
from exporter.snapshot import Held, Snapshot
from exporter.verdict import Finding, Refusal
from exporter.web import api
from exporter.web.listing import indexed
from exporter.web.query import Mistake, Query

DOCUMENTED = set(
    re.findall(
        r"`(\w+)`",
        "".join(
            line.split("|")[1]
            for line in Path("docs/api.md").read_text(encoding="utf-8").splitlines()
            if line.startswith("| `")
        ),
    )
)


def credentials(what: Snapshot, query: Query = api.DEFAULT) -> dict[str, Any]:
    """The list of credentials."""
    found: dict[str, Any] = json.loads(api.credentials(indexed(what, NOW), query))
    return found


def verifications(what: Snapshot, query: Query = api.DEFAULT) -> dict[str, Any]:
    """The list of verifications."""
    found: dict[str, Any] = json.loads(api.targets(indexed(what, NOW), query))
    return found


def keys(document: object) -> set[str]:
    """Every field name in a document."""
    if isinstance(document, dict):
        return set(document).union(*map(keys, document.values()))
    return set().union(*map(keys, document)) if isinstance(document, list) else set()


def test_credential_is_told_with_all_that_is_known() -> None:
    document = credentials(snapshot(tenant(application(credential(3)))))
    assert document["credentials"] == [
        {
            "tenant": "contoso",
            "object": "application",
            "object_id": f"object of {APP_ID}",
            "app_id": APP_ID,
            "app_name": "billing",
            "kind": "secret",
            "key_id": KEY_ID,
            "credential_name": "deploy",
            "superseded": False,
            "state": "expiring",
            "urgency": "last_line",
            "starts": "2026-06-23T12:00:00Z",
            "expires": "2026-09-24T12:00:00Z",
            "days_until_expiry": 3.0,
            "runbook_url": "https://exporter.example.com/runbooks/EntraCredentialExpiryImminent"
            f"?tenant=contoso&app_id={APP_ID}&key_id={KEY_ID}",
        }
    ]
    assert (document["total"], document["page"], document["pages"], document["limit"]) == (
        *(1, 1, 1, 100),
    )


def test_credential_without_an_end_or_a_use_for_a_runbook_has_null() -> None:
    endless = msgspec.structs.replace(credential(), expires=float("inf"), starts=float("-inf"))
    [told] = credentials(snapshot(tenant(application(endless))))["credentials"]
    names = ("starts", "expires", "days_until_expiry", "runbook_url", "urgency")
    assert [told[name] for name in names] == [None] * 5


def test_verification_is_told_with_cause_evidence_and_remedy() -> None:
    said = verdict(
        diagnosis=diagnosis(Cause.REVOKED, code=7000215),
        refusal=Refusal(7000215, "invalid_client", "no", 401, "c-id"),
        findings=(Finding("quotes", "quotes around it", "store it without"),),
    )
    view = target_view(
        verdict=said, holds=Held(KEY_ID, NOW + DAY), since=NOW - DAY, last_success=NOW - 2 * DAY
    )
    [told] = verifications(with_targets(view))["verifications"]
    assert told.pop("remedy")
    assert told == {
        "target": "billing-api",
        "tenant": "contoso",
        "tenant_id": TENANT_ID,
        "app_id": APP_ID,
        "kind": "secret",
        "resource": "https://management.azure.com",
        "state": "refused",
        "tried_at": "2026-09-21T12:00:00Z",
        "cause": "revoked",
        "code": 7000215,
        "confidence": "proven",
        "summary": "The secret has expired",
        "evidence": ["It ended yesterday."],
        "findings": ["quotes around it"],
        "correlation_id": "c-id",
        "since": "2026-09-20T12:00:00Z",
        "last_success": "2026-09-19T12:00:00Z",
        "stored_key_id": KEY_ID,
        "stored_expires": "2026-09-22T12:00:00Z",
        "runbook_url": "https://exporter.example.com/runbooks/EntraVerifyRevoked"
        f"?tenant=contoso&target=billing-api&app_id={APP_ID}",
    }


def test_verifications_that_fail_come_first_and_can_be_told_by_state() -> None:
    views = [
        replace(target_view(cause), target=target(name))
        for cause, name in ((None, "a"), (Cause.NETWORK, "b"), (Cause.EXPIRED, "c"))
    ]
    what = with_targets(*views, replace(target_view(), target=target("d"), verdict=None))
    told = verifications(what)["verifications"]
    assert [(view["target"], view["state"]) for view in told] == [
        ("c", "refused"),
        ("b", "could_not_tell"),
        ("d", "not_tried"),
        ("a", "works"),
    ]
    assert verifications(what, Query(state="works"))["total"] == 1


def test_every_answer_says_how_fresh_each_tenant_is() -> None:
    what = snapshot(
        tenant(name="alpha"), tenant(name="zulu", read=False, failure=failure(detail="no"))
    )
    alpha, zulu = credentials(what)["tenants"]
    assert (alpha["as_of"], alpha["success"], alpha["reason"]) == (
        *("2026-09-21T12:00:00Z", True, None),
    )
    assert (zulu["as_of"], zulu["success"], zulu["reason"], zulu["aadsts_code"]) == (
        *(None, False, "login", 7000222),
    )


def test_names_are_as_they_are_in_the_directory() -> None:
    [told] = credentials(snapshot(tenant(application(credential(3, name=HOSTILE), name=HOSTILE))))[
        "credentials"
    ]
    assert (told["app_name"], told["credential_name"]) == (HOSTILE, HOSTILE)


def test_half_of_a_surrogate_pair_is_no_reason_to_fail() -> None:
    [told] = credentials(snapshot(tenant(application(credential(3), name="a\ud800b"))))[
        "credentials"
    ]
    assert told["app_name"] == "a?b"


def test_no_part_of_a_secret_is_told() -> None:
    held = msgspec.structs.replace(credential(3), hint="hnt", thumbprint="ABCDEF0123")
    told = json.dumps(credentials(snapshot(tenant(application(held)))))
    assert "hnt" not in told
    assert "ABCDEF0123" not in told


def test_pages_hold_every_credential_once() -> None:
    objects = [application(credential(n, key_id=f"k-{n:02}")) for n in range(1, 26)]
    what = snapshot(tenant(*objects))
    told = [credentials(what, Query(page=n, limit=10)) for n in (1, 2, 3, 4)]
    assert [len(page["credentials"]) for page in told] == [10, 10, 5, 0]
    assert {page["pages"] for page in told} == {3}
    ids = [c["key_id"] for page in told for c in page["credentials"]]
    assert ids == [f"k-{n:02}" for n in range(1, 26)]


@pytest.mark.parametrize("make", [credentials, verifications])
def test_every_field_is_documented(make: Any) -> None:  # noqa: ANN401 - one of two functions
    what = replace(
        with_targets(target_view(Cause.EXPIRED)),
        tenants=(tenant(application(credential(3)), failure=failure()),),
    )
    assert keys(make(what)) <= DOCUMENTED


def test_mistakes_are_documented_and_say_what_is_accepted() -> None:
    document = json.loads(api.refused([Mistake("state", "cannot be x", ("expired",))]))
    assert keys(document) <= DOCUMENTED
    assert document["mistakes"] == [
        {"parameter": "state", "message": "cannot be x", "accepted": ["expired"]}
    ]
