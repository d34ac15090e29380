"""
Where a link leads that names a credential or a target, but not its state: dashboards have such
links. To the runbook of what is true now, or to the Entra portal. Pure; the parameters are
anybody's text.
"""

from collections.abc import Iterator, Mapping
from urllib.parse import quote, urlencode

from exporter.runbooks import RUNBOOKS
from exporter.runbooks.found import objects_of
from exporter.runbooks.situation import situation
from exporter.snapshot import Snapshot, TargetView, TenantView
from exporter.web import links
from exporter.web.listing import Row, rows_of

NAMES_SOMETHING = frozenset({"app_id", "target"})
ANY = RUNBOOKS["EntraCredentialExpiresSoon"]
"""Each runbook of a credential knows where the portal shows it."""


def runbook(snapshot: Snapshot, now: float, parameters: Mapping[str, str]) -> str:
    """
    The runbook that fits, seen from the exporter's root; when there is nothing to do, or nothing of
    that name any more, the list of credentials with what there is.
    """
    view, tenant = target_of(snapshot, parameters), snapshot.tenant(parameters.get("tenant", ""))
    if view is not None:
        return links.runbook_of_target(view, now) or searched(view.target.name)
    row = min(rows(tenant, now, parameters), key=lambda row: row.order, default=None)
    found = links.runbook_of(row) if row else ""
    return found or searched(parameters.get("key_id") or parameters.get("app_id", ""))


def portal(snapshot: Snapshot, now: float, parameters: Mapping[str, str]) -> str:
    """The address in the Entra portal, or the runbook when none is known."""
    known = situation(ANY, parameters, snapshot, now).portal
    return known or runbook(snapshot, now, parameters)


def target_of(snapshot: Snapshot, parameters: Mapping[str, str]) -> TargetView | None:
    """The target that is named, of the tenant that is."""
    view = snapshot.target(parameters.get("target", ""))
    return view if view and view.target.tenant == parameters.get("tenant") else None


def rows(tenant: TenantView | None, now: float, parameters: Mapping[str, str]) -> Iterator[Row]:
    """The credentials of the application; only the one of the key id, if one is named."""
    app_id, key_id = parameters.get("app_id", ""), parameters.get("key_id", "")
    if tenant is None:
        return
    for owner in objects_of(tenant, app_id):
        for row in rows_of(tenant, owner, now):
            if not key_id or row.credential.key_id == key_id:
                yield row


def searched(text: str) -> str:
    """The list, searched."""
    return f"?{urlencode({'q': text}, quote_via=quote, errors='replace')}" if text else ""
