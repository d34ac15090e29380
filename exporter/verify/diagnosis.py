"""
Why a stored secret or certificate was refused: one ordered table of rules, the first that applies
decides. Pure.

Somebody acts on this at night, so each rule says no more than its evidence: above all, `revoked` is
said only of what the directory held or the login service accepted before.
"""

import math
from collections.abc import Callable

from exporter.model import COULD_NOT_TELL, Cause
from exporter.verdict import Confidence, Diagnosis, Evidence
from exporter.verify.codes import own_words
from exporter.verify.removal import BLIND, lost, removed, replaced, worked_and_listed
from exporter.verify.rules import PROPAGATION, Case, called, each, only
from exporter.wording import instant, printable

IDS = frozenset({"key_id", "application_id"})
"""The findings that the stored value is certainly an id, not a secret."""

ABOUT_THE_VALUE = frozenset({Cause.INVALID_SECRET, Cause.EXPIRED, Cause.CERTIFICATE_NOT_REGISTERED})
HINTS = 64**3
CHANCE = 0.05
"""With so great a chance of a match by accident, a match is not called likely."""

NOT_FOUND = frozenset({Cause.APPLICATION_NOT_FOUND, Cause.NO_SERVICE_PRINCIPAL})


def diagnose(evidence: Evidence, now: float) -> Diagnosis:
    """Find why the login service refused."""
    case = Case(evidence, now)
    return next(found for rule in RULES if (found := rule(case)))


def new_application(case: Case) -> Diagnosis | None:
    """What was made minutes ago is not found everywhere yet."""
    oldest = min((c.starts for c in case.registered), default=-math.inf)
    if case.meaning.cause not in NOT_FOUND or abs(case.now - oldest) > PROPAGATION:
        return None
    summary = f"{case.application()} is too new to be known everywhere; it will be in minutes"
    return case.so(Cause.PROPAGATING, "unsure", summary)


def said_by_code(case: Case) -> Diagnosis | None:
    """A code that is not about the stored value decides alone."""
    cause, sentence = case.meaning
    if cause in ABOUT_THE_VALUE:
        return None
    lower = sentence[0].lower() + sentence[1:]
    summary = sentence if case.holder is None else f"{case.application()}: {lower}"
    if cause is Cause.UNKNOWN:
        words = own_words(case.evidence.refusal.message) or "it gave none"
        return case.so(cause, "unsure", f"{summary}: {words}")
    known = listed(case) if cause in NOT_FOUND else None
    nothing = "This says nothing of the stored value." if cause in COULD_NOT_TELL else None
    return case.so(cause, "proven", summary, known, nothing)


def listed(case: Case) -> str:
    """What the inventory says of an application that the login service does not find."""
    if case.holder:
        return f"The inventory lists {case.application()}: removed since, or another tenant asked."
    if case.inventory:
        return "The inventory does not hold it either, unless the configuration leaves it out."
    return "No inventory was read; with one it could be told whether the tenant holds it."


def pasted_id(case: Case) -> Diagnosis | None:
    """An id that is known, stored in place of a secret."""
    found = next((finding for finding in case.evidence.findings if finding.name in IDS), None)
    if found is None:
        return None
    summary = f"what is stored for {case.application()} is {printable(found.found)}"
    return case.so(Cause.FORMAT_ERROR, "proven", summary, printable(found.advice))


def repaired(case: Case) -> Diagnosis | None:
    """The value without what is odd about it was accepted."""
    if not case.evidence.repaired_works:
        return None
    summary = f"the {case.kind} of {case.application()} is good but stored wrongly"
    text = f"{summary}: {case.wrong}" if case.wrong else summary
    proof = "Without what is wrong with it, the stored value was accepted."
    return case.so(Cause.FORMAT_ERROR, "proven", text, proof, *case.advice)


def too_early(case: Case) -> Diagnosis | None:
    """A certificate before its validity is refused with the code of one after it."""
    early = [c for c in case.alive if c.starts > case.now]
    if case.meaning.cause is not Cause.EXPIRED or not case.certificate or not early:
        return None
    summary = (
        f"{called(early[0])} of {case.application()} begins only on {instant(early[0].starts)}"
    )
    early_use = "Used too early, or a clock is wrong."
    return case.so(Cause.CLOCK_SKEW, "unsure", summary, early_use, about=only(early))


def expired(case: Case) -> Diagnosis | None:
    """The login service says so, or what is stored fits nothing but an expired credential."""
    said = case.meaning.cause is Cause.EXPIRED
    if not said and (not case.dead or case.alive or case.gone):
        return None
    which = "; ".join(map(case.ending, case.dead))
    summary = f"the {case.kind} stored for {case.application()} has expired"
    newest = case.newest(max((c.starts for c in case.dead), default=-math.inf))
    newer = f"{case.ending(newest)}, but it is not what is stored." if newest else None
    sure: Confidence = "proven" if said or case.certificate else "likely"
    text = f"{summary}: {which}" if which else summary
    return case.so(
        Cause.EXPIRED,
        sure,
        text,
        None if which else ended(case),
        newer,
        about=only(case.dead),
        newer=newest,
    )


def ended(case: Case) -> str | None:
    """What has expired, when none of it could be matched with what is stored."""
    if not case.inventory:
        return "No inventory was read; with one it could be told which credential it is."
    found = [c for c in case.registered if c.expires <= case.now and c.kind is case.kind]
    listing = "; ".join(map(case.ending, found))
    return f"Which one is stored cannot be told; expired are: {listing}." if found else None


def malformed(case: Case) -> Diagnosis | None:
    """Something is wrong with the value, and nothing else explains the refusal better."""
    tried = case.evidence.repaired_works is False
    better = case.gone or case.fresh or case.elsewhere
    if not case.explaining or case.evidence.worked_at is not None or (tried and better):
        return None
    summary = f"the {case.kind} of {case.application()} is stored wrongly: {case.wrong}"
    still = "Without what is wrong with it, it was refused all the same." if tried else None
    too = f"This may matter too: {lost(case)}." if case.gone else None
    sure: Confidence = "unsure" if tried or better else "likely"
    return case.so(Cause.FORMAT_ERROR, sure, summary, still, *case.advice, too)


def alike(case: Case) -> Diagnosis | None:
    """Several secrets begin alike and fared differently: which one is stored cannot be told."""
    if case.certificate or sum(map(bool, (case.alive, case.dead, case.gone))) <= 1:
        return None
    stand = list(map(case.ending, (*case.alive, *case.dead)))
    went = [f"{called(case.gone.credential)} was removed"] if case.gone else []
    several = f"several secrets of {case.application()} begin like the stored one"
    summary = f"{several}, and which of them it is cannot be told"
    return case.so(Cause.INVALID_SECRET, "unsure", summary, f"They are: {'; '.join(stand + went)}.")


def fresh(case: Case) -> Diagnosis | None:
    """The directory takes seconds, rarely minutes, to spread a new credential."""
    if not case.fresh:
        return None
    new = f"{each(case.fresh)} of {case.application()} is new ({instant(case.fresh[0].starts)})"
    summary = f"{new} and not known everywhere yet; it will be in minutes"
    return case.so(Cause.PROPAGATING, "likely", summary, about=only(case.fresh))


def altered(case: Case) -> Diagnosis | None:
    """What stands there in force is refused: the stored copy is not the same."""
    if not case.alive:
        return None
    standing = f"{each(case.alive)} of {case.application()}"
    unless = "The inventory lists it, so it was not removed before that was read."
    if min(c.starts for c in case.alive) > case.now:
        summary = f"{standing} begins only on {instant(case.alive[0].starts)}"
    elif case.certificate:
        summary = f"{standing} is valid, but the private key stored with it belongs to another one"
    else:
        summary = (
            f"{standing} is valid and begins like the stored value, so it is not revoked: the value"
            " was altered after its third character where it is stored"
        )
    return case.so(case.not_known, "unsure", summary, unless, about=only(case.alive))


def elsewhere(case: Case) -> Diagnosis | None:
    """It fits nothing of this application, but something of another one."""
    found = case.elsewhere
    if not found:
        return None
    app_id, other = min(found.items())
    one = f"application '{printable(other.name)}' ({printable(app_id)})"
    whose = one if len(found) == 1 else f"one of {len(found)} other applications"
    summary = f"the stored {case.kind} seems to belong to {whose}, not to {case.application()}"
    accident = not case.certificate and case.evidence.compared / HINTS > CHANCE
    doubtful = accident or len(found) > 1 or case.unmarked or case.unmarked_gone
    how = "exact" if case.certificate else "by the first three characters: likely, not proven"
    return case.so(
        Cause.WRONG_APPLICATION,
        "unsure" if doubtful else "likely",
        summary,
        f"The match is {how}.",
        old_ones(case),
        other_app_id=app_id if len(found) == 1 else "",
    )


def nothing_fits(case: Case) -> Diagnosis | None:
    """The inventory has nothing like it, and it is not known to have worked."""
    if not case.inventory:
        return None
    same = [c for c in case.registered if c.kind is case.kind]
    number = f"the one {case.kind}" if len(same) == 1 else f"any of the {len(same)} {case.kind}s"
    summary = f"the stored {case.kind} does not fit {number} that {case.application()} has"
    if case.holder is None:
        summary = f"the stored {case.kind} is refused, and the inventory lacks the application"
    elif not same:
        summary = f"{case.application()} has no {case.kind} at all"
    elif case.incomparable:
        summary = (
            f"the stored {case.kind} is refused; whether {case.application()} has it is unknown"
        )
    elif not (case.evidence.hint or case.evidence.thumbprint):
        summary = f"the {case.kind} stored for {case.application()} is not one that it knows"
    newest = case.newest()
    return case.so(
        case.not_known,
        "unsure" if case.holder is None or case.unmarked or case.unmarked_gone else "likely",
        summary,
        "It is not known to have worked, so it may be wrong, removed or newer than the"
        " inventory; it matches nothing that expired or was seen to be removed.",
        old_ones(case),
        f"In force: {case.ending(newest)}." if newest else None,
    )


def old_ones(case: Case) -> str | None:
    """Secrets of which the beginning is not known prove nothing by not matching."""
    if not case.unmarked and not case.unmarked_gone:
        return None
    there, gone = case.unmarked, len(case.unmarked_gone)
    counted = (f"{there} of those registered" if there else "", f"{gone} removed" if gone else "")
    which = " and ".join(filter(None, counted))
    return f"{which} cannot be compared, so it may be one of them."


def unread(case: Case) -> Diagnosis:
    """Nothing but the answer to go by."""
    summary = case.meaning.sentence
    may = "It may be wrong, removed, too new, or of another application."
    return case.so(case.not_known, "unsure", summary, may, BLIND)


RULES: tuple[Callable[[Case], Diagnosis | None], ...] = (
    new_application,
    said_by_code,
    pasted_id,
    repaired,
    too_early,
    expired,
    malformed,
    alike,
    worked_and_listed,
    replaced,
    removed,
    fresh,
    altered,
    elsewhere,
    nothing_fits,
    unread,
)
"""In this order; the last one always applies."""
