"""
The values that flow through the program: what a tenant holds, how reading it went, and the snapshot
of it all. Plain and frozen; no input or output, no clock. Times are Unix seconds.

What there are 100,000 of is a msgspec struct that the garbage collector leaves alone (gc=False: no
cycle can be made of it): walking through as many dataclasses stops the program for 0.3 s at a time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

import msgspec


class ObjectType(StrEnum):
    """Where a credential is registered; the `object` label."""

    APPLICATION = "application"
    SERVICE_PRINCIPAL = "service_principal"


class CredentialKind(StrEnum):
    """What a credential is; the `kind` label."""

    SECRET = "secret"  # noqa: S105 - a label value, not a secret
    CERTIFICATE = "certificate"
    SAML_SIGNING = "saml_signing"


class CredentialState(StrEnum):
    """Where a credential stands in its life; the `state` label."""

    VALID = "valid"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"


class FailureReason(StrEnum):
    """Why a poll failed; the `reason` label."""

    LOGIN = "login"
    PERMISSION = "permission"
    THROTTLED = "throttled"
    NETWORK = "network"
    SERVER = "server"
    MALFORMED = "malformed"
    INTERNAL = "internal"


class Credential(msgspec.Struct, frozen=True, gc=False):
    """
    A secret or certificate registered on an application or service principal.

    `starts` is -inf and `expires` +inf when Graph gives no date. `active` is known for SAML signing
    certificates only: Entra signs with this one. `encrypts` marks a certificate that tokens are
    encrypted for: nobody signs in with it. `name` may be empty, and names repeat.

    `hint` (the first three characters of a secret) and `thumbprint` (SHA-1 in upper-case hex) tell
    which credential a stored value is; the hint never leaves the process.
    """

    kind: CredentialKind
    key_id: str
    name: str
    starts: float
    expires: float
    active: bool = False
    encrypts: bool = False
    hint: str = ""
    thumbprint: str = ""

    def __repr__(self) -> str:
        """Without the hint."""
        return f"Credential({self.kind.value}, {self.key_id!r})"


class DirectoryObject(msgspec.Struct, frozen=True, gc=False):
    """An application or service principal with its credentials; `name` may be empty."""

    type: ObjectType
    object_id: str
    app_id: str
    name: str
    credentials: tuple[Credential, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Inventory:
    """
    Everything that is watched of one tenant, read whole at `taken_at`.

    `unreadable` counts the objects and credentials left out because Graph's answer for them made no
    sense; what could be read of the same objects is here.
    """

    taken_at: float
    objects: tuple[DirectoryObject, ...]
    unreadable: Mapping[ObjectType, int] = field(default_factory=lambda: MappingProxyType({}))


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
