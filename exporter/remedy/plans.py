"""
Which steps mend which cause, in the order that keeps the application running: the new one is
created beside the old, stored, and proven before the old one goes. One table; `choices` says which
steps a name in it stands for when that depends on the subject. Pure.
"""

from dataclasses import replace

from exporter.model import Cause, CredentialKind
from exporter.remedy.choices import CHOICES
from exporter.remedy.fill import filled
from exporter.remedy.steps import STEPS
from exporter.remedy.subject import Step, Subject

BESIDE = ("create", "store", "restart", "prove")
"""What replaces a credential while the old one stays."""

GIVEN = ("save", "create_if_lost", "store", "restart", "prove", "delete_replaced", "remove_file")
"""The same for a value that somebody may have."""

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
        "take_newer",
        "save",
        "create_if_lost",
        "store",
        "restart",
        "prove",
        "who_else",
        "remove_file",
    ),
    Cause.FORMAT_ERROR: ("sign_in", *GIVEN),
    Cause.INVALID_SECRET: ("sign_in", "list", *GIVEN),
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

OF_CERTIFICATES = frozenset({Cause.CERTIFICATE_NOT_REGISTERED})


def remedy(cause: Cause, subject: Subject) -> tuple[Step, ...]:
    """The steps, in their order, with commands filled in as far as the subject is known."""
    about = as_certificate(subject) if cause in OF_CERTIFICATES else subject
    chosen = (name for part in PLANS[cause] for name in names(part, about))
    return tuple(filled(STEPS[name], about) for name in chosen)


def as_certificate(subject: Subject) -> Subject:
    """The same, of which nothing but the cause may have said that it is a certificate."""
    return replace(subject, kind=CredentialKind.CERTIFICATE)


def names(part: str, subject: Subject) -> tuple[str, ...]:
    """The steps that one part of a plan stands for."""
    return CHOICES[part](subject) if part in CHOICES else (part,)
