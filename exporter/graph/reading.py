"""
A tenant's inventory from Graph's pages: both listings at once, each object once, what the
configuration selects. Whole or not at all.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from types import MappingProxyType

from exporter.config import PollConfig
from exporter.errors import PollError
from exporter.graph.client import Graph
from exporter.graph.credentials import read_object
from exporter.graph.selection import considered, selected
from exporter.graph.wire import Page, Unreadable
from exporter.model import DirectoryObject, Inventory, ObjectType

Progress = Callable[[int], None]
"""Called with the number of objects of each page that arrives."""


@dataclass(slots=True)
class Listing:
    """What one listing has given so far. By id, as an object may come twice while it changes."""

    objects: dict[str, DirectoryObject] = field(default_factory=dict)
    lost: list[Unreadable] = field(default_factory=list)


async def read_inventory(
    graph: Graph, poll: PollConfig, now: float, progress: Progress
) -> tuple[Inventory, tuple[Unreadable, ...]]:
    """The tenant's inventory and what was left out of it; raises `PollError`."""
    listings = {object_type: Listing() for object_type in wanted(poll)}
    try:
        async with asyncio.TaskGroup() as group:
            for object_type, listing in listings.items():
                group.create_task(fill(listing, graph, object_type, poll, progress))
    except BaseExceptionGroup as failures:
        raise first(failures) from failures
    return assemble(listings, now)


def wanted(poll: PollConfig) -> list[ObjectType]:
    """The listings to read."""
    applications = [ObjectType.APPLICATION] if poll.applications else []
    principals = [] if poll.service_principals == "none" else [ObjectType.SERVICE_PRINCIPAL]
    return applications + principals


async def fill(
    listing: Listing, graph: Graph, object_type: ObjectType, poll: PollConfig, progress: Progress
) -> None:
    """Read one listing to its end."""
    async for page, lost in graph.pages(object_type):
        listing.lost.extend(lost)
        await asyncio.to_thread(take, listing, page, object_type, poll)
        progress(len(page.value))


def take(listing: Listing, page: Page, object_type: ObjectType, poll: PollConfig) -> None:
    """Add what is watched of a page."""
    for entry in page.value:
        if considered(entry, object_type, poll):
            item = read_object(entry, object_type, listing.lost)
            if selected(item, poll):
                listing.objects[entry.id] = item


def assemble(
    listings: dict[ObjectType, Listing], now: float
) -> tuple[Inventory, tuple[Unreadable, ...]]:
    """The inventory of finished listings."""
    lost = {object_type: listing.lost for object_type, listing in listings.items()}
    counts = Counter({object_type: len(entries) for object_type, entries in lost.items()})
    objects = tuple(item for listing in listings.values() for item in listing.objects.values())
    inventory = Inventory(now, objects, MappingProxyType(counts))
    return inventory, tuple(entry for entries in lost.values() for entry in entries)


def first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """The failure to report for a group: a poll's own, else whatever came first."""
    return next(
        (e for e in failures.exceptions if isinstance(e, PollError)), failures.exceptions[0]
    )
