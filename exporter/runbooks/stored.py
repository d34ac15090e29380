"""Runbooks of the alerts about what is stored where applications read it. Text only."""

from exporter.model import COULD_NOT_TELL, Cause
from exporter.runbooks.causes import MEANINGS
from exporter.runbooks.runbook import About, Runbook, Way

OUTAGE = (
    "The consumer cannot sign in with it: it fails now, or when the token that it still has runs "
    "out, within an hour or so."
)
NEWER = (
    "Look at the list: is a newer one registered? Then get its value from whoever created it, and "
    "create another only if nobody has it."
)
MENDED = (
    "The step that proves it says that it works.",
    "`entra_verify_success` of the target becomes 1 with the next try; then the alert resolves.",
    "The consumer itself works again: it was restarted, and its log shows no new AADSTS error.",
)
NAMED = (Cause.EXPIRED, Cause.FORMAT_ERROR, Cause.ROTATION_MISMATCH, Cause.REVOKED)
FREQUENT = (
    Cause.INVALID_SECRET,
    Cause.APPLICATION_NOT_FOUND,
    Cause.CERTIFICATE_NOT_REGISTERED,
    Cause.BLOCKED_BY_POLICY,
)
"""The refusals that people meet most; these stand with their commands."""


def way(cause: Cause, *, spelled: bool) -> Way:
    """One cause among several."""
    return Way(MEANINGS[cause], cause, spelled)


OTHERS = [cause for cause in Cause if cause not in {*NAMED, *COULD_NOT_TELL}]

STORED: tuple[Runbook, ...] = (
    Runbook(
        "EntraStoredCredentialExpiryImminent",
        About.TARGET,
        "The credential that a consumer has stored ends within days.",
        "What is stored where the consumer reads it ends within 7 days. A newer one may be "
        "registered already: that does not help until it is stored here.",
        "The consumer works now. When the stored credential ends, its sign-ins are refused.",
        (
            NEWER,
            "Is something meant to rotate it? Then find out why it did not.",
        ),
        (Way("", "expires_soon"),),
        (
            "`entra_verify_days_until_expiry` of the target shows the new one's days.",
            "The step that proves it says that it works. The alert resolves after that.",
        ),
    ),
    Runbook(
        "EntraVerifyExpired",
        About.TARGET,
        "A consumer cannot sign in: the secret that it has stored has expired.",
        "The exporter made the same token request as the consumer, and the login service answered "
        "that the credential has ended (AADSTS7000222 for a secret).",
        OUTAGE,
        (
            NEWER,
            "Who else uses the expired one? They fail too.",
        ),
        (Way("", Cause.EXPIRED),),
        MENDED,
    ),
    Runbook(
        "EntraVerifyRevoked",
        About.TARGET,
        "A consumer cannot sign in: the secret that it has stored was removed from the "
        "application.",
        "The stored credential was registered once, somebody removed it, and no newer one is known "
        "that took its place.",
        OUTAGE,
        (
            "Find out first who removed it, and why. Perhaps it leaked: tell your security team.",
            "If a clean-up job removed it: stop the job before it removes the next one.",
        ),
        (Way("", Cause.REVOKED),),
        MENDED,
    ),
    Runbook(
        "EntraVerifyRotationMismatch",
        About.TARGET,
        "A consumer cannot sign in: its secret was rotated, and it still has the old one.",
        "A newer credential is registered and the old one is gone, but the old value is still "
        "stored where this consumer reads it.",
        OUTAGE,
        (
            "Who created the newer one? That person or pipeline has its value.",
            "Where else was the old one stored? Every consumer needs the newer one.",
        ),
        (Way("", Cause.ROTATION_MISMATCH),),
        MENDED,
    ),
    Runbook(
        "EntraVerifyFormatError",
        About.TARGET,
        "A consumer cannot sign in: its secret is stored wrongly.",
        "What is stored is not a secret as Entra made it: a line break or quotes around it, "
        "encoded twice, cut off, or the secret's id instead of its value.",
        OUTAGE,
        (
            "What was found? The exporter's page says it under evidence, and shows none of it.",
            "What wrote it? A script that uses `echo`, or encodes twice, writes it wrong again.",
        ),
        (Way("", Cause.FORMAT_ERROR),),
        MENDED,
    ),
    Runbook(
        "EntraVerifyFailed",
        About.TARGET,
        "A consumer cannot sign in: the login service refuses what it has stored.",
        "The exporter made the same token request as the consumer and was refused. The cause says "
        "why: it stands in the alert's description, on the exporter's page, and in "
        "`entra_verify_cause`.",
        OUTAGE,
        (
            "Read the cause first: each has its own way out. Most are not about the secret.",
            "Replace a secret only where the way of that cause says so.",
        ),
        tuple(way(cause, spelled=cause in FREQUENT) for cause in OTHERS),
        MENDED,
    ),
    Runbook(
        "EntraVerifyNotPossible",
        About.TARGET,
        "For half an hour it could not be told whether a consumer's secret works.",
        "The exporter could not try the stored secret. That says nothing about the secret: it may "
        "be as good as ever.",
        "None that is known. But nobody is told while this lasts if the secret stops working.",
        (
            "Read the cause in the alert's description or on the exporter's page.",
            "Replace nothing: no secret is known to be bad.",
            "Do several targets have it? Then it is the network, the login service or the vault.",
            "Was it not tried for hours? Then read the exporter's log, and restart it.",
        ),
        tuple(way(cause, spelled=True) for cause in Cause if cause in COULD_NOT_TELL),
        (
            "`entra_verify_success` of the target becomes 1; the alert resolves by itself.",
            "Or the secret turns out to be refused: then an alert with that cause takes over.",
        ),
    ),
)
