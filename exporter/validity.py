"""
What the dates of credentials mean at a moment: which one covers which, and how long is left.
Pure; `now` is always an argument.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

from exporter.model import Credential, CredentialKind, CredentialState

DAY = 86_400.0


def days_left(expires: float, now: float) -> float:
    """Days from `now` to `expires`: fractional, negative after it, +inf without an end."""
    return (expires - now) / DAY


def state(credential: Credential, now: float, expiring_within: float) -> CredentialState:
    """The credential's state; `expiring_within` in seconds. What has expired is `expired` first."""
    if credential.expires <= now:
        return CredentialState.EXPIRED
    if credential.starts > now:
        return CredentialState.NOT_YET_VALID
    if credential.expires - now <= expiring_within:
        return CredentialState.EXPIRING
    return CredentialState.VALID


def groups(credentials: Iterable[Credential]) -> list[list[Credential]]:
    """
    The credentials of one object in groups that can take each other's place: of one kind, and
    certificates to sign in with apart from those that tokens are encrypted for.
    """
    found = defaultdict[tuple[CredentialKind, bool], list[Credential]](list)
    for credential in credentials:
        found[credential.kind, credential.encrypts].append(credential)
    return list(found.values())


def superseded(group: Sequence[Credential], now: float) -> list[bool]:
    """
    For each credential of a group: has another one of it taken its place?

    Another that has begun and expires later does so (equal ends: the greater key id). Where Entra
    names an active SAML signing certificate, every other one is superseded whatever its dates.
    """
    if any(credential.active for credential in group):
        return [not credential.active for credential in group]
    last = max((rank(c) for c in group if c.starts <= now), default=(-math.inf, ""))
    return [rank(credential) < last for credential in group]


def rank(credential: Credential) -> tuple[float, str]:
    """Orders a group: the greatest that has begun covers the rest."""
    return credential.expires, credential.key_id


def last_line(group: Sequence[Credential], now: float) -> Credential:
    """The credential of a group that counts: in force and not superseded."""
    pairs = zip(group, superseded(group, now), strict=True)
    remaining = [credential for credential, covered in pairs if not covered]
    return max(remaining, key=lambda credential: (credential.starts <= now, rank(credential)))
