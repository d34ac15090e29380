"""
The simulated verifications: every cause has one, and the service says to what is stored what the
table says, in the words of all years.
"""

import base64
import json
import re
import ssl
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from exporter.model import Cause
from exporter.simulator import (
    VERIFICATIONS,
    WORDINGS,
    Application,
    ServicePrincipal,
    Simulator,
    Verification,
    Wording,
    demo_tenants,
)
from exporter.simulator.answer import Answer
from exporter.simulator.changes import REMOVED, REPLACED
from exporter.simulator.faults import Fault, replacement
from exporter.simulator.refusal_texts import REFUSALS
from exporter.simulator.refusals import refusal_answer, refuse
from exporter.simulator.token_endpoint import TokenRequest, answer
from exporter.simulator.tokens import Tokens

NOW = 1_790_000_000.0
TENANTS = demo_tenants(NOW)
CONTOSO = TENANTS[0]
Item = Application | ServicePrincipal
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
CHANGES = [one for one in VERIFICATIONS if one.change]


def named(name: str) -> Verification:
    return next(one for one in VERIFICATIONS if one.name == name)


def form(verification: Verification) -> dict[str, str]:
    content = verification.content(TENANTS)
    assert content is not None
    usual = {
        "client_id": verification.client_id,
        "grant_type": "client_credentials",
        "scope": f"{verification.resource}/.default",
    }
    if not verification.is_certificate:
        return usual | {"client_secret": content.decode()}
    assertion = signed(content, verification.client_id)
    return usual | {"client_assertion_type": JWT_BEARER, "client_assertion": assertion}


def signed(content: bytes, client_id: str) -> str:
    key = serialization.load_pem_private_key(content, None)
    assert isinstance(key, rsa.RSAPrivateKey)
    sha256 = x509.load_pem_x509_certificate(content).fingerprint(hashes.SHA256())
    claims = {
        "aud": "https://127.0.0.1/token",
        "iss": client_id,
        "sub": client_id,
        "nbf": int(NOW),
        "exp": int(NOW) + 600,
    }
    header = {"x5t#S256": base64.urlsafe_b64encode(sha256).decode()}
    return jwt.encode(claims, key, "PS256", header)


def said(
    verification: Verification, wording: Wording = "present", now: float = NOW, *, changed: bool
) -> Answer:
    """The service's answer, before or after what is to happen."""
    change = verification.change if changed else None
    tenants = tuple(
        change.apply(one, NOW) if change and change.tenant_id == one.tenant_id else one
        for one in TENANTS
    )
    if verification.fault:
        return replacement(verification.fault, "/login", now, wording)
    request = TokenRequest(verification.tenant_id, form(verification))
    return answer(request, tenants, Tokens(), now, wording)


def body(made: Answer) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(made.body)
    return decoded


# --- the table


def test_every_cause_has_a_verification_and_no_cause_is_made_up() -> None:
    assert {one.cause for one in VERIFICATIONS} == {str(cause) for cause in Cause} | {None}


def test_names_are_unique_and_may_be_targets() -> None:
    names = [one.name for one in VERIFICATIONS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+", name) for name in names)


def test_demo_shows_each_of_the_main_causes_beside_what_works() -> None:
    shown = Counter(one.cause for one in VERIFICATIONS if one.demo)
    main = {"expired", "revoked", "rotation_mismatch", "format_error", None}
    assert main <= shown.keys()
    assert 10 <= shown.total() <= 12
    assert not any(one.trouble for one in VERIFICATIONS if one.demo)


def test_trouble_of_one_verification_concerns_no_other() -> None:
    users = Counter(one.client_id for one in VERIFICATIONS if one.asks)
    assert all(users[one.client_id] == 1 for one in VERIFICATIONS if one.trouble)


def test_no_two_secrets_of_a_tenant_begin_alike() -> None:
    objects: tuple[Item, ...] = (*CONTOSO.applications, *CONTOSO.service_principals)
    hints = [key.hint for item in objects for key in item.password_credentials if key.hint]
    assert len(set(hints)) == len(hints)
    assert str(named("plant-telemetry").stored)[:3] not in hints


def test_stored_value_is_in_no_repr() -> None:
    for one in VERIFICATIONS:
        assert not isinstance(one.stored, str) or not one.stored or one.stored not in repr(one)


@pytest.mark.parametrize("name", ["data-lake-loader", "identity-sync", "edi-bridge"])
def test_stored_certificate_is_the_one_that_the_application_has(name: str) -> None:
    content = named(name).content(TENANTS)
    app = CONTOSO.application(named(name).client_id)
    assert content is not None
    assert app is not None
    certificate = x509.load_pem_x509_certificate(content)
    [registered] = app.key_credentials
    assert certificate.public_bytes(serialization.Encoding.DER) == registered.certificate
    key = serialization.load_pem_private_key(content, None)
    assert key.public_key() == certificate.public_key()


def test_private_key_of_another_certificate_is_stored_beside_the_registered_one() -> None:
    one = named("data-lake-archive")
    content = one.content(TENANTS)
    assert content is not None
    key = serialization.load_pem_private_key(content, None)
    assert key.public_key() != x509.load_pem_x509_certificate(content).public_key()
    # The exporter does not ask with it; whoever does is refused.
    assert body(said(replace(one, cause=None), changed=False))["error_codes"] == [700027]


def test_nothing_is_stored_where_the_file_is_missing() -> None:
    assert named("mail-relay-standby").content(TENANTS) is None


# --- what the service says


REFUSED = [one for one in VERIFICATIONS if one.asks and one.code]
WORKING = [one for one in VERIFICATIONS if one.asks and not one.code and not one.trouble]


@pytest.mark.parametrize("wording", WORDINGS)
@pytest.mark.parametrize("verification", REFUSED, ids=lambda one: one.name)
def test_service_says_the_code_of_the_table(verification: Verification, wording: Wording) -> None:
    made = said(verification, wording, changed=True)
    refusal = body(made)
    text = refusal["error_description"]
    assert made.status >= 400
    assert refusal["error_codes"][-1] == verification.code_in(wording)
    assert text.startswith(f"AADSTS{refusal['error_codes'][0]}: ")
    assert not isinstance(verification.stored, str) or verification.stored.strip() not in text


@pytest.mark.parametrize("verification", WORKING, ids=lambda one: one.name)
def test_what_works_is_given_a_token(verification: Verification) -> None:
    assert (verification.cause, said(verification, changed=False).status) == (None, 200)


def test_empty_value_is_not_asked_with_and_would_be_refused() -> None:
    empty = named("billing-empty")
    assert (empty.asks, empty.cause, empty.code) == (False, "format_error", 0)
    assert body(said(empty, changed=False))["error_codes"] == [7000218]


def test_new_secret_works_once_the_service_has_learnt_of_it() -> None:
    planner = named("seat-planner")
    app = CONTOSO.application(planner.client_id)
    assert app is not None
    [secret] = app.password_credentials
    assert secret.start == "2026-09-21T14:11:20Z"
    statuses = [said(planner, now=NOW + minute * 60, changed=False).status for minute in (0, 4, 5)]
    assert statuses == [401, 401, 200]


def test_policy_is_looked_at_after_the_secret_and_the_resource() -> None:
    blocked = named("audit-export")
    wrong = replace(blocked, stored="wrong")
    elsewhere = replace(blocked, resource="https://nothing.example")
    codes = [body(said(one, changed=False))["error_codes"][0] for one in (wrong, elsewhere)]
    assert codes == [7000215, 500011]


@pytest.mark.parametrize(
    ("name", "status", "code"), [("mail-relay", 429, 90055), ("print-service", 503, 90033)]
)
def test_trouble_of_the_service_has_its_own_form(name: str, status: int, code: int) -> None:
    made = said(named(name), changed=False)
    assert (made.status, body(made)["error_codes"]) == (status, [code])


def test_throttled_answer_says_how_long_to_wait() -> None:
    assert said(named("mail-relay"), changed=False).headers["Retry-After"] == "30"


# --- what happens to a secret


@pytest.mark.parametrize("verification", CHANGES, ids=lambda one: one.name)
def test_secret_works_until_its_change_is_carried_out(verification: Verification) -> None:
    assert said(verification, changed=False).status == 200
    assert said(verification, changed=True).status == 401


def test_removed_secret_leaves_nothing_behind() -> None:
    app = REMOVED.apply(CONTOSO, NOW).application(named("parcel-tracker").client_id)
    assert app is not None
    assert app.password_credentials == ()


def test_replaced_secret_leaves_a_newer_one_of_its_name() -> None:
    points = named("loyalty-points")
    app = REPLACED.apply(CONTOSO, NOW).application(points.client_id)
    assert app is not None
    [new] = app.password_credentials
    assert (new.display_name, new.start) == ("api", "2026-09-21T14:13:20Z")
    assert new.end == "2027-09-21T14:13:20Z"
    assert new.hint == (new.secret or "")[:3]
    assert new.secret != points.stored


def test_change_touches_nothing_else() -> None:
    after = REPLACED.apply(CONTOSO, NOW)
    changed = [
        new.display_name
        for old, new in zip(CONTOSO.applications, after.applications, strict=True)
        if old is not new
    ]
    assert changed == ["loyalty-points"]
    assert replace(after, applications=CONTOSO.applications) == CONTOSO


# --- wordings


@pytest.mark.parametrize("code", REFUSALS)
@pytest.mark.parametrize("wording", WORDINGS)
def test_every_refusal_can_be_said_in_the_words_of_all_years(code: int, wording: Wording) -> None:
    refusal = body(refusal_answer(refuse(code), NOW, wording=wording))
    text = refusal["error_description"]
    separator = " " if wording == "present" else "\r\n"
    trace = f"Trace ID: {refusal['trace_id']}{separator}Correlation ID: "
    assert f"{separator}{trace}" in text
    assert text.endswith(f"{separator}Timestamp: 2026-09-21 14:13:20Z")
    assert not re.search(r"[{}]", text)
    assert ("error_uri" in refusal) is (wording != "2018")


def test_wrong_secret_of_2018_has_two_codes() -> None:
    refusal = body(refusal_answer(refuse(7000215), NOW, wording="2018"))
    assert refusal["error_codes"] == [70002, 50012]
    assert refusal["error_description"].startswith(
        "AADSTS70002: Error validating credentials. AADSTS50012: Invalid client secret is provided."
    )


# --- over TLS


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator(TENANTS, clock=lambda: NOW, wording="2020") as running:
        yield running


async def post(simulator: Simulator, verification: Verification) -> httpx.Response:
    trusted = ssl.create_default_context(cafile=simulator.ca_file)
    async with httpx.AsyncClient(verify=trusted, base_url=simulator.url) as client:
        path = f"/{verification.tenant_id}/oauth2/v2.0/token"
        return await client.post(path, data=form(verification))


async def test_simulator_speaks_in_the_words_it_is_told_to(simulator: Simulator) -> None:
    expired, unknown = named("invoice-archive"), named("warehouse-2018")
    simulator.faults.add(unknown.fault or Fault())
    texts = [(await post(simulator, one)).json()["error_description"] for one in (expired, unknown)]
    assert all("\r\nTrace ID: " in text for text in texts)


async def test_trouble_hits_one_application_alone(simulator: Simulator) -> None:
    for one in VERIFICATIONS:
        if one.fault:
            simulator.faults.add(one.fault)
    assert (await post(simulator, named("billing-api"))).status_code == 200
    assert (await post(simulator, named("terraform-runner"))).json()["error_codes"] == [70021]
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        await post(simulator, named("badge-reader"))
    assert simulator.requests[-1].status == 0
