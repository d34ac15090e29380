"""
What a verification leaves behind: the target's new view, what is remembered of the stored value,
and when it is tried again. Pure but for the jitter of the pauses.
"""

from dataclasses import dataclass, replace

from exporter.model import Cause
from exporter.schedule import backoff, jittered
from exporter.snapshot import Held, Memory, TargetView
from exporter.verdict import Granted, Verdict
from exporter.verify.once import Mended

LONGEST_PAUSE = 3600.0
"""A refused secret is tried at least hourly: what mends it may happen where it cannot be seen."""

THROTTLED_PAUSE = 150.0
"""AADSTS50196, the answer to the same request too often, clears after two minutes."""

MOST_WORKED = 8

TOLD_BY_HINTS = frozenset(
    {
        Cause.EXPIRED,
        Cause.REVOKED,
        Cause.ROTATION_MISMATCH,
        Cause.WRONG_APPLICATION,
        Cause.INVALID_SECRET,
    }
)
"""Causes that may have been concluded from the first three characters of a secret."""


@dataclass(frozen=True, slots=True)
class Tried:
    """
    One verification: of which value, by its keyed hash; whether that or the application changed
    since the last one; how long it took, how long the login service wants to be left alone, and in
    which surroundings it was.
    """

    value: bytes
    changed: bool
    verdict: Verdict
    duration: float
    mended: Mended = None
    retry_after: float = 0.0
    seen: bytes = b""


def after(view: TargetView, tried: Tried, holds: Held | None, interval: float) -> TargetView:
    """The target's view after a verification."""
    verdict = tried.verdict
    began = since(view, verdict)
    memory = remembered(view.memory, tried, interval)
    memory = replace(memory, known=known(memory, tried, holds))
    return replace(
        view,
        verdict=verdict,
        holds=holds,
        last_success=verdict.at if verdict.works else view.last_success,
        since=began,
        duration=tried.duration,
        memory=replace(memory, refused_since=began) if memory.refused is verdict else memory,
    )


def since(view: TargetView, verdict: Verdict) -> float | None:
    """When the present cause was first seen."""
    if verdict.diagnosis is None:
        return None
    same = view.verdict is not None and cause_in(view.verdict) is cause_in(verdict)
    return view.since if same else verdict.at


def remembered(old: Memory, tried: Tried, interval: float) -> Memory:
    """What is known of the value now, and when it is due again."""
    verdict, same = tried.verdict, tried.value == old.value
    misses = old.misses + 1 if verdict.could_not_tell else 0
    if cause_in(verdict) is Cause.SOURCE_UNREADABLE:
        return unread(old, verdict.at + backoff(misses, interval), misses)
    refused = not verdict.works and not verdict.could_not_tell
    refusals = 0 if tried.changed or verdict.works else old.refusals
    refusals += refused
    return Memory(
        value=tried.value,
        seen=tried.seen,
        refused=verdict if refused else None,
        refusals=refusals,
        misses=misses,
        not_before=verdict.at + pause(tried, refusals, misses, interval),
        mended=None if spreading(verdict) else tried.mended or (old.mended if same else None),
        mended_at=old.mended_at if same and tried.mended is old.mended else verdict.at,
        worked=worked(old, tried) if verdict.works else old.worked,
        known=old.known,
        rest_until=verdict.at + tried.retry_after if tried.retry_after else 0.0,
        told=(old.refused or old.told) if same and verdict.could_not_tell else None,
    )


def unread(old: Memory, look_again: float, misses: int) -> Memory:
    """Nothing is learnt of a value that could not be read; a refused one keeps its pause."""
    not_before = max(old.not_before, look_again) if old.refused else look_again
    return replace(old, misses=misses, not_before=not_before)


def readable_again(view: TargetView, refused: Verdict) -> TargetView:
    """The view once the value is back that was refused before, and is not due yet."""
    memory = replace(view.memory, misses=0)
    return replace(view, verdict=refused, since=memory.refused_since, memory=memory)


def mended_before(view: TargetView, now: float) -> Mended:
    """
    What was said of the mended value, while that counts: not for long, as what was refused may have
    been too new, nor once it has ended.
    """
    memory, holds = view.memory, view.holds
    ended = isinstance(memory.mended, Granted) and holds is not None and holds.expires <= now
    return None if ended or now - memory.mended_at > LONGEST_PAUSE else memory.mended


def due(view: TargetView, interval: float) -> float:
    """When the value is due again; an interval that was made shorter counts from the last try."""
    not_before, verdict = view.memory.not_before, view.verdict
    return (
        not_before if verdict is None else min(not_before, latest(view.memory, verdict, interval))
    )


def latest(memory: Memory, verdict: Verdict, interval: float) -> float:
    """When a value is due at the latest, with this interval."""
    if verdict.works:
        return verdict.at + interval
    if not verdict.could_not_tell:
        return verdict.at + longest_refused(memory.refusals, interval)
    throttled = THROTTLED_PAUSE if cause_in(verdict) is Cause.THROTTLED else 0.0
    look_again = max(verdict.at + max(interval, throttled), memory.rest_until)
    return (
        max(look_again, latest(memory, memory.refused, interval)) if memory.refused else look_again
    )


def cause_in(verdict: Verdict) -> Cause | None:
    """Why it failed, None when it works."""
    return verdict.diagnosis.cause if verdict.diagnosis else None


def spreading(verdict: Verdict) -> bool:
    """Whether what is refused now may work in minutes, mended or not."""
    return cause_in(verdict) is Cause.PROPAGATING


def pause(tried: Tried, refusals: int, misses: int, interval: float) -> float:
    """Seconds until this value is tried again, if nothing changes before."""
    diagnosis = tried.verdict.diagnosis
    if diagnosis is None:
        return jittered(interval)
    if tried.verdict.could_not_tell:
        throttled = THROTTLED_PAUSE if diagnosis.cause is Cause.THROTTLED else 0.0
        return max(backoff(misses, interval), tried.retry_after, throttled)
    return refused_pause(refusals, interval)


def refused_pause(refusals: int, interval: float) -> float:
    """Growing from the interval: a watcher must not look like somebody who guesses secrets."""
    return jittered(longest_refused(refusals, interval))


def longest_refused(refusals: int, interval: float) -> float:
    """The same before jitter."""
    return min(interval * 2.0 ** min(refusals - 1, 16), max(interval, LONGEST_PAUSE))


def worked(old: Memory, tried: Tried) -> tuple[tuple[bytes, float], ...]:
    """The last few values that worked, the latest last."""
    others = [(value, at) for value, at in old.worked if value != tried.value]
    return (*others, (tried.value, tried.verdict.at))[-MOST_WORKED:]


def known(memory: Memory, tried: Tried, holds: Held | None) -> tuple[tuple[bytes, str], ...]:
    """
    Which credentials the last few values were: as recognised just now, or else before. A repeated
    key id tells nothing, as its number may become another one's.
    """
    diagnosis = tried.verdict.diagnosis
    key_id = (holds.key_id if holds else "") or (diagnosis.key_id if diagnosis else "")
    if not key_id or not tried.value or "#" in key_id:
        return memory.known
    others = [(value, other) for value, other in memory.known if value != tried.value]
    return (*others, (tried.value, key_id))[-MOST_WORKED:]


def told_before(verdict: Verdict, before: Verdict | None) -> Verdict:
    """
    What is said of a value that is refused as before while hints are missing: what was found out
    when there were some, rather than that it is not known any more.
    """
    if before is None or verdict.diagnosis is None or before.diagnosis is None:
        return verdict
    codes = (verdict.diagnosis.code, before.diagnosis.code)
    unsure = verdict.diagnosis.confidence == "unsure" and verdict.refusal is not None
    if unsure and codes[0] == codes[1] and cause_in(before) in TOLD_BY_HINTS:
        return replace(verdict, diagnosis=before.diagnosis)
    return verdict
