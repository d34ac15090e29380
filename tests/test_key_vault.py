"""Secrets in Key Vault, through the real client over TLS: the value, or why there is none."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ServiceRequestError
from azure.identity.aio import ClientSecretCredential
from azure.keyvault.secrets._shared import http_challenge_cache
from conftest import settling

from exporter.config import SourceConfig
from exporter.simulator import Fault, SimulatedTenant, Simulator
from exporter.simulator.key_vault import VaultSecret
from exporter.simulator.tokens import Grant
from exporter.sources import SourceUnreadable, TokenCredential, read
from exporter.sources.access import Access
from exporter.sources.vault import verifies

MARKER = "marker-Kx7vLpZt0dGmWb"
FIRST, SECOND = "1" * 32, "2" * 32
SECRETS = "/secrets/"
VAULT = "https://vault.azure.net"


class Credential:
    """A token of the simulated login service, made without asking it; remembers what was asked."""

    def __init__(self, simulator: Simulator, **changes: Any) -> None:  # noqa: ANN401 - of Grant
        tenant = next(iter(simulator.tenants.values()))
        grant = Grant(
            tenant.tenant_id, tenant.exporter_client_id, VAULT, (), expires_at=time.time() + 3599
        )
        self.token = simulator.tokens.issue(replace(grant, **changes), time.time())
        self.asked: list[tuple[str, ...]] = []
        self.options: dict[str, Any] = {}

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:  # noqa: ANN401 - azure's
        """The same token each time."""
        self.asked.append(scopes)
        self.options = options
        return AccessToken(self.token, int(time.time()) + 3599)


class Failing:
    """A credential that raises."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:  # noqa: ANN401 - azure's
        """No token."""
        raise self.error


@pytest.fixture
async def simulator(tenants: tuple[SimulatedTenant, ...]) -> AsyncIterator[Simulator]:
    # The client remembers by port what a vault demands: one that had this port was another.
    http_challenge_cache.clear()
    async with settling(), Simulator(tenants) as running:
        running.vault_secrets["billing"] = (
            VaultSecret("old", FIRST),
            VaultSecret(MARKER, SECOND),
        )
        yield running


@pytest.fixture
def credential(simulator: Simulator) -> Credential:
    return Credential(simulator)


def place(simulator: Simulator, name: str = "billing", version: str | None = None) -> SourceConfig:
    return SourceConfig(key_vault=simulator.url, name=name, version=version)


async def value(simulator: Simulator, credential: TokenCredential, **at: str) -> str:
    secret = await read(
        place(simulator, **at), credential, ca_file=simulator.ca_file, verify_resource=False
    )
    return secret.reveal()


async def reason(simulator: Simulator, credential: TokenCredential, **at: str) -> str:
    with pytest.raises(SourceUnreadable) as caught:
        await value(simulator, credential, **at)
    assert MARKER not in f"{caught.value!r} {caught.value}"
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    return str(caught.value)


def store(simulator: Simulator, **fields: Any) -> None:  # noqa: ANN401 - fields of VaultSecret
    simulator.vault_secrets["billing"] = (replace(VaultSecret(MARKER), **fields),)


def refuse(simulator: Simulator, status: int, inner: str, **fault: Any) -> None:  # noqa: ANN401
    """The vault refuses whoever shows a token, with the secret in its text."""
    error = {"code": "Refused", "message": f"No: {MARKER}", "innererror": {"code": inner}}
    simulator.faults.add(
        Fault(SECRETS, status=status, body={"error": error}, **{"after": 1} | fault)
    )


# --- the value


async def test_latest_version_is_read_when_none_is_named(
    simulator: Simulator, credential: Credential
) -> None:
    assert await value(simulator, credential) == MARKER


async def test_named_version_is_read(simulator: Simulator, credential: Credential) -> None:
    assert await value(simulator, credential, version=FIRST) == "old"


async def test_value_is_read_exactly_as_it_is_stored(
    simulator: Simulator, credential: Credential
) -> None:
    store(simulator, value=f' "{MARKER}"\r\n\ufeff')
    assert await value(simulator, credential) == f' "{MARKER}"\r\n\ufeff'


async def test_empty_value_is_an_empty_secret(simulator: Simulator, credential: Credential) -> None:
    store(simulator, value="")
    assert await value(simulator, credential) == ""


async def test_new_version_is_taken_up_by_the_next_reading(
    simulator: Simulator, credential: Credential
) -> None:
    await value(simulator, credential)
    store(simulator, value="newer")
    assert await value(simulator, credential) == "newer"


@pytest.mark.parametrize("dates", [{"expires": 1_000_000_000}, {"starts": 4_000_000_000}])
async def test_secret_outside_its_dates_is_read_as_applications_read_it(
    simulator: Simulator, credential: Credential, dates: dict[str, int]
) -> None:
    store(simulator, **dates)
    assert await value(simulator, credential) == MARKER


async def test_only_a_token_for_the_vault_is_asked_for(
    simulator: Simulator, credential: Credential
) -> None:
    await value(simulator, credential)
    assert credential.asked == [(f"{VAULT}/.default",)]
    assert credential.options["tenant_id"] == next(iter(simulator.tenants))


async def test_credential_of_azure_identity_reads_a_secret_and_stays_open(
    simulator: Simulator, tenants: tuple[SimulatedTenant, ...]
) -> None:
    async with signed_in(simulator, tenants[0], tenants[0].exporter_client_secret) as credential:
        assert await value(simulator, credential) == MARKER
        assert await value(simulator, credential) == MARKER


def signed_in(simulator: Simulator, tenant: SimulatedTenant, secret: str) -> ClientSecretCredential:
    return ClientSecretCredential(
        tenant.tenant_id,
        tenant.exporter_client_id,
        secret,
        authority=simulator.url,
        disable_instance_discovery=True,
        connection_verify=str(simulator.ca_file),
    )


# --- the identity


async def test_missing_identity_is_said_without_asking_the_vault(simulator: Simulator) -> None:
    with pytest.raises(SourceUnreadable, match="without the identity of the target's tenant"):
        await read(place(simulator))
    assert not simulator.requests


async def test_identity_that_cannot_sign_in_is_no_refusal_of_the_vault(
    simulator: Simulator, tenants: tuple[SimulatedTenant, ...]
) -> None:
    async with signed_in(simulator, tenants[0], MARKER) as credential:
        said = await reason(simulator, credential)
    assert "the identity got no token for the vault (AADSTS7000215: Invalid client secret" in said
    assert "Trace ID" not in said


async def test_failure_of_azure_without_words_is_named_and_not_tried_again(
    simulator: Simulator,
) -> None:
    said = await reason(simulator, Failing(ServiceRequestError(" ")))
    assert "got no token for the vault (ServiceRequestError)" in said
    assert len(simulator.requests) == 1


@pytest.mark.parametrize("kind", [LookupError, ValueError, KeyError, OSError, TimeoutError])
async def test_failure_of_the_caller_s_own_passes_through(
    simulator: Simulator, kind: type[Exception]
) -> None:
    own = kind("mine")
    with pytest.raises(kind) as caught:
        await value(simulator, Failing(own))
    assert caught.value is own


# --- what the vault refuses


@pytest.mark.parametrize(
    ("name", "version", "named"),
    [("nothing", None, "secret nothing of"), ("billing", "3" * 32, f"version {'3' * 32} of")],
)
async def test_secret_or_version_that_does_not_exist_is_named(
    simulator: Simulator, credential: Credential, name: str, version: str | None, named: str
) -> None:
    at = {"name": name} | ({"version": version} if version else {})
    said = await reason(simulator, credential, **at)
    assert said.startswith(named)
    assert "the vault has no such secret or version; correct `name` or `version`" in said
    assert said.endswith("(status 404 SecretNotFound)")


async def test_disabled_secret_says_how_to_enable_it(
    simulator: Simulator, credential: Credential
) -> None:
    store(simulator, enabled=False)
    said = await reason(simulator, credential)
    assert "it is disabled in the vault; enable it with `az keyvault secret set-attributes" in said
    assert "--name billing --enabled true`" in said


async def test_identity_that_may_not_read_is_told_the_role(
    simulator: Simulator, credential: Credential
) -> None:
    store(simulator, readers=frozenset())
    said = await reason(simulator, credential)
    assert "role `Key Vault Secrets User`" in said
    assert "secret permission `get`" in said
    assert said.endswith("(status 403 ForbiddenByRbac)")


@pytest.mark.parametrize(
    ("status", "inner", "said"),
    [
        (403, "ForbiddenByFirewall", "the vault's firewall does not admit"),
        (403, "ForbiddenByConnection", "the vault admits private endpoints only"),
        (403, "ForbiddenByPolicy", "role `Key Vault Secrets User`"),
        (403, MARKER, "role `Key Vault Secrets User`"),
        (403, "SecretExpired", "has expired there; store a new"),
        (403, "SecretNotYetValid", "it has not begun there; wait, or"),
        (404, "", "there is no such secret or version at this address"),
        (400, "", "check `name` and `version`"),
        (500, "", "Key Vault is in trouble; nothing to do unless it lasts"),
        (302, "", "the vault's answer is unexpected; check `key_vault`"),
    ],
)
async def test_refusal_says_what_to_do_and_nothing_of_the_vault_s_own_text(
    simulator: Simulator, credential: Credential, status: int, inner: str, said: str
) -> None:
    refuse(simulator, status, inner, headers={"Location": "https://elsewhere.invalid/"})
    text = await reason(simulator, credential)
    assert said in text
    assert f"(status {status}" in text
    assert len(simulator.requests) == 2


async def test_token_that_the_vault_does_not_take_is_one_of_another_tenant(
    simulator: Simulator,
) -> None:
    said = await reason(simulator, Credential(simulator, resource="https://graph.microsoft.com"))
    assert "does not accept the identity's token; read it with an identity of the vault's" in said
    assert said.endswith("(status 401 AKV10000)")


async def test_throttling_is_told_at_once_however_long_the_vault_wants_to_be_left_alone(
    simulator: Simulator, credential: Credential
) -> None:
    refuse(simulator, 429, "", headers={"Retry-After": "600"})
    async with asyncio.timeout(5):
        said = await reason(simulator, credential)
    assert "the vault throttles its readers; read it less often" in said


# --- what is no vault, or not reached


@pytest.mark.parametrize(
    "body", ["[]", "{}", '"text"', "null", f'{{"value": "{MARKER}', MARKER, b"\xff\xfe", b""]
)
async def test_answer_that_is_none_of_key_vault_s_is_said_to_be_so(
    simulator: Simulator, credential: Credential, body: str | bytes
) -> None:
    simulator.faults.add(Fault(SECRETS, after=1, status=200, body=body))
    assert "the answer is none of Key Vault's" in await reason(simulator, credential)


@pytest.mark.parametrize("body", ["[]", '{"error": "text"}', f"<p>{MARKER}</p>", '{"error": []}'])
async def test_refusal_in_another_form_is_told_by_its_status(
    simulator: Simulator, credential: Credential, body: str
) -> None:
    simulator.faults.add(Fault(SECRETS, after=1, status=403, body=body))
    assert (await reason(simulator, credential)).endswith("(status 403)")


async def test_page_of_a_proxy_is_no_secret(simulator: Simulator, credential: Credential) -> None:
    simulator.faults.add(Fault.proxy_page(path=SECRETS))
    assert "whether a proxy answers in its place" in await reason(simulator, credential)


async def test_answer_cut_short_is_a_failure_of_the_network(
    simulator: Simulator, credential: Credential
) -> None:
    simulator.faults.add(Fault(SECRETS, after=1, truncate=True))
    assert "the vault is not reachable" in await reason(simulator, credential)


async def test_token_is_not_sent_to_a_vault_that_asks_for_one_of_another_service(
    simulator: Simulator, credential: Credential
) -> None:
    with pytest.raises(SourceUnreadable, match="asks for a token of a service that its address"):
        await read(place(simulator), credential, ca_file=simulator.ca_file)
    assert not credential.asked


@pytest.mark.parametrize(
    ("host", "verified"),
    [
        ("billing.vault.azure.net", True),
        ("billing.vault.usgovcloudapi.net", True),
        ("billing.vault.azure.cn:443", True),
        ("billing.vault.azure.net.elsewhere.test", False),
        ("localhost:8443", False),
    ],
)
def test_vaults_of_microsoft_are_verified_even_when_it_is_switched_off(
    host: str, *, verified: bool
) -> None:
    source = SourceConfig(key_vault=f"https://{host}", name="billing")
    assert verifies(source, Access(verify_resource=False)) is verified
    assert verifies(source, Access())


async def test_vault_without_an_address_is_told_from_one_that_does_not_answer(
    credential: Credential,
) -> None:
    nowhere = SourceConfig(key_vault="https://nowhere.invalid", name="billing")
    with pytest.raises(SourceUnreadable, match=r"nowhere\.invalid has no address; correct"):
        await read(nowhere, credential)


async def test_vault_that_refuses_connections_is_not_reachable(
    simulator: Simulator, credential: Credential
) -> None:
    await simulator.stop()
    said = await reason_without_ca(simulator, credential)
    assert "the vault is not reachable (Cannot connect to host 127.0.0.1" in said


async def test_certificate_that_is_not_trusted_is_told_with_the_setting(
    simulator: Simulator, credential: Credential
) -> None:
    said = await reason_without_ca(simulator, credential)
    assert "the certificate of 127.0.0.1" in said
    assert "is not trusted; set `ca_file` of the cloud" in said


async def reason_without_ca(simulator: Simulator, credential: Credential) -> str:
    with pytest.raises(SourceUnreadable) as caught:
        await read(place(simulator), credential, verify_resource=False)
    return str(caught.value)


async def test_vault_that_never_answers_is_given_up(
    simulator: Simulator, credential: Credential, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exporter.sources.vault.IN_ALL", 0.3)
    simulator.faults.add(Fault.hanging(path=SECRETS))
    said = await reason(simulator, credential)
    assert "the vault is not reachable (no answer within 0 seconds)" in said


# --- nothing is shown


async def test_neither_secret_nor_token_is_logged(
    simulator: Simulator, credential: Credential, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await value(simulator, credential)
    # How to sign in is known by now: no challenge comes first.
    refuse(simulator, 403, MARKER, after=0)
    await reason(simulator, credential)
    assert caplog.text
    assert MARKER not in caplog.text
    assert credential.token not in caplog.text


def test_secret_of_the_simulated_vault_does_not_show_its_value() -> None:
    assert MARKER not in repr(VaultSecret(MARKER))


@pytest.mark.parametrize("content", [None, "no certificate"])
async def test_ca_file_that_cannot_be_used_is_named(
    simulator: Simulator, credential: Credential, tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "ca.pem"
    if content:
        file.write_text(content)
    with pytest.raises(SourceUnreadable) as caught:
        await read(place(simulator), credential, ca_file=file, verify_resource=False)
    assert f"ca_file {file} cannot be used (" in str(caught.value)
