"""
Which credential is stored at a target, and when it ends: by the hint of a secret, by the thumbprint
of a certificate, else as declared. Pure; where it cannot be told it says nothing.
"""

from collections.abc import Sequence

from exporter.model import Cause, Credential, CredentialKind, DirectoryObject
from exporter.snapshot import Held
from exporter.sources import CertificateMaterial
from exporter.verdict import Verdict
from exporter.verify.rules import only, same_secret, usable

NOT_REGISTERED = frozenset(
    {
        Cause.REVOKED,
        Cause.ROTATION_MISMATCH,
        Cause.INVALID_SECRET,
        Cause.WRONG_APPLICATION,
        Cause.APPLICATION_NOT_FOUND,
    }
)
"""With these the stored value is none that the application has, whatever it begins with."""


def held(  # noqa: PLR0913 - the last by name, and rare
    value: str | CertificateMaterial,
    verdict: Verdict,
    objects: Sequence[DirectoryObject | None],
    declared: float | None,
    now: float,
    *,
    key_id: str = "",
) -> Held | None:
    """
    What is stored; `value` is a secret's first three characters, or a certificate. `key_id` is what
    this very secret was known by before: it counts where the directory shows no hint.
    """
    registered = [c for item in objects if item for c in usable(item.credentials)]
    if isinstance(value, CertificateMaterial):
        return held_certificate(value, registered)
    cause = verdict.diagnosis.cause if verdict.diagnosis else None
    if cause not in NOT_REGISTERED:
        same = [c for c in registered if same_secret(c, value, key_id)]
        found = secret_among(same, verdict, now)
        if found is not None:
            return Held(found.key_id, found.expires)
    if declared is None or contradicted(declared, verdict, now):
        return None
    return Held("", declared)


def contradicted(declared: float, verdict: Verdict, now: float) -> bool:
    """Whether a declared end is of another value: it has passed and this works, or the reverse."""
    expired = verdict.diagnosis is not None and verdict.diagnosis.cause is Cause.EXPIRED
    return (verdict.works and declared <= now) or (expired and declared > now)


def held_certificate(stored: CertificateMaterial, registered: Sequence[Credential]) -> Held:
    """A certificate says itself when it ends; what is registered may end sooner."""
    same = [c for c in registered if c.thumbprint.upper() == stored.thumbprint.upper()]
    if not same:
        return Held("", stored.expires)
    last = max(same, key=lambda c: c.expires)
    return Held(last.key_id, min(stored.expires, last.expires))


def secret_among(same: Sequence[Credential], verdict: Verdict, now: float) -> Credential | None:
    """The secret that is stored, if it is only one; what works is in force."""
    secrets = [c for c in same if c.kind is CredentialKind.SECRET]
    if verdict.works:
        secrets = [c for c in secrets if c.starts <= now < c.expires]
    elif verdict.diagnosis and verdict.diagnosis.cause is Cause.EXPIRED:
        secrets = [c for c in secrets if c.expires <= now]
    return only(secrets)
