"""What is told of a credential that ends, has ended, or is gone. Pure."""

import math
from dataclasses import replace
from types import MappingProxyType

from exporter.attention import RECENTLY
from exporter.model import Cause, Credential, CredentialKind, ObjectType
from exporter.remedy import Place, Subject
from exporter.remedy.steps import STEPS
from exporter.runbooks import words
from exporter.runbooks.found import Found
from exporter.runbooks.runbook import Plan, Runbook
from exporter.runbooks.told import HEALTHY, Facts, Told, ago, described, ends, filled
from exporter.snapshot import Snapshot, Target
from exporter.validity import groups
from exporter.verdict import Gone

QUIET = frozenset({"superseded_expires", "leftover"})
"""Plans of the alerts that want a credential to go."""

ENCRYPTS = (
    "Nobody signs in with this certificate: tokens are encrypted for it. Replace it on the "
    "application's page Token encryption, together with whoever decrypts the tokens."
)
FIND = "Find the one that is meant in the list."
EARLIER = "Only rules made to warn earlier than 30 days before the end can mean it."
NOTHING_NEWER = (
    "Nothing newer is registered. If the sign-in log shows anything that still tries it, that "
    "cannot sign in and needs a new one; if not, delete it."
)
NONE_LEFT = "Nothing of its kind is left: whatever used it cannot sign in."
NONE_ACTIVE = "No signing certificate in force is known to be active in its place."
CREATING = frozenset({"create_signing"})
BUT_FOR_READING = frozenset(STEPS) - {"sign_in", "list", "next_poll"}


def of_credential(book: Runbook, found: Found, _snapshot: Snapshot, now: float) -> Told:
    """For the alerts about what is registered."""
    usual = book.ways[0].plan
    if found.credential:
        return registered(usual, found, found.credential, now)
    if found.gone:
        return missing(usual, found, found.gone, now)
    return Told(subject_of(found, None), usual, facts=filled(words.application(found)))


def subject_of(found: Found, credential: Credential | None) -> Subject:
    """The credential of the alert: that very key id is what may be deleted in the end."""
    target = user_of(found)
    return Subject(
        tenant_id=found.tenant.tenant_id if found.tenant else "",
        client_id=found.app_id,
        object=found.owner.type if found.owner else ObjectType.APPLICATION,
        kind=credential.kind if credential else CredentialKind.SECRET,
        key_id=credential.key_id if credential else "",
        certain=credential is not None,
        newer_key_id=found.newer.key_id if found.newer else "",
        resource=target.resource if target else "",
        cloud=found.tenant.cloud if found.tenant else "public",
        place=target.place if target else Place(),
        consumer=target.consumer if target else "other",
        details=target.details if target else MappingProxyType({}),
    )


def user_of(found: Found) -> Target | None:
    """The target that the link names, else the only one where the credential is stored."""
    if found.target:
        return found.target.target
    return found.holders[0].target if len(found.holders) == 1 else None


def registered(usual: Plan, found: Found, credential: Credential, now: float) -> Told:
    """While it is registered."""
    subject = subject_of(found, credential)
    if credential.expires - now > HEALTHY:
        return healthy(usual, found, credential, now)
    waiting = inactive(found, credential, now)
    return Told(
        subject,
        standing(usual, found, credential, now),
        says=f"The {words.whole(found, credential)} {ends(credential.expires, now)}.",
        changed=" ".join(changes(usual, found, credential, now)),
        facts=facts_of(found, credential, subject, now),
        without=without(credential) | (CREATING if waiting else frozenset()),
    )


def healthy(usual: Plan, found: Found, credential: Credential, now: float) -> Told:
    """It cannot be what the alert is about: so it is nothing to delete either."""
    subject = replace(subject_of(found, credential), key_id="", certain=False)
    which = f"the {words.whole(found, credential)} {ends(credential.expires, now)}."
    said = f"This credential is not what the alert is about: {which} {FIND}"
    if usual == "expires_soon" and credential.expires != math.inf:
        said = f"{said} {EARLIER}"
    return Told(
        subject,
        usual,
        says=said,
        changed=ENCRYPTS if credential.encrypts else "",
        facts=facts_of(found, credential, subject, now),
        without=without(credential),
    )


def without(credential: Credential) -> frozenset[str]:
    """The steps that are not for such a credential."""
    return BUT_FOR_READING if credential.encrypts else frozenset()


def inactive(found: Found, credential: Credential, now: float) -> Credential | None:
    """A later signing certificate beside the active one, which has only to be made active."""
    if not credential.active:
        return None
    beside = [c for c in others(found, credential) if c.starts <= now < c.expires]
    later = [c for c in beside if c.expires > credential.expires]
    return max(later, key=lambda c: c.expires, default=None)


def standing(usual: Plan, found: Found, credential: Credential, now: float) -> Plan:
    """The plan for how it stands now, whatever the alert said."""
    if credential.expires > now:
        return "superseded_expires" if found.newer else "expires_soon"
    if credential.active or found.holders or usual not in QUIET:
        return Cause.EXPIRED
    # After how long it counts as one is for the rules to say.
    idle = usual == "leftover" or found.newer or credential.expires <= now - RECENTLY
    return "leftover" if idle else Cause.EXPIRED


def changes(usual: Plan, found: Found, credential: Credential, now: float) -> list[str]:
    """What is not as the alert said, or not as for most."""
    said = [ENCRYPTS] if credential.encrypts else []
    if credential.expires <= now and usual in {"expires_soon", "superseded_expires"}:
        said.append("It has expired meanwhile.")
    if found.newer and usual not in QUIET:
        said.append(
            f"A newer one is there now ({described(found.newer, now)}), so the alert ends by "
            "itself; but whatever still has the old one needs the newer one."
        )
    if not found.newer and usual == "superseded_expires":
        said.append("The newer one that covered it is gone: nothing takes over from it now.")
    alone = not found.newer and not credential.encrypts
    if alone and standing(usual, found, credential, now) == "leftover":
        said.append(NOTHING_NEWER)
    waiting = inactive(found, credential, now)
    if waiting:
        mark = f", thumbprint {waiting.thumbprint}" if waiting.thumbprint else ""
        said.append(
            f"Another one is registered and not active ({described(waiting, now)}{mark}): do not "
            "create one more. Give that one to the application, then make it the active one."
        )
    if found.holders and usual in QUIET:
        said.append(f"It is still stored at {words.targets(found.holders)}: mend that first.")
    return said


def missing(usual: Plan, found: Found, gone: Gone, now: float) -> Told:
    """Once it is not registered any more: mended, if anything is left to sign in with."""
    was = gone.credential
    subject = subject_of(found, was)
    facts = facts_of(found, was, subject, now)
    said = (
        f"The {words.whole(found, was)} is not registered any more: it was seen last "
        f"{ago(gone.last_seen, now)}."
    )
    rest = without(was)
    signing = was.kind is CredentialKind.SAML_SIGNING
    alike = [c for c in others(found, was) if c.active or not signing]
    left = [c for c in alike if c.starts <= now < c.expires]
    if not left and usual not in QUIET:
        nothing = NONE_ACTIVE if signing else ENCRYPTS if was.encrypts else NONE_LEFT
        return Told(subject, Cause.REVOKED, says=said, changed=nothing, facts=facts, without=rest)
    after = f" Another one is there: {described(left[-1], now)}." if left else ""
    return Told(subject, usual, mended=said + after, facts=facts, without=rest)


def others(found: Found, was: Credential) -> list[Credential]:
    """What is registered beside it that can take its place, active or not."""
    alike = groups((was, *(found.owner.credentials if found.owner else ())))[0]
    return [credential for credential in alike if credential.key_id != was.key_id]


def facts_of(found: Found, credential: Credential, subject: Subject, now: float) -> Facts:
    """All that is known of it."""
    return filled(
        (
            *words.application(found),
            ("Credential", f"{words.kind(credential)} {described(credential, now)}"),
            ("Newer one", newer(found, now)),
            ("Stored at", words.stored(found.holders)),
            *words.consumer(subject),
            *words.as_of(found, now),
        )
    )


def newer(found: Found, now: float) -> str:
    """What has taken its place; of one that is gone that is not known."""
    if found.newer:
        return described(found.newer, now)
    return "none" if found.credential else ""
