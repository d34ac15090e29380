"""
What the rules of a diagnosis ask: which credentials the stored one may be, where they are and when
they stood there, and how that is said. Pure.

A secret is known by its first three characters, of which there are 262,144: one match is likely, no
proof. A certificate is known by its thumbprint, which is exact.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from exporter.model import Cause, Credential, CredentialKind, DirectoryObject, ObjectType
from exporter.validity import days_left
from exporter.verdict import Confidence, Diagnosis, Evidence, Finding, Gone
from exporter.verify.codes import CERTIFICATES, Meaning, code_of, meaning_of, own_words
from exporter.wording import MINUTE, date, instant, left, printable

PROPAGATION = 10 * MINUTE
"""A new secret works within seconds, rarely minutes; later than this it is not the newness."""


@dataclass(frozen=True, slots=True)
class Case:
    """The evidence at a moment, and what follows from it for every rule."""

    evidence: Evidence
    now: float

    @property
    def meaning(self) -> Meaning:
        """What the answer alone says."""
        return meaning_of(self.evidence.refusal)

    @property
    def certificate(self) -> bool:
        """Whether a certificate is stored, not a secret."""
        return bool(self.evidence.thumbprint) or code_of(self.evidence.refusal) in CERTIFICATES

    @property
    def kind(self) -> CredentialKind:
        """What is stored."""
        return CredentialKind.CERTIFICATE if self.certificate else CredentialKind.SECRET

    @property
    def not_known(self) -> Cause:
        """The cause when no more can be told than that the login service does not know it."""
        return Cause.CERTIFICATE_NOT_REGISTERED if self.certificate else Cause.INVALID_SECRET

    @property
    def inventory(self) -> bool:
        """Whether there is an inventory to conclude from."""
        return self.evidence.inventory_at is not None or self.holder is not None

    @property
    def holder(self) -> DirectoryObject | None:
        """The application, or its service principal where that alone is known."""
        return self.evidence.owner or self.evidence.service_principal

    @property
    def registered(self) -> tuple[Credential, ...]:
        """Everything that one can sign in with as this application; both objects' count."""
        objects = (self.evidence.owner, self.evidence.service_principal)
        return tuple(c for found in objects if found for c in usable(found.credentials))

    @property
    def alive(self) -> tuple[Credential, ...]:
        """What the stored one may be, of those that have not ended."""
        return tuple(c for c in self.registered if self.fits(c) and c.expires > self.now)

    @property
    def dead(self) -> tuple[Credential, ...]:
        """What the stored one may be, of those that have ended."""
        return tuple(c for c in self.registered if self.fits(c) and c.expires <= self.now)

    @property
    def fresh(self) -> tuple[Credential, ...]:
        """What the stored one may be, of those that the directory may still be spreading."""
        return tuple(c for c in self.alive if abs(self.now - c.starts) <= PROPAGATION)

    @property
    def gone(self) -> Gone | None:
        """
        The last to go of those that the stored one may be.

        None while the inventory lacks the application, for then all of it is gone from view alone;
        and none for a certificate that stands there again.
        """
        if self.holder is None or (self.certificate and (self.alive or self.dead)):
            return None
        found = [gone for gone in self.evidence.gone if self.fits(gone.credential)]
        return max(found, key=lambda gone: gone.missed_since, default=None)

    @property
    def unmarked(self) -> int:
        """How many are registered that cannot be compared: very old secrets have no hint."""
        same = (c for c in self.registered if c.kind is self.kind)
        return sum(not (c.thumbprint if self.certificate else c.hint) for c in same)

    @property
    def incomparable(self) -> bool:
        """Whether nothing registered can be compared, as when it was kept over a restart."""
        return 0 < self.unmarked == sum(c.kind is self.kind for c in self.registered)

    @property
    def unmarked_gone(self) -> tuple[Gone, ...]:
        """
        Secrets that went, maybe the stored one, and cannot be compared: what went before a restart
        has no hint. Not those that were missed already when the stored one worked.
        """
        if self.certificate or self.evidence.key_id:
            return ()
        worked = self.evidence.worked_at
        return tuple(
            gone
            for gone in self.evidence.gone
            if gone.credential.kind is CredentialKind.SECRET
            and not gone.credential.hint
            and (worked is None or gone.missed_since >= worked)
        )

    @property
    def explaining(self) -> tuple[Finding, ...]:
        """The findings that are enough to break a sign-in."""
        return tuple(finding for finding in self.evidence.findings if finding.explains)

    @property
    def elsewhere(self) -> dict[str, DirectoryObject]:
        """The other applications, by id, that hold what may be the stored one."""
        own = {self.holder.app_id} if self.holder else set[str]()
        return {
            other.app_id: other
            for other in self.evidence.others
            if other.app_id not in own and any(map(self.fits, usable(other.credentials)))
        }

    def fits(self, credential: Credential) -> bool:
        """Whether the stored one may be this credential."""
        if self.certificate:
            stored = self.evidence.thumbprint.upper()
            return bool(stored) and credential.thumbprint.upper() == stored
        return credential.kind is CredentialKind.SECRET and same_secret(
            credential, self.evidence.hint, self.evidence.key_id
        )

    def newest(self, after: float = -math.inf) -> Credential | None:
        """The credential in force, of the kind that is stored, that began last after the moment."""
        found = [
            c
            for c in self.registered
            if c.kind is self.kind
            and c.starts > after
            and c.expires > self.now
            and not self.fits(c)
        ]
        return max(found, key=lambda c: (c.starts, c.expires, c.key_id), default=None)

    def application(self) -> str:
        """`application 'billing' (its id)`."""
        if self.holder is None:
            known = printable(self.evidence.client_id)
            return f"application {known}" if known else "the application"
        name = f" '{printable(self.holder.name)}'" if self.holder.name else ""
        return f"application{name} ({printable(self.holder.app_id)})"

    def ending(self, credential: Credential) -> str:
        """When a credential ends or ended."""
        if credential.expires == math.inf:
            return f"{called(credential)} has no end"
        verb = "ended on" if credential.expires <= self.now else "is valid until"
        words = left(days_left(credential.expires, self.now))
        return f"{called(credential)} {verb} {date(credential.expires)} ({words})"

    def basis(self) -> Iterator[str]:
        """What every diagnosis rests on: findings, the age of the inventory, the answer."""
        for finding in self.evidence.findings:
            yield f"Seen in the stored value: {printable(finding.found).rstrip('.')}."
        if self.evidence.worked_at is not None:
            yield f"This very value last worked on {instant(self.evidence.worked_at)}."
        if self.evidence.inventory_at is not None:
            yield f"The inventory was read on {instant(self.evidence.inventory_at)}."
        if words := own_words(self.evidence.refusal.message):
            yield f"The login service said: {words}"

    @property
    def since(self) -> float | None:
        """When what went had begun, or last worked: newer is what began later."""
        if gone := self.gone:
            known = math.isfinite(gone.credential.starts)
            return gone.credential.starts if known else gone.last_seen
        return None if self.alive or self.dead else self.evidence.worked_at

    @property
    def wrong(self) -> str:
        """What the explaining findings found."""
        return " and ".join(printable(finding.found).rstrip(".") for finding in self.explaining)

    @property
    def advice(self) -> Iterator[str]:
        """How to store it right."""
        return (printable(finding.advice) for finding in self.explaining)

    def registered_on(self, credential: Credential | None) -> ObjectType:
        """Where a credential stands or stood: on the application, unless only the other has it."""
        owner, principal = self.evidence.owner, self.evidence.service_principal
        there = principal is not None and credential in principal.credentials
        return (
            ObjectType.SERVICE_PRINCIPAL
            if there or (principal and not owner)
            else ObjectType.APPLICATION
        )

    def so(  # noqa: PLR0913 - the ids by name, each of them rare
        self,
        cause: Cause,
        confidence: Confidence,
        summary: str,
        *evidence: str | None,
        about: Credential | None = None,
        newer: Credential | None = None,
        other_app_id: str = "",
    ) -> Diagnosis:
        """The diagnosis, with what it rests on after its own evidence."""
        return Diagnosis(
            cause,
            code_of(self.evidence.refusal),
            capital(summary),
            (*(f"{capital(text).rstrip('.')}." for text in evidence if text), *self.basis()),
            confidence,
            object=self.registered_on(about),
            key_id=about.key_id if about else "",
            newer_key_id=newer.key_id if newer else "",
            other_app_id=other_app_id,
        )


def same_secret(credential: Credential, hint: str, key_id: str) -> bool:
    """
    Whether a stored secret may be this credential: by its hint; by the key id that this very value
    was known by before, where the hint is not known, as after a restart.
    """
    if credential.hint:
        return credential.hint == hint
    return bool(key_id) and credential.key_id == key_id


def only(credentials: Sequence[Credential]) -> Credential | None:
    """The one there is; None when there are several, as then none is known to be it."""
    return credentials[0] if len(credentials) == 1 else None


def usable(credentials: Iterable[Credential]) -> Iterator[Credential]:
    """Those that one can sign in with: none for SAML, none that tokens are encrypted for."""
    for credential in credentials:
        if credential.kind is not CredentialKind.SAML_SIGNING and not credential.encrypts:
            yield credential


def called(credential: Credential) -> str:
    """`secret 'deploy' (key id ...)`; names repeat, so the id is always there."""
    name = f" '{printable(credential.name)}'" if credential.name else ""
    return f"{credential.kind}{name} (key id {printable(credential.key_id)})"


def each(credentials: Iterable[Credential]) -> str:
    """Several credentials in a sentence."""
    return " and ".join(map(called, credentials))


def capital(sentence: str) -> str:
    """The sentence with its first letter as it should be."""
    return sentence[:1].upper() + sentence[1:]
