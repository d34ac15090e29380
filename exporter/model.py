"""
The words of the program and what a tenant holds: the values that everything else is about. Plain
and frozen; no input or output, no clock. Times are Unix seconds.

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


class Cause(StrEnum):
    """Why a verification failed; a closed list, the `cause` label."""

    EXPIRED = "expired"
    REVOKED = "revoked"
    ROTATION_MISMATCH = "rotation_mismatch"
    FORMAT_ERROR = "format_error"
    INVALID_SECRET = "invalid_secret"  # noqa: S105 - a label value, not a secret
    WRONG_APPLICATION = "wrong_application"
    APPLICATION_NOT_FOUND = "application_not_found"
    APPLICATION_DISABLED = "application_disabled"
    APPLICATION_MISCONFIGURED = "application_misconfigured"
    NO_SERVICE_PRINCIPAL = "no_service_principal"
    TENANT_NOT_FOUND = "tenant_not_found"
    WRONG_CLOUD = "wrong_cloud"
    CERTIFICATE_NOT_REGISTERED = "certificate_not_registered"
    RESOURCE_NOT_FOUND = "resource_not_found"
    BLOCKED_BY_POLICY = "blocked_by_policy"
    FEDERATION_MISMATCH = "federation_mismatch"
    CLOCK_SKEW = "clock_skew"
    UNKNOWN = "unknown"
    PROPAGATING = "propagating"
    THROTTLED = "throttled"
    LOGIN_UNAVAILABLE = "login_unavailable"
    NETWORK = "network"
    SOURCE_UNREADABLE = "source_unreadable"


COULD_NOT_TELL = frozenset(
    {
        Cause.PROPAGATING,
        Cause.THROTTLED,
        Cause.LOGIN_UNAVAILABLE,
        Cause.NETWORK,
        Cause.SOURCE_UNREADABLE,
    }
)
"""Never reported as a refusal: the secret may be as good as ever."""


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
class Nameless:
    """
    The entries of an object, or with an empty `object_id` of a listing, that could not be read and
    had no id: `blank` of them stand for nothing that was known, the others for what has the ids in
    `kept`, which stays as it was.
    """

    type: ObjectType
    object_id: str
    blank: int = 0
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Inventory:
    """
    Everything that is watched of one tenant, read whole at `taken_at`.

    `unreadable` counts the objects and credentials for which Graph's answer made no sense: they are
    here as an earlier poll knew them, or not at all; what else the same objects hold is here too.
    `nameless` are those of them without an id, by place.
    `restored` is one that was kept over a restart: its secrets have no hint, as that is written
    nowhere.
    """

    taken_at: float
    objects: tuple[DirectoryObject, ...]
    unreadable: Mapping[ObjectType, int] = field(default_factory=lambda: MappingProxyType({}))
    restored: bool = False
    nameless: tuple[Nameless, ...] = ()
