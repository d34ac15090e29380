"""The steps of a remedy: that each cause has them, in an order that keeps applications running."""

import itertools
import re
from collections.abc import Iterator
from types import MappingProxyType

import pytest

from exporter.config.clouds import BUILT_IN
from exporter.model import COULD_NOT_TELL, Cause, CredentialKind, ObjectType
from exporter.remedy import Place, Subject, plan, remedy
from exporter.remedy.choices import CHOICES
from exporter.remedy.fill import OPEN, filled
from exporter.remedy.phrases import CLOUDS, PHRASES
from exporter.remedy.plans import ALERTS, PLANS
from exporter.remedy.steps import STEPS, TABLES
from exporter.remedy.words import WORDS

APP = "aaaaaaaa-1111-2222-3333-444444444444"
TENANT = "bbbbbbbb-1111-2222-3333-444444444444"
OLD = "cccccccc-1111-2222-3333-444444444444"
NEWER = "dddddddd-1111-2222-3333-444444444444"
OTHER = "eeeeeeee-1111-2222-3333-444444444444"
VAULT = Place("key_vault", vault="https://billing.vault.azure.net", name="billing-secret")
PLACES = (
    Place(),
    Place("env", env="BILLING_SECRET"),
    Place("file", file="/etc/billing/secret"),
    Place("file_key", file="/etc/billing/app.json", key="AzureAd.ClientSecret"),
    VAULT,
)
PODS = {"namespace": "billing", "name": "credentials", "key": "secret", "deployment": "api"}
CLUSTER = {"resource_group": "rg", "cluster": "c1"}
DETAILS: tuple[dict[str, str], ...] = (
    {},
    {**PODS, "resource_group": "rg", "unit": "billing.service", "server": "s", "database": "d"},
    CLUSTER,
    {"template_file": "main.bicep", "parameter": "secret", "resource_group": "rg"},
    {"environment_file": "/etc/billing.env"},
    {"repository": "o/r", "name": "SECRET"},
)
CONSUMERS = ("aks", "app_service", "sql", "vm", "other")


def subject(  # noqa: PLR0913 - the fields of a subject
    place: Place = PLACES[0],
    consumer: str = "other",
    details: dict[str, str] = DETAILS[0],
    *,
    kind: CredentialKind = CredentialKind.SECRET,
    where: ObjectType = ObjectType.APPLICATION,
    newer: str = "",
    certain: bool = False,
    cloud: str = "public",
) -> Subject:
    return Subject(
        tenant_id=TENANT,
        client_id=APP,
        object=where,
        kind=kind,
        key_id=OLD,
        certain=certain,
        newer_key_id=newer,
        other_app_id=OTHER,
        resource="https://management.azure.com",
        cloud=cloud,
        place=place,
        consumer=consumer,
        details=MappingProxyType(details),
    )


def subjects() -> Iterator[Subject]:
    """One of each sort."""
    kinds = (CredentialKind.SECRET, CredentialKind.CERTIFICATE)
    for place, consumer, details, kind in itertools.product(PLACES, CONSUMERS, DETAILS, kinds):
        yield subject(place, consumer, details, kind=kind, newer=NEWER if details else "")


def names(cause: Cause, about: Subject) -> list[str]:
    return [step.name for step in remedy(cause, about)]


def command(cause: Cause, name: str, about: Subject) -> str:
    return next(step.command for step in remedy(cause, about) if step.name == name)


def test_every_cause_has_a_plan_of_steps_that_exist() -> None:
    assert set(PLANS) == set(Cause)
    for cause, about in itertools.product(Cause, (Subject(), *subjects())):
        assert remedy(cause, about)


def test_every_step_is_part_of_some_remedy() -> None:
    used = {name for cause in Cause for about in subjects() for name in names(cause, about)}
    signing = subject(kind=CredentialKind.SAML_SIGNING)
    for name, about in itertools.product(ALERTS, (Subject(), signing, *subjects())):
        used |= {step.name for step in plan(name, about)}
    assert used == set(STEPS)


def test_every_choice_is_part_of_some_plan() -> None:
    assert set(CHOICES) <= {part for parts in PLANS.values() for part in parts}


def test_names_of_steps_are_unique() -> None:
    found = [step.name for table in TABLES for step in table]
    assert len(found) == len(set(found)) == len(STEPS)


def test_every_open_word_of_a_step_is_known_and_every_known_one_is_used() -> None:
    text = "".join(f"{s.title}{s.command}{s.note}" for s in STEPS.values())
    places = {"env", "vault_secret", "vault", "key", "file", "cloud", "resource", "slot"}
    assert set(OPEN.findall(text)) <= {*WORDS, *PHRASES}
    assert {*WORDS, *PHRASES} <= {*OPEN.findall(text), *places}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
@pytest.mark.parametrize("about", [Subject(), subject(VAULT, "aks", DETAILS[1], newer=NEWER)])
def test_step_is_short_and_says_what_to_do(step: object, about: Subject) -> None:
    shown = filled(STEPS[getattr(step, "name", "")], about)
    assert len(shown.title) <= 70
    assert len(shown.note) <= 330
    assert shown.command or shown.note
    assert shown.title[0].isupper()
    assert not shown.title.endswith(".")
    assert not shown.note or shown.note.endswith((".", "?", "new-secret", ".pem"))
    assert shown.command == shown.command.strip()
    assert not OPEN.search(shown.title + shown.note)


def test_without_anything_known_the_words_in_capitals_stand_for_it() -> None:
    steps = {step.name: step for step in remedy(Cause.EXPIRED, Subject(consumer="aks"))}
    assert "--id APP_ID " in steps["list"].command
    assert "--namespace NAMESPACE" in steps["store_kubernetes"].command
    assert "--key-id KEY_ID" in steps["delete_old"].command
    assert not OPEN.search("".join(step.command for step in steps.values()))


def test_every_reset_keeps_the_other_credentials() -> None:
    for step in STEPS.values():
        for line in step.command.replace("\\\n", " ").splitlines():
            assert "credential reset" not in line or "--append" in line


def test_no_step_uses_what_az_has_removed_or_prints_a_hint() -> None:
    text = "".join(step.command for step in STEPS.values())
    assert not re.search(r"\b(endDate|startDate|hint|objectId|--reset-aad)\b", text)
    assert not re.search(r"--(value|from-literal|credential-description)\b", text)


@pytest.mark.parametrize("cause", sorted(COULD_NOT_TELL))
def test_nothing_is_replaced_while_nothing_is_known_to_be_wrong(cause: Cause) -> None:
    changes = ("create", "store", "restart", "delete", "save", "register")
    for about in subjects():
        assert not [name for name in names(cause, about) if name.startswith(changes)]


def test_expired_takes_the_six_steps() -> None:
    found = names(Cause.EXPIRED, subject(consumer="aks", details=PODS))
    assert found == [
        "sign_in",
        "list",
        "find_expired",
        "create_secret",
        "store_kubernetes",
        "restart_kubernetes",
        "prove_kubernetes",
        "prove_sign_in",
        "watch",
        "who_else",
        "delete_old",
        "remove_secret",
    ]


def test_expired_with_a_newer_one_looks_for_its_value_before_another_is_made() -> None:
    found = names(Cause.EXPIRED, subject(newer=NEWER))
    assert found[3:6] == ["take_newer", "save_secret", "create_secret_if_lost"]


@pytest.mark.parametrize("consumer", CONSUMERS)
def test_what_a_vault_holds_is_stored_there_whoever_uses_it(consumer: str) -> None:
    found = names(Cause.EXPIRED, subject(VAULT, consumer))
    assert "store_key_vault" in found
    assert "prove_key_vault" in found


@pytest.mark.parametrize(
    ("consumer", "place", "details", "expected"),
    [
        ("aks", PLACES[1], PODS, ["store_kubernetes", "restart_kubernetes"]),
        ("aks", PLACES[1], {}, ["store_kubernetes", "restart_kubernetes"]),
        ("aks", PLACES[1], CLUSTER, ["store_cluster", "restart_cluster"]),
        ("aks", VAULT, CLUSTER, ["store_key_vault", "store_cluster", "restart_cluster"]),
        (
            "aks",
            VAULT,
            PODS,
            ["store_key_vault", "refresh_external_secret", "restart_kubernetes"],
        ),
        ("app_service", PLACES[1], {}, ["store_app_service", "restart_app_service"]),
        (
            "app_service",
            VAULT,
            {},
            ["store_key_vault", "refresh_references", "restart_app_service"],
        ),
        ("sql", PLACES[2], {}, ["store_sql", "restart_other"]),
        ("vm", PLACES[0], {}, ["store_file", "restart_unit"]),
        ("vm", PLACES[1], {}, ["store_env_file", "restart_unit"]),
        ("vm", PLACES[2], {}, ["store_file", "restart_unit"]),
        ("vm", PLACES[3], {}, ["store_file_key", "restart_unit"]),
        ("vm", PLACES[2], DETAILS[3], ["store_deployment", "restart_unit"]),
        ("other", PLACES[2], {}, ["store_other", "restart_other"]),
        ("other", PLACES[1], DETAILS[5], ["store_repository", "restart_other"]),
        ("a kind not known here", PLACES[1], {}, ["store_other", "restart_other"]),
    ],
)
def test_it_is_stored_where_the_consumer_reads_it(
    consumer: str, place: Place, details: dict[str, str], expected: list[str]
) -> None:
    found = names(Cause.EXPIRED, subject(place, consumer, details))
    assert [n for n in found if n.startswith(("store", "refresh", "restart"))] == expected


def test_other_clouds_have_their_addresses() -> None:
    about = subject(cloud="usgov")
    assert "https://graph.microsoft.us/" in command(Cause.REVOKED, "audit", about)
    assert "--cloud usgov" in command(Cause.REVOKED, "prove_value", about)
    assert "az cloud set --name AzureUSGovernment" in command(Cause.REVOKED, "prove_sign_in", about)
    own = subject(cloud="lab")
    assert "GRAPH_ADDRESS/" in command(Cause.REVOKED, "audit", own)
    assert "--cloud lab --config.file CONFIG_FILE" in command(Cause.REVOKED, "prove_value", own)


def test_clouds_are_those_of_the_configuration() -> None:
    assert {name: (c.login, c.graph) for name, c in CLOUDS.items()} == {
        name: (c.authority, c.graph) for name, c in BUILT_IN.items()
    }


@pytest.mark.parametrize("place", PLACES[1:])
def test_sentence_names_the_place_that_the_exporter_reads(place: Place) -> None:
    note = next(s.note for s in remedy(Cause.EXPIRED, subject(place)) if "store" in s.name)
    assert {
        "env": "environment variable BILLING_SECRET",
        "file": "file /etc/billing/secret",
        "file_key": "key AzureAd.ClientSecret of file /etc/billing/app.json",
        "key_vault": "Older versions stay",
    }[place.form] in note
