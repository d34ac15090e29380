"""
The addresses of runbooks, filled in for a credential or a target; seen from the exporter's root, as
it may live below a path. Pure.
"""

from urllib.parse import quote, urlencode

from exporter.attention import IMMINENT
from exporter.model import Cause
from exporter.snapshot import TargetView
from exporter.validity import days_left
from exporter.web.listing import QUIET, SOON, Row

VERIFY_ALERTS = {
    Cause.EXPIRED: "EntraVerifyExpired",
    Cause.REVOKED: "EntraVerifyRevoked",
    Cause.ROTATION_MISMATCH: "EntraVerifyRotationMismatch",
    Cause.FORMAT_ERROR: "EntraVerifyFormatError",
}


def runbook(name: str, **parameters: str) -> str:
    """`runbooks/NAME?tenant=...`, with what stands in the parameters quoted."""
    return f"runbooks/{name}?{urlencode(parameters, quote_via=quote, safe='', errors='replace')}"


def runbook_of(row: Row) -> str:
    """What to do about a credential; empty when there is nothing to do."""
    name = alert_of(row)
    ids = {"app_id": row.owner.app_id, "key_id": row.credential.key_id}
    return runbook(name, tenant=row.tenant, **ids) if name else ""


def alert_of(row: Row) -> str:
    """The alert that a credential raises, or would."""
    if row.rank == QUIET and row.days >= SOON:
        return ""
    if row.superseded:
        expired = row.days <= 0
        return (
            "EntraExpiredCredentialLeftover" if expired else "EntraSupersededCredentialExpiresSoon"
        )
    if row.days <= -SOON:
        return "EntraExpiredCredentialLeftover"
    if row.days <= 0:
        return "EntraCredentialExpired"
    return "EntraCredentialExpiryImminent" if row.days < IMMINENT else "EntraCredentialExpiresSoon"


def runbook_of_target(view: TargetView, now: float) -> str:
    """What to do about a target; empty when there is nothing to do."""
    target, name = view.target, alert_of_target(view, now)
    ids = {"tenant": target.tenant, "target": target.name, "app_id": target.client_id}
    return runbook(name, **ids) if name else ""


def alert_of_target(view: TargetView, now: float) -> str:
    """The alert that a target raises."""
    diagnosis = view.verdict.diagnosis if view.verdict else None
    if diagnosis is None:
        ends_soon = view.holds is not None and days_left(view.holds.expires, now) < IMMINENT
        return "EntraStoredCredentialExpiryImminent" if ends_soon else ""
    if view.verdict and view.verdict.could_not_tell:
        return "EntraVerifyNotPossible"
    return VERIFY_ALERTS.get(diagnosis.cause, "EntraVerifyFailed")
