"""
What the families are filled from: the snapshot, the moment, and each tenant's rows, which are
costly to make and hold until the next poll or until a credential begins. Pure.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from exporter.model import Inventory, Snapshot, TenantView


@dataclass(frozen=True, slots=True)
class Rows:
    """Label blocks with the end of validity beside each, good until `valid_until`."""

    credentials: tuple[tuple[bytes, float], ...] = ()
    last_lines: tuple[tuple[bytes, float], ...] = ()
    valid_until: float = math.inf


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
