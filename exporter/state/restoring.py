"""
From a record to the snapshot: a tenant and its targets as they were known, as far as that still
fits the configuration, the key and the clock. Pure.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from exporter.model import Credential, DirectoryObject, Inventory, Nameless
from exporter.schedule import LONGEST_WAIT
from exporter.snapshot import Memory, Target, TargetView, TenantView
from exporter.state.keeping import digest_of, made_with
from exporter.state.record import (
    KeptCredential,
    KeptGone,
    KeptInventory,
    KeptMemory,
    KeptObject,
    KeptTarget,
    Record,
)
from exporter.verdict import Gone, Granted, Verdict

ORDINARY = 60.0
"""Seconds by which a clock is corrected now and then; what lies further ahead is not believed."""


def tenant_of(record: Record, now: float) -> TenantView:
    """
    The tenant as it was known. An inventory from the future has no age that is known: it counts as
    infinitely old, rather than as fresh.
    """
    return TenantView(
        name=record.name,
        tenant_id=record.tenant_id,
        cloud=record.cloud,
        expiring_within=0.0,
        inventory=inventory_of(record.inventory, now) if record.inventory else None,
        gone=gone_of(record.gone, now),
        rest_until=pause(record.rest_until, now) if past(record, now) else 0.0,
    )


def past(record: Record, now: float) -> bool:
    """Whether it was written in the past, as it should be."""
    return record.saved_at <= now + ORDINARY


def pause(until: float, now: float) -> float:
    """When a pause ends: within a day, and at once where that is no time at all."""
    return 0.0 if math.isnan(until) else min(until, now + LONGEST_WAIT)


def inventory_of(kept: KeptInventory, now: float) -> Inventory:
    """An inventory without hints."""
    taken_at = min(kept.taken_at, now) if kept.taken_at <= now + ORDINARY else 0.0
    return Inventory(
        taken_at,
        tuple(map(object_of, kept.objects)),
        MappingProxyType(kept.unreadable),
        restored=True,
        nameless=tuple(Nameless(n.type, n.object_id, n.blank, n.kept) for n in kept.nameless),
    )


def object_of(kept: KeptObject) -> DirectoryObject:
    """An object with its credentials."""
    credentials = tuple(map(credential_of, kept.credentials))
    return DirectoryObject(
        kept.type, kept.object_id, kept.app_id, kept.name, credentials, kept.tags
    )


def credential_of(kept: KeptCredential) -> Credential:
    """A credential without a hint."""
    return Credential(
        kept.kind,
        kept.key_id,
        kept.name,
        kept.starts,
        kept.expires,
        kept.active,
        kept.encrypts,
        "",
        kept.thumbprint,
    )


def gone_of(kept: Iterable[KeptGone], now: float) -> Mapping[str, tuple[Gone, ...]]:
    """What is gone, by application id."""
    found = defaultdict[str, list[Gone]](list)
    for one in kept:
        seen, missed = min(now, one.last_seen), min(now, one.missed_since)
        found[one.app_id].append(Gone(credential_of(one.credential), seen, missed))
    return MappingProxyType({app_id: tuple(gone) for app_id, gone in found.items()})


def targets_of(
    record: Record, targets: Iterable[Target], key: bytes, now: float
) -> tuple[TargetView, ...]:
    """Those of the targets that are still the same, as they were known."""
    same_key = record.marks == made_with(key)
    return tuple(
        target_of(kept, target, now, same_key=same_key)
        for target in targets
        if (kept := record.targets.get(target.name)) and kept.identity == digest_of(target)
    )


def target_of(kept: KeptTarget, target: Target, now: float, *, same_key: bool) -> TargetView:
    """
    A target as it was known. With another key nothing is remembered of its values; where the clock
    was ahead, no pause counts, and it is not known when a value worked.
    """
    view = TargetView(
        target=target,
        verdict=kept.verdict,
        holds=kept.holds,
        last_success=kept.last_success,
        since=kept.since,
        duration=kept.duration,
        memory=memory_of(kept.memory),
    )
    if not same_key:
        view = replace(view, memory=without_marks(view.memory))
    return credible(view, now)


def memory_of(kept: KeptMemory) -> Memory:
    """What was remembered."""
    mended = kept.mended
    return Memory(
        value=kept.value,
        seen=kept.seen,
        refused=kept.refused,
        refused_since=kept.refused_since,
        refusals=kept.refusals,
        misses=kept.misses,
        not_before=kept.not_before,
        mended=(Granted() if mended else None) if isinstance(mended, bool) else mended,
        mended_at=kept.mended_at,
        worked=kept.worked,
        known=kept.known,
        rest_until=kept.rest_until,
        told=kept.told,
    )


def without_marks(memory: Memory) -> Memory:
    """What is left when values cannot be recognised."""
    return replace(memory, value=b"", mended=None, mended_at=0.0, worked=(), known=())


def credible(view: TargetView, now: float) -> TargetView:
    """The view without times that lie ahead, or are none: with NaN, `min` gives what is first."""
    memory, verdict, latest = view.memory, view.verdict, now + ORDINARY
    ahead = verdict is not None and verdict.at > latest
    not_before = 0.0 if ahead else pause(memory.not_before, now)
    worked = tuple((mark, min(at, now)) for mark, at in memory.worked if at <= latest)
    succeeded = view.last_success
    return replace(
        view,
        verdict=verdict and not_after(verdict, now),
        since=view.since and min(now, view.since),
        last_success=min(succeeded, now) if succeeded and succeeded <= latest else None,
        memory=replace(
            memory,
            refused=memory.refused and not_after(memory.refused, now),
            told=memory.told and not_after(memory.told, now),
            refused_since=memory.refused_since and min(now, memory.refused_since),
            not_before=not_before,
            rest_until=0.0 if ahead else pause(memory.rest_until, now),
            mended_at=min(now, memory.mended_at),
            worked=worked,
        ),
    )


def not_after(verdict: Verdict, now: float) -> Verdict:
    """The verdict, given now at the latest."""
    return verdict if verdict.at <= now else replace(verdict, at=now)
