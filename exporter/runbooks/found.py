"""
What the exporter knows of what a link names. The parameters are anybody's text: they are looked up,
and nothing that is not known here gets into a command. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from exporter.model import Credential, DirectoryObject, ObjectType
from exporter.runbooks.runbook import About
from exporter.snapshot import Snapshot, TargetView, TenantView
from exporter.validity import groups, last_line, superseded
from exporter.verdict import Gone

LONGEST = 100
"""Characters of an unknown parameter that are shown."""

PARAMETERS: dict[About, tuple[str, ...]] = {
    About.CREDENTIAL: ("tenant", "app_id", "key_id", "target"),
    About.TARGET: ("tenant", "app_id", "key_id", "target"),
    About.TENANT: ("tenant",),
    About.EXPORTER: (),
}


@dataclass(frozen=True, slots=True)
class Found:
    """
    What was found, None for what was not. `app_id` is there when anything knows it; `newer` is what
    has taken the credential's place; `holders` are the targets where the credential is stored;
    `asked` is the key id of the link, whatever is stored by now. `unknown` are the
    parameters that name nothing here.
    """

    tenant: TenantView | None = None
    app_id: str = ""
    owner: DirectoryObject | None = None
    credential: Credential | None = None
    newer: Credential | None = None
    gone: Gone | None = None
    target: TargetView | None = None
    holders: tuple[TargetView, ...] = ()
    asked: str = ""
    unknown: tuple[tuple[str, str], ...] = ()


def find(about: About, parameters: Mapping[str, str], snapshot: Snapshot, now: float) -> Found:
    """Everything that the parameters name."""
    given = {name: parameters.get(name, "") for name in PARAMETERS[about]}
    tenant = snapshot.tenant(given.get("tenant", ""))
    if tenant is None:
        return Found(unknown=tuple((k, v[:LONGEST]) for k, v in given.items() if v))
    asked = given.get("key_id", "")
    app_id = given.get("app_id", "") or application_of(snapshot, tenant, given.get("target", ""))
    users = targets_of(snapshot, tenant, app_id)
    target = named(given.get("target", ""), users, only=about is About.TARGET)
    # An alert about a target is about what is stored there, whatever was when it began.
    key_id = held_key(target) if target and about is About.TARGET else asked
    objects = objects_of(tenant, app_id)
    owner = owner_of(objects, key_id)
    credential = credential_of(owner, key_id)
    gone = {lost.credential.key_id: lost for lost in tenant.gone.get(app_id, ())}
    registered = {held.key_id for each in objects for held in each.credentials}
    known = {
        "tenant": True,
        "app_id": bool(objects or users or app_id in tenant.gone),
        "key_id": asked in {*registered, *gone, *map(held_key, users)},
        "target": target is not None,
    }
    return Found(
        tenant=tenant,
        app_id=app_id if known["app_id"] else "",
        owner=owner,
        credential=credential,
        newer=newer_than(credential, owner, now),
        gone=None if credential else gone.get(key_id),
        target=target,
        holders=tuple(view for view in users if key_id and held_key(view) == key_id),
        asked=asked,
        unknown=tuple((k, v[:LONGEST]) for k, v in given.items() if v and not known[k]),
    )


def application_of(snapshot: Snapshot, tenant: TenantView, name: str) -> str:
    """The application of the target of that name, for a link that names the target alone."""
    mine = (v.target for v in snapshot.targets if v.target.tenant == tenant.name)
    return next((target.client_id for target in mine if name and target.name == name), "")


def targets_of(snapshot: Snapshot, tenant: TenantView, app_id: str) -> list[TargetView]:
    """The targets of the tenant where the application's credentials are stored."""
    mine = (view for view in snapshot.targets if view.target.tenant == tenant.name)
    return [view for view in mine if view.target.client_id == app_id]


def named(name: str, users: Sequence[TargetView], *, only: bool) -> TargetView | None:
    """The target of that name; without a name the only one there is, if one is wanted."""
    if name:
        return next((view for view in users if view.target.name == name), None)
    return users[0] if only and len(users) == 1 else None


def objects_of(tenant: TenantView, app_id: str) -> list[DirectoryObject]:
    """The application and its service principal, as the last poll found them."""
    everything = tenant.inventory.objects if tenant.inventory else ()
    return [found for found in everything if app_id and found.app_id == app_id]


def owner_of(objects: Sequence[DirectoryObject], key_id: str) -> DirectoryObject | None:
    """The one that holds the credential; where none does, the application."""
    holding = (found for found in objects if credential_of(found, key_id))
    applications = (found for found in objects if found.type is ObjectType.APPLICATION)
    return next(holding, None) or next(applications, None) or next(iter(objects), None)


def credential_of(owner: DirectoryObject | None, key_id: str) -> Credential | None:
    """Its credential of that id."""
    held = owner.credentials if owner else ()
    return next((c for c in held if key_id and c.key_id == key_id), None)


def newer_than(
    credential: Credential | None, owner: DirectoryObject | None, now: float
) -> Credential | None:
    """What has taken its place, if anything has."""
    for group in groups(owner.credentials) if owner else ():
        for held, covered in zip(group, superseded(group, now), strict=True):
            if held is credential and covered:
                return last_line(group, now)
    return None


def held_key(view: TargetView) -> str:
    """The key id of what is stored at a target, as far as it is known."""
    if view.holds:
        return view.holds.key_id
    diagnosis = view.verdict.diagnosis if view.verdict else None
    return diagnosis.key_id if diagnosis else ""
