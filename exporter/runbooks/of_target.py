"""What is told of a target: whether what is stored there works, and why not. Pure."""

from collections.abc import Iterator
from dataclasses import replace

from exporter.model import CredentialKind
from exporter.remedy import Subject
from exporter.remedy.of_target import subject_of
from exporter.runbooks import of_credential, words
from exporter.runbooks.causes import MEANINGS, in_words
from exporter.runbooks.found import Found
from exporter.runbooks.runbook import Plan, Runbook
from exporter.runbooks.told import HEALTHY, Facts, Told, ago, described, ends, filled
from exporter.snapshot import Held, Snapshot, TargetView
from exporter.validity import DAY
from exporter.verdict import Diagnosis, Verdict

NOT_TRIED = "It has not been tried since the exporter started, so nothing is known of it yet."


def of_target(book: Runbook, found: Found, _snapshot: Snapshot, now: float) -> Told:
    """For the alerts about what is stored."""
    usual = book.ways[0].plan if len(book.ways) == 1 else None
    if found.target is None:
        return unnamed(usual, found, now)
    view, verdict = found.target, found.target.verdict
    if usual == "expires_soon" and (verdict is None or verdict.works or verdict.could_not_tell):
        return ending(found, view, now)
    if verdict is None:
        facts = facts_of(found, view, None, now)
        return Told(subject_of(view), usual, changed=NOT_TRIED, facts=facts)
    if verdict.diagnosis is None:
        return works(usual, found, view, verdict, now)
    return fails(book, found, view, now)


def unnamed(usual: Plan | None, found: Found, now: float) -> Told:
    """No target to go by: whatever key id the link carries, nothing proves that it is stored."""
    credential = found.credential
    subject = of_credential.subject_of(found, credential)
    facts = words.application(found)
    if credential:
        facts = of_credential.facts_of(found, credential, subject, now)
    named = any(name == "target" for name, _ in found.unknown)
    unproven = replace(subject, key_id="", certain=False)
    return Told(unproven, usual, changed=NO_SUCH if named else NOT_GIVEN, facts=filled(facts))


def works(usual: Plan | None, found: Found, view: TargetView, verdict: Verdict, now: float) -> Told:
    """It is mended."""
    said = (
        f"The target {view.target.name} works: the login service gave a token with what is stored "
        f"there, {ago(verdict.at, now)}."
    )
    return Told(subject_of(view), usual, mended=said, facts=facts_of(found, view, verdict, now))


def fails(book: Runbook, found: Found, view: TargetView, now: float) -> Told:
    """It is refused, or cannot be tried."""
    verdict, untold = last_refusal(book, view)
    diagnosis = verdict.diagnosis if verdict else None
    if verdict is None or diagnosis is None:
        return Told(subject_of(view), None)
    return Told(
        subject_of(replace(view, verdict=verdict)),
        diagnosis.cause,
        says=f"Target {view.target.name}: {sentence(diagnosis.summary)}",
        changed=untold or other_cause(book, diagnosis),
        facts=facts_of(found, view, verdict, now),
        evidence=tuple(evidence(verdict, diagnosis)),
    )


def last_refusal(book: Runbook, view: TargetView) -> tuple[Verdict | None, str]:
    """The verdict to go by: while it cannot be tried, a refusal stands that nothing followed."""
    verdict, refused = view.verdict, view.memory.refused
    plans = {way.plan for way in book.ways}
    present = verdict.diagnosis.cause if verdict and verdict.diagnosis else None
    if verdict and verdict.could_not_tell and refused and present not in plans:
        followed = view.last_success is not None and view.last_success > refused.at
        if present and refused.diagnosis and not followed:
            return (
                refused,
                f"It cannot be tried just now ({in_words(present)}). Refused last: this.",
            )
    return verdict, ""


def other_cause(book: Runbook, diagnosis: Diagnosis) -> str:
    """That the alert was about another cause."""
    if diagnosis.cause in {way.plan for way in book.ways}:
        return ""
    return (
        f"This is not what the alert was about any more. The cause is now "
        f"{in_words(diagnosis.cause)}: {MEANINGS[diagnosis.cause]}."
    )


def evidence(verdict: Verdict, diagnosis: Diagnosis) -> Iterator[str]:
    """What the verdict rests on, and what is odd about the stored value."""
    yield from diagnosis.evidence
    said = diagnosis.summary + "".join(diagnosis.evidence)
    for finding in verdict.findings:
        if finding.found not in said:
            yield f"The stored value: {finding.found}. {finding.advice}"


def ending(found: Found, view: TargetView, now: float) -> Told:
    """What is stored works, and ends soon."""
    holds, facts = view.holds, facts_of(found, view, view.verdict, now)
    if holds is None:
        return Told(subject_of(view), "expires_soon", changed=NOT_TOLD, facts=facts)
    subject = held_subject(found, view, holds, now)
    said = f"What is stored at target {view.target.name}, {words.owner(found)}, "
    said += f"{ends(holds.expires, now)}."
    other = bool(found.asked and holds.key_id and holds.key_id != found.asked)
    if other and holds.expires - now > IMMINENT:
        return Told(subject, "expires_soon", mended=f"{ANOTHER} {said}", facts=facts)
    newer = f"A newer one is registered ({described(found.newer, now)})" if found.newer else ""
    after = f" {newer}: store that." if newer else ""
    return Told(subject, "expires_soon", says=said + after, facts=facts)


IMMINENT = 7 * DAY
NO_SUCH = (
    "No target of that name is known here for this application: it was renamed or removed, or "
    "this exporter does not verify it. So it is not known which credential is stored."
)
NOT_GIVEN = (
    "The link names no target, and none or several are known here for this application. So it is "
    "not known which credential is stored."
)
NOT_TOLD = "Which credential is stored there cannot be told at the moment."
ANOTHER = "Another credential is stored there now."


def held_subject(found: Found, view: TargetView, holds: Held, now: float) -> Subject:
    """
    With the stored credential; a secret was recognised by too little to delete it, and one that
    is healthy or has come since is not the one to delete.
    """
    recognised = view.target.kind is CredentialKind.CERTIFICATE
    meant = holds.key_id == (found.asked or holds.key_id)
    return replace(
        subject_of(view),
        object=found.owner.type if found.owner else subject_of(view).object,
        key_id=holds.key_id,
        certain=recognised and meant and holds.expires - now <= HEALTHY,
        newer_key_id=found.newer.key_id if found.newer else "",
    )


def sentence(text: str) -> str:
    """With its full stop."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def facts_of(found: Found, view: TargetView, verdict: Verdict | None, now: float) -> Facts:
    """All that is known of it."""
    return filled(
        (
            *(refusal(verdict, verdict.diagnosis) if verdict and verdict.diagnosis else ()),
            ("Fails since", "" if view.since is None else ago(view.since, now)),
            ("Tried last", ago(view.verdict.at, now) if view.verdict else "not yet"),
            ("Worked last", "" if view.last_success is None else ago(view.last_success, now)),
            ("Stored", described(found.credential, now) if found.credential else ""),
            ("Newer one", described(found.newer, now) if found.newer else ""),
            *words.consumer(subject_of(view)),
            *words.application(found),
            ("Asks a token for", view.target.resource),
        )
    )


def refusal(verdict: Verdict, diagnosis: Diagnosis) -> Facts:
    """What the login service said, for a ticket with Microsoft too."""
    said = verdict.refusal
    return (
        ("Cause", f"{in_words(diagnosis.cause)} ({diagnosis.confidence})"),
        ("Code", f"AADSTS{diagnosis.code}" if diagnosis.code else ""),
        ("Correlation id", said.correlation_id if said else ""),
    )
