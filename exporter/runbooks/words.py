"""How what a snapshot knows is called in sentences and facts. Pure."""

from collections.abc import Iterable

from exporter.model import Credential
from exporter.remedy import Subject
from exporter.remedy.phrases import place
from exporter.runbooks.found import Found
from exporter.runbooks.told import Facts, ago
from exporter.snapshot import TargetView

OWNERS = {"application": "application", "service_principal": "service principal"}


def kind(credential: Credential) -> str:
    """`secret`, `SAML signing certificate`."""
    named = {"saml_signing": "SAML signing certificate"}
    return named.get(credential.kind, credential.kind.value)


def owner(found: Found) -> str:
    """`application 'billing'`, as far as it is known."""
    if found.owner is None:
        return f"application {found.app_id or 'APP_ID'}"
    called = f"'{found.owner.name}'" if found.owner.name else found.app_id
    return f"{OWNERS[found.owner.type]} {called}"


def whole(found: Found, credential: Credential) -> str:
    """`secret 'deploy' of application 'billing' in tenant contoso`."""
    name = f" '{credential.name}'" if credential.name else f" with key id {credential.key_id}"
    tenant = f" in tenant {found.tenant.name}" if found.tenant else ""
    return f"{kind(credential)}{name} of {owner(found)}{tenant}"


def targets(views: Iterable[TargetView]) -> str:
    """Their names."""
    return ", ".join(f"target {view.target.name}" for view in views)


def stored(views: Iterable[TargetView]) -> str:
    """Their names, and whether they work."""

    def state(view: TargetView) -> str:
        if view.verdict is None:
            return "not tried yet"
        return "works" if view.verdict.works else "does not work"

    return ", ".join(f"target {view.target.name} ({state(view)})" for view in views)


def application(found: Found) -> Facts:
    """The application and its tenant."""
    tenant = found.tenant
    if tenant is None:
        return ()
    named = f"{owner(found)}, app id {found.app_id}" if found.app_id else ""
    read = "not read from Graph: its secrets are verified only"
    if tenant.polled:
        taken = tenant.inventory.taken_at if tenant.inventory else None
        read = "never read yet, so little is known of it" if taken is None else ""
    said = f"{tenant.name}, tenant id {tenant.tenant_id}, cloud {tenant.cloud}"
    return (("Application", named), ("Tenant", f"{said}; {read}" if read else said))


def as_of(found: Found, now: float) -> Facts:
    """How old what is known of the tenant is."""
    inventory = found.tenant.inventory if found.tenant else None
    return (("As of", ago(inventory.taken_at, now) if inventory else ""),)


def consumer(subject: Subject) -> Facts:
    """Where the value is read, and who uses it."""
    details = ", ".join(f"{key} {value}" for key, value in subject.details.items())
    named = "" if subject.consumer == "other" else subject.consumer.replace("_", " ")
    return (
        ("Read from", place(subject) if subject.place.form else ""),
        ("Used by", ": ".join(filter(None, (named, details)))),
    )
