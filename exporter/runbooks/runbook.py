"""The values of runbooks: what one says, and which plan it leads to. Plain and frozen."""

from dataclasses import dataclass
from enum import StrEnum

from exporter.model import Cause, CredentialKind
from exporter.remedy import Step, Subject, plan, remedy

Plan = Cause | str
"""A cause of a failed verification, or the name of a plan in `exporter.remedy.plans`."""


class About(StrEnum):
    """What an alert is about, which says what its link can name."""

    CREDENTIAL = "credential"
    TARGET = "target"
    TENANT = "tenant"
    EXPORTER = "exporter"


@dataclass(frozen=True, slots=True)
class Way:
    """One way out: `when` it applies (empty: always), and the plan; `spelled` with its commands."""

    when: str
    plan: Plan
    spelled: bool = True


@dataclass(frozen=True, slots=True)
class Runbook:
    """
    What to know at 3 a.m. about one alert. `broke` says what happened in one sentence; `diagnosis`
    is what to look at first, `mended` how one knows that it is over.
    """

    name: str
    about: About
    broke: str
    meaning: str
    impact: str
    diagnosis: tuple[str, ...]
    ways: tuple[Way, ...]
    mended: tuple[str, ...]


def steps_of(chosen: Plan, subject: Subject) -> tuple[Step, ...]:
    """The steps of a plan, without those that nobody would see the end of."""
    if not isinstance(chosen, Cause):
        return plan(chosen, subject)
    if subject.kind is CredentialKind.SAML_SIGNING:
        # Nobody stores it: what replaces it is the same before and after its end.
        return plan("expires_soon", subject)
    return tuple(s for s in remedy(chosen, subject) if subject.place.form or s.name != "watch")


def beginning(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """What fits on the first screen: the next step, with the sign-in that it needs."""
    return steps[: 2 if steps and steps[0].name == "sign_in" else 1]
