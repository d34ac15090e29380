"""From the snapshot to a record: what is known of one tenant and its targets. Pure."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

import msgspec

from exporter.model import Credential, DirectoryObject, Inventory
from exporter.snapshot import Memory, Target, TargetView, TenantView
from exporter.state.record import (
    KeptCredential,
    KeptGone,
    KeptInventory,
    KeptMemory,
    KeptNameless,
    KeptObject,
    KeptTarget,
    Record,
)
from exporter.verdict import Granted, Refusal, Verdict
from exporter.verify.job import identity


def record_of(tenant: TenantView, targets: Sequence[TargetView], key: bytes, now: float) -> Record:
    """What is kept of a tenant; of one that is not polled, its targets alone."""
    return Record(
        name=tenant.name,
        tenant_id=tenant.tenant_id,
        cloud=tenant.cloud,
        saved_at=now,
        marks=made_with(key),
        inventory=kept_inventory(tenant.inventory) if tenant.inventory else None,
        gone=tuple(kept_gone(tenant)),
        targets={view.target.name: kept_target(view) for view in targets if view.verdict},
        rest_until=tenant.rest_until,
    )


def made_with(key: bytes) -> bytes:
    """What tells the key that marks were made with, and nothing else of it."""
    return hashlib.blake2b(key, digest_size=16, person=b"marks").digest()


def digest_of(target: Target) -> bytes:
    """What makes a target the same one, without naming it."""
    packed = msgspec.msgpack.encode(identity(target))
    return hashlib.blake2b(packed, digest_size=16, person=b"target").digest()


def kept_inventory(inventory: Inventory) -> KeptInventory:
    """Without hints."""
    objects = tuple(map(kept_object, inventory.objects))
    nameless = tuple(
        KeptNameless(one.type, one.object_id, one.blank, one.kept) for one in inventory.nameless
    )
    return KeptInventory(inventory.taken_at, objects, dict(inventory.unreadable), nameless)


def kept_object(item: DirectoryObject) -> KeptObject:
    """Without hints."""
    credentials = tuple(map(kept_credential, item.credentials))
    return KeptObject(item.type, item.object_id, item.app_id, item.name, credentials, item.tags)


def kept_credential(one: Credential) -> KeptCredential:
    """Without its hint."""
    return KeptCredential(
        one.kind,
        one.key_id,
        one.name,
        one.starts,
        one.expires,
        one.active,
        one.encrypts,
        one.thumbprint,
    )


def kept_gone(tenant: TenantView) -> Iterator[KeptGone]:
    """What was seen and is gone."""
    for app_id, gone in tenant.gone.items():
        for one in gone:
            credential = kept_credential(one.credential)
            yield KeptGone(app_id, credential, one.last_seen, one.missed_since)


def kept_target(view: TargetView) -> KeptTarget:
    """The history of a target."""
    return KeptTarget(
        identity=digest_of(view.target),
        verdict=view.verdict and kept_verdict(view.verdict),
        holds=view.holds,
        last_success=view.last_success,
        since=view.since,
        duration=view.duration,
        memory=kept_memory(view.memory),
    )


def kept_memory(memory: Memory) -> KeptMemory:
    """What is remembered of the stored values."""
    mended = memory.mended
    return KeptMemory(
        value=memory.value,
        seen=memory.seen,
        refused=memory.refused and kept_verdict(memory.refused),
        refused_since=memory.refused_since,
        refusals=memory.refusals,
        misses=memory.misses,
        not_before=memory.not_before,
        mended=True if isinstance(mended, Granted) else mended and kept_refusal(mended),
        mended_at=memory.mended_at,
        worked=memory.worked,
        known=memory.known,
        rest_until=memory.rest_until,
        told=memory.told and kept_verdict(memory.told),
    )


def kept_verdict(verdict: Verdict) -> Verdict:
    """With texts that can be written, whatever a service sent."""
    diagnosis, refusal = verdict.diagnosis, verdict.refusal
    if diagnosis:
        evidence = tuple(map(writable, diagnosis.evidence))
        diagnosis = replace(diagnosis, summary=writable(diagnosis.summary), evidence=evidence)
    return replace(verdict, diagnosis=diagnosis, refusal=refusal and kept_refusal(refusal))


def kept_refusal(refusal: Refusal) -> Refusal:
    """With texts that can be written."""
    return replace(
        refusal,
        error=writable(refusal.error),
        message=writable(refusal.message),
        correlation_id=writable(refusal.correlation_id),
    )


def writable(text: str) -> str:
    """The text with halves of characters, which no file can hold, as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()
