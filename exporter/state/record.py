"""
What a state file holds of a tenant, as types of its own: the format stays when the program changes,
and there is no place in it for a hint, a secret or a token. Pure.

A change that old files do not fit raises `envelope.VERSION`; a new field gets a default instead.
"""

import msgspec

from exporter.model import CredentialKind, ObjectType
from exporter.snapshot import Held
from exporter.state.envelope import UnusableError
from exporter.verdict import Refusal, Verdict


class KeptCredential(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A credential without its hint."""

    kind: CredentialKind
    key_id: str
    name: str
    starts: float
    expires: float
    active: bool
    encrypts: bool
    thumbprint: str


class KeptObject(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """An application or service principal."""

    type: ObjectType
    object_id: str
    app_id: str
    name: str
    credentials: tuple[KeptCredential, ...]
    tags: tuple[str, ...]


class KeptNameless(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """As `model.Nameless`."""

    type: ObjectType
    object_id: str
    blank: int
    kept: tuple[str, ...]


class KeptInventory(msgspec.Struct, frozen=True):
    """The last good one, and the objects and credentials that were left out of it."""

    taken_at: float
    objects: tuple[KeptObject, ...]
    unreadable: dict[ObjectType, int]
    nameless: tuple[KeptNameless, ...] = ()


class KeptGone(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A credential that stood in an earlier inventory, and on which application."""

    app_id: str
    credential: KeptCredential
    last_seen: float
    missed_since: float


class KeptMemory(msgspec.Struct, frozen=True):
    """
    As `snapshot.Memory`; values are known by marks made with the key of the `key` file. `mended` is
    true where the mended value was accepted.
    """

    value: bytes
    seen: bytes
    refused: Verdict | None
    refused_since: float | None
    refusals: int
    misses: int
    not_before: float
    mended: Refusal | bool | None
    mended_at: float
    worked: tuple[tuple[bytes, float], ...]
    known: tuple[tuple[bytes, str], ...]
    rest_until: float = 0.0
    told: Verdict | None = None


class KeptTarget(msgspec.Struct, frozen=True):
    """What is known of a target; `identity` is a digest of what makes it the same one."""

    identity: bytes
    verdict: Verdict | None
    holds: Held | None
    last_success: float | None
    since: float | None
    duration: float | None
    memory: KeptMemory


class Record(msgspec.Struct, frozen=True):
    """
    A state file. `marks` tells with which key its marks were made; `rest_until` is when Graph may
    be asked again. Times are Unix seconds.
    """

    name: str
    tenant_id: str
    cloud: str
    saved_at: float
    marks: bytes
    inventory: KeptInventory | None
    gone: tuple[KeptGone, ...]
    targets: dict[str, KeptTarget]
    rest_until: float = 0.0


def encode(record: Record) -> bytes:
    """The record as bytes."""
    return msgspec.msgpack.encode(record)


def decode(payload: bytes) -> Record:
    """The record that the bytes are; raises UnusableError."""
    try:
        return msgspec.msgpack.decode(payload, type=Record)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnusableError(f"it does not hold what a state file does: {error}") from None
