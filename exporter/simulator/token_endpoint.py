"""
The login service's token endpoint for client credentials: a form goes in, a token or one of the
service's refusals comes out. Pure but for `tokens`; keeps no log of what was sent.
"""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote_plus

from exporter.simulator.answer import Answer, json_answer
from exporter.simulator.assertions import check_assertion
from exporter.simulator.directory import (
    Application,
    PasswordCredential,
    ServicePrincipal,
    SimulatedTenant,
)
from exporter.simulator.refusals import LOGIN_HEADERS, Refusal, refusal_answer, refuse
from exporter.simulator.tokens import GRAPH, LIFETIME, Grant, Tokens
from exporter.simulator.values import instant, uid
from exporter.simulator.wordings import PRESENT, Wording

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
EMPTY_GUID = "00000000-0000-0000-0000-000000000000"
# These tenants exist, but in another of Microsoft's clouds.
OTHER_CLOUDS = frozenset({uid("tenant", "northwind")})
SUFFIX = "/.default"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# This Graph may be reached as any of these: the simulator's own address, or the real names.
LOOPBACK = re.compile(r"https://(127(\.\d+){3}|localhost|\[::1\])(:\d+)?")
GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
GRAPH_NAMES = (
    GRAPH,
    GRAPH_APP_ID,
    "https://graph.microsoft.us",
    "https://dod-graph.microsoft.us",
    "https://microsoftgraph.chinacloudapi.cn",
)
OTHER_RESOURCES = (
    "https://management.azure.com",
    "https://management.core.windows.net",
    "https://management.usgovcloudapi.net",
    "https://management.chinacloudapi.cn",
    "https://vault.azure.net",
    "https://vault.usgovcloudapi.net",
    "https://vault.azure.cn",
    "https://database.windows.net",
    "https://storage.azure.com",
)


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A request to the token endpoint: the tenant of the path, the form, the basic credentials."""

    tenant: str
    form: Mapping[str, str]
    authorization: str | None = None
    correlation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """Who signs in, where: the application may be registered in another tenant."""

    tenant: SimulatedTenant
    application: Application | None
    service_principal: ServicePrincipal


def answer(
    request: TokenRequest,
    tenants: Sequence[SimulatedTenant],
    tokens: Tokens,
    now: float,
    wording: Wording = PRESENT,
) -> Answer:
    """Issue a token, or refuse as the service would."""
    form = with_basic(request)
    outcome = decide(request.tenant, form, tenants, now)
    if isinstance(outcome, Refusal):
        return refusal_answer(outcome, now, request.correlation_id, wording)
    body = {
        "token_type": "Bearer",
        "expires_in": LIFETIME,
        "ext_expires_in": LIFETIME,
        "access_token": tokens.issue(outcome, now),
    }
    return json_answer(200, body, LOGIN_HEADERS)


def with_basic(request: TokenRequest) -> dict[str, str]:
    """Add the client id and secret of a `Basic` header to the form."""
    form = dict(request.form)
    scheme, _, encoded = (request.authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return form
    try:
        user, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return form
    return {"client_id": unquote_plus(user), "client_secret": unquote_plus(secret)} | form


def decide(
    name: str, form: Mapping[str, str], tenants: Sequence[SimulatedTenant], now: float
) -> Grant | Refusal:
    """Go through the checks in the service's order; the first that fails is the answer."""
    if name.lower() in OTHER_CLOUDS:
        return refuse(900382)
    tenant = find_tenant(name, tenants)
    if isinstance(tenant, Refusal):
        return tenant
    malformed = check_form(form)
    if malformed:
        return malformed
    client = find_client(form["client_id"], tenant, tenants)
    if isinstance(client, Refusal):
        return client
    refused = check_credential(form, client, now)
    if refused:
        return refused
    granted = grant(form["scope"].removesuffix(SUFFIX), client, now)
    # A policy is about who has proved to be somebody, so it comes last.
    blocked = isinstance(granted, Grant) and client.service_principal.blocked_by_policy
    return refuse(53003) if blocked else granted


def find_tenant(name: str, tenants: Sequence[SimulatedTenant]) -> SimulatedTenant | Refusal:
    """Find a tenant by its id or its onmicrosoft.com domain."""
    for tenant in tenants:
        if name.lower() in (tenant.tenant_id, f"{tenant.name}.onmicrosoft.com"):
            return tenant
    if name == EMPTY_GUID:
        return refuse(900021, tenant=name)
    known_form = GUID.fullmatch(name) or "." in name or name == "organizations"
    return refuse(90002 if known_form else 900023, tenant=name)


def check_form(form: Mapping[str, str]) -> Refusal | None:
    """Look at what must be there, before looking anything up."""
    for parameter in ("grant_type", "client_id", "scope"):
        if not form.get(parameter):
            return refuse(900144, parameter=parameter)
    if form["grant_type"] != "client_credentials":
        return refuse(70003, grant_type=form["grant_type"])
    scope = form["scope"]
    if len(scope.split()) != 1 or scope == SUFFIX:
        return refuse(70011, scope=scope)
    return None if scope.endswith(SUFFIX) else refuse(1002012, scope=scope)


def find_client(
    app_id: str, tenant: SimulatedTenant, tenants: Sequence[SimulatedTenant]
) -> Client | Refusal:
    """Find the application and its service principal, without which nobody signs in."""
    here = tenant.application(app_id)
    principal = tenant.service_principal(app_id)
    if principal is None and here is None:
        return refuse(700016, app_id=app_id, tenant=tenant.name)
    if principal is None:
        return refuse(7000229, app_id=app_id, tenant=tenant.tenant_id)
    elsewhere = (one.application(app_id) for one in tenants)
    application = here or next((one for one in elsewhere if one is not None), None)
    if not principal.account_enabled or (application and application.disabled_by_microsoft):
        return refuse(7000112, app_id=app_id, name=principal.display_name or "")
    return Client(tenant, application, principal)


def check_credential(form: Mapping[str, str], client: Client, now: float) -> Refusal | None:
    """Check the secret or the assertion."""
    secret, assertion = form.get("client_secret"), form.get("client_assertion")
    if not secret and not assertion:
        # An empty parameter and an absent one are answered differently.
        return refuse(7000216 if secret is None else 7000218)
    application, principal = client.application, client.service_principal
    if application is not None and application.public_client:
        return refuse(700025)
    if assertion:
        return check_assertion(
            assertion,
            principal.app_id,
            (application.key_credentials if application else ()) + principal.key_credentials,
            application.federated_credentials if application else (),
            now,
        )
    passwords = application.password_credentials if application else ()
    return check_secret(
        secret or "", passwords + principal.password_credentials, principal.app_id, now
    )


def check_secret(
    secret: str, credentials: Sequence[PasswordCredential], app_id: str, now: float
) -> Refusal | None:
    """Compare the value with every secret known by now; an expired match is told apart."""
    ends = [
        instant(credential.end, float("inf"))
        for credential in credentials
        if credential.secret == secret
        and instant(credential.known_from or credential.start, 0) <= now
    ]
    if not ends:
        return refuse(7000215, app_id=app_id)
    return None if max(ends) > now else refuse(7000222, app_id=app_id)


def grant(resource: str, client: Client, now: float) -> Grant | Refusal:
    """Find the resource in the tenant and say what the client may do there."""
    name, tenant = resource.rstrip("/"), client.tenant
    on_graph = name in GRAPH_NAMES or LOOPBACK.fullmatch(name)
    if not on_graph and name not in OTHER_RESOURCES and not own_resource(name, tenant):
        return refuse(500011, resource=resource, tenant=tenant.tenant_id)
    return Grant(
        tenant_id=tenant.tenant_id,
        app_id=client.service_principal.app_id,
        resource=GRAPH if on_graph else name,
        roles=client.service_principal.permissions if on_graph else (),
        expires_at=now + LIFETIME,
    )


def own_resource(name: str, tenant: SimulatedTenant) -> bool:
    """Tell whether one of the tenant's own applications is an API of this name."""
    return any(
        name in (app.app_id, f"api://{app.app_id}", *app.identifier_uris)
        for app in tenant.applications
    )
