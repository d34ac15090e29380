"""
What is known of the very thing that an alert is about, in words: filled in from a snapshot for the
parameters of the alert's link. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from exporter.model import Cause
from exporter.remedy import Step, Subject
from exporter.runbooks import RUNBOOKS
from exporter.runbooks.causes import in_words
from exporter.runbooks.found import find
from exporter.runbooks.of_credential import of_credential
from exporter.runbooks.of_exporter import of_exporter
from exporter.runbooks.of_target import of_target
from exporter.runbooks.of_tenant import of_tenant
from exporter.runbooks.portal import portal
from exporter.runbooks.runbook import About, Plan, Runbook, beginning, steps_of
from exporter.runbooks.told import Told
from exporter.runbooks.variants import Variant, by_consumer
from exporter.snapshot import Snapshot

TELLERS = {
    About.CREDENTIAL: of_credential,
    About.TARGET: of_target,
    About.TENANT: of_tenant,
    About.EXPORTER: of_exporter,
}


@dataclass(frozen=True, slots=True)
class Road:
    """Steps under a title; the title is empty where there is no other."""

    title: str
    steps: tuple[Step, ...]
    consumers: tuple[Variant, ...] = ()


@dataclass(frozen=True, slots=True)
class Situation:
    """
    A runbook, what is known of what it is about, and what to do now. `present` is the runbook of
    the state that it is in by now, mostly the same.
    """

    book: Runbook
    present: Runbook
    told: Told
    roads: tuple[Road, ...]
    next: tuple[Step, ...]
    portal: str
    unknown: tuple[tuple[str, str], ...]


def situation(
    book: Runbook, parameters: Mapping[str, str], snapshot: Snapshot, now: float
) -> Situation:
    """Everything that the page says."""
    found = find(book.about, parameters, snapshot, now)
    told = TELLERS[book.about](book, found, snapshot, now)
    roads = roads_of(book, told)
    single = len(roads) == 1 and not told.mended
    first = beginning(roads[0].steps) if single else ()
    link = portal(found, told.subject)
    return Situation(book, present(book, told), told, roads, first, link, found.unknown)


def present(book: Runbook, told: Told) -> Runbook:
    """The runbook that leads to the plan; another than the alert's when things have changed."""
    # That of an expired credential says that nothing newer is there.
    if not told.changed or (told.plan is Cause.EXPIRED and told.subject.newer_key_id):
        return book
    alike = (other for other in (book, *RUNBOOKS.values()) if other.about is book.about)
    leading = (other for other in alike if told.plan in {way.plan for way in other.ways})
    return next(leading, book)


def roads_of(book: Runbook, told: Told) -> tuple[Road, ...]:
    """The plan of the present state; each way of the runbook where that is not known."""
    if told.plan is not None:
        steps = tuple(s for s in steps_of(told.plan, told.subject) if s.name not in told.without)
        stored = any(step.name == "store_other" for step in steps)
        return (Road("", steps, consumers(told.plan, told.subject) if stored else ()),)
    return tuple(
        Road(
            f"{in_words(Cause(way.plan)).capitalize()}: {way.when}",
            steps_of(way.plan, told.subject),
        )
        for way in book.ways
    )


def consumers(plan: Plan, subject: Subject) -> tuple[Variant, ...]:
    """What is different for each consumer, where it is not known which one it is."""
    known = subject.place.form or subject.consumer != "other" or subject.details
    return () if known else by_consumer(plan, subject)
