"""
Keeps the state of all tenants in step with the snapshot, and gives it back at the start. Whatever
is wrong with the directory ends nothing: it is said once, and shows in the metrics.
"""

import asyncio
import contextlib
import math
import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import Any, TypeVar

from exporter import log
from exporter.config import Config, TenantConfig
from exporter.errors import where
from exporter.schedule import wanted
from exporter.snapshot import Saved, Snapshot, TenantView
from exporter.state import trouble
from exporter.state.due import Parts, Written, due, parts_of, stale
from exporter.state.folder import KEY_BYTES, Folder
from exporter.state.keeping import record_of
from exporter.state.loading import load, snapshot_with
from exporter.store import Store

LOOK = 1.0
"""Seconds from one look at what has changed to the next."""

OPENING = 5.0
"""Seconds that the start waits for a disk."""

READING = 20.0
"""Seconds that it waits for the files' content: a disk that answers may be read with little CPU."""

WRITING = 30.0
"""Seconds after which a write that does not end counts as failed."""

LEAVING = 0.3
"""Seconds that the end of the program, or a reload, waits for the last writes."""

Result = TypeVar("Result")


class Keeper:
    """
    `apply` a configuration before the store knows its tenants; then `look` again and again.
    `crashed` is called when a bug kept state from being kept.
    """

    def __init__(self, store: Store[Any], crashed: Callable[[], None] = lambda: None) -> None:
        self.store = store
        self.crashed = crashed
        self.folder: Folder | None = None
        self.thread = new_thread()
        self.key = b""
        self.intact = frozenset[str]()
        self.written: dict[str, Written] = {}
        self.turn = asyncio.Lock()
        self.doing: Future[Any] | None = None
        self.began = 0.0
        self.applied = 0
        self.troubles: dict[str, str] = {}

    async def apply(self, config: Config) -> None:
        """
        Keep state where the configuration says from now on, and put what is known there of tenants
        that the snapshot does not have into it.
        """
        path, tenants = config.state.dir, config.tenants
        self.applied += 1
        await self.flush()
        stays = path == (self.folder.path if self.folder else None)
        if stays:
            known = {(t.name, t.tenant_id, t.cloud) for t in self.store.snapshot.tenants}
            tenants = tuple(t for t in tenants if (t.name, t.tenant_id, t.cloud) not in known)
        else:
            await self.leave()
            self.folder = Folder(path) if path is not None else None
        try:
            if not stays:
                await self.open()
            await self.restore(config, tenants)
        except BaseException:
            # What was not taken up must not be written over.
            self.not_read(tenants)
            raise

    async def open(self) -> None:
        """Get hold of the directory; if that fails, it is tried again with each write."""
        kept = b""
        if self.folder is not None:
            try:
                await self.within(OPENING, self.folder.take)
            except OSError as error:
                self.say("", error)
            with contextlib.suppress(OSError):
                kept = await self.within(OPENING, self.folder.kept_key)
        # What was seen already is known by the first key.
        self.key = self.key or kept
        self.own_key()

    def own_key(self) -> bytes:
        """What stored values are marked with, from the first call on for good."""
        self.key = self.key or secrets.token_bytes(KEY_BYTES)
        return self.key

    async def restore(self, config: Config, tenants: Sequence[TenantConfig]) -> None:
        """Read the files of these tenants."""
        if self.folder is None or not tenants:
            return
        reading = partial(load, self.folder, config, tenants, self.key, self.store.clock())
        try:
            loaded = await self.within(READING, reading)
        except OSError as error:
            self.not_read(tenants)
            self.say("", error)
            return
        for problem in loaded.problems:
            log.get().warning("state file not used", **problem)
        if loaded.tenants:
            count, targets = len(loaded.tenants), len(loaded.targets)
            log.get().info("state read", tenants=count, targets=targets)
        # What the snapshot has already is newer than what is in a file.
        self.intact = loaded.intact - {view.name for view in self.store.snapshot.tenants}
        self.store.update(partial(snapshot_with, loaded), soon=False)

    def not_read(self, tenants: Sequence[TenantConfig]) -> None:
        """Have the files of these tenants kept aside before others are written."""
        if self.folder is not None:
            self.folder.not_read(tenant.name for tenant in tenants)

    async def look(self) -> float:
        """Write what is due; returns the seconds until the next look."""
        applied, found = self.applied, parts_of(self.store.snapshot) if self.folder else {}
        self.written = {name: last for name, last in self.written.items() if name in found}
        self.troubles = {name: why for name, why in self.troubles.items() if name in {"", *found}}
        for name, parts in found.items():
            if parts.tenant.saved is None:
                self.show(name, lambda none_yet: none_yet)
            if name in self.intact:
                self.written.setdefault(name, Written(parts, -math.inf))
        self.intact = frozenset()
        for name, parts in found.items():
            # After a reload they may be of a tenant that is not there any more.
            if applied == self.applied and due(self.written.get(name), parts, monotonic()):
                await self.save(name, parts, WRITING)
        return LOOK

    async def save(self, name: str, parts: Parts, seconds: float) -> None:
        """Write one tenant's file, and say how that went."""
        folder = self.folder
        if folder is None:
            return
        began, now = monotonic(), self.store.clock()
        make = partial(record_of, parts.tenant, parts.targets, self.key, now)
        try:
            await self.within(seconds, partial(folder.save, name, self.key, make))
        except OSError as error:
            self.written[name] = Written(parts, monotonic(), failed=True)
            self.say(name, error)
            self.show(name, lambda old: replace(old, failures=old.failures + 1))
            return
        self.written[name] = Written(parts, monotonic(), monotonic() - began)
        self.over(name)
        self.show(name, lambda old: replace(old, at=now))

    async def within(self, seconds: float, work: Callable[[], Result]) -> Result:
        """
        What the work gives, done in the thread of the directory, one after the other; raises
        OSError: a TimeoutError where that hangs. Then nothing else is begun before it ends.
        """
        try:
            async with asyncio.timeout(seconds), self.turn:
                result: Result = await self.done(work)
        except OSError:
            raise
        except BaseException as error:  # state that cannot be kept must not end the rest
            if wanted(error):
                raise
            self.crashed()
            raise OSError(0, f"a bug of the exporter ({where(error)}); report it") from error
        return result

    async def done(self, work: Callable[[], Result]) -> Result:
        """What the work gives, after what is still done; raises TimeoutError where that hangs."""
        if self.doing is not None and not self.doing.done():
            if monotonic() - self.began >= OPENING:
                raise TimeoutError
            await asyncio.gather(asyncio.wrap_future(self.doing), return_exceptions=True)
        doing: Future[Any] = self.thread.submit(work)
        self.doing, self.began = doing, monotonic()
        result: Result = await asyncio.shield(asyncio.wrap_future(doing))
        return result

    def show(self, name: str, change: Callable[[Saved], Saved]) -> None:
        """Put into the store how writing goes."""

        def changed_view(old: TenantView) -> TenantView:
            return replace(old, saved=change(old.saved or Saved()))

        self.store.update_tenant(name, changed_view, soon=False)

    def say(self, name: str, error: OSError) -> None:
        """Log why state is not kept, once for each reason."""
        why = trouble.why(error)
        news = why not in self.troubles.values()
        self.troubles[name] = why
        if news and self.folder is not None:
            place, step = str(self.folder.path), trouble.next_step(error)
            # Only a bug has a cause.
            bug = error.__cause__
            log.get().warning(
                "state not kept", directory=place, why=why, next_step=step, exc_info=bug
            )

    def over(self, name: str) -> None:
        """Log that state is kept again, once it is for all."""
        troubled = bool(self.troubles)
        for trouble_of in ("", name):
            self.troubles.pop(trouble_of, None)
        if troubled and not self.troubles:
            log.get().info("state kept again")

    async def flush(self) -> None:
        """Write every file that is not as the snapshot is, as far as there is time."""
        try:
            async with asyncio.timeout(LEAVING):
                await self.write_all()
        except TimeoutError:
            log.get().warning("last state not kept", why=trouble.SLOW)

    async def write_all(self) -> None:
        """Write every file that is not as the snapshot is, after what is being written."""
        if self.doing is not None:
            await asyncio.gather(asyncio.wrap_future(self.doing), return_exceptions=True)
        for name, parts in parts_of(self.store.snapshot).items():
            if stale(self.written.get(name), parts):
                await self.save(name, parts, LEAVING)

    async def leave(self) -> None:
        """Keep no state there any more."""
        if self.folder is not None:
            # Behind what hangs there: its lock must not be held for ever.
            closing = asyncio.wrap_future(self.thread.submit(self.folder.close))
            await asyncio.wait({closing}, timeout=LEAVING)
            self.thread.shutdown(wait=False)
            self.thread = new_thread()
        self.folder, self.doing, self.written, self.troubles = None, None, {}, {}
        self.store.update(unsaved, soon=False)


def new_thread() -> ThreadPoolExecutor:
    """A thread for one directory: one that hangs holds up nothing else."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="state")


def unsaved(snapshot: Snapshot) -> Snapshot:
    """The snapshot of an exporter that keeps no state."""
    return replace(snapshot, tenants=tuple(replace(t, saved=None) for t in snapshot.tenants))
