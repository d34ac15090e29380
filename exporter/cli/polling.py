"""Polling tenants once, with a progress bar on a terminal: what `check` and `verify` share."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from exporter.config import Config
    from exporter.snapshot import Snapshot


async def poll_all(loaded: "Config") -> "Snapshot":
    """Poll every tenant once, all at the same time."""
    from exporter.poller import Poller  # noqa: PLC0415
    from exporter.snapshot import ReloadStatus, Snapshot  # noqa: PLC0415
    from exporter.store import Store  # noqa: PLC0415
    from exporter.transitions import configured  # noqa: PLC0415 - see serve

    status = ReloadStatus(successful=True, last_success=time.time())
    first = configured(Snapshot((), status), loaded, "", status)
    store = Store(first, lambda _snapshot, _now: None, time.time)

    async def poll(poller: Poller) -> None:
        async with contextlib.aclosing(poller):
            await poller.poll()

    with progress() as count:
        polled = [tenant for tenant in loaded.tenants if tenant.polls]
        async with asyncio.TaskGroup() as group:
            for tenant in polled:
                poller = Poller(tenant, loaded.cloud_of(tenant), store, progress=count)
                group.create_task(poll(poller))
    return store.snapshot


@contextlib.contextmanager
def progress() -> Iterator[Callable[[int], None]]:
    """What to call with each page's number of objects; draws on stderr if that is a terminal."""
    from rich.console import Console  # noqa: PLC0415 - see serve
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    console = Console(stderr=True)
    columns = (
        TextColumn("Reading Microsoft Graph"),
        BarColumn(),
        TextColumn("{task.completed:.0f} objects"),
        TimeElapsedColumn(),
    )
    with ExitStack() as stack:
        bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        stack.enter_context(bar)
        task = bar.add_task("read", total=None)
        yield lambda objects: bar.advance(task, objects)
