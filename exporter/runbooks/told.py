"""What is told of the thing that an alert is about, and how its dates are said. Plain; pure."""

import math
from dataclasses import dataclass

from exporter import wording
from exporter.model import Credential
from exporter.remedy import Subject
from exporter.runbooks.runbook import Plan
from exporter.validity import DAY

HEALTHY = 30 * DAY
"""What ends later than that is not what an alert is about, and nothing to delete for one."""

Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Told:
    """
    `says` is what broke, of this very one. `plan` is that of the present state, None when no one
    plan fits; `without` are steps of it that do not apply. `mended` says by what this exporter sees
    that the alert is over (another replica may not see it), `changed` what is not as the alert
    said. `evidence` is what a verdict rests on.
    """

    subject: Subject
    plan: Plan | None
    says: str = ""
    mended: str = ""
    changed: str = ""
    facts: Facts = ()
    evidence: tuple[str, ...] = ()
    without: frozenset[str] = frozenset()


def moment(at: float) -> str:
    """`2026-11-26 12:00 UTC`."""
    return f"{wording.instant(at)[:16]} UTC"


def ends(expires: float, now: float) -> str:
    """`ends in 3 d 0 h, on 2026-11-26 12:00 UTC`."""
    if expires == math.inf:
        return "has no end"
    length = wording.span(expires - now)
    said = f"ends in {length}" if expires > now else f"ended {length} ago"
    return f"{said}, on {moment(expires)}"


def ago(at: float, now: float) -> str:
    """`2 h ago (2026-11-26 12:00 UTC)`."""
    return f"{wording.span(now - at)} ago ({moment(at)})"


def described(credential: Credential, now: float) -> str:
    """`'deploy', key id ..., ends in ...`."""
    name = f"'{credential.name}', " if credential.name else ""
    return f"{name}key id {credential.key_id}, {ends(credential.expires, now)}"


def filled(facts: Facts) -> Facts:
    """Without those of which nothing is known."""
    return tuple((label, text) for label, text in facts if text)
