"""
The simulated directories: what each scenario promises follows from what it sends, and every
property that is sent is one that Microsoft's own SDK knows.
"""

import base64
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from kiota_serialization_json.json_parse_node_factory import JsonParseNodeFactory
from msgraph.generated.models.application import Application as SdkApplication
from msgraph.generated.models.service_principal import ServicePrincipal as SdkServicePrincipal

from exporter.simulator import (
    SCENARIOS,
    Application,
    ExpectedSeries,
    Scenario,
    ServicePrincipal,
    demo_tenants,
    expected_series,
)
from exporter.simulator.scenario import Expected
from exporter.simulator.wire import represent

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC).timestamp()
DAY = 86_400
CONTOSO, FABRIKAM = demo_tenants(NOW)
# The service sends this for a service principal although its metadata does not name it.
UNDOCUMENTED = {"servicePrincipals": {"createdDateTime"}, "applications": set[str]()}
DELIBERATELY_UNKNOWN = {"futureProperty"}
GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")

Item = Application | ServicePrincipal


# --- the promises, derived once more from what is sent


@dataclass(frozen=True)
class Read:
    """One credential as somebody who only sees the wire understands it."""

    object: str
    kind: str
    app_id: str
    key_id: str
    name: str
    begun: bool
    end: float
    active: bool = False


def moment(text: str | None) -> float:
    return math.inf if text is None else datetime.fromisoformat(text).timestamp()


def readable(credentials: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    return (one for one in credentials if one["endDateTime"] != "not-a-date")


def decoded(identifier: str | None) -> bytes:
    return base64.b64decode(identifier or "")


def read(item: Item, collection: str) -> list[Read]:
    body = represent(item, collection)
    owner = "application" if collection == "applications" else "service_principal"
    saml = {one["customKeyIdentifier"] for one in body["keyCredentials"] if one["usage"] == "Sign"}

    def made(kind: str, one: dict[str, Any], *, active: bool = False) -> Read:
        old_name = (
            decoded(one["customKeyIdentifier"]).decode("utf-16-le") if kind == "secret" else ""
        )
        return Read(
            owner,
            kind,
            body["appId"],
            one["keyId"],
            one["displayName"] or old_name,
            moment(one["startDateTime"]) <= NOW,
            moment(one["endDateTime"]),
            active,
        )

    found = [
        made("secret", one)
        for one in readable(body["passwordCredentials"])
        if one["customKeyIdentifier"] not in saml
    ]
    for one in readable(body["keyCredentials"]):
        if one["customKeyIdentifier"] not in saml:
            found.append(made("certificate", one))
        elif one["usage"] == "Sign":
            thumbprint = decoded(one["customKeyIdentifier"]).hex().upper()
            active = thumbprint == body["preferredTokenSigningKeyThumbprint"]
            found.append(made("saml_signing", one, active=active))
    return found


def superseded(one: Read, every: list[Read]) -> bool:
    others = [other for other in every if other.kind == one.kind and other is not one]
    if one.kind == "saml_signing":
        return any(other.active for other in others)
    return any(
        other.begun and (other.end, other.key_id) > (one.end, one.key_id) for other in others
    )


def state(one: Read) -> str:
    if one.end <= NOW:
        return "expired"
    if not one.begun:
        return "not_yet_valid"
    return "expiring" if one.end - NOW < 30 * DAY else "valid"


def objects(scenario: Scenario) -> list[tuple[Item, str]]:
    applications = scenario.applications(NOW)
    principals = scenario.service_principals(NOW, CONTOSO.tenant_id)
    return [(one, "applications") for one in applications] + [
        (one, "servicePrincipals") for one in principals
    ]


def derived(scenario: Scenario) -> set[tuple[object, ...]]:
    rows: set[tuple[object, ...]] = set()
    for item, collection in objects(scenario):
        every = read(item, collection)
        rows |= {
            (
                one.object,
                one.kind,
                one.app_id,
                one.key_id,
                one.name,
                superseded(one, every),
                state(one),
                round((one.end - NOW) / DAY, 3) if one.end < math.inf else math.inf,
            )
            for one in every
        }
    return rows


def promised(series: ExpectedSeries) -> tuple[object, ...]:
    return (
        series.object,
        series.kind,
        series.app_id,
        series.key_id,
        series.credential_name,
        series.superseded,
        series.state,
        round(series.days, 3),
    )


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_what_a_scenario_promises_follows_from_what_it_sends(scenario: Scenario) -> None:
    series = [one for one in expected_series(NOW, hidden=True) if one.scenario == scenario.name]
    assert len(series) == len(scenario.expected)
    assert {promised(one) for one in series} == derived(scenario)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_one_credential_of_each_object_and_kind_is_the_last_line_of_defence(
    scenario: Scenario,
) -> None:
    begun: dict[tuple[str, str, str], list[bool]] = {}
    for one in expected_series(NOW, hidden=True):
        if one.scenario == scenario.name and one.state != "not_yet_valid":
            begun.setdefault((one.object, one.app_id, one.kind), []).append(one.superseded)
    assert all(sorted(flags)[:2] in ([False], [False, True]) for flags in begun.values())


def test_unreadable_credentials_are_counted() -> None:
    counted = {one.name: one.unreadable for one in SCENARIOS if one.unreadable}
    assert counted == {"unreadable-credential": 1}


def test_hidden_objects_are_managed_identities_and_microsofts_own() -> None:
    hidden = [one for one in SCENARIOS if one.hidden]
    assert [one.name for one in hidden] == ["managed-identity", "microsoft-first-party"]
    managed, first_party = (one.service_principals(NOW, CONTOSO.tenant_id)[0] for one in hidden)
    assert managed.type == "ManagedIdentity"
    assert first_party.owner_tenant_id == "f8cdef31-a31e-4b4a-93e4-5f571e91255a"
    shown = {one.scenario for one in expected_series(NOW)}
    assert shown.isdisjoint(one.name for one in hidden)


def test_absolute_end_is_counted_from_now() -> None:
    (expected,) = next(one for one in SCENARIOS if one.name == "end-in-2299").expected
    assert math.isnan(expected.days)
    assert expected.at(moment("2299-12-30T00:00:00Z")).days == 1.0
    (series,) = [one for one in expected_series(NOW) if one.scenario == "end-in-2299"]
    assert series.expires_at == 10_413_705_600.0


def test_relative_end_needs_no_counting() -> None:
    expected = Expected("application", "secret", "a", 3, superseded=False, state="expiring")
    assert expected.at(NOW) is expected


# --- what is sent


def test_demo_is_the_same_for_the_same_moment() -> None:
    assert demo_tenants(NOW) == (CONTOSO, FABRIKAM)


def test_contoso_has_every_scenario_and_a_healthy_exporter() -> None:
    assert len({one.name for one in SCENARIOS}) == len(SCENARIOS) == 39
    own = CONTOSO.application(CONTOSO.exporter_client_id)
    assert own is not None
    assert [one.end for one in own.password_credentials] == ["2026-10-16T12:00:00Z"]
    assert own.password_credentials[0].secret == CONTOSO.exporter_client_secret


def test_fabrikams_exporter_is_locked_out_by_its_expired_secret() -> None:
    own = FABRIKAM.application(FABRIKAM.exporter_client_id)
    assert own is not None
    assert len(FABRIKAM.applications) == 3
    assert [one.end for one in own.password_credentials] == ["2026-08-30T12:00:00Z"]
    assert own.password_credentials[0].secret == FABRIKAM.exporter_client_secret


def test_secrets_have_the_modern_shape_and_their_hint() -> None:
    for app in CONTOSO.applications:
        for one in app.password_credentials:
            if one.secret is not None:
                assert re.fullmatch(r"[\w~.-]{3}8Q~[\w~.-]{34}", one.secret)
                assert one.hint in (one.secret[:3], None)


def test_ids_are_unique_guids() -> None:
    everything: tuple[Item, ...] = (*CONTOSO.applications, *CONTOSO.service_principals)
    ids = [item.id for item in everything]
    keys = [one.key_id for item in everything for one in item.key_credentials]
    keys += [one.key_id for app in CONTOSO.applications for one in app.password_credentials]
    assert len(set(ids + keys)) == len(ids + keys)
    assert all(GUID.fullmatch(one) for one in ids + keys)


def test_saml_certificate_is_sent_as_three_entries() -> None:
    (principal,) = [one for one in CONTOSO.service_principals if one.sign_on_mode == "saml"]
    body = represent(principal, "servicePrincipals")
    sign, verify = body["keyCredentials"][:2]
    password = body["passwordCredentials"][0]
    assert (sign["usage"], sign["type"]) == ("Sign", "X509CertAndPassword")
    assert (verify["usage"], verify["type"]) == ("Verify", "AsymmetricX509Cert")
    assert sign["keyId"] == password["keyId"] != verify["keyId"]
    identifiers = {one["customKeyIdentifier"] for one in (sign, verify, password)}
    assert len(identifiers) == 1
    raw = base64.b64decode(identifiers.pop())
    assert len(raw) == 20
    assert body["preferredTokenSigningKeyThumbprint"] == raw.hex().upper()


def test_uploaded_certificate_is_named_by_40_upper_case_hexadecimal_digits() -> None:
    (app,) = [one for one in CONTOSO.applications if one.display_name == "backup-agent"]
    assert re.fullmatch(r"[0-9A-F]{40}", app.key_credentials[0].custom_key_identifier or "")


def test_fraction_of_a_second_has_no_trailing_zeros() -> None:
    (app,) = [one for one in CONTOSO.applications if one.display_name == "precise-clock"]
    (one,) = app.password_credentials
    assert (one.start, one.end) == (
        "2026-06-03T12:00:00.4925Z",
        "2026-12-10T12:00:00.84925Z",
    )


def test_applications_are_accompanied_by_a_plain_service_principal() -> None:
    principals = {one.app_id for one in CONTOSO.service_principals}
    alone = [one.display_name for one in CONTOSO.applications if one.app_id not in principals]
    assert alone == ["half-deployed"]


# --- against the SDK


def unknown(value: object, path: str = "") -> set[str]:
    """Collect every property, at any depth, that the SDK's models do not know."""
    if isinstance(value, list):
        return {name for one in value for name in unknown(one, path)}
    if not is_dataclass(value):
        return set()
    found = {f"{path}{name}" for name in getattr(value, "additional_data", {})}
    for field in fields(value):
        if field.name not in ("additional_data", "backing_store"):
            found |= unknown(getattr(value, field.name, None), f"{path}{field.name}/")
    return found


def parsed(item: Item, collection: str, model: Any) -> Any:  # noqa: ANN401 - the SDK is not typed
    text = msgspec.json.encode(represent(item, collection))
    # The SDK cannot read a page with one bad date in it: put a good one in its place.
    text = text.replace(b'"not-a-date"', b'"2027-01-01T00:00:00Z"')
    return (
        JsonParseNodeFactory().get_root_parse_node("application/json", text).get_object_value(model)
    )


MODELS = {"applications": SdkApplication, "servicePrincipals": SdkServicePrincipal}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_every_property_that_is_sent_is_one_the_sdk_knows(scenario: Scenario) -> None:
    for item, collection in objects(scenario):
        model = parsed(item, collection, MODELS[collection])
        assert unknown(model) == DELIBERATELY_UNKNOWN | UNDOCUMENTED[collection]
        assert isinstance(model, MODELS[collection])
        assert (model.app_id, model.display_name) == (item.app_id, item.display_name)
        for one in (*model.password_credentials, *model.key_credentials):
            assert isinstance(one.start_date_time, datetime)
            assert one.end_date_time is None or isinstance(one.end_date_time, datetime)


def test_derived_types_are_those_the_sdk_has() -> None:
    scenario = next(one for one in SCENARIOS if one.name == "agent-identity")
    kinds = [
        type(parsed(item, collection, MODELS[collection])).__name__
        for item, collection in objects(scenario)
    ]
    assert kinds == ["AgentIdentityBlueprint", "AgentIdentityBlueprintPrincipal"]
