"""
One verification of one stored value in two steps: ask the login service, then say what follows from
its answer and from what is known of the directory. Knows nothing of schedules or places.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeGuard

from exporter import log
from exporter.errors import where
from exporter.identity.trial import (
    UNSENDABLE,
    UNSIGNABLE,
    Applicant,
    try_certificate,
    try_secret,
)
from exporter.model import Cause, DirectoryObject
from exporter.schedule import wanted
from exporter.sources import CertificateMaterial, Secret
from exporter.verdict import (
    Answer,
    Diagnosis,
    Evidence,
    Finding,
    Gone,
    Granted,
    NoAnswer,
    Refusal,
    Verdict,
)
from exporter.verify.codes import cause_of
from exporter.verify.diagnosis import ABOUT_THE_VALUE, diagnose
from exporter.verify.directory import HINT_LENGTH, NO_DIRECTORY, Directory
from exporter.verify.findings import findings, repaired
from exporter.verify.rules import capital

Value = Secret | CertificateMaterial
"""What is stored."""

Mended = Granted | Refusal | None
"""What was said of the mended value; None when there was nothing to mend, or no answer."""

EMPTY = Refusal(None, "", "the stored value is empty: nothing could be sent")
NEVER_SENT = (EMPTY, UNSENDABLE, UNSIGNABLE)


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking, with the value as it is stored and with the mended one."""

    answer: Answer
    mended: Mended = None

    @property
    def mended_works(self) -> bool | None:
        """Whether the value works once it is mended, None when nobody knows."""
        return None if self.mended is None else isinstance(self.mended, Granted)

    @property
    def telling(self) -> Answer:
        """The answer that says more: a damaged value is unknown, the mended one may be expired."""
        mended = self.mended
        expired = isinstance(mended, Refusal) and cause_of(mended) is Cause.EXPIRED
        return mended if expired and mended else self.answer


@dataclass(frozen=True, slots=True)
class Known:
    """
    What is known beside the answer: the directory, what has gone from it, when this very value
    worked last, and by key id which credential it was.
    """

    directory: Directory = NO_DIRECTORY
    gone: tuple[Gone, ...] = ()
    worked_at: float | None = None
    key_id: str = ""


NOTHING = Known()


def nobody() -> None:
    """Nobody counts."""


async def ask(
    applicant: Applicant,
    value: Value,
    now: float,
    mended: Mended = None,
    *,
    crashed: Callable[[], None] = nobody,
) -> Asked:
    """
    Make the token request; when it is refused and the secret can be mended, also with the mended
    one, unless `mended` says what came of that before. A bug is no answer, and ends nothing;
    `crashed` counts it.
    """
    try:
        return await asked_of(applicant, value, now, mended)
    except BaseException as error:
        if wanted(error):
            raise
        crashed()
        return Asked(bug(error))


async def asked_of(applicant: Applicant, value: Value, now: float, mended: Mended) -> Asked:
    """What is said of the value, and of the mended one."""
    if isinstance(value, CertificateMaterial):
        return Asked(await try_certificate(applicant, value.pem_or_pfx, value.password, now))
    if not value.reveal():
        return Asked(EMPTY)
    answer = await try_secret(applicant, value, now)
    better = repaired(value)
    not_known = isinstance(answer, Refusal) and cause_of(answer) is Cause.INVALID_SECRET
    if better is None or not not_known or answer is UNSENDABLE:
        return Asked(answer)
    if mended is None:
        second = await try_secret(applicant, better, now)
        mended = second if says_something(second) else None
    return Asked(answer, mended)


def says_something(answer: Answer) -> TypeGuard[Granted | Refusal]:
    """Whether an answer is about the value; policies and the like stop good ones too."""
    if isinstance(answer, Refusal):
        return cause_of(answer) in ABOUT_THE_VALUE
    return isinstance(answer, Granted)


def conclude(  # noqa: PLR0913 - what follows depends on all of them
    client_id: str,
    value: Value,
    asked: Asked,
    known: Known,
    now: float,
    *,
    crashed: Callable[[], None] = nobody,
) -> Verdict:
    """What follows; a bug in finding that out, which `crashed` counts, is no verdict about it."""
    try:
        return judged(client_id, value, asked, known, now)
    except Exception as error:  # noqa: BLE001 - told by place alone: its text may hold the value
        crashed()
        return Verdict(now, could_not_ask(bug(error)))


def bug(error: BaseException) -> NoAnswer:
    """Something that must not happen, logged by place alone: its text may hold the value."""
    place = where(error)
    log.get().error("verification crashed", error=place)
    return NoAnswer(
        Cause.LOGIN_UNAVAILABLE, f"a bug of the exporter ({place}); report it, with the log line"
    )


def judged(client_id: str, value: Value, asked: Asked, known: Known, now: float) -> Verdict:
    """What follows from the answer, the findings and the directory."""
    objects = known.directory.objects(client_id)
    found = seen_in(value, client_id, objects)
    answer = asked.telling
    if isinstance(answer, Granted):
        return Verdict(now, None, found)
    if isinstance(answer, NoAnswer):
        return Verdict(now, could_not_ask(answer), found)
    if answer in NEVER_SENT:
        return Verdict(now, never_sent(answer), found)
    mark = mark_of(value)
    certificate = isinstance(value, CertificateMaterial)
    evidence = Evidence(
        answer,
        client_id,
        found,
        repaired_works=asked.mended_works,
        inventory_at=known.directory.inventory.taken_at if known.directory.inventory else None,
        owner=objects[0],
        service_principal=objects[1],
        others=known.directory.others(client_id, mark),
        compared=known.directory.hints,
        gone=known.gone,
        worked_at=known.worked_at,
        hint="" if certificate else mark,
        thumbprint=mark if certificate else "",
        key_id=known.key_id,
    )
    return Verdict(now, diagnose(evidence, now), found, answer)


def seen_in(
    value: Value, client_id: str, objects: tuple[DirectoryObject | None, ...]
) -> tuple[Finding, ...]:
    """What is odd about a secret; of a certificate the login service tells."""
    if isinstance(value, CertificateMaterial):
        return ()
    key_ids = [c.key_id for item in objects if item for c in item.credentials]
    return findings(value, key_ids, app_ids=(client_id,))


def mark_of(value: Value, *, works: bool = False) -> str:
    """
    What tells it from others in the directory: a thumbprint, or a secret's hint. Of one that does
    not work as it is, the hint that it would have if it were mended.
    """
    if isinstance(value, CertificateMaterial):
        return value.thumbprint
    meant = value if works else repaired(value) or value
    return meant.reveal()[:HINT_LENGTH]


def told_by(value: Value, verdict: Verdict) -> str | CertificateMaterial:
    """What it is known by once a verdict was given: a certificate, or the hint of a secret."""
    return value if isinstance(value, CertificateMaterial) else mark_of(value, works=verdict.works)


def never_sent(answer: Refusal) -> Diagnosis:
    """The diagnosis of a value that no application could send."""
    return Diagnosis(Cause.FORMAT_ERROR, 0, f"{capital(answer.message)}.", (), "proven")


def could_not_ask(answer: NoAnswer) -> Diagnosis:
    """The diagnosis when there was no answer: it says nothing about the secret."""
    summary = f"Could not tell: {answer.detail}. The secret may be as good as ever."
    return Diagnosis(answer.cause, 0, summary, (), "unsure")
