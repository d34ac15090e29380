"""
Every credential of a snapshot as a row, the most urgent first, and which of them a query finds.
Pure; `now` is an argument.

The rows are made once for what /metrics shows: with 100,000 of them that takes a while, and going
through them does not.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter

import msgspec

from exporter.attention import IMMINENT, Urgency, is_due, urgency
from exporter.model import Credential, CredentialKind, CredentialState, DirectoryObject
from exporter.snapshot import Snapshot, TargetView, TenantView
from exporter.validity import days_left, groups, state, superseded
from exporter.web.query import Query

QUIET = len(Urgency)
"""The rank of what needs no attention."""
NEVER = 1e9
"""Days: what has no end comes last."""
SOON = 30
"""Days, as the alerts count them."""


class Row(msgspec.Struct, frozen=True, gc=False):
    """One credential; `rank` is its urgency or `QUIET`. gc=False: see exporter.model."""

    rank: int
    days: float
    tenant: str
    owner: DirectoryObject
    credential: Credential
    state: CredentialState
    superseded: bool

    @property
    def order(self) -> tuple[int, float, str, str, str]:
        """Sorts the most urgent first, and equal ones always in the same way."""
        return self.rank, self.days, self.tenant, self.owner.app_id, self.credential.key_id

    @property
    def urgency(self) -> Urgency | None:
        """How urgent, if it needs attention."""
        return None if self.rank == QUIET else Urgency(self.rank)


@dataclass(frozen=True, slots=True)
class Index:
    """A snapshot with its rows in order, as of `now`; `last_lines` are counts by `COUNTED`."""

    snapshot: Snapshot
    now: float
    rows: tuple[Row, ...]
    last_lines: Mapping[str, int]


STATES: Mapping[str, tuple[str, Callable[[Row], bool]]] = {
    "attention": ("Needs attention", lambda row: row.rank != QUIET),
    "expired": ("Expired", lambda row: row.state is CredentialState.EXPIRED),
    "under_7_days": ("Under 7 days", lambda row: 0 < row.days < IMMINENT),
    "under_30_days": ("Under 30 days", lambda row: 0 < row.days < SOON),
    "expiring": ("Expiring", lambda row: row.state is CredentialState.EXPIRING),
    "valid": ("Valid", lambda row: row.state is CredentialState.VALID),
    "not_yet_valid": ("Not yet valid", lambda row: row.state is CredentialState.NOT_YET_VALID),
}
"""What the state filter accepts, and how a page calls it."""


COUNTED = ("expired", "under_7_days", "under_30_days")
"""The states of which the last lines of defence are counted on top of the page."""


def choices(tenants: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    """The values that each filter accepts."""
    return {
        "tenant": tenants,
        "state": tuple(STATES),
        "kind": tuple(CredentialKind),
        "superseded": ("true", "false"),
    }


def indexed(snapshot: Snapshot, now: float) -> Index:
    """The snapshot with its rows in order."""
    rows = (
        row
        for tenant in snapshot.tenants
        if tenant.inventory is not None
        for owner in tenant.inventory.objects
        for row in rows_of(tenant, owner, now)
    )
    ordered = tuple(in_order(rows))
    uncovered = [row for row in ordered if not row.superseded and row.days < SOON]
    return Index(
        snapshot, now, ordered, {name: sum(map(STATES[name][1], uncovered)) for name in COUNTED}
    )


def in_order(rows: Iterable[Row]) -> Iterator[Row]:
    """
    The rows sorted, a day at a time: sorting 100,000 at once holds the interpreter, and with it the
    event loop, for 60 ms.
    """
    days = defaultdict[tuple[int, float], list[Row]](list)
    for row in rows:
        days[row.rank, min(row.days, NEVER) // 1].append(row)
    for day in sorted(days):
        yield from sorted(days[day], key=attrgetter("order"))


def rows_of(tenant: TenantView, owner: DirectoryObject, now: float) -> Iterator[Row]:
    """Those of one object."""
    for group in groups(owner.credentials):
        for credential, covered in zip(group, superseded(group, now), strict=True):
            stands = state(credential, now, tenant.expiring_within)
            days = days_left(credential.expires, now)
            due = is_due(stands, days)
            rank = int(urgency(credential, now, covered=covered)) if due else QUIET
            yield Row(rank, days, tenant.name, owner, credential, stands, covered)


def found(index: Index, query: Query) -> list[Row]:
    """The rows that the query finds, in order."""
    rows: Iterable[Row] = index.rows
    if query.tenant:
        rows = (row for row in rows if row.tenant == query.tenant)
    if query.state:
        rows = filter(STATES[query.state][1], rows)
    if query.kind:
        rows = (row for row in rows if row.credential.kind == query.kind)
    if query.superseded:
        rows = (row for row in rows if row.superseded == (query.superseded == "true"))
    return [*searched(rows, index.snapshot.targets, query.q.casefold())]


def searched(rows: Iterable[Row], targets: Iterable[TargetView], wanted: str) -> Iterator[Row]:
    """Those with the text in a name or id of theirs, or in the name of a target that uses them."""
    users = {
        (view.target.tenant, view.target.client_id.casefold())
        for view in targets
        if wanted in view.target.name.casefold()
    }
    for row in rows:
        names = (row.owner.name, row.owner.app_id, row.credential.key_id, row.credential.name)
        if not wanted or wanted in "\n".join(names).casefold() or user(row) in users:
            yield row


def user(row: Row) -> tuple[str, str]:
    """What a target of the row's application names."""
    return row.tenant, row.owner.app_id.casefold()
