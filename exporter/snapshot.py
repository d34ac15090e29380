"""
What the exporter knows at one moment, of every tenant and every target: the value that pages,
metrics and tables are made from. Plain and frozen; times are Unix seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from exporter.model import CredentialKind, FailureReason, Inventory
from exporter.verdict import Gone, Granted, Refusal, Verdict


@dataclass(frozen=True, slots=True)
class PollFailure:
    """Why the last poll failed: `detail` says what happened, `remedy` the next step to take."""

    reason: FailureReason
    at: float
    detail: str
    remedy: str
    aadsts_code: int | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """When the tenant's state file was last written since the start, and how often that failed."""

    at: float = 0.0
    failures: int = 0


@dataclass(frozen=True, slots=True)
class TenantView:
    """
    One tenant as the exporter knows it now.

    `inventory` is of the last successful poll, however long ago; `failure` is there exactly when
    the last poll failed. `gone` are the credentials of each application, by its id, that earlier
    inventories held. `tried` counts finished polls. With `polled` false only its secrets are
    verified and nothing is read from Graph. `saved` is None where nothing outlives a restart;
    `rest_until` is when Graph may be asked again after it wanted to be left alone.
    """

    name: str
    tenant_id: str
    cloud: str
    expiring_within: float
    polled: bool = True
    inventory: Inventory | None = None
    gone: Mapping[str, tuple[Gone, ...]] = field(default_factory=lambda: MappingProxyType({}))
    failure: PollFailure | None = None
    polls: int = 0
    tried: int = 0
    failures: Mapping[FailureReason, int] = field(default_factory=lambda: MappingProxyType({}))
    requests: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    duration: float | None = None
    saved: Saved | None = None
    rest_until: float = 0.0

    @property
    def fresh(self) -> bool:
        """Whether the last poll succeeded; not so before one has, whatever was kept."""
        read = self.inventory is not None and not self.inventory.restored
        return read and self.failure is None


@dataclass(frozen=True, slots=True)
class Place:
    """
    Where a stored value is read: `form` is `env`, `file`, `file_key` or `key_vault`, empty when it
    is not known; `vault` is the address of a Key Vault and `name` the name of the secret in it.
    """

    form: str = ""
    env: str = ""
    file: str = ""
    key: str = ""
    vault: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """
    What is verified, as the configuration says it: `consumer` and `details` are its `used_by`;
    `expires_at` is declared, not found out.
    """

    name: str
    tenant: str
    tenant_id: str
    cloud: str
    client_id: str
    kind: CredentialKind
    resource: str
    place: Place = Place()
    consumer: str = "other"
    details: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    expires_at: float | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """What is stored at a target, as far as it can be told; `key_id` may be empty."""

    key_id: str
    expires: float


@dataclass(frozen=True, slots=True)
class Memory:
    """
    What is remembered of the stored values, each known by a keyed hash alone: which one was tried
    last, and in which surroundings (a digest), what came of that when it was refused and since
    when, how often it was since something changed, how often in a row it could not be tried, when
    to try it again, what was said of it when it was mended, and when; of the last few values when
    each worked, and by key id which credential it was; until when the login service asked to be
    left alone; and what came of the value when it was refused last, where it could not be tried
    since.
    """

    value: bytes = field(default=b"", repr=False)
    seen: bytes = field(default=b"", repr=False)
    refused: Verdict | None = None
    refused_since: float | None = None
    refusals: int = 0
    misses: int = 0
    not_before: float = 0.0
    mended: Granted | Refusal | None = None
    mended_at: float = 0.0
    worked: tuple[tuple[bytes, float], ...] = field(default=(), repr=False)
    known: tuple[tuple[bytes, str], ...] = field(default=(), repr=False)
    rest_until: float = 0.0
    told: Verdict | None = None

    def worked_at(self, value: bytes) -> float | None:
        """When this very value worked last."""
        return dict(self.worked).get(value)

    def known_as(self, value: bytes) -> str:
        """The key id of the credential that this very value was; empty when nobody knows."""
        return dict(self.known).get(value, "")


@dataclass(frozen=True, slots=True)
class TargetView:
    """
    One target as the exporter knows it now. `since` is when the present cause was first seen, None
    while it works; `duration` in seconds, of the last attempt.
    """

    target: Target
    verdict: Verdict | None = None
    holds: Held | None = None
    last_success: float | None = None
    since: float | None = None
    duration: float | None = None
    memory: Memory = Memory()


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
    targets: tuple[TargetView, ...] = ()

    def tenant(self, name: str) -> TenantView | None:
        """The tenant of that name; None when a reload has removed it."""
        return next((view for view in self.tenants if view.name == name), None)

    def target(self, name: str) -> TargetView | None:
        """The target of that name; None when a reload has removed it."""
        return next((view for view in self.targets if view.target.name == name), None)

    @property
    def waiting(self) -> tuple[str, ...]:
        """The names of the tenants of which no poll has ended yet."""
        return tuple(view.name for view in self.tenants if view.polled and not view.tried)

    @property
    def blank(self) -> tuple[str, ...]:
        """Those of them of which there is nothing to show either, as nothing was kept."""
        kept = {view.name for view in self.tenants if view.inventory is not None}
        return tuple(name for name in self.waiting if name not in kept)
