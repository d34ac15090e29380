"""Where the Entra portal shows a credential. Pure."""

from exporter.model import CredentialKind, ObjectType
from exporter.remedy import Subject
from exporter.remedy.words import value_of
from exporter.runbooks.found import Found

PORTALS = {
    "public": "https://entra.microsoft.com",
    "usgov": "https://entra.microsoft.us",
    "usgov-dod": "https://entra.microsoft.us",
    "china": "https://entra.microsoftonline.cn",
}
APPLICATION = "Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/Credentials/appId/{app_id}"
ENTERPRISE = "Microsoft_AAD_IAM/ManagedAppMenuBlade/~/{blade}/objectId/{object_id}/appId/{app_id}"


def portal(found: Found, subject: Subject) -> str:
    """The address, or nothing: clouds of somebody's own have no portal that is known here."""
    base, app_id = PORTALS.get(subject.cloud), value_of("client_id", subject)
    if not base or not app_id:
        return ""
    if found.owner is None or found.owner.type is ObjectType.APPLICATION:
        return f"{base}/#view/{APPLICATION.format(app_id=app_id)}"
    # The id of an object has the same shape as that of an application.
    object_id = value_of("other_app_id", Subject(other_app_id=found.owner.object_id))
    blade = "SignOn" if subject.kind is CredentialKind.SAML_SIGNING else "Overview"
    path = ENTERPRISE.format(blade=blade, object_id=object_id, app_id=app_id)
    return f"{base}/#view/{path}" if object_id else ""
