"""
What the exporter knows at one moment, of every tenant and every target: the value that pages,
metrics and tables are made from. Plain and frozen; times are Unix seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from exporter.model import FailureReason, Inventory


@dataclass(frozen=True, slots=True)
class PollFailure:
    """Why the last poll failed: `detail` says what happened, `remedy` the next step to take."""

    reason: FailureReason
    at: float
    detail: str
    remedy: str
    aadsts_code: int | None = None


@dataclass(frozen=True, slots=True)
class TenantView:
    """
    One tenant as the exporter knows it now.

    `inventory` is of the last successful poll, however long ago; `failure` is there exactly when
    the last poll failed. `tried` counts finished polls. With `polled` false only its secrets are
    verified and nothing is read from Graph.
    """

    name: str
    tenant_id: str
    cloud: str
    expiring_within: float
    polled: bool = True
    inventory: Inventory | None = None
    failure: PollFailure | None = None
    polls: int = 0
    tried: int = 0
    failures: Mapping[FailureReason, int] = field(default_factory=lambda: MappingProxyType({}))
    requests: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    duration: float | None = None


@dataclass(frozen=True, slots=True)
class ReloadStatus:
    """Whether the configuration was accepted the last time it was read, and when it last was."""

    successful: bool
    last_success: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything known at one moment."""

    tenants: tuple[TenantView, ...]
    reload: ReloadStatus
    external_url: str = ""

    @property
    def waiting(self) -> tuple[str, ...]:
        """The names of the tenants of which no poll has ended yet."""
        return tuple(view.name for view in self.tenants if view.polled and not view.tried)
