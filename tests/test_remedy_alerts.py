"""The steps for alerts that are not about a stored value: expiry, polls, the exporter itself."""

import itertools

import pytest
from test_remedy import NEWER, PLACES, subject, subjects

from exporter.model import CredentialKind, FailureReason
from exporter.remedy import Subject, plan
from exporter.remedy.choices import CHOICES
from exporter.remedy.fill import OPEN
from exporter.remedy.plans import ALERTS, SIGNING
from exporter.remedy.steps import STEPS

CREATES = ("create_secret", "create_certificate", "register_certificate")


def names(name: str, about: Subject) -> list[str]:
    return [step.name for step in plan(name, about)]


def command(name: str, step: str, about: Subject) -> str:
    return next(s.command for s in plan(name, about) if s.name == step)


def test_every_part_of_a_plan_is_a_step_or_a_choice() -> None:
    for parts in (*ALERTS.values(), *SIGNING.values()):
        assert set(parts) <= {*STEPS, *CHOICES}
    assert set(SIGNING) <= set(ALERTS)


def test_alert_that_has_no_plan_is_a_mistake_of_the_program() -> None:
    with pytest.raises(KeyError):
        plan("an alert not known here", Subject())


@pytest.mark.parametrize("name", ALERTS)
def test_plan_has_steps_without_anything_open(name: str) -> None:
    for about in (Subject(), *subjects()):
        steps = plan(name, about)
        assert steps
        assert not OPEN.search("".join(f"{s.title}{s.command}{s.note}" for s in steps))
        assert len({step.name for step in steps}) == len(steps)


def test_what_ends_soon_is_created_anew_beside_the_old_one() -> None:
    assert names("expires_soon", subject()) == [
        "sign_in",
        "list",
        "create_secret",
        "store_other",
        "restart_other",
        "prove_value",
        "prove_sign_in",
        "who_else",
        "delete_old",
        "remove_secret",
        "next_poll",
    ]
    about = subject(kind=CredentialKind.CERTIFICATE)
    assert "create_certificate" in names("expires_soon", about)


def test_consumers_of_the_old_one_are_moved_to_the_newer_before_it_is_deleted() -> None:
    found = names("superseded_expires", subject(newer=NEWER))
    assert found[2:5] == ["who_else", "move_or_delete", "take_newer"]
    assert found.index("prove_value") < found.index("delete_old")


def test_leftover_is_deleted_and_nothing_created() -> None:
    found = names("leftover", subject())
    assert found == ["sign_in", "list", "who_else", "delete_old", "next_poll"]


@pytest.mark.parametrize(("place", "seen"), [(PLACES[0], False), (PLACES[2], True)])
def test_verification_is_watched_where_the_exporter_reads_the_value(
    place: object, *, seen: bool
) -> None:
    about = next(s for s in subjects() if s.place == place)
    assert ("watch" in names("expires_soon", about)) is seen


@pytest.mark.parametrize("name", SIGNING)
def test_certificate_that_signs_saml_tokens_is_not_handled_as_one_to_sign_in_with(
    name: str,
) -> None:
    steps = plan(name, subject(kind=CredentialKind.SAML_SIGNING))
    assert not {step.name for step in steps} & {"who_else", "delete_old", *CREATES}
    assert "az ad sp credential" not in "".join(step.command for step in steps)


def test_application_trusts_the_new_signing_certificate_before_it_is_active() -> None:
    found = names("expires_soon", subject(kind=CredentialKind.SAML_SIGNING))
    assert found.index("tell_application") < found.index("activate_signing")


@pytest.mark.parametrize("reason", FailureReason)
def test_every_reason_of_a_failed_poll_has_something_to_look_at(reason: FailureReason) -> None:
    text = "".join(f"{s.title} {s.note} " for s in plan("poll_failing", Subject()))
    assert f"Reason {reason}: " in text or f"{reason}: " in text


def test_permission_is_granted_with_the_exact_commands() -> None:
    application = command("poll_failing", "grant_read", Subject())
    assert "--api 00000003-0000-0000-c000-000000000000" in application
    assert "--api-permissions 9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30=Role" in application
    assert "admin-consent" in application


def test_graph_and_login_of_the_tenants_cloud_are_tried() -> None:
    about = subject(cloud="china")
    assert "https://microsoftgraph.chinacloudapi.cn" in command(
        "poll_failing", "reach_graph", about
    )
    assert "https://login.chinacloudapi.cn/" in command("poll_failing", "reach_login", about)


def test_stale_inventory_is_looked_into_as_a_failing_poll_and_before_a_restart() -> None:
    stale = names("inventory_stale", Subject())
    assert set(names("poll_failing", Subject())) <= set(stale)
    assert stale.index("show_pods") < stale.index("poll_reason") < stale.index("restart_pods")


def test_nothing_is_restored_before_it_is_known_who_deleted_it() -> None:
    found = names("inventory_shrank", Subject())
    assert found.index("audit_deletions") < found.index("restore")


def test_exporter_is_not_restarted_while_its_configuration_is_wrong() -> None:
    assert names("config_reload_failed", Subject()) == [
        "check_config",
        "mend_config",
        "reload_config",
    ]


def test_nobodys_credential_is_replaced_for_an_alert_about_the_exporter() -> None:
    changes = ("create", "store", "delete_", "save", "register")
    for name, about in itertools.product(set(ALERTS) - set(SIGNING), subjects()):
        assert not [found for found in names(name, about) if found.startswith(changes)]
