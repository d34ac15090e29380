"""
One look at a target, as the `verify` command takes it: what is stored and what the login service
says to it first, what follows later, when the directory has been read as well.
"""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

from exporter.model import Cause
from exporter.snapshot import TargetView
from exporter.sources import SourceUnreadable
from exporter.verdict import NoAnswer, Verdict
from exporter.verify.directory import Directory
from exporter.verify.gate import Gate
from exporter.verify.held import held
from exporter.verify.job import Job
from exporter.verify.once import Asked, Known, Value, ask, conclude, told_by
from exporter.verify.reader import Reader
from exporter.verify.verifier import unreadable, wait_asked

RESTING = NoAnswer(Cause.THROTTLED, "not asked: the login service wants fewer sign-ins")


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen: the answer to the stored value, or why that could not be read."""

    job: Job
    at: float
    duration: float
    seen: tuple[Value, Asked] | SourceUnreadable


async def look(job: Job, reader: Reader, gate: Gate, clock: Callable[[], float]) -> Look:
    """Read what is stored, and ask for a token with it."""
    began = perf_counter()
    try:
        value = await reader.read(job)
    except SourceUnreadable as error:
        return Look(job, clock(), perf_counter() - began, error)
    async with gate.turn(job.login):
        began, now = perf_counter(), clock()
        if gate.resting(job.login, now):
            return Look(job, now, 0.0, (value, Asked(RESTING)))
        asked = await ask(job.applicant, value, now)
    gate.rest(job.login, now, wait_asked(asked.answer))
    return Look(job, now, perf_counter() - began, (value, asked))


def judged(one: Look, directory: Directory) -> TargetView:
    """What follows from it and from what the directory holds."""
    target = one.job.described
    if isinstance(one.seen, SourceUnreadable):
        return TargetView(target, Verdict(one.at, unreadable(one.seen)), duration=one.duration)
    value, asked = one.seen
    verdict = conclude(target.client_id, value, asked, Known(directory), one.at)
    objects = directory.objects(target.client_id)
    holds = held(told_by(value, verdict), verdict, objects, target.expires_at, one.at)
    return TargetView(target, verdict, holds, duration=one.duration)
