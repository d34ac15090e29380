"""
The values of verification: what the login service answered, what was seen in the stored value, and
what follows from it. Plain and frozen; none of them holds a secret or a part of one but `Evidence`,
whose `hint` is for matching and leaves no message.
"""

from dataclasses import dataclass, field
from typing import Literal

from exporter.model import COULD_NOT_TELL, Cause, Credential, DirectoryObject, ObjectType

Confidence = Literal["proven", "likely", "unsure"]


@dataclass(frozen=True, slots=True)
class Finding:
    """
    Something odd about a stored value: `name` for programs, `found` describes it without showing
    any of it, `advice` says how to store it right. `explains` when it is enough to break a sign-in.
    """

    name: str
    found: str
    advice: str
    explains: bool = True


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the login service said when it gave no token: AADSTS code, error, its own words."""

    code: int | None
    error: str
    message: str
    status: int | None = None
    correlation_id: str = ""


@dataclass(frozen=True, slots=True)
class Granted:
    """The login service gave a token: the stored value works. The token itself is dropped."""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """It could not be asked: `cause` is one of `COULD_NOT_TELL`, `retry_after` in seconds."""

    cause: Cause
    detail: str
    retry_after: float = 0.0


Answer = Granted | Refusal | NoAnswer


@dataclass(frozen=True, slots=True)
class Gone:
    """A credential that stood in an earlier inventory: last seen and first missed, Unix time."""

    credential: Credential
    last_seen: float
    missed_since: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """
    All that is known when a token request was refused. `owner` and `service_principal` are of the
    last inventory, None without one or when it does not hold them; `others` are the objects of
    other applications that hold something like the stored value, found among `compared` credentials
    with a hint; `hint` is the first three characters of the stored secret (of the mended one, where
    it could be mended), `thumbprint` that of the stored certificate; `key_id` is of the credential
    that this very value was known to be before, which counts where a credential has no hint.
    """

    refusal: Refusal
    client_id: str = ""
    findings: tuple[Finding, ...] = ()
    repaired_works: bool | None = None
    inventory_at: float | None = None
    owner: DirectoryObject | None = None
    service_principal: DirectoryObject | None = None
    others: tuple[DirectoryObject, ...] = ()
    compared: int = 0
    gone: tuple[Gone, ...] = ()
    worked_at: float | None = None
    hint: str = field(default="", repr=False)
    thumbprint: str = ""
    key_id: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """
    Why a verification failed: one sentence, what it rests on, and how sure it is. The ids, where
    they are known: of the credential that is stored and what it is registered on, of one that came
    in its place, and of the application that the stored value seems to belong to.
    """

    cause: Cause
    code: int
    summary: str
    evidence: tuple[str, ...]
    confidence: Confidence
    object: ObjectType = ObjectType.APPLICATION
    key_id: str = ""
    newer_key_id: str = ""
    other_app_id: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    What came of one verification at `at`: `diagnosis` is None exactly when the value works.
    `refusal` is what the login service said, when it refused.
    """

    at: float
    diagnosis: Diagnosis | None
    findings: tuple[Finding, ...] = ()
    refusal: Refusal | None = None

    @property
    def works(self) -> bool:
        """Whether the token request succeeded."""
        return self.diagnosis is None

    @property
    def could_not_tell(self) -> bool:
        """Whether it says nothing about the value."""
        return self.diagnosis is not None and self.diagnosis.cause in COULD_NOT_TELL
