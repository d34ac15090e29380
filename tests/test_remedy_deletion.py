"""What goes last: no step deletes a credential that may be another one, or may still be in use."""

import itertools
from dataclasses import replace

import pytest
from builders import target_view
from test_remedy import NEWER, OLD, names, subject, subjects

from exporter.model import Cause
from exporter.remedy import Step, Subject, plan, remedy
from exporter.remedy.of_target import remedy_of, subject_of
from exporter.remedy.plans import ALERTS
from exporter.snapshot import TargetView
from exporter.verdict import Confidence, Diagnosis, Verdict

CREDENTIALS = ("expires_soon", "superseded_expires", "leftover")


def planned(key: Cause | str, about: Subject) -> tuple[Step, ...]:
    """Of a cause, or of an alert that has none."""
    return remedy(key, about) if isinstance(key, Cause) else plan(key, about)


ORDER = (
    ("list",),
    ("create_secret", "create_certificate", "take_newer", "save_secret", "save_certificate"),
    ("store",),
    ("refresh", "restart"),
    ("prove",),
    ("delete",),
    ("remove",),
)


def stage(name: str) -> int | None:
    """How far a step is on the way from the old credential to the new one."""
    if name in {"list_deleted", "list_federated"}:
        return None
    return next((i for i, begins in enumerate(ORDER) if name.startswith(begins)), None)


@pytest.mark.parametrize("key", [*Cause, *CREDENTIALS])
def test_the_new_one_is_stored_and_proven_before_the_old_one_goes(key: Cause | str) -> None:
    for about in subjects():
        stages = [found for step in planned(key, about) if (found := stage(step.name)) is not None]
        assert stages == sorted(stages)
        if 5 in stages and key != "leftover":
            assert {2, 3, 4} <= set(stages)
        if 2 in stages:
            assert {3, 4} <= set(stages)


def deletions(key: Cause | str, about: Subject) -> list[str]:
    return [step.command for step in planned(key, about) if "credential delete" in step.command]


@pytest.mark.parametrize("key", [c for c in (*Cause, *ALERTS) if c != Cause.EXPIRED])
def test_no_deletion_is_filled_with_a_key_id_that_is_not_proven(key: Cause | str) -> None:
    for about in subjects():
        assert OLD not in "".join(step.command for step in planned(key, about))
        for text in deletions(key, about):
            assert "--key-id KEY_ID" in text


@pytest.mark.parametrize("key", [Cause.FORMAT_ERROR, "expires_soon", "leftover", Cause.EXPIRED])
def test_proven_key_id_is_filled_in(key: Cause | str) -> None:
    assert all(f"--key-id {OLD}" in text for text in deletions(key, subject(certain=True)))


def test_expired_one_may_be_deleted_by_its_id_whether_it_is_the_stored_one_or_not() -> None:
    assert f"--key-id {OLD}" in deletions(Cause.EXPIRED, subject())[0]


def test_newer_key_id_is_never_deleted() -> None:
    for key, about in itertools.product((*Cause, *ALERTS), (subject(newer=NEWER, certain=True),)):
        assert NEWER not in "".join(deletions(key, about))


@pytest.mark.parametrize("key", [*Cause, *ALERTS])
def test_who_else_uses_it_is_asked_before_anything_is_deleted(key: Cause | str) -> None:
    for about in subjects():
        found = [step.name for step in planned(key, about)]
        ends = [name for name in found if name.startswith("delete_")]
        assert not ends or found.index("who_else") < found.index(ends[0])
        assert not ends or found.index("list") < found.index(ends[0])


def test_right_key_id_is_said_to_be_the_one_that_no_sign_in_uses() -> None:
    for cause in (Cause.FORMAT_ERROR, Cause.INVALID_SECRET, Cause.WRONG_APPLICATION):
        step = next(s for s in remedy(cause, subject()) if s.name == "delete_replaced")
        assert "no sign-in uses any more" in step.note


def refused(cause: Cause, confidence: Confidence) -> TargetView:
    diagnosis = Diagnosis(cause, 7000215, "Why.", (), confidence, key_id=OLD)
    return replace(target_view(), verdict=Verdict(0.0, diagnosis))


@pytest.mark.parametrize("confidence", ["proven", "likely", "unsure"])
def test_key_id_of_a_target_is_certain_when_its_diagnosis_is_proven(confidence: Confidence) -> None:
    view = refused(Cause.INVALID_SECRET, confidence)
    assert subject_of(view).key_id == OLD
    assert subject_of(view).certain is (confidence == "proven")
    assert (OLD in "".join(s.command for s in remedy_of(view))) is (confidence == "proven")


def test_removed_one_is_not_replaced_before_it_is_known_who_removed_it() -> None:
    assert names(Cause.REVOKED, subject())[:2] == ["sign_in", "audit"]
    found = names(Cause.ROTATION_MISMATCH, subject())
    assert found.index("audit") < found.index("take_newer")


def test_value_of_the_newer_one_is_not_taken_while_nobody_knows_why_the_old_one_went() -> None:
    steps = remedy(Cause.ROTATION_MISMATCH, subject(newer=NEWER))
    assert "it may have leaked" in next(s.note for s in steps if s.name == "take_newer")
