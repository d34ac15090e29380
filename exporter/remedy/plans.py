"""
Which steps mend which cause, and which answer an alert that has none, in the order that keeps the
application running: the new one is created beside the old, stored, and proven before the old one
goes. `choices` says which steps a name stands for when that depends on the subject. Pure.
"""

from dataclasses import replace

from exporter.model import Cause, CredentialKind
from exporter.remedy.choices import CHOICES
from exporter.remedy.fill import filled
from exporter.remedy.steps import STEPS
from exporter.remedy.subject import Step, Subject

BESIDE = ("create", "store", "restart", "prove")
"""What replaces a credential while the old one stays."""

MOVE = ("save", "create_if_lost", "store", "restart", "prove")
"""The same for a value that somebody may have."""

GIVEN = ("list", *MOVE, "who_else", "delete_replaced", "remove_file")
"""The same where the old one, if there is any, may be in use elsewhere."""

PLANS: dict[Cause, tuple[str, ...]] = {
    Cause.EXPIRED: (
        "sign_in",
        "list",
        "find_expired",
        *BESIDE,
        "who_else",
        "delete_old",
        "remove_file",
    ),
    # Somebody removed it: perhaps because it leaked.
    Cause.REVOKED: ("sign_in", "audit", "list", *BESIDE, "who_else", "remove_file"),
    # Its value exists, with whoever created it.
    Cause.ROTATION_MISMATCH: (
        "sign_in",
        "list",
        "audit",
        "take_newer",
        *MOVE,
        "who_else",
        "remove_file",
    ),
    Cause.FORMAT_ERROR: ("sign_in", *GIVEN),
    Cause.INVALID_SECRET: ("sign_in", *GIVEN),
    Cause.WRONG_APPLICATION: ("sign_in", "show_other", "try_other", "choose_pair", *GIVEN),
    Cause.APPLICATION_NOT_FOUND: (
        "sign_in",
        "show_application",
        "list_deleted",
        "restore",
        "try_again",
    ),
    Cause.APPLICATION_DISABLED: (
        "sign_in",
        "show_status",
        "audit_disabled",
        "enable",
        "reactivate",
        "try_again",
    ),
    Cause.APPLICATION_MISCONFIGURED: (
        "sign_in",
        "show_client_type",
        "make_confidential",
        "check_request",
        "try_again",
    ),
    Cause.NO_SERVICE_PRINCIPAL: (
        "sign_in",
        "show_application",
        "list_deleted",
        "create_service_principal",
        "try_again",
    ),
    Cause.TENANT_NOT_FOUND: ("find_tenant", "show_tenant", "correct_tenant", "try_again"),
    Cause.WRONG_CLOUD: ("find_cloud", "correct_cloud", "set_cloud", "try_again"),
    Cause.CERTIFICATE_NOT_REGISTERED: (
        "sign_in",
        "list",
        "show_certificate",
        "audit",
        "register_certificate",
        "try_again",
    ),
    Cause.RESOURCE_NOT_FOUND: ("sign_in", "show_resource", "correct_resource", "try_again"),
    Cause.BLOCKED_BY_POLICY: (
        "sign_in",
        "sign_in_log",
        "ask_policy_owner",
        "show_risk",
        "try_again",
    ),
    Cause.FEDERATION_MISMATCH: (
        "sign_in",
        "list_federated",
        "show_token",
        "correct_federated",
        "watch",
    ),
    Cause.CLOCK_SKEW: ("compare_clocks", "set_clock", "try_again"),
    Cause.UNKNOWN: ("look_up", "sign_in", "sign_in_log", "try_again"),
    # Nothing is known to be wrong with the credential: nobody shall replace it.
    Cause.PROPAGATING: ("wait_propagation", "try_again"),
    Cause.THROTTLED: ("wait_throttled", "sign_in", "who_else"),
    Cause.LOGIN_UNAVAILABLE: ("wait_login",),
    Cause.NETWORK: ("reach_login", "show_proxy"),
    Cause.SOURCE_UNREADABLE: ("read",),
}

POLLING = (
    "poll_reason",
    "sign_in",
    "own_credential",
    "grant_read",
    "grant_read_identity",
    "poll_throttled",
    "reach_graph",
    "reach_login",
    "show_proxy",
)
"""What to look at when a poll fails, one reason after the other."""

ALERTS: dict[str, tuple[str, ...]] = {
    # Nothing newer is there, and sign-in stops when it ends.
    "expires_soon": (
        "sign_in",
        "list",
        *BESIDE,
        "who_else",
        "delete_old",
        "remove_file",
        "next_poll",
    ),
    # A newer one is there, and somebody may still use the old one.
    "superseded_expires": (
        "sign_in",
        "list",
        "who_else",
        "move_or_delete",
        "take_newer",
        *MOVE,
        "delete_old",
        "remove_file",
        "next_poll",
    ),
    # It has expired, and a newer one is there.
    "leftover": ("sign_in", "list", "who_else", "delete_old", "next_poll"),
    "poll_failing": (*POLLING, "next_poll"),
    "inventory_stale": (
        "show_pods",
        "show_unit",
        *POLLING,
        "restart_pods",
        "restart_service",
        "next_poll",
    ),
    "inventory_shrank": (
        "compare_inventories",
        "check_filters",
        "sign_in",
        "show_deleted",
        "audit_deletions",
        "restore",
        "next_poll",
    ),
    "exporter_absent": ("show_pods", "show_unit", "ask_healthy", "show_scrape"),
    "config_reload_failed": ("check_config", "mend_config", "reload_config"),
}

INACTIVE = ("sign_in", "list_signing", "remove_signing", "next_poll")
SIGNING: dict[str, tuple[str, ...]] = {
    "expires_soon": (
        "sign_in",
        "list_signing",
        "create_signing",
        "tell_application",
        "activate_signing",
        "next_poll",
    ),
    "superseded_expires": INACTIVE,
    "leftover": INACTIVE,
}
"""The same alerts about a certificate with which Entra signs SAML tokens: nobody stores that."""

OF_CERTIFICATES = frozenset({Cause.CERTIFICATE_NOT_REGISTERED})

OF_ENDED = frozenset({Cause.EXPIRED})
"""A credential that these name has ended: deleting it stops nobody, whether it is stored or not."""


def remedy(cause: Cause, subject: Subject) -> tuple[Step, ...]:
    """The steps, in their order, with commands filled in as far as the subject is known."""
    return steps(PLANS[cause], told_by(cause, subject))


def plan(name: str, subject: Subject) -> tuple[Step, ...]:
    """The same for an alert that has no cause, by its name in `ALERTS`."""
    signing = subject.kind is CredentialKind.SAML_SIGNING
    parts = SIGNING.get(name, ALERTS[name]) if signing else ALERTS[name]
    # Where nothing is verified, nothing but the poll sees what was done.
    return tuple(s for s in steps(parts, subject) if subject.place.form or s.name != "watch")


def steps(parts: tuple[str, ...], subject: Subject) -> tuple[Step, ...]:
    """What the parts of a plan stand for, filled in."""
    return tuple(filled(STEPS[name], subject) for part in parts for name in names(part, subject))


def told_by(cause: Cause, subject: Subject) -> Subject:
    """With what the cause alone says: it is a certificate; its key id may be deleted."""
    kind = CredentialKind.CERTIFICATE if cause in OF_CERTIFICATES else subject.kind
    return replace(subject, kind=kind, certain=subject.certain or cause in OF_ENDED)


def names(part: str, subject: Subject) -> tuple[str, ...]:
    """The steps that one part of a plan stands for."""
    return CHOICES[part](subject) if part in CHOICES else (part,)
