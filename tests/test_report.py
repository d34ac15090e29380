"""What `verify` prints of verdicts, for people and for programs."""

import json
import math
from dataclasses import replace
from types import MappingProxyType

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
    inventory,
    target,
    target_view,
    verdict,
)
from msgspec.structs import replace as changed

from exporter.model import COULD_NOT_TELL, Cause
from exporter.report import as_json, as_text, dumped
from exporter.snapshot import Held, TargetView
from exporter.sources import Secret
from exporter.verdict import Finding, Granted, NoAnswer, Refusal
from exporter.verify.directory import HINT_LENGTH, directory_of
from exporter.verify.once import Asked, Known, conclude

HINT = "Zq7"
STORED = f"{HINT}8Q~markedvaluethatnobodymayread0123456789"
NEWLINE = Finding("line_break", "a line break at the end", "write it with printf")
HOSTILE = "bad\x1b[2J\u202ename\nDOES NOT WORK\r"


def text(*views: TargetView) -> str:
    """What people read."""
    return as_text(views, NOW)


def called(name: str, cause: Cause | None = None) -> TargetView:
    """A target of a name."""
    return target_view(cause, target=target(name))


def test_secret_that_works_is_said_in_a_line() -> None:
    assert text(target_view()) == "billing-api: It works: the login service gave a token."


def test_target_without_name_is_not_named() -> None:
    assert text(called("")) == "It works: the login service gave a token."


@pytest.mark.parametrize(
    ("holds", "words"),
    [
        (Held(KEY_ID, NOW + 5 * DAY), f"Key id {KEY_ID}: 5 d 0 h left."),
        (Held("", NOW + 50 * DAY), "What is stored: 50 days left."),
        (Held("", NOW - 2 * DAY), "What is stored: expired 2 d 0 h ago."),
        (Held(KEY_ID, math.inf), f"Key id {KEY_ID}: no end."),
    ],
    ids=["registered", "declared", "past", "endless"],
)
def test_secret_that_works_is_said_to_end(holds: Held, words: str) -> None:
    assert text(target_view(holds=holds)).splitlines()[1:] == [f"  {words}"]


@pytest.mark.parametrize("cause", sorted(set(Cause) - COULD_NOT_TELL))
def test_refusal_is_said_with_its_cause_code_and_reasons(cause: Cause) -> None:
    lines = text(target_view(cause)).splitlines()
    assert lines[0] == f"billing-api: DOES NOT WORK: {cause.value}, AADSTS7000222 (proven)"
    assert lines[1:3] == ["The secret has expired", "  - It ended yesterday."]


@pytest.mark.parametrize("cause", sorted(COULD_NOT_TELL))
def test_what_could_not_be_told_is_never_said_not_to_work(cause: Cause) -> None:
    view = target_view(verdict=verdict(diagnosis=diagnosis(cause, code=0, confidence="unsure")))
    first = text(view).splitlines()[0]
    assert first == f"billing-api: COULD NOT TELL: {cause.value} (unsure)"
    assert "DOES NOT WORK" not in text(view)


@pytest.mark.parametrize("cause", Cause)
def test_steps_that_mend_it_are_numbered_and_in_both_forms(cause: Cause) -> None:
    view = target_view(cause)
    said, remedy = text(view), as_json(view)["remedy"]
    assert remedy
    assert "\nWhat to do:\n1. " in said
    for number, step in enumerate(remedy, start=1):
        assert f"\n{number}. {step['title']}" in said
        for line in step["command"].splitlines():
            assert f"\n     {line}" in f"{said}\n"


def test_steps_are_for_this_application() -> None:
    assert APP_ID in text(target_view(Cause.EXPIRED))


def test_secret_that_works_needs_no_steps() -> None:
    assert as_json(target_view())["remedy"] == []


def test_what_does_not_work_comes_first_and_what_works_last() -> None:
    views = [
        called("good"),
        called("unsure", Cause.NETWORK),
        called("bad", Cause.EXPIRED),
        called("fine"),
        called("worse", Cause.UNKNOWN),
    ]
    said = text(*views)
    places = {name: said.index(f"{name}: ") for name in ("bad", "worse", "unsure", "good", "fine")}
    assert list(places.values()) == sorted(places.values())


def test_targets_that_all_work_are_lines_without_gaps() -> None:
    works = "It works: the login service gave a token."
    assert text(called("a"), called("b")).split("\n") == [
        f"a: {works}",
        f"b: {works}",
        "2 of 2 work.",
    ]


def test_several_are_summed_up_at_the_end() -> None:
    views = called("a"), called("b", Cause.NETWORK), called("c", Cause.REVOKED)
    assert text(*views).split("\n\n")[-1].split("\n") == [
        "1 of 3 work.",
        "  c: revoked",
        "  b: network",
    ]
    assert "of 1" not in text(called("a"))


def test_target_that_was_never_tried_is_not_spoken_of() -> None:
    assert text(TargetView(target("untried")), called("a")).count(":") == 2
    assert text(TargetView(target())) == ""


def test_finding_is_told_of_a_value_that_works_too() -> None:
    lines = text(target_view(verdict=verdict(findings=(NEWLINE,)))).splitlines()
    assert lines[1:] == ["  The stored value: a line break at the end.", "    write it with printf"]


def test_finding_that_was_told_is_not_told_twice() -> None:
    told = diagnosis(Cause.FORMAT_ERROR, summary="Stored wrongly: a line break at the end")
    said = text(target_view(verdict=verdict(diagnosis=told, findings=(NEWLINE,))))
    assert said.count("a line break at the end") == 1


def hostile() -> TargetView:
    """A target of which every text is meant to deceive."""
    told = diagnosis(
        Cause.WRONG_APPLICATION,
        summary=HOSTILE,
        evidence=(HOSTILE,),
        key_id=HOSTILE,
        newer_key_id=HOSTILE,
        other_app_id=HOSTILE,
    )
    finding = Finding("odd", f"odd {HOSTILE}", HOSTILE)
    details = MappingProxyType({"name": HOSTILE, "namespace": HOSTILE, "resource_group": HOSTILE})
    return target_view(
        target=target(HOSTILE, resource=HOSTILE, consumer="aks", details=details),
        verdict=verdict(diagnosis=told, findings=(finding,)),
    )


def test_hostile_text_is_made_printable_and_starts_no_line() -> None:
    said = text(hostile())
    assert all(line.isprintable() for line in said.splitlines())
    assert not any(line.startswith("DOES NOT WORK") for line in said.splitlines())
    assert "bad\\x1b[2J\\u202ename\\nDOES NOT WORK\\r" in said


def test_hostile_text_reaches_programs_as_it_is_and_terminals_escaped() -> None:
    document = dumped(as_json(hostile()))
    assert all(line.isprintable() for line in document.split("\n"))
    assert json.loads(document)["diagnosis"]["summary"] == HOSTILE


def test_programs_read_who_it_is_about_and_when() -> None:
    found = as_json(target_view())
    assert {key: found[key] for key in ("target", "tenant", "tenant_id", "client_id", "at")} == {
        "target": "billing-api",
        "tenant": "contoso",
        "tenant_id": TENANT_ID,
        "client_id": APP_ID,
        "at": "2026-09-21T12:00:00Z",
    }


def test_programs_read_that_it_works() -> None:
    found = as_json(target_view(holds=Held(KEY_ID, NOW + DAY)))
    assert (found["works"], found["diagnosis"], found["correlation_id"]) == (True, None, None)
    assert found["stored"] == {"key_id": KEY_ID, "expires": "2026-09-22"}


def test_programs_read_why_it_does_not() -> None:
    refusal = Refusal(7000222, "invalid_client", "no", 401, "its id")
    view = target_view(verdict=verdict(Cause.EXPIRED, refusal=refusal, findings=(NEWLINE,)))
    found = json.loads(dumped(as_json(view)))
    assert found["works"] is False
    assert (found["diagnosis"]["cause"], found["diagnosis"]["code"]) == ("expired", 7000222)
    assert found["correlation_id"] == "its id"
    assert found["findings"][0]["name"] == "line_break"


@pytest.mark.parametrize("cause", [None, *Cause])
def test_every_verdict_is_json(cause: Cause | None) -> None:
    found = json.loads(dumped(as_json(target_view(cause))))
    assert found["works"] is (cause is None)
    assert (found["diagnosis"] or {}).get("cause") == (cause and cause.value)


def test_target_that_was_never_tried_neither_works_nor_has_a_moment() -> None:
    found = as_json(TargetView(target()))
    assert (found["works"], found["at"], found["stored"], found["remedy"]) == (
        False,
        None,
        None,
        [],
    )


def test_credential_without_end_expires_never() -> None:
    found = as_json(target_view(holds=Held(KEY_ID, math.inf)))
    assert found["stored"] == {"key_id": KEY_ID, "expires": None}


@pytest.mark.parametrize(
    "answer",
    [
        Granted(),
        NoAnswer(Cause.NETWORK, "no route"),
        Refusal(7000215, "invalid_client", "AADSTS7000215: Invalid client secret provided."),
        Refusal(7000222, "invalid_client", "AADSTS7000222: expired."),
    ],
    ids=["works", "no answer", "not known", "expired"],
)
@pytest.mark.parametrize("damage", ["{}", "{}\n", '"{}"'])
def test_neither_secret_nor_hint_is_ever_printed(
    answer: Granted | NoAnswer | Refusal, damage: str
) -> None:
    assert STORED[:HINT_LENGTH] == HINT
    known = Known(directory_of(inventory(application(changed(credential(), hint=HINT)))))
    verdicts = [
        conclude(APP_ID, Secret(damage.format(STORED)), Asked(answer, mended), known, NOW)
        for mended in (None, answer)
        if not isinstance(mended, NoAnswer)
    ]
    for one in verdicts:
        view = replace(target_view(), verdict=one, holds=Held(KEY_ID, NOW))
        assert HINT not in text(view) + dumped(as_json(view)) + repr(view)
