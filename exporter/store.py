"""
The one mutable object: the present snapshot, and what was rendered of it. Changed on the event loop
only, by swapping frozen values. Knows neither what is in a snapshot nor how it is rendered.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from typing import Generic, TypeVar

from exporter.snapshot import Snapshot, TargetView, TenantView
from exporter.work import aside

RENDER_EVERY = 30.0
"""Seconds after which days are counted again: well below the 60 s they may lag."""

Rendered = TypeVar("Rendered")
Render = Callable[[Snapshot, float], Rendered]


class Store(Generic[Rendered]):
    """Holds the snapshot and its rendered form; `clock` gives Unix time."""

    def __init__(
        self, snapshot: Snapshot, render: Render[Rendered], clock: Callable[[], float]
    ) -> None:
        self.snapshot = snapshot
        self.render = render
        self.clock = clock
        self.rendered = render(snapshot, clock())
        self.changed = asyncio.Event()

    def update(self, change: Callable[[Snapshot], Snapshot], *, soon: bool = True) -> None:
        """Replace the snapshot by what `change` makes of it; `soon`: render it at once."""
        self.snapshot = change(self.snapshot)
        if soon:
            self.changed.set()

    def update_tenant(
        self, name: str, change: Callable[[TenantView], TenantView], *, soon: bool = True
    ) -> None:
        """Replace one tenant's view, if the tenant is still there."""
        self.update(lambda snapshot: with_tenant(snapshot, name, change), soon=soon)

    def update_target(
        self, name: str, change: Callable[[TargetView], TargetView], *, soon: bool = True
    ) -> None:
        """Replace one target's view, if the target is still there."""
        self.update(lambda snapshot: with_target(snapshot, name, change), soon=soon)

    async def render_once(self) -> None:
        """Render in a thread, so that nothing waits for it; changes meanwhile wait for the next."""
        self.changed.clear()
        self.rendered = await aside(self.render, self.snapshot, self.clock())

    async def keep_rendered(self) -> float:
        """
        Wait for a change or for `RENDER_EVERY` seconds, then render. Returns the pause until the
        next: as long as it took, so that many changes keep half a core busy at most.
        """
        try:
            async with asyncio.timeout(RENDER_EVERY):
                await self.changed.wait()
        except TimeoutError:
            pass
        began = perf_counter()
        await self.render_once()
        return perf_counter() - began


def with_tenant(
    snapshot: Snapshot, name: str, change: Callable[[TenantView], TenantView]
) -> Snapshot:
    """The snapshot with one tenant's view changed."""
    tenants = tuple(change(t) if t.name == name else t for t in snapshot.tenants)
    return replace(snapshot, tenants=tenants)


def with_target(
    snapshot: Snapshot, name: str, change: Callable[[TargetView], TargetView]
) -> Snapshot:
    """The snapshot with one target's view changed."""
    targets = tuple(change(t) if t.target.name == name else t for t in snapshot.targets)
    return replace(snapshot, targets=targets)
