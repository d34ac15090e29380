"""
Makes pages beside the event loop, one at a time, and keeps the last few for as long as /metrics
shows the same. A crowd of readers waits here: rendering the metrics never waits behind it.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager
from typing import TypeVar

from aiohttp import hdrs, web

from exporter.metrics.exposition import Exposition
from exporter.snapshot import Snapshot
from exporter.store import Store
from exporter.web.listing import Index, indexed
from exporter.work import aside

KEPT = 16
MOST_WAITING = 32
PATIENCE = 30.0
"""Seconds for one's turn to come, and again for the page: nobody waits for longer."""

BUSY = "Too many pages are asked for at once: try again in a few seconds.\n"

Made = TypeVar("Made")


class Queue:
    """Those who wait for something that is done one at a time; a crowd is sent away."""

    def __init__(self, busy: str = BUSY) -> None:
        self.lock = asyncio.Lock()
        self.waiting = 0
        self.busy = busy

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for one's turn; raises TimeoutError when one's own takes too long."""
        if self.waiting >= MOST_WAITING:
            raise self.sent_away()
        self.waiting += 1
        try:
            await self.wait()
            try:
                async with asyncio.timeout(PATIENCE):
                    yield
            finally:
                self.lock.release()
        finally:
            self.waiting -= 1

    async def wait(self) -> None:
        """Wait for the lock."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self.lock.acquire()
        except TimeoutError:
            raise self.sent_away() from None

    def sent_away(self) -> web.HTTPServiceUnavailable:
        """What is said to whom it does not come to."""
        return web.HTTPServiceUnavailable(text=self.busy, headers={hdrs.RETRY_AFTER: "5"})


class Making:
    """What pages are made from, and those that were made, over one store."""

    def __init__(self, store: Store[Exposition], clock: Callable[[], float]) -> None:
        self.store = store
        self.clock = clock
        self.lists = Queue()
        # Who was woken by an alert does not stand behind those who search.
        self.books = Queue()
        self.shown: Exposition | None = None
        self.present: Index | None = None
        self.kept = OrderedDict[Hashable, str]()

    @property
    def tenants(self) -> tuple[str, ...]:
        """The names of the tenants."""
        return tuple(view.name for view in self.store.snapshot.tenants)

    async def page(self, key: Hashable, make: Callable[[Index], str]) -> str:
        """What `make` gives, made once for a key while /metrics stays the same."""
        async with self.lists.turn():
            index = await self.index()
            if key not in self.kept:
                self.kept[key] = await aside(make, index)
            self.kept.move_to_end(key)
            if len(self.kept) > KEPT:
                self.kept.popitem(last=False)
            return self.kept[key]

    async def of_index(self, make: Callable[[Index], Made]) -> Made:
        """What `make` gives, which is not kept."""
        async with self.lists.turn():
            return await aside(make, await self.index())

    async def of_snapshot(self, make: Callable[[Snapshot, float], Made]) -> Made:
        """The same of this moment, which needs no rows."""
        async with self.books.turn():
            return await aside(make, self.store.snapshot, self.clock())

    async def index(self) -> Index:
        """The rows of what /metrics shows; only for whose turn it is."""
        rendered, snapshot = self.store.rendered, self.store.snapshot
        if self.present is None or self.shown is not rendered:
            self.present = await aside(indexed, snapshot, self.clock())
            self.shown = rendered
            self.kept.clear()
        return self.present
