"""
What the families are filled from: the snapshot, the moment, and each tenant's rows, which are
costly to make and hold until the next poll or until a credential begins. Pure.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from exporter.model import Inventory
from exporter.snapshot import Snapshot, TenantView


@dataclass(frozen=True, slots=True)
class Column:
    """Label blocks and, beside each, an end of validity. Two tuples: they are freed in one go."""

    labels: tuple[bytes, ...]
    expires: tuple[float, ...]

    def __iter__(self) -> Iterator[tuple[bytes, float]]:
        """Pairs of the two."""
        return zip(self.labels, self.expires, strict=True)


@dataclass(frozen=True, slots=True)
class Rows:
    """Every credential, and the last line of each object and kind; good until `valid_until`."""

    credentials: Column
    last_lines: Column
    valid_until: float


@dataclass(frozen=True, slots=True)
class View:
    """One moment of the program, ready to be counted and printed."""

    snapshot: Snapshot
    now: float
    rows: Mapping[str, Rows]

    def inventories(self) -> Iterator[tuple[TenantView, Inventory]]:
        """The tenants that were ever read, each with its last good inventory."""
        for tenant in self.snapshot.tenants:
            if tenant.inventory is not None:
                yield tenant, tenant.inventory

    def polled(self) -> Iterator[TenantView]:
        """The tenants that are read from Graph."""
        return (tenant for tenant in self.snapshot.tenants if tenant.polled)
