"""What the metrics say of targets: success, one cause, and the days left of what is stored."""

import math
from dataclasses import replace

import pytest
from builders import (
    APP_ID,
    DAY,
    KEY_ID,
    NOW,
    diagnosis,
    render_openmetrics,
    render_text,
    samples_of_openmetrics,
    samples_of_text,
    target,
    target_view,
    value,
    values,
    verdict,
    with_targets,
)

from exporter.metrics.verification import VERIFICATION_FAMILIES
from exporter.model import COULD_NOT_TELL, Cause
from exporter.snapshot import Held, TargetView
from exporter.verdict import Refusal

LABELS = {
    "entra_verify_success": ("tenant", "target", "app_id"),
    "entra_verify_cause": ("tenant", "target", "app_id", "cause"),
    "entra_verify_aadsts_code": ("tenant", "target", "app_id"),
    "entra_verify_days_until_expiry": ("tenant", "target", "app_id", "key_id"),
    "entra_verify_timestamp_seconds": ("tenant", "target", "app_id"),
    "entra_verify_last_success_timestamp_seconds": ("tenant", "target", "app_id"),
    "entra_verify_duration_seconds": ("tenant", "target", "app_id"),
}
WHO = {"tenant": "contoso", "target": "billing-api", "app_id": APP_ID}
LEFT = "entra_verify_days_until_expiry"
WORKING = target_view(last_success=NOW, duration=0.25, holds=Held(KEY_ID, NOW + 5.5 * DAY))


def holding(expires: float, key_id: str = KEY_ID) -> TargetView:
    """A target that works with a credential of this end."""
    return target_view(holds=Held(key_id, expires))


def test_families_are_those_of_the_contract_with_their_labels() -> None:
    assert {family.name: family.labels for family in VERIFICATION_FAMILIES} == LABELS
    assert {family.type for family in VERIFICATION_FAMILIES} == {"gauge"}


@pytest.mark.parametrize("name", LABELS)
def test_samples_carry_exactly_the_labels_of_their_family(name: str) -> None:
    found = values(with_targets(WORKING), name)
    assert {tuple(labels) for labels, _ in found} == {LABELS[name]}
    assert all(labels.items() >= WHO.items() for labels, _ in found)


@pytest.mark.parametrize("name", LABELS)
def test_nothing_is_said_before_the_first_verification(name: str) -> None:
    assert values(with_targets(TargetView(target())), name) == []


def test_secret_that_works_is_a_success_without_any_cause() -> None:
    shown = with_targets(WORKING)
    assert value(shown, "entra_verify_success") == 1
    assert {number for _, number in values(shown, "entra_verify_cause")} == {0}
    assert value(shown, "entra_verify_aadsts_code") == 0


@pytest.mark.parametrize("cause", Cause)
def test_cause_is_1_and_every_other_one_is_there_and_0(cause: Cause) -> None:
    found = values(with_targets(target_view(cause)), "entra_verify_cause")
    assert [labels["cause"] for labels, _ in found] == [each.value for each in Cause]
    assert [labels["cause"] for labels, number in found if number == 1] == [cause.value]
    assert {number for _, number in found} == {0, 1}


@pytest.mark.parametrize("cause", Cause)
def test_whatever_fails_is_no_success(cause: Cause) -> None:
    assert value(with_targets(target_view(cause)), "entra_verify_success") == 0


def test_each_target_has_causes_of_its_own() -> None:
    views = (
        target_view(Cause.EXPIRED),
        target_view(Cause.NETWORK, target=target("other")),
        target_view(target=target("third")),
        TargetView(target("untried")),
    )
    found = values(with_targets(*views), "entra_verify_cause")
    present = {(labels["target"], labels["cause"]) for labels, number in found if number}
    assert present == {("billing-api", "expired"), ("other", "network")}
    assert len(found) == 3 * len(Cause)


@pytest.mark.parametrize(
    ("cause", "code"),
    [(Cause.EXPIRED, 7000222), (Cause.UNKNOWN, 0), (Cause.NETWORK, 0), (Cause.THROTTLED, 50196)],
)
def test_code_is_that_of_the_diagnosis(cause: Cause, code: int) -> None:
    view = target_view(verdict=verdict(diagnosis=diagnosis(cause, code=code)))
    assert value(with_targets(view), "entra_verify_aadsts_code") == code


def test_code_is_not_that_of_a_refusal_that_was_no_refusal_of_the_value() -> None:
    refusal = Refusal(7000215, "invalid_client", "no")
    view = target_view(verdict=verdict(refusal=refusal))
    assert value(with_targets(view), "entra_verify_aadsts_code") == 0


@pytest.mark.parametrize(
    ("expires", "days"),
    [
        pytest.param(NOW + 5.5 * DAY, 5.5, id="to come"),
        pytest.param(NOW, 0.0, id="this moment"),
        pytest.param(NOW - 3 * DAY, -3.0, id="negative after the end"),
        pytest.param(NOW + DAY / 3, 0.33333, id="a fraction"),
        pytest.param(math.inf, math.inf, id="no end"),
    ],
)
def test_days_left_are_those_of_what_is_stored(expires: float, days: float) -> None:
    assert values(with_targets(holding(expires)), LEFT) == [(WHO | {"key_id": KEY_ID}, days)]


def test_days_left_are_counted_anew_without_a_verification() -> None:
    shown = with_targets(holding(NOW + 2 * DAY))
    assert value(shown, LEFT, NOW + DAY) == 1
    assert value(shown, LEFT, NOW + 4 * DAY) == -2


def test_days_without_end_are_written_as_prometheus_reads_them() -> None:
    [line] = [
        line
        for line in render_text(with_targets(holding(math.inf))).decode().splitlines()
        if line.startswith(LEFT)
    ]
    assert line.endswith("} +Inf")


def test_days_left_are_absent_when_it_cannot_be_told_what_is_stored() -> None:
    assert values(with_targets(replace(WORKING, holds=None)), LEFT) == []


def test_days_left_of_a_declared_end_have_no_key_id() -> None:
    [(labels, days)] = values(with_targets(holding(NOW + DAY, key_id="")), LEFT)
    assert (labels.get("key_id", ""), days) == ("", 1)


@pytest.mark.parametrize("cause", [Cause.EXPIRED, Cause.NETWORK, Cause.REVOKED])
def test_attempt_and_last_success_have_moments_of_their_own(cause: Cause) -> None:
    view = target_view(cause, last_success=NOW - DAY, duration=1.5)
    shown = with_targets(view)
    assert value(shown, "entra_verify_timestamp_seconds") == NOW
    assert value(shown, "entra_verify_last_success_timestamp_seconds") == NOW - DAY
    assert value(shown, "entra_verify_duration_seconds") == 1.5


def test_what_never_worked_has_a_last_success_of_0() -> None:
    shown = with_targets(target_view(Cause.EXPIRED))
    assert value(shown, "entra_verify_last_success_timestamp_seconds") == 0


def test_moments_are_written_with_fractions_of_a_second() -> None:
    shown = with_targets(target_view(verdict=verdict(at=NOW + 0.125)))
    assert value(shown, "entra_verify_timestamp_seconds") == NOW + 0.125


@pytest.mark.parametrize("name", ["billing.api", "A_b-c", "x" * 200])
def test_target_is_named_as_it_is_configured(name: str) -> None:
    shown = with_targets(target_view(target=target(name)))
    assert [labels["target"] for labels, _ in values(shown, "entra_verify_success")] == [name]


def test_targets_that_share_an_application_are_apart() -> None:
    views = (WORKING, replace(WORKING, target=target("other")))
    assert len(samples_of_text(render_text(with_targets(*views)))) > 2 * len(Cause)


def test_both_formats_say_the_same() -> None:
    views = (
        WORKING,
        *(target_view(cause, target=target(f"t-{cause}")) for cause in Cause),
        replace(holding(math.inf, ""), target=target("endless")),
        TargetView(target("untried")),
    )
    shown = with_targets(*views)
    plain = samples_of_text(render_text(shown))
    assert plain == samples_of_openmetrics(render_openmetrics(shown))
    verified = [name for name, _ in plain if name.startswith("entra_verify_")]
    assert len(verified) == (len(views) - 1) * (len(LABELS) - 2 + len(Cause)) + 2


@pytest.mark.parametrize("name", LABELS)
def test_help_comes_once_for_each_family_and_before_any_sample(name: str) -> None:
    lines = render_text(with_targets(WORKING)).decode().splitlines()
    places = [at for at, line in enumerate(lines) if line.startswith(f"# HELP {name} ")]
    samples = [at for at, line in enumerate(lines) if line.startswith(f"{name}{{")]
    assert len(places) == 1
    assert places[0] < min(samples)


def test_nothing_that_could_not_be_told_is_left_out() -> None:
    assert {target_view(cause).verdict.could_not_tell for cause in COULD_NOT_TELL} == {True}  # type: ignore[union-attr]
