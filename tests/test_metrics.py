"""What each family says of a snapshot, read back from the text format."""

import math
import random
import re
from dataclasses import replace
from itertools import pairwise, product

import msgspec
import pytest
from builders import (
    APP_ID,
    DAY,
    KEY_ID,
    NOW,
    TENANT_ID,
    Labels,
    application,
    credential,
    failure,
    inventory,
    render_text,
    signing,
    snapshot,
    target_view,
    tenant,
    value,
    values,
)
from prometheus_client.parser import text_string_to_metric_families

from exporter import __version__
from exporter.metrics import FAMILIES, Family
from exporter.metrics.exposition import Renderer
from exporter.model import Credential, CredentialKind, FailureReason, ObjectType
from exporter.snapshot import Held, ReloadStatus, Saved

CRED = (
    "tenant",
    "object",
    "app_id",
    "app_name",
    "kind",
    "key_id",
    "credential_name",
    "superseded",
)
LABELS = {
    "entra_credential_expiry_timestamp_seconds": CRED,
    "entra_credential_days_until_expiry": CRED,
    "entra_credentials": ("tenant", "object", "kind", "state"),
    "entra_application_days_until_expiry": ("tenant", "object", "app_id", "app_name", "kind"),
    "entra_applications": ("tenant", "object"),
    "entra_applications_without_credentials": ("tenant", "object"),
    "entra_unreadable_entries": ("tenant", "object"),
    "entra_tenant_info": ("tenant", "tenant_id", "cloud"),
    "entra_poll_success": ("tenant",),
    "entra_poll_last_success_timestamp_seconds": ("tenant",),
    "entra_poll_duration_seconds": ("tenant",),
    "entra_polls_total": ("tenant",),
    "entra_poll_failures_total": ("tenant", "reason"),
    "entra_graph_requests_total": ("tenant", "code"),
    "entra_exporter_info": ("version", "external_url"),
    "entra_exporter_config_last_reload_successful": (),
    "entra_exporter_config_last_reload_success_timestamp_seconds": (),
}
COUNTERS = {"entra_polls_total", "entra_poll_failures_total", "entra_graph_requests_total"}
INVENTORY_FAMILIES = {
    "entra_credential_expiry_timestamp_seconds",
    "entra_credential_days_until_expiry",
    "entra_credentials",
    "entra_application_days_until_expiry",
    "entra_applications",
    "entra_applications_without_credentials",
    "entra_unreadable_entries",
}
POLL_FAMILIES = {
    "entra_poll_success",
    "entra_poll_last_success_timestamp_seconds",
    "entra_poll_duration_seconds",
    "entra_polls_total",
    "entra_poll_failures_total",
    "entra_graph_requests_total",
}
SECRET = CredentialKind.SECRET
EXPIRY = "entra_credential_expiry_timestamp_seconds"
LEFT = "entra_credential_days_until_expiry"
APPLICATION_LEFT = "entra_application_days_until_expiry"
each_family = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)


def names_with_tenant(exposition: bytes, name: str) -> set[str]:
    """The families that have a sample of the tenant."""
    return {
        sample.name
        for family in text_string_to_metric_families(exposition.decode())
        for sample in family.samples
        if sample.labels.get("tenant") == name
    }


@pytest.mark.parametrize(("name", "labels"), LABELS.items(), ids=LABELS.keys())
def test_family_of_the_contract_is_there_with_its_labels(
    name: str, labels: tuple[str, ...]
) -> None:
    [family] = [family for family in FAMILIES if family.name == name]
    assert family.labels == labels


def test_family_names_are_unique() -> None:
    assert len({family.name for family in FAMILIES}) == len(FAMILIES)


@each_family
def test_family_has_a_valid_prefixed_name(family: Family) -> None:
    assert re.fullmatch(r"entra(_[a-z]+)+", family.name)


@each_family
def test_help_is_one_sentence_line_that_ends_in_a_full_stop(family: Family) -> None:
    assert family.help.endswith(".")
    assert not {"\n", "\\", '"'} & set(family.help)


@pytest.mark.parametrize("name", sorted(INVENTORY_FAMILIES))
def test_help_of_what_was_polled_says_as_of_when(name: str) -> None:
    [family] = [family for family in FAMILIES if family.name == name]
    assert family.help.endswith("as of the last successful poll.")


@each_family
def test_counters_and_only_they_end_in_total(family: Family) -> None:
    assert (family.type == "counter") == family.name.endswith("_total")


@pytest.mark.parametrize("name", sorted(COUNTERS))
def test_what_only_grows_is_a_counter(name: str) -> None:
    assert [family.type for family in FAMILIES if family.name == name] == ["counter"]


@each_family
def test_samples_carry_exactly_the_labels_that_the_family_declares(family: Family) -> None:
    read = tenant(application(credential()), requests={"200": 1}, duration=1.0, saved=Saved())
    verified = target_view(holds=Held(KEY_ID, NOW + DAY))
    shown = replace(snapshot(read), targets=(verified,))
    found = values(shown, family.name)
    assert found
    assert {tuple(labels) for labels, _ in found} == {family.labels}


def test_credential_is_exported_with_all_that_identifies_it() -> None:
    shown = snapshot(tenant(application(credential(30.5))))
    labels = {
        "tenant": "contoso",
        "object": "application",
        "app_id": APP_ID,
        "app_name": "billing",
        "kind": "secret",
        "key_id": KEY_ID,
        "credential_name": "deploy",
        "superseded": "false",
    }
    assert values(shown, EXPIRY) == [(labels, NOW + 30.5 * DAY)]
    assert values(shown, LEFT) == [(labels, 30.5)]


def test_application_counts_to_the_end_of_what_is_not_superseded() -> None:
    shown = snapshot(tenant(application(credential(3, key_id="a"), credential(33, key_id="b"))))
    labels = {
        "tenant": "contoso",
        "object": "application",
        "app_id": APP_ID,
        "app_name": "billing",
        "kind": "secret",
    }
    assert values(shown, APPLICATION_LEFT) == [(labels, 33.0)]


def test_application_counts_each_kind_by_itself() -> None:
    certificate = credential(7, kind=CredentialKind.CERTIFICATE, key_id="c")
    shown = snapshot(tenant(application(credential(3), certificate)))
    assert [(labels["kind"], days) for labels, days in values(shown, APPLICATION_LEFT)] == [
        ("secret", 3.0),
        ("certificate", 7.0),
    ]
    assert {labels["superseded"] for labels, _ in values(shown, EXPIRY)} == {"false"}


def test_credentials_of_the_same_app_id_on_its_principal_are_apart() -> None:
    principal = application(
        credential(3, key_id="b"), object_type=ObjectType.SERVICE_PRINCIPAL, name="billing"
    )
    shown = snapshot(tenant(application(credential(90, key_id="a")), principal))
    assert [(labels["object"], days) for labels, days in values(shown, APPLICATION_LEFT)] == [
        ("application", 90.0),
        ("service_principal", 3.0),
    ]
    assert [labels["superseded"] for labels, _ in values(shown, EXPIRY)] == ["false", "false"]


def test_superseded_credential_is_exported_and_marked() -> None:
    shown = snapshot(tenant(application(credential(3, key_id="a"), credential(33, key_id="b"))))
    assert [(labels["key_id"], labels["superseded"]) for labels, _ in values(shown, LEFT)] == [
        ("a", "true"),
        ("b", "false"),
    ]


def test_credential_without_end_counts_as_infinite() -> None:
    endless = Credential(SECRET, KEY_ID, "", -math.inf, math.inf)
    exposition = render_text(snapshot(tenant(application(endless))))
    for name in (EXPIRY, LEFT, APPLICATION_LEFT):
        assert re.search(rb"^%b\{.*\} \+Inf$" % name.encode(), exposition, re.MULTILINE), name


def test_credential_names_may_repeat_and_be_empty() -> None:
    twins = (credential(3, key_id="a", name=""), credential(3, key_id="b", name=""))
    shown = snapshot(tenant(application(*twins, name="")))
    assert [
        (labels["app_name"], labels["credential_name"]) for labels, _ in values(shown, LEFT)
    ] == [
        ("", ""),
        ("", ""),
    ]


def test_credentials_are_counted_by_state_with_a_zero_for_every_other_combination() -> None:
    shown = snapshot(
        tenant(
            application(
                credential(90, key_id="a"),
                credential(30, key_id="b"),
                credential(0, key_id="c"),
                credential(-3, key_id="d"),
                credential(99, key_id="e", starts=1),
                credential(90, key_id="f", kind=CredentialKind.CERTIFICATE),
            ),
            application(
                signing(2),
                object_type=ObjectType.SERVICE_PRINCIPAL,
            ),
        )
    )
    counted = {
        ("application", "secret", "valid"): 1,
        ("application", "secret", "expiring"): 1,
        ("application", "secret", "expired"): 2,
        ("application", "secret", "not_yet_valid"): 1,
        ("application", "certificate", "valid"): 1,
        ("service_principal", "saml_signing", "expiring"): 1,
    }
    every = product(
        ("application", "service_principal"),
        ("secret", "certificate", "saml_signing"),
        ("valid", "expiring", "expired", "not_yet_valid"),
    )
    assert {
        (labels["object"], labels["kind"], labels["state"]): count
        for labels, count in values(shown, "entra_credentials")
    } == {key: counted.get(key, 0) for key in every}


def test_soon_is_what_each_tenant_says_it_is() -> None:
    holds = application(credential(10))
    patient = replace(tenant(holds, name="patient"), expiring_within=5 * DAY)
    shown = snapshot(tenant(holds, name="anxious"), patient)
    assert (
        value(
            shown,
            "entra_credentials",
            tenant="anxious",
            object="application",
            kind="secret",
            state="expiring",
        )
        == 1
    )
    assert (
        value(
            shown,
            "entra_credentials",
            tenant="patient",
            object="application",
            kind="secret",
            state="valid",
        )
        == 1
    )


def test_objects_are_counted_and_those_without_credentials_too() -> None:
    shown = snapshot(
        tenant(application(credential()), application(app_id="b"), application(app_id="c"))
    )
    for name, count in (("entra_applications", 3), ("entra_applications_without_credentials", 2)):
        assert values(shown, name) == [
            ({"tenant": "contoso", "object": "application"}, count),
            ({"tenant": "contoso", "object": "service_principal"}, 0),
        ]


def test_what_could_not_be_read_is_counted_by_object() -> None:
    found = inventory(unreadable={ObjectType.SERVICE_PRINCIPAL: 2})
    shown = snapshot(replace(tenant(), inventory=found))
    assert values(shown, "entra_unreadable_entries") == [
        ({"tenant": "contoso", "object": "application"}, 0),
        ({"tenant": "contoso", "object": "service_principal"}, 2),
    ]


def test_tenant_that_was_never_read_has_only_poll_families() -> None:
    shown = snapshot(tenant(read=False, requests={"error": 1}, duration=1.0))
    assert names_with_tenant(render_text(shown), "contoso") == POLL_FAMILIES | {"entra_tenant_info"}


def test_tenant_that_is_not_polled_has_no_poll_families() -> None:
    shown = snapshot(tenant(read=False, polled=False, requests={"200": 1}, duration=1.0))
    assert names_with_tenant(render_text(shown), "contoso") == {"entra_tenant_info"}


def test_tenant_that_was_read_has_every_family_but_the_exporters_own() -> None:
    shown = snapshot(tenant(application(credential()), requests={"200": 2}, duration=0.5))
    assert names_with_tenant(render_text(shown), "contoso") == (
        INVENTORY_FAMILIES | POLL_FAMILIES | {"entra_tenant_info"}
    )


def test_tenant_info_names_directory_and_cloud() -> None:
    assert values(snapshot(tenant()), "entra_tenant_info") == [
        ({"tenant": "contoso", "tenant_id": TENANT_ID, "cloud": "public"}, 1.0)
    ]


def test_every_failure_reason_is_there_from_zero() -> None:
    shown = snapshot(tenant(read=False))
    assert values(shown, "entra_poll_failures_total") == [
        ({"tenant": "contoso", "reason": reason}, 0.0)
        for reason in (
            "login",
            "permission",
            "throttled",
            "network",
            "server",
            "malformed",
            "internal",
        )
    ]


def test_failures_are_counted_by_reason() -> None:
    shown = snapshot(tenant(failures={FailureReason.THROTTLED: 3}))
    assert value(shown, "entra_poll_failures_total", reason="throttled") == 3
    assert value(shown, "entra_poll_failures_total", reason="login") == 0


def test_graph_requests_are_counted_by_code() -> None:
    shown = snapshot(tenant(requests={"error": 2, "200": 41}))
    assert values(shown, "entra_graph_requests_total") == [
        ({"tenant": "contoso", "code": "200"}, 41.0),
        ({"tenant": "contoso", "code": "429"}, 0.0),
        ({"tenant": "contoso", "code": "error"}, 2.0),
    ]


def test_polls_and_their_duration_are_told() -> None:
    shown = snapshot(tenant(polls=7, duration=1.25))
    assert values(shown, "entra_polls_total") == [({"tenant": "contoso"}, 7.0)]
    assert values(shown, "entra_poll_duration_seconds") == [({"tenant": "contoso"}, 1.25)]


def test_duration_is_absent_before_a_poll_has_ended() -> None:
    assert values(snapshot(tenant(read=False)), "entra_poll_duration_seconds") == []


def test_poll_success_is_zero_before_the_first_poll_ends() -> None:
    shown = snapshot(tenant(read=False, polls=0))
    assert values(shown, "entra_poll_success") == [({"tenant": "contoso"}, 0.0)]
    assert values(shown, "entra_poll_last_success_timestamp_seconds") == [
        ({"tenant": "contoso"}, 0.0)
    ]


def test_poll_success_is_one_after_a_success() -> None:
    shown = snapshot(tenant())
    assert values(shown, "entra_poll_success") == [({"tenant": "contoso"}, 1.0)]
    assert values(shown, "entra_poll_last_success_timestamp_seconds") == [
        ({"tenant": "contoso"}, NOW)
    ]


def test_failed_poll_is_told_and_the_last_good_data_stays() -> None:
    shown = snapshot(tenant(application(credential(9)), failure=failure(at=NOW + DAY)))
    later = NOW + DAY
    assert value(shown, "entra_poll_success", later) == 0
    assert value(shown, "entra_poll_last_success_timestamp_seconds", later) == NOW
    assert value(shown, LEFT, later) == 8.0
    assert value(shown, "entra_applications", later, object="application") == 1


def test_days_move_with_the_clock_without_a_new_poll() -> None:
    shown, renderer = snapshot(tenant(application(credential(2)))), Renderer()
    for name in (LEFT, APPLICATION_LEFT):
        assert [
            days
            for moment in (NOW, NOW + DAY, NOW + 3 * DAY)
            for _, days in values(shown, name, moment, renderer)
        ] == [2.0, 1.0, -1.0]


def test_days_are_told_to_the_second() -> None:
    shown = snapshot(tenant(application(credential(2))))
    steps = [value(shown, LEFT, NOW + second) for second in range(60)]
    assert all(later < earlier for earlier, later in pairwise(steps))


def test_states_move_with_the_clock_without_a_new_poll() -> None:
    shown, renderer = snapshot(tenant(application(credential(40)))), Renderer()
    states = [
        labels["state"]
        for moment in (NOW, NOW + 10 * DAY, NOW + 40 * DAY)
        for labels, count in values(shown, "entra_credentials", moment, renderer)
        if count
    ]
    assert states == ["valid", "expiring", "expired"]


def test_superseded_flips_when_a_credential_begins_between_two_renders() -> None:
    coming = credential(400, key_id="new", starts=1)
    shown = snapshot(tenant(application(credential(10, key_id="old"), coming)))
    renderer = Renderer()

    def marks(moment: float) -> dict[str, str]:
        found = values(shown, EXPIRY, moment, renderer)
        return {labels["key_id"]: labels["superseded"] for labels, _ in found}

    assert marks(NOW) == {"old": "false", "new": "false"}
    assert marks(NOW + DAY - 1) == {"old": "false", "new": "false"}
    assert marks(NOW + DAY) == {"old": "true", "new": "false"}
    assert values(shown, APPLICATION_LEFT, NOW + DAY, renderer)[0][1] == 399.0


def test_second_credential_to_begin_flips_superseded_again() -> None:
    holds = (
        credential(10, key_id="first"),
        credential(20, key_id="second", starts=1),
        credential(30, key_id="third", starts=2),
    )
    shown, renderer = snapshot(tenant(application(*holds))), Renderer()
    remaining = [
        [
            labels["key_id"]
            for labels, _ in values(shown, EXPIRY, moment, renderer)
            if labels["superseded"] == "false"
        ]
        for moment in (NOW, NOW + DAY, NOW + 2 * DAY)
    ]
    assert remaining == [["first", "second", "third"], ["second", "third"], ["third"]]


def test_rows_of_an_unchanged_inventory_are_kept() -> None:
    begins_now = credential(starts=0)
    shown, renderer = snapshot(tenant(application(begins_now))), Renderer()
    renderer(shown, NOW)
    before = renderer.kept["contoso"][1]
    renderer(snapshot(replace(shown.tenants[0], polls=2, failure=failure())), NOW + 60)
    assert renderer.kept["contoso"][1] is before


def test_rows_are_made_anew_for_a_new_inventory() -> None:
    renderer = Renderer()
    renderer(snapshot(tenant(application(credential(5)))), NOW)
    shown = snapshot(tenant(application(credential(6))))
    assert values(shown, LEFT, NOW, renderer)[0][1] == 6.0


def test_series_of_a_credential_that_was_removed_go_away() -> None:
    renderer = Renderer()
    renderer(snapshot(tenant(application(credential()))), NOW)
    assert values(snapshot(tenant(application())), EXPIRY, NOW, renderer) == []


def test_rows_of_a_removed_tenant_are_dropped() -> None:
    renderer = Renderer()
    keeps, goes = tenant(application(credential())), tenant(application(), name="fabrikam")
    renderer(snapshot(keeps, goes), NOW)
    renderer(snapshot(keeps), NOW)
    assert set(renderer.kept) == {"contoso"}


def test_tenants_do_not_share_rows() -> None:
    shown = snapshot(
        tenant(application(credential(1)), name="contoso"),
        tenant(application(credential(2)), name="fabrikam"),
    )
    assert [(labels["tenant"], days) for labels, days in values(shown, LEFT)] == [
        ("contoso", 1.0),
        ("fabrikam", 2.0),
    ]


def test_exporter_tells_its_version_and_where_its_pages_are() -> None:
    assert values(snapshot(), "entra_exporter_info") == [
        ({"version": __version__, "external_url": "https://exporter.example.com"}, 1.0)
    ]


@pytest.mark.parametrize("successful", [True, False], ids=["accepted", "refused"])
def test_last_reload_is_told(*, successful: bool) -> None:
    shown = replace(snapshot(), reload=ReloadStatus(successful, NOW - 5))
    assert values(shown, "entra_exporter_config_last_reload_successful") == [
        ({}, float(successful))
    ]
    assert values(shown, "entra_exporter_config_last_reload_success_timestamp_seconds") == [
        ({}, NOW - 5)
    ]


def test_thousands_of_credentials_are_all_there_once() -> None:
    chance = random.Random(7)  # noqa: S311 - a repeatable draw
    days = {f"key-{number:05}": chance.randrange(-900, 900) for number in range(2_501)}
    shown = snapshot(tenant(application(*(credential(d, key_id=k) for k, d in days.items()))))
    found: list[tuple[Labels, float]] = values(shown, LEFT)
    assert {labels["key_id"]: left for labels, left in found} == days
    assert len(found) == 2_501


def test_application_counts_to_the_first_end_of_its_certificates_for_different_uses() -> None:
    signs_in = credential(3, kind=CredentialKind.CERTIFICATE, key_id="a")
    encrypts = msgspec.structs.replace(signs_in, key_id="b", expires=NOW + 700 * DAY, encrypts=True)
    text = render_text(snapshot(tenant(application(encrypts, signs_in))), NOW).decode()
    [line] = [row for row in text.splitlines() if row.startswith("entra_application_days_until")]
    assert line.endswith(" 3")
