"""Runbooks of the alerts about what is registered: credentials and when they end. Text only."""

from exporter.model import Cause
from exporter.runbooks.runbook import About, Runbook, Way

LAST = (
    "Whose is it? The alert names the application; the portal lists its owners. Tell them now.",
    "Who uses it? The step that reads the sign-in log says from where, and with which credential.",
    "Does Entra already have a newer one? If so, store that one instead of creating another.",
)
RESOLVES = (
    "The list shows the new credential, and the step that proves it says that it works.",
    "The alert resolves by itself after the next poll (once an hour unless configured otherwise).",
)
ENDS = (
    "When it ends, every sign-in with it is refused at once (AADSTS7000222 for a secret). Running "
    "programs fail when their token runs out, up to an hour or so later. Until then nothing fails."
)
ORDER = "Nothing newer is registered that could take over."

CREDENTIALS: tuple[Runbook, ...] = (
    Runbook(
        "EntraCredentialExpiresSoon",
        About.CREDENTIAL,
        "A credential of an application ends soon, and no newer one is there to take over.",
        f"A secret or certificate ends within 30 days. {ORDER}",
        ENDS,
        LAST,
        (Way("", "expires_soon"),),
        RESOLVES,
    ),
    Runbook(
        "EntraCredentialExpiryImminent",
        About.CREDENTIAL,
        "A credential of an application ends within days, and no newer one is there to take over.",
        f"A secret or certificate ends within 7 days. {ORDER} Replace it today.",
        ENDS,
        LAST,
        (Way("", "expires_soon"),),
        RESOLVES,
    ),
    Runbook(
        "EntraCredentialExpired",
        About.CREDENTIAL,
        "A credential of an application has expired, and no newer one is there.",
        "A secret or certificate has ended within the last 30 days, and nothing newer is "
        "registered beside it.",
        "Whatever uses it cannot sign in now (AADSTS7000222 for a secret): it is an outage, unless "
        "nothing uses it any more.",
        LAST,
        (Way("", Cause.EXPIRED),),
        RESOLVES,
    ),
    Runbook(
        "EntraSupersededCredentialExpiresSoon",
        About.CREDENTIAL,
        "An old credential ends within days; a newer one is there, but something may still use "
        "the old one.",
        "Somebody created a newer credential, and the old one ends within 7 days. The exporter "
        "cannot know whether every consumer has the newer one.",
        "None, if every consumer has the newer one. Each that has not is refused when the old one "
        "ends.",
        (
            "Which sign-ins still use the old key id? The sign-in log says it.",
            "Was the newer one stored everywhere? Ask whoever created it.",
        ),
        (Way("", "superseded_expires"),),
        (
            "No sign-in of the past days uses the old key id.",
            "Once it is deleted, or has ended, the alert resolves with the next poll.",
        ),
    ),
    Runbook(
        "EntraExpiredCredentialLeftover",
        About.CREDENTIAL,
        "An expired credential is still registered. Nothing is broken: this is tidying up.",
        "A credential has ended, and either a newer one is there or nobody missed it for 30 days.",
        "None now. Leftovers hide what counts, and an application can hold only so many.",
        (
            "Does any sign-in still try it? Then that consumer is failing: give it the newer one.",
            "Is the whole application unused? Then ask its owners whether it can go.",
        ),
        (Way("", "leftover"),),
        ("The list does not show it any more; the alert resolves with the next poll.",),
    ),
)
