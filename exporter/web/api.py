"""
The lists as JSON: names and ids as they are, no part of any secret. Functions of an index and a
query; docs/api.md explains every field.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from exporter import wording
from exporter.remedy.of_target import remedy_of
from exporter.snapshot import Snapshot, TargetView, TenantView
from exporter.verdict import Verdict
from exporter.web import links, listing, verifications
from exporter.web.listing import Index, Row
from exporter.web.query import Mistake, Query

DEFAULT = Query(limit=100)
MOST = 1000

Document = dict[str, Any]


def credentials(index: Index, query: Query) -> bytes:
    """The credentials that the query finds, the most urgent first."""
    rows = listing.found(index, query)
    base = index.snapshot.external_url
    shown = [credential_fields(row, base) for row in rows[query.window]]
    return encoded(head(index, query, len(rows)) | {"credentials": shown})


def targets(index: Index, query: Query) -> bytes:
    """The verifications that the query finds, what does not work first."""
    views = verifications.found(index, query)
    base = index.snapshot.external_url
    shown = [target_fields(view, base, index.now) for view in views[query.window]]
    return encoded(head(index, query, len(views)) | {"verifications": shown})


def refused(mistakes: Iterable[Mistake]) -> bytes:
    """What could not be read of a request."""
    found = [
        {"parameter": m.parameter, "message": m.message, "accepted": m.accepted} for m in mistakes
    ]
    return encoded({"error": "the parameters could not be read", "mistakes": found})


def encoded(document: object) -> bytes:
    """JSON; what cannot be written as UTF-8 is replaced."""
    try:
        return msgspec.json.encode(document) + b"\n"
    except UnicodeEncodeError:
        return msgspec.json.encode(cleaned(document)) + b"\n"


def cleaned(value: object) -> object:
    """The same without halves of surrogate pairs, which no encoding has."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {key: cleaned(item) for key, item in value.items()}
    return [cleaned(item) for item in value] if isinstance(value, Sequence) else value


def head(index: Index, query: Query, total: int) -> Document:
    """What stands before every list."""
    return {
        "as_of": moment(index.now),
        "total": total,
        "page": query.page,
        "pages": max(1, -(-total // query.limit)),
        "limit": query.limit,
        "tenants": tenants(index.snapshot),
    }


def tenants(snapshot: Snapshot) -> list[Document]:
    """How fresh the data of each tenant is."""
    return [tenant_fields(view) for view in snapshot.tenants]


def tenant_fields(view: TenantView) -> Document:
    """One tenant: when it was read last, and why it could not be since."""
    failure = view.failure
    return {
        "tenant": view.name,
        "tenant_id": view.tenant_id,
        "cloud": view.cloud,
        "polled": view.polled,
        "as_of": moment(view.inventory.taken_at if view.inventory else None),
        "success": view.fresh,
        "reason": failure.reason.value if failure else None,
        "aadsts_code": failure.aadsts_code if failure else None,
        "detail": failure.detail if failure else None,
        "next_step": failure.remedy if failure else None,
    }


def credential_fields(row: Row, base: str) -> Document:
    """One credential."""
    credential, owner = row.credential, row.owner
    return {
        "tenant": row.tenant,
        "object": owner.type.value,
        "object_id": owner.object_id,
        "app_id": owner.app_id,
        "app_name": owner.name,
        "kind": credential.kind.value,
        "key_id": credential.key_id,
        "credential_name": credential.name,
        "superseded": row.superseded,
        "state": row.state.value,
        "urgency": None if row.urgency is None else row.urgency.name.lower(),
        "starts": moment(credential.starts),
        "expires": moment(credential.expires),
        "days_until_expiry": None if math.isinf(row.days) else round(row.days, 5),
        "runbook_url": address(base, links.runbook_of(row)),
    }


def target_fields(view: TargetView, base: str, now: float) -> Document:
    """One target, and what the last verification said."""
    target, held = view.target, view.holds
    return {
        "target": target.name,
        "tenant": target.tenant,
        "tenant_id": target.tenant_id,
        "app_id": target.client_id,
        "kind": target.kind.value,
        "resource": target.resource,
        "state": verifications.state_of(view),
        **verdict_fields(view.verdict),
        "since": moment(view.since),
        "last_success": moment(view.last_success),
        "stored_key_id": held.key_id or None if held else None,
        "stored_expires": moment(held.expires if held else None),
        "remedy": [step.name for step in remedy_of(view)],
        "runbook_url": address(base, links.runbook_of_target(view, now)),
    }


def verdict_fields(verdict: Verdict | None) -> Document:
    """What came of the last attempt; null where there is nothing to say."""
    diagnosis = verdict.diagnosis if verdict else None
    return {
        "tried_at": moment(verdict.at if verdict else None),
        "cause": diagnosis.cause.value if diagnosis else None,
        "code": diagnosis.code or None if diagnosis else None,
        "confidence": diagnosis.confidence if diagnosis else None,
        "summary": diagnosis.summary if diagnosis else None,
        "evidence": diagnosis.evidence if diagnosis else (),
        "findings": [finding.found for finding in verdict.findings] if verdict else [],
        "correlation_id": verdict.refusal.correlation_id if verdict and verdict.refusal else None,
    }


def moment(at: float | None) -> str | None:
    """A moment in ISO 8601; null when there is none."""
    return None if at is None or math.isinf(at) else wording.iso(at)


def address(base: str, link: str) -> str | None:
    """Where people reach a page: seen from the exporter's root when its address is not known."""
    return f"{base.rstrip('/')}/{link}" if base and link else link or None
