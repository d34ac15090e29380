"""
The values of verification: what the login service answered, what was seen in the stored value, and
what follows from it. Plain and frozen; none of them holds a secret or a part of one but `Evidence`,
whose `hint` is for matching and leaves no message.
"""

from dataclasses import dataclass, field
from typing import Literal

from exporter.model import COULD_NOT_TELL, Cause, Credential, DirectoryObject

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
    last inventory, None without one or when it does not hold them; `hint` is the first three
    characters of the stored secret, `thumbprint` that of the stored certificate.
    """

    refusal: Refusal
    findings: tuple[Finding, ...] = ()
    repaired_works: bool | None = None
    inventory_at: float | None = None
    owner: DirectoryObject | None = None
    service_principal: DirectoryObject | None = None
    others: tuple[DirectoryObject, ...] = ()
    gone: tuple[Gone, ...] = ()
    worked_at: float | None = None
    hint: str = field(default="", repr=False)
    thumbprint: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why a verification failed: one sentence, what it rests on, and how sure it is."""

    cause: Cause
    code: int
    summary: str
    evidence: tuple[str, ...]
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one verification at `at`: `diagnosis` is None exactly when the value works."""

    at: float
    diagnosis: Diagnosis | None
    findings: tuple[Finding, ...] = ()

    @property
    def works(self) -> bool:
        """Whether the token request succeeded."""
        return self.diagnosis is None

    @property
    def could_not_tell(self) -> bool:
        """Whether it says nothing about the value."""
        return self.diagnosis is not None and self.diagnosis.cause in COULD_NOT_TELL
