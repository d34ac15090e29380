"""Families that say whether each stored secret works, if not why, and when what is stored ends."""

from collections.abc import Iterator

from exporter.metrics.family import Family, Sample
from exporter.metrics.text import label_block
from exporter.metrics.view import View
from exporter.model import Cause
from exporter.snapshot import TargetView
from exporter.validity import days_left
from exporter.verdict import Verdict

TARGET_LABELS = ("tenant", "target", "app_id")
CAUSE_LABELS = (*TARGET_LABELS, "cause")
HELD_LABELS = (*TARGET_LABELS, "key_id")


def values(view: TargetView) -> tuple[str, str, str]:
    """The values of `TARGET_LABELS`."""
    return view.target.tenant, view.target.name, view.target.client_id


def tried(view: View) -> Iterator[tuple[TargetView, Verdict]]:
    """The targets that were verified, with the last verdict."""
    for target in view.snapshot.targets:
        if target.verdict is not None:
            yield target, target.verdict


def success(view: View) -> Iterator[Sample]:
    """Whether the stored value works."""
    for target, verdict in tried(view):
        yield label_block(TARGET_LABELS, values(target)), verdict.works


def causes(view: View) -> Iterator[Sample]:
    """Every cause of each target; at most one is 1."""
    for target, verdict in tried(view):
        present = verdict.diagnosis.cause if verdict.diagnosis else None
        for cause in Cause:
            yield label_block(CAUSE_LABELS, (*values(target), cause)), cause is present


def codes(view: View) -> Iterator[Sample]:
    """The code of the refusal, 0 when there is none."""
    for target, verdict in tried(view):
        code = verdict.diagnosis.code if verdict.diagnosis else 0
        yield label_block(TARGET_LABELS, values(target)), code


def days(view: View) -> Iterator[Sample]:
    """Days left of what is stored, where that can be told."""
    for target in view.snapshot.targets:
        if target.holds is not None:
            labels = label_block(HELD_LABELS, (*values(target), target.holds.key_id))
            yield labels, round(days_left(target.holds.expires, view.now), 5)


def attempts(view: View) -> Iterator[Sample]:
    """When it was tried last."""
    for target, verdict in tried(view):
        yield label_block(TARGET_LABELS, values(target)), round(verdict.at, 3)


def last_successes(view: View) -> Iterator[Sample]:
    """When it worked last; 0 when it never did."""
    for target, _ in tried(view):
        yield label_block(TARGET_LABELS, values(target)), round(target.last_success or 0, 3)


def durations(view: View) -> Iterator[Sample]:
    """How long the last attempt took."""
    for target, _ in tried(view):
        yield label_block(TARGET_LABELS, values(target)), round(target.duration or 0, 6)


VERIFICATION_FAMILIES = (
    Family(
        "entra_verify_success",
        "gauge",
        "1 when the token request with the stored secret or certificate succeeded.",
        TARGET_LABELS,
        success,
    ),
    Family(
        "entra_verify_cause",
        "gauge",
        "1 for the cause of the present failure, 0 for every other cause.",
        CAUSE_LABELS,
        causes,
    ),
    Family(
        "entra_verify_aadsts_code",
        "gauge",
        "AADSTS code of the refusal, 0 when there is none.",
        TARGET_LABELS,
        codes,
    ),
    Family(
        "entra_verify_days_until_expiry",
        "gauge",
        "Days left of the credential that is stored at the target, negative after expiry; absent "
        "when it cannot be told which one that is.",
        HELD_LABELS,
        days,
    ),
    Family(
        "entra_verify_timestamp_seconds",
        "gauge",
        "Unix time of the last attempt.",
        TARGET_LABELS,
        attempts,
    ),
    Family(
        "entra_verify_last_success_timestamp_seconds",
        "gauge",
        "Unix time of the last success, 0 before the first.",
        TARGET_LABELS,
        last_successes,
    ),
    Family(
        "entra_verify_duration_seconds",
        "gauge",
        "How long the last attempt took.",
        TARGET_LABELS,
        durations,
    ),
)
