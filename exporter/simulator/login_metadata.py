"""
What the login service says about itself and to managed identities: the OpenID configuration,
instance discovery, and the token endpoint of App Service. Checks no client credential.
"""

from collections.abc import Mapping, Sequence
from hmac import compare_digest

from exporter.simulator.answer import Answer, json_answer
from exporter.simulator.directory import SimulatedTenant
from exporter.simulator.refusals import LOGIN_HEADERS, Refusal, refusal_answer
from exporter.simulator.token_endpoint import Client, find_client, find_tenant, grant
from exporter.simulator.tokens import Tokens
from exporter.simulator.wordings import PRESENT, Wording

MSI_VERSION = "2019-08-01"


def openid_configuration(
    url: str,
    name: str,
    tenants: Sequence[SimulatedTenant],
    now: float,
    wording: Wording = PRESENT,
) -> Answer:
    """Describe a tenant's endpoints, as MSAL reads them before it signs in."""
    tenant = find_tenant(name, tenants)
    if isinstance(tenant, Refusal):
        return refusal_answer(tenant, now, wording=wording)
    base = f"{url}/{name}"
    body = {
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": [
            "client_secret_post",
            "private_key_jwt",
            "client_secret_basic",
        ],
        "jwks_uri": f"{base}/discovery/v2.0/keys",
        "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "issuer": f"{url}/{tenant.tenant_id}/v2.0",
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "tenant_region_scope": "EU",
        "msgraph_host": url.removeprefix("https://"),
    }
    return json_answer(200, body, LOGIN_HEADERS)


def instance_discovery(url: str, tenant: str) -> Answer:
    """Say that this host is a login service of its own."""
    host = url.removeprefix("https://")
    body = {
        "tenant_discovery_endpoint": f"{url}/{tenant}/v2.0/.well-known/openid-configuration",
        "api-version": "1.1",
        "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
    }
    return json_answer(200, body, LOGIN_HEADERS)


def managed_identity(
    query: Mapping[str, str],
    header_is_right: bool,  # noqa: FBT001 - the server compares the header, which is a secret
    tenants: Sequence[SimulatedTenant],
    tokens: Tokens,
    now: float,
) -> Answer:
    """Answer as App Service does, with a token of the first tenant's exporter application."""
    if not header_is_right:
        return problem(401, "The X-IDENTITY-HEADER is missing or wrong.")
    if query.get("api-version") != MSI_VERSION:
        return problem(400, f"api-version must be {MSI_VERSION}.")
    tenant = tenants[0]
    client = find_client(tenant.exporter_client_id, tenant, tenants)
    resource = query.get("resource", "").removesuffix("/.default")
    granted = grant(resource, client, now) if isinstance(client, Client) else client
    if isinstance(granted, Refusal):
        return problem(400, granted.text)
    body = {
        "access_token": tokens.issue(granted, now),
        "expires_on": str(int(granted.expires_at)),
        "resource": resource,
        "token_type": "Bearer",
        "client_id": tenant.exporter_client_id,
    }
    return json_answer(200, body)


def same(given: str | None, expected: str) -> bool:
    """Compare a header with a secret."""
    return given is not None and compare_digest(given.encode(), expected.encode())


def problem(status: int, message: str) -> Answer:
    """Refuse in the form of App Service."""
    return json_answer(status, {"statusCode": status, "message": message})
