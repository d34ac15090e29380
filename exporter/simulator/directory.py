"""
What a simulated directory holds: tenants, applications, service principals and their credentials,
as frozen values. Knows nothing of JSON or HTTP; instants are kept as the text Graph would send, so
that a scenario may hold an end date that no clock understands.
"""

from dataclasses import dataclass

READ_ALL = "Application.Read.All"


@dataclass(frozen=True, slots=True)
class PasswordCredential:
    """
    A client secret. `secret` is known to the login service alone and never sent.

    `known_from`: when the login service learns of a new secret that the directory lists at once.
    """

    key_id: str
    display_name: str | None
    start: str | None
    end: str | None
    hint: str | None = None
    custom_key_identifier: str | None = None
    secret: str | None = None
    known_from: str | None = None


@dataclass(frozen=True, slots=True)
class KeyCredential:
    """
    A certificate. `certificate` is its DER form; without one it is listed but opens nothing.

    `custom_key_identifier` is the text on the wire: 40 hexadecimal digits, or base64.
    """

    key_id: str
    display_name: str | None
    start: str | None
    end: str | None
    custom_key_identifier: str | None = None
    type: str = "AsymmetricX509Cert"
    usage: str = "Verify"
    certificate: bytes | None = None


@dataclass(frozen=True, slots=True)
class FederatedCredential:
    """A foreign token the login service accepts in place of a credential."""

    name: str
    issuer: str
    subject: str
    audience: str = "api://AzureADTokenExchange"


@dataclass(frozen=True, slots=True)
class Application:
    """An app registration."""

    id: str
    app_id: str
    display_name: str | None
    password_credentials: tuple[PasswordCredential, ...] = ()
    key_credentials: tuple[KeyCredential, ...] = ()
    federated_credentials: tuple[FederatedCredential, ...] = ()
    created: str = "2024-03-01T09:00:00Z"
    tags: tuple[str, ...] = ()
    identifier_uris: tuple[str, ...] = ()
    notes: str | None = None
    template_id: str | None = None
    publisher_domain: str | None = None
    disabled_by_microsoft: str | None = None
    public_client: bool = False
    odata_type: str | None = None


@dataclass(frozen=True, slots=True)
class ServicePrincipal:
    """
    An enterprise application: what lets an application sign in to this tenant.

    `permissions` are the application permissions granted to it, by name. `blocked_by_policy`: a
    Conditional Access policy keeps it from signing in, whatever it presents.
    """

    id: str
    app_id: str
    display_name: str | None
    owner_tenant_id: str | None
    password_credentials: tuple[PasswordCredential, ...] = ()
    key_credentials: tuple[KeyCredential, ...] = ()
    created: str = "2024-03-01T09:00:01Z"
    tags: tuple[str, ...] = ()
    type: str = "Application"
    account_enabled: bool = True
    alternative_names: tuple[str, ...] = ()
    sign_on_mode: str | None = None
    signing_thumbprint: str | None = None
    template_id: str | None = None
    permissions: tuple[str, ...] = ()
    blocked_by_policy: bool = False
    odata_type: str | None = None


DirectoryObject = Application | ServicePrincipal


@dataclass(frozen=True, slots=True)
class SimulatedTenant:
    """One tenant, and the application in it that was made for the exporter."""

    name: str
    tenant_id: str
    exporter_client_id: str
    exporter_client_secret: str
    applications: tuple[Application, ...] = ()
    service_principals: tuple[ServicePrincipal, ...] = ()

    def application(self, app_id: str) -> Application | None:
        """Find an app registration by its client id."""
        return next((one for one in self.applications if one.app_id == app_id), None)

    def service_principal(self, app_id: str) -> ServicePrincipal | None:
        """Find a service principal by its client id."""
        return next((one for one in self.service_principals if one.app_id == app_id), None)
