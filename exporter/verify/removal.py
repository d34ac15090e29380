"""
Rules about a credential that worked or stood in an earlier inventory and is refused now: was it
revoked, or replaced while its consumer kept the old one? Pure; never without such evidence.
"""

from exporter.model import Cause, Credential
from exporter.validity import DAY
from exporter.verdict import Confidence, Diagnosis, Gone
from exporter.verify.rules import Case, called, each, only
from exporter.wording import date, instant, span

BLIND = (
    "No inventory was read; with one it could be told whether the stored value belongs to an"
    " expired or removed credential or to another application, and whether a newer one took its"
    " place."
)
OVERLAP = 30 * DAY
"""In a rotation the old one is removed some weeks after the new one came, at most."""

UNSEEN = "The inventory lacks the application, so a newer credential may have taken its place."


def worked_and_listed(case: Case) -> Diagnosis | None:
    """It worked, and the last inventory still has it: the next one tells what happened."""
    if case.evidence.worked_at is None:
        return None
    if case.incomparable and not (case.alive or case.dead or case.gone):
        summary = f"the {case.kind} of {case.application()} worked and is refused now"
        unknown = "The inventory is from before a restart: whether it stands there is not known."
        return case.so(case.not_known, "unsure", summary, unknown)
    if not case.alive:
        return None
    known = f"{each(case.alive)} of {case.application()} worked and is refused now"
    summary = f"{known}, though the last inventory still lists it"
    after = "If it was removed since, the next inventory will show it."
    return case.so(case.not_known, "unsure", summary, after, about=only(case.alive))


def replaced(case: Case) -> Diagnosis | None:
    """It stood there or worked, is gone, and a newer one came: its consumer was left behind."""
    newest = None if case.since is None else case.newest(case.since)
    if newest is None:
        return None
    summary = f"{lost(case)}; {called(newest)} came on {instant(newest.starts)}"
    newer = f"{case.ending(newest)}, but it is not what is stored."
    text = f"{summary}, but the old one is still stored"
    beside = stood_beside(case, newest)
    return case.so(
        Cause.ROTATION_MISMATCH,
        "unsure" if beside else certainty(case),
        text,
        beside,
        reason(case),
        newer,
        about=case.gone.credential if case.gone else None,
        newer=newest,
    )


def removed(case: Case) -> Diagnosis | None:
    """It stood there or worked, is gone, and nothing newer came, as far as that can be told."""
    if case.since is None:
        return None
    if case.gone and case.gone.credential.expires <= case.gone.missed_since:
        return ended_and_removed(case, case.gone)
    newest = case.newest()
    older = f"Of those from before, {case.ending(newest)}." if newest else None
    newer = UNSEEN if case.inventory else BLIND
    if case.holder:
        newer = "No newer credential stands in the inventory."
    sure = certainty(case)
    if sure == "unsure":
        summary = f"{lost(case)}; whether another has replaced it cannot be told"
        return case.so(case.not_known, sure, summary, reason(case), newer, older)
    summary = f"{lost(case)}, and no newer one is known to have replaced it"
    return case.so(
        Cause.REVOKED,
        sure,
        summary,
        reason(case),
        newer,
        older,
        about=case.gone.credential if case.gone else None,
    )


def ended_and_removed(case: Case, gone: Gone) -> Diagnosis:
    """It ended and was removed; which was first is known only if it was seen after its end."""
    before = gone.credential.expires <= gone.last_seen
    on = date(gone.credential.expires)
    return case.so(
        Cause.EXPIRED,
        "likely" if before else "unsure",
        f"{lost(case)}, {'after it expired' if before else 'and it has expired'}",
        f"It ended on {on}, before it was removed."
        if before
        else f"It ended on {on}, in that time: it may have been removed before, while it worked.",
        reason(case),
        about=gone.credential,
    )


def stood_beside(case: Case, newest: Credential) -> str | None:
    """What makes it doubtful that the newer one came in place of the one that went."""
    if case.gone is None or case.gone.missed_since - newest.starts < OVERLAP:
        return None
    days = span(case.gone.missed_since - newest.starts)
    return (
        f"the newer one stood beside the old one for {days}: it may serve somebody else, and the"
        " old one may have been revoked"
    )


def lost(case: Case) -> str:
    """What went, and between which moments."""
    if gone := case.gone:
        between = f"between {instant(gone.last_seen)} and {instant(gone.missed_since)}"
        return f"{called(gone.credential)} of {case.application()} was removed {between}"
    worked = instant(case.evidence.worked_at or 0)
    return f"the {case.kind} of {case.application()} was removed after it worked on {worked}"


def reason(case: Case) -> str:
    """Why what went is what is stored."""
    if case.evidence.worked_at is not None:
        return "What is stored is unchanged since it worked, so it was removed, not mistyped."
    same = "has the thumbprint of" if case.certificate else "begins like"
    return f"What is stored {same} the one removed, and fits nothing that is registered now."


def certainty(case: Case) -> Confidence:
    """A thumbprint or a value that worked is exact; the first three characters are likely."""
    worked = case.evidence.worked_at is not None
    if case.gone:
        worked = worked and (case.evidence.worked_at or 0) <= case.gone.missed_since
        return "proven" if worked or case.certificate else "likely"
    older = case.newest() and not case.newest(case.since or 0)
    # What it worked after cannot tell what happened since.
    stale = (case.evidence.worked_at or 0) > (case.evidence.inventory_at or 0)
    ended = any(gone.credential.expires <= gone.missed_since for gone in case.unmarked_gone)
    doubtful = not case.holder or case.unmarked or older or stale or ended
    return "unsure" if doubtful else "likely"
