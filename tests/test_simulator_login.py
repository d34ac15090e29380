"""The simulated login service: who may sign in, and how everybody else is refused."""

import base64
import json
import re
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity.aio import CertificateCredential, ClientSecretCredential
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from exporter.simulator import (
    Application,
    FederatedCredential,
    PasswordCredential,
    ServicePrincipal,
    SimulatedTenant,
    Simulator,
    key_credential,
)
from exporter.simulator.token_endpoint import TokenRequest, answer
from exporter.simulator.tokens import Tokens

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC).timestamp()
TENANT_ID = "aaaaaaaa-0000-4000-8000-000000000001"
GUEST_ID = "aaaaaaaa-0000-4000-8000-000000000002"
CLIENT_ID = "bbbbbbbb-0000-4000-8000-000000000001"
STRANGER_ID = "bbbbbbbb-0000-4000-8000-000000000002"
NO_PRINCIPAL_ID = "bbbbbbbb-0000-4000-8000-000000000003"
DISABLED_ID = "bbbbbbbb-0000-4000-8000-000000000004"
PUBLIC_ID = "bbbbbbbb-0000-4000-8000-000000000005"
GOOD, EXPIRED, FUTURE = (f"{name}8Q~{'x' * 34}" for name in ("abc", "def", "ghi"))
SCOPE = "https://graph.microsoft.com/.default"
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KUBERNETES = FederatedCredential(
    "aks", "https://oidc.example/cluster", "system:serviceaccount:monitoring:exporter"
)


def make_certificate(begin: datetime, end: datetime) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "exporter")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(end)
        .sign(key, hashes.SHA256())
    )
    return key, certificate


KEY, CERTIFICATE = make_certificate(
    datetime(2020, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC)
)
OLD_KEY, OLD_CERTIFICATE = make_certificate(
    datetime(2020, 1, 1, tzinfo=UTC), datetime(2026, 8, 1, tzinfo=UTC)
)
OTHER_KEY, OTHER_CERTIFICATE = make_certificate(
    datetime(2020, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC)
)


def secret(value: str, start: str, end: str | None) -> PasswordCredential:
    return PasswordCredential(f"key-{value[:3]}", value[:3], start, end, value[:3], secret=value)


APPLICATION = Application(
    id="cccccccc-0000-4000-8000-000000000001",
    app_id=CLIENT_ID,
    display_name="exporter",
    password_credentials=(
        secret(GOOD, "2026-01-01T00:00:00Z", None),
        secret(EXPIRED, "2025-01-01T00:00:00Z", "2026-08-31T12:00:00Z"),
        secret(FUTURE, "2026-09-02T00:00:00Z", "2027-09-02T00:00:00Z"),
    ),
    key_credentials=(
        key_credential(CERTIFICATE, "key-good"),
        key_credential(OLD_CERTIFICATE, "key-old"),
    ),
    federated_credentials=(KUBERNETES,),
    identifier_uris=("api://billing",),
)
PRINCIPAL = ServicePrincipal(
    "dddddddd-0000-4000-8000-000000000001",
    CLIENT_ID,
    "exporter",
    TENANT_ID,
    permissions=("Application.Read.All",),
)
TENANT = SimulatedTenant(
    "contoso",
    TENANT_ID,
    CLIENT_ID,
    GOOD,
    applications=(
        APPLICATION,
        replace(APPLICATION, app_id=NO_PRINCIPAL_ID),
        replace(APPLICATION, app_id=DISABLED_ID),
        replace(APPLICATION, app_id=PUBLIC_ID, public_client=True),
    ),
    service_principals=(
        PRINCIPAL,
        replace(PRINCIPAL, app_id=DISABLED_ID, account_enabled=False),
        replace(PRINCIPAL, app_id=PUBLIC_ID),
    ),
)
GUEST = SimulatedTenant(
    "fabrikam", GUEST_ID, CLIENT_ID, GOOD, service_principals=(replace(PRINCIPAL, permissions=()),)
)
FORM = {
    "client_id": CLIENT_ID,
    "grant_type": "client_credentials",
    "client_secret": GOOD,
    "scope": SCOPE,
}


def ask(
    form: Mapping[str, str], tenant: str = TENANT_ID, authorization: str | None = None
) -> tuple[int, dict[str, Any]]:
    request = TokenRequest(tenant, form, authorization, "11111111-1111-1111-1111-111111111111")
    made = answer(request, (TENANT, GUEST), Tokens(), NOW)
    return made.status, json.loads(made.body)


def with_secret(value: str) -> dict[str, str]:
    return FORM | {"client_secret": value}


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in FORM.items() if key != name}


def assertion(
    key: rsa.RSAPrivateKey,
    certificate: x509.Certificate,
    algorithm: str = "PS256",
    **claims: str | int,
) -> dict[str, str]:
    named = certificate.fingerprint(
        hashes.SHA256() if algorithm == "PS256" else hashes.SHA1()  # noqa: S303 - x5t is SHA-1
    )
    header = {
        "x5t#S256" if algorithm == "PS256" else "x5t": base64.urlsafe_b64encode(named).decode()
    }
    usual = {
        "aud": f"https://127.0.0.1/{TENANT_ID}/oauth2/v2.0/token",
        "iss": CLIENT_ID,
        "sub": CLIENT_ID,
        "nbf": int(NOW),
        "exp": int(NOW) + 600,
    }
    text = jwt.encode(usual | claims, key, algorithm, header)
    return without("client_secret") | {
        "client_assertion_type": JWT_BEARER,
        "client_assertion": text,
    }


def federated(**claims: str) -> dict[str, str]:
    usual = {
        "iss": KUBERNETES.issuer,
        "sub": KUBERNETES.subject,
        "aud": "api://AzureADTokenExchange",
    }
    return assertion(OTHER_KEY, OTHER_CERTIFICATE, "PS256", **(usual | claims))


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


REFUSED = {
    "unknown-tenant": (FORM, "aaaaaaaa-9999-4000-8000-000000000009", 400, "invalid_tenant", 90002),
    "unknown-domain": (FORM, "nowhere.example.com", 400, "invalid_tenant", 90002),
    "not-a-tenant-name": (FORM, "undefined", 400, "invalid_request", 900023),
    "empty-guid": (
        FORM,
        "00000000-0000-0000-0000-000000000000",
        400,
        "invalid_request",
        900021,
    ),
    "no-grant-type": (without("grant_type"), TENANT_ID, 400, "invalid_request", 900144),
    "no-client-id": (without("client_id"), TENANT_ID, 400, "invalid_request", 900144),
    "no-scope": (without("scope"), TENANT_ID, 400, "invalid_request", 900144),
    "other-grant-type": (
        FORM | {"grant_type": "password"},
        TENANT_ID,
        400,
        "unsupported_grant_type",
        70003,
    ),
    "two-scopes": (FORM | {"scope": f"{SCOPE} openid"}, TENANT_ID, 400, "invalid_scope", 70011),
    "delegated-scope": (
        FORM | {"scope": "User.Read.All"},
        TENANT_ID,
        400,
        "invalid_scope",
        1002012,
    ),
    "unknown-application": (
        FORM | {"client_id": STRANGER_ID},
        TENANT_ID,
        400,
        "unauthorized_client",
        700016,
    ),
    "no-service-principal": (
        FORM | {"client_id": NO_PRINCIPAL_ID},
        TENANT_ID,
        400,
        "unauthorized_client",
        7000229,
    ),
    "sign-in-disabled": (
        FORM | {"client_id": DISABLED_ID},
        TENANT_ID,
        400,
        "unauthorized_client",
        7000112,
    ),
    "public-client": (FORM | {"client_id": PUBLIC_ID}, TENANT_ID, 401, "invalid_client", 700025),
    "no-credential": (without("client_secret"), TENANT_ID, 401, "invalid_client", 7000216),
    "empty-secret": (with_secret(""), TENANT_ID, 401, "invalid_client", 7000218),
    "wrong-secret": (with_secret("wrong"), TENANT_ID, 401, "invalid_client", 7000215),
    "secret-with-newline": (with_secret(GOOD + "\n"), TENANT_ID, 401, "invalid_client", 7000215),
    "key-id-for-secret": (with_secret("key-abc"), TENANT_ID, 401, "invalid_client", 7000215),
    "secret-not-begun": (with_secret(FUTURE), TENANT_ID, 401, "invalid_client", 7000215),
    "expired-secret": (with_secret(EXPIRED), TENANT_ID, 401, "invalid_client", 7000222),
    "unknown-resource": (
        FORM | {"scope": "https://nothing.example/.default"},
        TENANT_ID,
        400,
        "invalid_resource",
        500011,
    ),
    "not-a-jwt": (
        without("client_secret") | {"client_assertion": "nonsense"},
        TENANT_ID,
        401,
        "invalid_client",
        50027,
    ),
    "certificate-not-registered": (
        assertion(OTHER_KEY, OTHER_CERTIFICATE),
        TENANT_ID,
        401,
        "invalid_client",
        700027,
    ),
    "signed-with-another-key": (
        assertion(OTHER_KEY, CERTIFICATE),
        TENANT_ID,
        401,
        "invalid_client",
        700027,
    ),
    "certificate-expired": (
        assertion(OLD_KEY, OLD_CERTIFICATE),
        TENANT_ID,
        401,
        "invalid_client",
        1000502,
    ),
    "assertion-of-yesterday": (
        assertion(KEY, CERTIFICATE, nbf=int(NOW) - 87_000, exp=int(NOW) - 86_400),
        TENANT_ID,
        401,
        "invalid_client",
        700024,
    ),
    "assertion-of-another-application": (
        assertion(KEY, CERTIFICATE, iss=STRANGER_ID, sub=STRANGER_ID),
        TENANT_ID,
        401,
        "invalid_client",
        700021,
    ),
    "federated-issuer": (
        federated(iss="https://oidc.example/other"),
        TENANT_ID,
        401,
        "invalid_client",
        700211,
    ),
    "federated-subject": (
        federated(sub="system:serviceaccount:default:other"),
        TENANT_ID,
        401,
        "invalid_client",
        700213,
    ),
    "federated-audience": (federated(aud="other"), TENANT_ID, 401, "invalid_client", 700212),
}


@pytest.mark.parametrize(
    ("form", "tenant", "status", "error", "code"), REFUSED.values(), ids=REFUSED.keys()
)
def test_a_request_that_cannot_succeed_is_refused_with_the_services_own_code(
    form: dict[str, str], tenant: str, status: int, error: str, code: int
) -> None:
    given, body = ask(form, tenant)
    assert (given, body["error"], body["error_codes"]) == (status, error, [code])
    assert body["error_description"].startswith(f"AADSTS{code}: ")


ACCEPTED = {
    "secret": FORM,
    "certificate-ps256": assertion(KEY, CERTIFICATE),
    "certificate-rs256": assertion(KEY, CERTIFICATE, "RS256"),
    "federated": federated(),
    "another-resource": FORM | {"scope": "https://management.azure.com/.default"},
    "own-api": FORM | {"scope": "api://billing/.default"},
    "api-by-client-id": FORM | {"scope": f"{CLIENT_ID}/.default"},
}


@pytest.mark.parametrize("form", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_a_good_credential_gets_an_opaque_bearer_token(form: dict[str, str]) -> None:
    status, body = ask(form)
    assert (status, list(body)) == (
        200,
        ["token_type", "expires_in", "ext_expires_in", "access_token"],
    )
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 3599)
    assert len(body["access_token"]) > 100


def test_expired_secret_is_refused_with_7000222_in_the_services_words() -> None:
    _, body = ask(with_secret(EXPIRED))
    assert list(body) == [
        "error",
        "error_description",
        "error_codes",
        "timestamp",
        "trace_id",
        "correlation_id",
        "error_uri",
    ]
    assert body["error_description"] == (
        f"AADSTS7000222: The provided client secret keys for app '{CLIENT_ID}' are expired. Visit"
        " the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or"
        " consider using certificate credentials for added security: https://aka.ms/certCreds."
        f" Trace ID: {body['trace_id']} Correlation ID: 11111111-1111-1111-1111-111111111111"
        " Timestamp: 2026-09-01 12:00:00Z"
    )
    assert body["error_uri"] == "https://login.microsoftonline.com/error?code=7000222"


def test_unregistered_certificate_is_named_by_its_thumbprint() -> None:
    _, body = ask(assertion(OTHER_KEY, OTHER_CERTIFICATE))
    sha256 = OTHER_CERTIFICATE.fingerprint(hashes.SHA256()).hex().upper()
    assert "[Reason - The key was not found., " in body["error_description"]
    assert f"Thumbprint of key used by client: '{sha256}'" in body["error_description"]


def test_no_refusal_has_a_placeholder_or_the_secret_in_it() -> None:
    for form, tenant, *_ in REFUSED.values():
        description = ask(form, tenant)[1]["error_description"]
        assert not re.search(r"[{}]", description)
        assert GOOD not in description
        assert EXPIRED not in description


def test_secret_is_taken_from_basic_authentication() -> None:
    form = without("client_id")
    del form["client_secret"]
    assert ask(form, authorization=basic(CLIENT_ID, GOOD.replace("~", "%7E")))[0] == 200
    assert ask(form, authorization=basic(CLIENT_ID, "wrong"))[1]["error_codes"] == [7000215]
    assert ask(form, authorization="Basic !")[1]["error_codes"] == [900144]


def test_tenant_is_found_by_its_domain() -> None:
    assert ask(FORM, "Contoso.onmicrosoft.com")[0] == 200


def test_application_of_another_tenant_signs_in_where_it_has_a_service_principal() -> None:
    assert ask(FORM, GUEST_ID)[0] == 200


def test_secret_of_the_service_principal_itself_is_accepted() -> None:
    own = secret("own" + GOOD[3:], "2026-01-01T00:00:00Z", None)
    tenant = replace(GUEST, service_principals=(replace(PRINCIPAL, password_credentials=(own,)),))
    request = TokenRequest(GUEST_ID, with_secret(own.secret or ""))
    assert answer(request, (tenant,), Tokens(), NOW).status == 200


def test_expired_grants_are_forgotten() -> None:
    tokens = Tokens()
    for moment in (NOW, NOW + 3600):
        answer(TokenRequest(TENANT_ID, FORM), (TENANT,), tokens, moment)
    assert len(tokens.grants) == 1


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator((TENANT, GUEST), clock=lambda: NOW) as running:
        yield running


def client(simulator: Simulator) -> httpx.AsyncClient:
    trusted = ssl.create_default_context(cafile=simulator.ca_file)
    return httpx.AsyncClient(verify=trusted, base_url=simulator.url)


def options(simulator: Simulator) -> dict[str, Any]:
    return {
        "authority": simulator.url,
        "disable_instance_discovery": True,
        "connection_verify": str(simulator.ca_file),
    }


async def test_azure_identity_signs_in_with_a_secret(simulator: Simulator) -> None:
    async with ClientSecretCredential(
        TENANT_ID, CLIENT_ID, GOOD, **options(simulator)
    ) as credential:
        token = await credential.get_token(f"{simulator.url}/.default")
    grant = simulator.tokens.find(token.token)
    assert grant is not None
    assert (grant.tenant_id, grant.app_id) == (TENANT_ID, CLIENT_ID)
    assert grant.roles == ("Application.Read.All",)


async def test_azure_identity_signs_in_with_a_certificate() -> None:
    data = KEY.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ) + CERTIFICATE.public_bytes(serialization.Encoding.PEM)
    async with (
        Simulator((TENANT,)) as simulator,
        CertificateCredential(
            TENANT_ID, CLIENT_ID, certificate_data=data, **options(simulator)
        ) as credential,
    ):
        token = await credential.get_token(f"{simulator.url}/.default")
        assert simulator.tokens.find(token.token) is not None


async def test_azure_identity_is_given_the_refusal_whole(simulator: Simulator) -> None:
    async with ClientSecretCredential(
        TENANT_ID, CLIENT_ID, EXPIRED, **options(simulator)
    ) as credential:
        with pytest.raises(ClientAuthenticationError) as caught:
            await credential.get_token(f"{simulator.url}/.default")
    assert caught.value.response is not None
    assert caught.value.response.status_code == 401
    assert json.loads(caught.value.response.text())["error_codes"] == [7000222]


async def test_openid_configuration_names_the_token_endpoint(simulator: Simulator) -> None:
    async with client(simulator) as http:
        found = await http.get(f"/{TENANT_ID}/v2.0/.well-known/openid-configuration")
        unknown = await http.get("/unknown.example/v2.0/.well-known/openid-configuration")
        discovery = await http.get("/common/discovery/instance")
    assert found.json()["token_endpoint"] == f"{simulator.url}/{TENANT_ID}/oauth2/v2.0/token"
    assert found.json()["issuer"] == f"{simulator.url}/{TENANT_ID}/v2.0"
    assert (unknown.status_code, unknown.json()["error"]) == (400, "invalid_tenant")
    assert discovery.json()["metadata"][0]["aliases"] == [simulator.url.removeprefix("https://")]


async def test_login_answers_are_never_cached(simulator: Simulator) -> None:
    async with client(simulator) as http:
        response = await http.post(f"/{TENANT_ID}/oauth2/v2.0/token", data=FORM)
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store, no-cache"
    assert response.headers["content-type"] == "application/json; charset=utf-8"


async def test_managed_identity_gets_a_token_of_the_exporters_application(
    simulator: Simulator,
) -> None:
    query = {"api-version": "2019-08-01", "resource": simulator.url}
    async with client(simulator) as http:
        right = {"X-IDENTITY-HEADER": simulator.msi_header}
        good = await http.get("/msi/token", params=query, headers=right)
        bare = await http.get("/msi/token", params=query)
        old = await http.get("/msi/token", params=query | {"api-version": "x"}, headers=right)
        odd = await http.get("/msi/token", params=query | {"resource": "api://x"}, headers=right)
    body = good.json()
    assert set(body) == {"access_token", "expires_on", "resource", "token_type", "client_id"}
    assert body["client_id"] == CLIENT_ID
    assert body["expires_on"] == str(int(NOW) + 3599)
    assert simulator.tokens.find(body["access_token"]) is not None
    assert [bare.status_code, old.status_code, odd.status_code] == [401, 400, 400]


async def test_time_is_the_simulators_own() -> None:
    later = NOW + timedelta(days=30).total_seconds()
    async with Simulator((TENANT,), clock=lambda: later) as simulator, client(simulator) as http:
        response = await http.post(
            f"/{TENANT_ID}/oauth2/v2.0/token", data=FORM | {"client_secret": FUTURE}
        )
    assert response.status_code == 200
