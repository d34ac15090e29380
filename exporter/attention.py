"""
What needs attention, most urgent first: the one order that the page and the `check` command share.
Pure; `now` is an argument.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from exporter.model import Credential, CredentialState, DirectoryObject
from exporter.snapshot import Snapshot, TenantView
from exporter.validity import DAY, days_left, groups, state, superseded

RECENTLY = 30 * DAY
"""An expired credential that nothing covers is urgent this long; then nobody seems to miss it."""


IMMINENT = 7.0
"""Days: what ends sooner pages somebody, and so is listed however short `expiring_within` is."""


class Urgency(IntEnum):
    """How urgent, most urgent first."""

    LAST_LINE = 0  # has just expired or soon will, and nothing newer is there
    COVERED = 1  # soon expires; a newer one is there, but some consumer may still use this one
    FORGOTTEN = 2  # expired long ago, and nothing newer came
    LEFTOVER = 3  # expired, and a newer one is there


@dataclass(frozen=True, slots=True)
class Due:
    """A credential that needs attention; `days` are negative after expiry."""

    urgency: Urgency
    days: float
    tenant: str
    owner: DirectoryObject
    credential: Credential
    state: CredentialState
    superseded: bool

    @property
    def order(self) -> tuple[int, float, str, str, str]:
        """Sorts the most urgent first, and equal ones always in the same way."""
        owner, key = self.owner, self.credential.key_id
        return self.urgency, self.days, self.tenant, owner.app_id, key


def due(snapshot: Snapshot, now: float) -> Iterator[Due]:
    """Every credential that has expired or is expiring, in no order."""
    for tenant in snapshot.tenants:
        if tenant.inventory is not None:
            for owner in tenant.inventory.objects:
                yield from due_of(tenant, owner, now)


def due_of(tenant: TenantView, owner: DirectoryObject, now: float) -> Iterator[Due]:
    """Those of one object."""
    for group in groups(owner.credentials):
        for credential, covered in zip(group, superseded(group, now), strict=True):
            stands = state(credential, now, tenant.expiring_within)
            days = days_left(credential.expires, now)
            if is_due(stands, days):
                rank = urgency(credential, now, covered=covered)
                yield Due(rank, days, tenant.name, owner, credential, stands, covered)


def is_due(stands: CredentialState, days: float) -> bool:
    """Whether a credential in this state, with so many days left, needs attention."""
    return stands in {CredentialState.EXPIRED, CredentialState.EXPIRING} or days < IMMINENT


def urgency(credential: Credential, now: float, *, covered: bool) -> Urgency:
    """How urgent a credential is that has expired or is expiring."""
    expired = credential.expires <= now
    if covered:
        return Urgency.LEFTOVER if expired else Urgency.COVERED
    return Urgency.FORGOTTEN if credential.expires <= now - RECENTLY else Urgency.LAST_LINE
