"""When a tenant's file is to be written: soon what must not be lost, else now and then. Pure."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from exporter.model import Inventory
from exporter.snapshot import Snapshot, TargetView, TenantView
from exporter.verdict import Gone

ROUTINE = 60.0
"""Seconds between two writes where only what works has been tried again."""

SHORTEST = 1.0
LONGEST = 10.0
SHARE = 20.0
"""A write is followed by so many times as long without one, within these limits in seconds."""

AFTER_FAILURE = 30.0
"""Seconds until a write that failed is tried again."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What is kept of a tenant at one moment: compared by identity, as frozen values are."""

    tenant: TenantView
    targets: tuple[TargetView, ...]

    @property
    def inventory(self) -> Inventory | None:
        """The last good one."""
        return self.tenant.inventory

    @property
    def gone(self) -> Mapping[str, tuple[Gone, ...]]:
        """What was seen and is gone."""
        return self.tenant.gone

    @property
    def empty(self) -> bool:
        """Whether there is nothing worth a file."""
        return self.inventory is None and all(view.verdict is None for view in self.targets)


@dataclass(frozen=True, slots=True)
class Written:
    """What was written when, by a clock that only goes on, and how long that took."""

    parts: Parts
    at: float
    took: float = 0.0
    failed: bool = False


def parts_of(snapshot: Snapshot) -> dict[str, Parts]:
    """The parts of every tenant, by its name."""
    targets = defaultdict[str, list[TargetView]](list)
    for view in snapshot.targets:
        targets[view.target.tenant].append(view)
    return {view.name: Parts(view, tuple(targets[view.name])) for view in snapshot.tenants}


def due(last: Written | None, parts: Parts, now: float) -> bool:
    """Whether to write now."""
    if last is None:
        return not parts.empty
    if last.failed:
        return now >= last.at + AFTER_FAILURE
    if not changed(last.parts, parts):
        return False
    pause = min(max(SHARE * last.took, SHORTEST), LONGEST)
    return now >= last.at + (pause if urgent(last.parts, parts) else ROUTINE)


def stale(last: Written | None, parts: Parts) -> bool:
    """Whether the file is not as the snapshot is."""
    if last is None:
        return not parts.empty
    return last.failed or changed(last.parts, parts)


def changed(old: Parts, new: Parts) -> bool:
    """Whether anything that is kept has changed."""
    if inventory_changed(old, new) or len(old.targets) != len(new.targets):
        return True
    pairs = zip(old.targets, new.targets, strict=True)
    return any(target_changed(*pair) for pair in pairs)


def urgent(old: Parts, new: Parts) -> bool:
    """
    Whether it must not be lost: a new inventory, other targets, and what is or was refused, which
    would be tried again after a crash.
    """
    if inventory_changed(old, new) or len(old.targets) != len(new.targets):
        return True
    pairs = zip(old.targets, new.targets, strict=True)
    return any(target_changed(*pair) and not (works(pair[0]) and works(pair[1])) for pair in pairs)


def inventory_changed(old: Parts, new: Parts) -> bool:
    """Whether a poll has brought something, or a pause that Graph asked for."""
    same = old.inventory is new.inventory and old.gone is new.gone
    return not same or old.tenant.rest_until != new.tenant.rest_until


def target_changed(old: TargetView, new: TargetView) -> bool:
    """Whether a verification has come in between."""
    return (
        old.verdict is not new.verdict
        or old.memory is not new.memory
        or old.holds is not new.holds
        or old.target.name != new.target.name
    )


def works(view: TargetView) -> bool:
    """Whether the stored value worked when it was tried last."""
    return view.verdict is not None and view.verdict.works
