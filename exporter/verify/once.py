"""
One verification of one stored secret: look at the value, ask the login service, say what follows.
Knows nothing of schedules or of where the value was stored.
"""

from exporter.identity.trial import UNSENDABLE, Applicant, try_secret
from exporter.model import Cause
from exporter.sources import Secret
from exporter.verdict import Answer, Diagnosis, Evidence, Granted, NoAnswer, Verdict
from exporter.verify.diagnosis import diagnose
from exporter.verify.findings import findings, repaired

HINT_LENGTH = 3


async def verify_secret(applicant: Applicant, secret: Secret, now: float) -> Verdict:
    """The verdict on a secret of which only the value is known: no inventory, no history."""
    found = findings(secret, app_ids=(applicant.client_id,))
    if not secret.reveal():
        return Verdict(now, never_sent("The stored value is empty: nothing could be sent."), found)
    answer = await try_secret(applicant, secret, now)
    if answer is UNSENDABLE:
        return Verdict(now, never_sent(f"{UNSENDABLE.message.capitalize()}."), found)
    if isinstance(answer, Granted):
        return Verdict(now, None, found)
    if isinstance(answer, NoAnswer):
        return Verdict(now, could_not_ask(answer), found)
    works = await mended_works(applicant, secret, now)
    hint = secret.reveal()[:HINT_LENGTH]
    evidence = Evidence(answer, found, repaired_works=works, hint=hint)
    return Verdict(now, diagnose(evidence, now), found)


async def mended_works(applicant: Applicant, secret: Secret, now: float) -> bool | None:
    """Whether the value works once it is mended; None when nothing was to mend, or nobody knows."""
    mended = repaired(secret)
    if mended is None:
        return None
    answer: Answer = await try_secret(applicant, mended, now)
    return None if isinstance(answer, NoAnswer) else isinstance(answer, Granted)


def never_sent(summary: str) -> Diagnosis:
    """The diagnosis of a value that no application could send."""
    return Diagnosis(Cause.FORMAT_ERROR, 0, summary, (), "proven")


def could_not_ask(answer: NoAnswer) -> Diagnosis:
    """The diagnosis when there was no answer: it says nothing about the secret."""
    summary = f"Could not tell: {answer.detail}. The secret may be as good as ever."
    return Diagnosis(answer.cause, 0, summary, (), "unsure")
