"""
Directory objects as Graph v1.0 writes them: names, order of properties, nulls. Never sends a
secret's value; sends a certificate only when asked for a single object's `keyCredentials`.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from exporter.simulator.directory import (
    Application,
    DirectoryObject,
    KeyCredential,
    PasswordCredential,
)
from exporter.simulator.directory import ServicePrincipal as Principal
from exporter.simulator.values import base64_text

Json = dict[str, Any]
Field = Callable[[Any], object]

# A property that no client knows yet: Graph adds some every month, so every object carries one.
UNKNOWN_FIELDS: Json = {"futureProperty": {"addedIn": "a later release"}}


def constant(value: object) -> Field:
    """Make a field that is the same for every object."""
    return lambda _: value


def password(credential: PasswordCredential) -> Json:
    """Write a secret's entry; `secretText` is null on every read."""
    return {
        "customKeyIdentifier": credential.custom_key_identifier,
        "displayName": credential.display_name,
        "endDateTime": credential.end,
        "hint": credential.hint,
        "keyId": credential.key_id,
        "secretText": None,
        "startDateTime": credential.start,
    }


def key(credential: KeyCredential, *, with_key: bool = False) -> Json:
    """Write a certificate's entry."""
    certificate = credential.certificate if with_key else None
    return {
        "customKeyIdentifier": credential.custom_key_identifier,
        "displayName": credential.display_name,
        "endDateTime": credential.end,
        "key": None if certificate is None else base64_text(certificate),
        "keyId": credential.key_id,
        "startDateTime": credential.start,
        "type": credential.type,
        "usage": credential.usage,
    }


def passwords(item: DirectoryObject) -> list[Json]:
    """Write all secrets of an object."""
    return [password(credential) for credential in item.password_credentials]


def keys(item: DirectoryObject) -> list[Json]:
    """Write all certificates of an object, without the certificates themselves."""
    return [key(credential) for credential in item.key_credentials]


INFO = dict.fromkeys(
    ("logoUrl", "marketingUrl", "privacyStatementUrl", "supportUrl", "termsOfServiceUrl")
)
PUBLISHER = dict.fromkeys(("displayName", "verifiedPublisherId", "addedDateTime"))
API: Json = {
    "acceptMappedClaims": None,
    "knownClientApplications": [],
    "requestedAccessTokenVersion": None,
    "oauth2PermissionScopes": [],
    "preAuthorizedApplications": [],
}
WEB: Json = {
    "homePageUrl": None,
    "logoutUrl": None,
    "redirectUris": [],
    "implicitGrantSettings": {"enableAccessTokenIssuance": False, "enableIdTokenIssuance": False},
    "redirectUriSettings": [],
}


def application_fields() -> dict[str, Field]:
    """List an application's properties, in the order in which the service sends them."""
    value: dict[str, Callable[[Application], object]] = {
        "id": lambda app: app.id,
        "deletedDateTime": constant(None),
        "appId": lambda app: app.app_id,
        "applicationTemplateId": lambda app: app.template_id,
        "disabledByMicrosoftStatus": lambda app: app.disabled_by_microsoft,
        "createdDateTime": lambda app: app.created,
        "displayName": lambda app: app.display_name,
        "description": constant(None),
        "groupMembershipClaims": constant(None),
        "identifierUris": lambda app: app.identifier_uris,
        "isDeviceOnlyAuthSupported": constant(None),
        "isFallbackPublicClient": lambda app: app.public_client or None,
        "nativeAuthenticationApisEnabled": constant(None),
        "notes": lambda app: app.notes,
        "publisherDomain": lambda app: app.publisher_domain,
        "serviceManagementReference": constant(None),
        "signInAudience": constant("AzureADMyOrg"),
        "tags": lambda app: app.tags,
        **dict.fromkeys(("tokenEncryptionKeyId", "uniqueName", "samlMetadataUrl"), constant(None)),
        **dict.fromkeys(("defaultRedirectUri", "certification"), constant(None)),
        **dict.fromkeys(("optionalClaims", "servicePrincipalLockConfiguration"), constant(None)),
        "requestSignatureVerification": constant(None),
        "addIns": constant([]),
        "api": constant(API),
        "appRoles": constant([]),
        "info": constant(INFO),
        "keyCredentials": keys,
        "parentalControlSettings": constant(
            {"countriesBlockedForMinors": [], "legalAgeGroupRule": "Allow"}
        ),
        "passwordCredentials": passwords,
        "publicClient": constant({"redirectUris": []}),
        "requiredResourceAccess": constant([]),
        "verifiedPublisher": constant(PUBLISHER),
        "web": constant(WEB),
        "spa": constant({"redirectUris": []}),
    }
    return value


def service_principal_fields() -> dict[str, Field]:
    """List a service principal's properties, in the order in which the service sends them."""
    value: dict[str, Callable[[Principal], object]] = {
        "id": lambda sp: sp.id,
        "deletedDateTime": constant(None),
        "accountEnabled": lambda sp: sp.account_enabled,
        "alternativeNames": lambda sp: sp.alternative_names,
        "appDisplayName": lambda sp: sp.display_name,
        "appDescription": constant(None),
        "appId": lambda sp: sp.app_id,
        "applicationTemplateId": lambda sp: sp.template_id,
        "appOwnerOrganizationId": lambda sp: sp.owner_tenant_id,
        "appRoleAssignmentRequired": constant(value=False),
        "createdDateTime": lambda sp: sp.created,
        "description": constant(None),
        "disabledByMicrosoftStatus": constant(None),
        "displayName": lambda sp: sp.display_name,
        **dict.fromkeys(("homepage", "loginUrl", "logoutUrl", "notes"), constant(None)),
        "notificationEmailAddresses": constant([]),
        "preferredSingleSignOnMode": lambda sp: sp.sign_on_mode,
        "preferredTokenSigningKeyThumbprint": lambda sp: sp.signing_thumbprint,
        "replyUrls": constant([]),
        "servicePrincipalNames": lambda sp: [sp.app_id],
        "servicePrincipalType": lambda sp: sp.type,
        "signInAudience": constant("AzureADMyOrg"),
        "tags": lambda sp: sp.tags,
        "tokenEncryptionKeyId": constant(None),
        "samlSingleSignOnSettings": constant(None),
        "addIns": constant([]),
        "appRoles": constant([]),
        "info": constant(INFO),
        "keyCredentials": keys,
        "oauth2PermissionScopes": constant([]),
        "passwordCredentials": passwords,
        "resourceSpecificApplicationPermissions": constant([]),
        "verifiedPublisher": constant(PUBLISHER),
    }
    return value


FIELDS: Mapping[str, Mapping[str, Field]] = {
    "applications": application_fields(),
    "servicePrincipals": service_principal_fields(),
}


def represent(item: DirectoryObject, collection: str, select: Iterable[str] = ()) -> Json:
    """
    Write an object, whole or only the selected properties.

    A derived type says so first, and the unknown property comes last even with `select`.
    """
    fields = FIELDS[collection]
    chosen = frozenset(select) or fields.keys()
    body: Json = {} if item.odata_type is None else {"@odata.type": item.odata_type}
    body |= {name: field(item) for name, field in fields.items() if name in chosen}
    return body | UNKNOWN_FIELDS


def with_certificates(body: Json, item: DirectoryObject) -> Json:
    """Put the certificates themselves into a single object's `keyCredentials`."""
    return body | {"keyCredentials": [key(one, with_key=True) for one in item.key_credentials]}
