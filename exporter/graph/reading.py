"""
A tenant's inventory from Graph's pages: both listings at once, each object once, what the
configuration selects. Whole or not at all.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from exporter.config import PollConfig
from exporter.graph.client import Graph
from exporter.graph.credentials import read_object
from exporter.graph.keeping import Places, kept
from exporter.graph.selection import considered, selected
from exporter.graph.wire import Page, Unreadable
from exporter.model import DirectoryObject, Inventory, Nameless, ObjectType
from exporter.work import aside

Progress = Callable[[int], None]
"""Called with the number of objects of each page that arrives."""


Known = Mapping[tuple[ObjectType, str], DirectoryObject]
"""The objects of the last inventory, by id."""


@dataclass(slots=True)
class Listing:
    """
    One listing and what it has given so far: by id, as an object may come twice; `hidden` are those
    that are not watched.
    """

    type: ObjectType
    poll: PollConfig
    known: Known
    nameless: tuple[Nameless, ...] = ()
    objects: dict[str, DirectoryObject] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    lost: list[Unreadable] = field(default_factory=list)


async def read_inventory(
    graph: Graph, poll: PollConfig, last: Inventory | None, now: float, progress: Progress
) -> tuple[Inventory, tuple[Unreadable, ...]]:
    """
    The tenant's inventory and what was left out of it; raises `PollError`. Objects that are as
    they were in the `last` one are taken from there, so that they are in memory once.
    """
    known = await aside(by_id, last)
    nameless = last.nameless if last else ()
    listings = [Listing(object_type, poll, known, nameless) for object_type in wanted(poll)]
    await together([fill(listing, graph, progress) for listing in listings])
    return await aside(assemble, listings, now)


def wanted(poll: PollConfig) -> list[ObjectType]:
    """The listings to read."""
    applications = [ObjectType.APPLICATION] if poll.applications else []
    principals = [] if poll.service_principals == "none" else [ObjectType.SERVICE_PRINCIPAL]
    return applications + principals


def by_id(last: Inventory | None) -> Known:
    """The objects of an inventory by id."""
    return {(item.type, item.object_id): item for item in last.objects} if last else {}


async def fill(listing: Listing, graph: Graph, progress: Progress) -> None:
    """Read one listing to its end."""
    async for page, lost in graph.pages(listing.type):
        listing.lost.extend(lost)
        await aside(take, listing, page)
        progress(len(page.value))


def take(listing: Listing, page: Page) -> None:
    """Add what is watched of a page."""
    for entry in page.value:
        listing.hidden.add(entry.id)
        if considered(entry, listing.type, listing.poll):
            item = read_object(entry, listing.type, listing.lost)
            if selected(item, listing.poll):
                old = listing.known.get((listing.type, entry.id))
                listing.objects[entry.id] = old if old == item and old is not None else item
                listing.hidden.discard(entry.id)


def assemble(listings: list[Listing], now: float) -> tuple[Inventory, tuple[Unreadable, ...]]:
    """The inventory of finished listings, which it empties: here, beside the event loop."""
    counts = Counter({listing.type: len(listing.lost) for listing in listings})
    nameless = tuple(place for listing in listings for place in keep(listing, now))
    objects = tuple(item for listing in listings for item in listing.objects.values())
    for listing in listings:
        listing.objects.clear()
    inventory = Inventory(now, objects, MappingProxyType(counts), nameless=nameless)
    return inventory, tuple(entry for listing in listings for entry in listing.lost)


def keep(listing: Listing, now: float) -> list[Nameless]:
    """
    Leave as it was what could not be read, where the filters still let it through; returns what is
    to be remembered of the entries without an id.
    """
    if not listing.lost:
        return []
    before = {one.object_id: one for one in listing.nameless if one.type is listing.type}
    places = Places(listing.type, before, now)
    for item in [*kept(watched(listing), listing.objects, listing.lost, places)]:
        listing.objects[item.object_id] = item
    return places.after


def watched(listing: Listing) -> dict[str, DirectoryObject]:
    """What is known of the listing, without what is hidden now."""
    return {
        key: item
        for (kind, key), item in listing.known.items()
        if kind is listing.type
        and key not in listing.hidden
        and (key in listing.objects or selected(item, listing.poll))
    }


async def together(jobs: Iterable[Coroutine[Any, Any, None]]) -> None:
    """
    Run jobs at the same time; when one fails, the others are ended and its error is raised.

    Neither a TaskGroup nor gather: on Python 3.11 both may lose a cancellation that comes while a
    job fails, and a poll that was cancelled would go on beside its successor.
    """
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        errors = [error for task in tasks if not task.cancelled() and (error := task.exception())]
    if errors:
        raise errors[0]
