"""What is told of a tenant that cannot be read, or of which less is there than before. Pure."""

from exporter.model import FailureReason
from exporter.remedy import Subject
from exporter.runbooks import words
from exporter.runbooks.found import Found
from exporter.runbooks.runbook import Runbook
from exporter.runbooks.told import Facts, Told, ago, filled
from exporter.snapshot import Snapshot, TenantView

FRESH = {"poll_failing": 2 * 3600.0, "inventory_stale": 120.0}
"""
How old data may be, in seconds, to say that the alert is over. One about failing polls is over with
the last poll, which did not fail; one about old data only with a read just now.
"""

FOR_REASON: dict[str, frozenset[FailureReason]] = {
    "poll_reason": frozenset(
        {FailureReason.SERVER, FailureReason.MALFORMED, FailureReason.INTERNAL}
    ),
    "own_credential": frozenset({FailureReason.LOGIN}),
    "grant_read": frozenset({FailureReason.PERMISSION}),
    "grant_read_identity": frozenset({FailureReason.PERMISSION}),
    "poll_throttled": frozenset({FailureReason.THROTTLED}),
    "reach_graph": frozenset({FailureReason.NETWORK}),
    "reach_login": frozenset({FailureReason.NETWORK}),
    "show_proxy": frozenset({FailureReason.NETWORK, FailureReason.MALFORMED}),
    "sign_in": frozenset({FailureReason.LOGIN, FailureReason.PERMISSION}),
}
"""Steps that help with some reasons only; the page knows which one it is."""


def of_tenant(book: Runbook, found: Found, _snapshot: Snapshot, now: float) -> Told:
    """For the alerts about the reading of a tenant."""
    tenant, plan = found.tenant, book.ways[0].plan
    if tenant is None:
        return Told(Subject(), plan)
    subject = Subject(tenant_id=tenant.tenant_id, cloud=tenant.cloud)
    facts = facts_of(found, tenant, now)
    if plan == "inventory_shrank":
        return Told(subject, plan, says=shrunk(tenant, now), facts=facts)
    if tenant.failure:
        said = f"Tenant {tenant.name} could not be read {ago(tenant.failure.at, now)}: "
        remedy = tenant.failure.remedy.replace("`", "'")
        said += f"{tenant.failure.reason}. Next step: {remedy}."
        # Why ever it is stale: the reason of the failure is what to go by.
        rest = without(tenant.failure.reason)
        return Told(subject, "poll_failing", says=said, facts=facts, without=rest)
    fresh = FRESH.get(str(plan), 0.0)
    if tenant.fresh and tenant.inventory and now - tenant.inventory.taken_at < fresh:
        said = f"Tenant {tenant.name} was read {ago(tenant.inventory.taken_at, now)}."
        return Told(subject, plan, mended=said, facts=facts)
    return Told(subject, plan, says=waiting(tenant, now), facts=facts)


def without(reason: FailureReason) -> frozenset[str]:
    """The steps that are for other reasons."""
    return frozenset(name for name, reasons in FOR_REASON.items() if reason not in reasons)


def waiting(tenant: TenantView, now: float) -> str:
    """No poll has failed, and none has succeeded lately."""
    if not tenant.polled:
        return f"Tenant {tenant.name} is not read from Graph: only its secrets are verified."
    if tenant.inventory is None:
        return f"Tenant {tenant.name} has not been read yet: the first poll is under way."
    read = f"Tenant {tenant.name} was read last {ago(tenant.inventory.taken_at, now)}"
    since = ", before a restart; since then no poll has ended" if tenant.inventory.restored else ""
    return f"{read}{since}."


def shrunk(tenant: TenantView, now: float) -> str:
    """How many objects are there."""
    if tenant.inventory is None:
        return waiting(tenant, now)
    count = len(tenant.inventory.objects)
    lost = sum(len(credentials) for credentials in tenant.gone.values())
    return (
        f"In tenant {tenant.name} {count} applications and service principals are watched, as of "
        f"{ago(tenant.inventory.taken_at, now)}. {lost} credentials seen earlier are gone."
    )


def facts_of(found: Found, tenant: TenantView, now: float) -> Facts:
    """All that is known of it."""
    failure = tenant.failure
    return filled(
        (
            ("Reason", failure.reason.value if failure else ""),
            ("Code", f"AADSTS{failure.aadsts_code}" if failure and failure.aadsts_code else ""),
            ("Failed", ago(failure.at, now) if failure else ""),
            ("It said", failure.detail if failure else ""),
            *words.application(found),
            *words.as_of(found, now),
        )
    )
