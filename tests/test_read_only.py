"""The exporter only ever reads: whatever it does, the one request that is no GET is a sign-in."""

import ast
import asyncio
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.keyvault.secrets._shared import http_challenge_cache
from test_key_vault import Credential
from verifying import Bench, verifying

import exporter
from exporter.config import IdentityConfig, SourceConfig
from exporter.identity import SignIn
from exporter.simulator import VERIFICATIONS, Simulator, carry_out
from exporter.simulator.key_vault import VaultSecret
from exporter.sources import read

SIGN_IN = re.compile(r"/[^/]+/oauth2/v2\.0/token")
READS = {
    "applications": r"/v1\.0/applications",
    "service principals": r"/v1\.0/servicePrincipals",
    "a secret of a vault": r"/secrets/[^/]+(/[^/]*)?",
    "a managed identity's token": "/msi/token",
    "what the login service says of itself": r"/[^/]+/v2\.0/\.well-known/openid-configuration",
}
PACKAGE = Path(exporter.__file__).parent
SOURCES = [file for file in sorted(PACKAGE.rglob("*.py")) if "simulator" not in file.parts]
WRITES = {
    "post",
    "patch",
    "put",
    "delete",
    "upsert",
    "to_post_request_information",
    "to_patch_request_information",
    "to_put_request_information",
    "to_delete_request_information",
    "set_secret",
    "delete_secret",
    "update_secret_properties",
    "purge_deleted_secret",
    "recover_deleted_secret",
    "restore_secret_backup",
    "backup_secret",
    "add_password",
    "remove_password",
    "add_key",
    "remove_key",
    "set_stream_content",
    "set_content_from_parsable",
    "send_no_response_content_async",
}
"""What the SDKs have to change something with, or to carry a body."""

OF_THE_SDKS = re.compile(r"(?:msgraph|kiota\w*|azure\.keyvault)(?:\.|$)")
TAKEN = {
    "azure.keyvault.secrets.aio.SecretClient",
    "kiota_abstractions.base_request_configuration.RequestConfiguration",
    "kiota_abstractions.native_response_handler.NativeResponseHandler",
    "kiota_abstractions.request_information.RequestInformation",
    (
        "kiota_authentication_azure.azure_identity_authentication_provider"
        ".AzureIdentityAuthenticationProvider"
    ),
    "kiota_http._exceptions.KiotaHTTPXError",
    "kiota_http.kiota_client_factory.KiotaClientFactory",
    "kiota_abstractions.request_option.RequestOption",
    "kiota_http.middleware.options.RedirectHandlerOption",
    "kiota_http.middleware.middleware.BaseMiddleware",
    "kiota_http.middleware.options.ResponseHandlerOption",
    "msgraph.GraphRequestAdapter",
    "msgraph.GraphServiceClient",
    "msgraph.generated.applications.applications_request_builder.ApplicationsRequestBuilder",
    (
        "msgraph.generated.service_principals.service_principals_request_builder"
        ".ServicePrincipalsRequestBuilder"
    ),
}
"""All that is taken from them; what is added here can only read, or the page is wrong."""


async def command(*arguments: str | Path, value: str = "") -> int:
    """The exporter's command, run to its end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "exporter",
        *map(str, arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env=dict(os.environ),
    )
    await process.communicate(value.encode())
    return process.returncode or 0


async def everything(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Poll, verify all scenarios before and after they change, and run what asks a service."""
    await bench.poll()
    await bench.all_turns([*bench.verifiers])
    for scenario in VERIFICATIONS:
        if scenario.change is not None:
            carry_out(scenario.change, bench.simulator)
    bench.clock.now += 3600
    await bench.poll()
    await bench.all_turns([*bench.verifiers])
    await read_vault(bench.simulator)
    await managed_identity(bench, monkeypatch)
    bench.simulator.faults.clear()
    file = bench.folder / "config.yaml"
    contoso = next(iter(bench.simulator.tenants.values()))
    who = ("--tenant-id", contoso.tenant_id, "--client-id", contoso.exporter_client_id)
    ad_hoc = ("verify", *who, "--config.file", file, "--cloud", "simulated")
    assert await command("check", "--config.file", file) == 2
    assert await command("verify", "--config.file", file) == 2
    assert await command(*ad_hoc, value=contoso.exporter_client_secret) == 0
    assert await command(*ad_hoc, value="Wr08Q~ong") == 2


async def read_vault(simulator: Simulator) -> None:
    """A secret that is in a vault."""
    http_challenge_cache.clear()
    simulator.vault_secrets["billing"] = (VaultSecret("in the vault", "1" * 32),)
    source = SourceConfig(key_vault=simulator.url, name="billing")
    credential, trusted = Credential(simulator), simulator.ca_file
    found = await read(source, credential, ca_file=trusted, verify_resource=False)
    assert found.reveal() == "in the vault"


async def managed_identity(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sign in as one."""
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{bench.simulator.url}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", bench.simulator.msi_header)
    contoso = bench.config.tenants[0]
    identity = IdentityConfig(type="managed_identity")
    tenant = contoso.model_copy(update={"identity": identity})
    sign_in = SignIn(tenant, bench.config.cloud_of(contoso))
    await sign_in.get_token(f"{bench.simulator.url}/.default")
    await sign_in.forget()


async def test_only_request_that_is_no_get_is_the_token_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with verifying(tmp_path, VERIFICATIONS) as bench:
        await everything(bench, monkeypatch)
        asked = Counter((r.method, r.path) for r in bench.simulator.requests)

    others = {pair for pair in asked if pair[0] != "GET"}
    assert {method for method, _ in others} == {"POST"}
    assert all(SIGN_IN.fullmatch(path) for _, path in others)
    reads = {path for method, path in asked if method == "GET"}
    assert {
        path for path in reads if not any(re.fullmatch(p, path) for p in READS.values())
    } == set()
    for name, pattern in READS.items():
        if name != "what the login service says of itself":
            assert any(re.fullmatch(pattern, path) for path in reads), name
    assert sum(asked[pair] for pair in others) > len(VERIFICATIONS)


def attributes(file: Path) -> Iterator[str]:
    """Every attribute that a module uses, and every name that it imports."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.ImportFrom):
            yield from (name.name for name in node.names)


def imported(file: Path) -> Iterator[str]:
    """What a module imports, by its full name."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{name.name}" for name in node.names)


@pytest.mark.parametrize("file", SOURCES, ids=[str(f.relative_to(PACKAGE)) for f in SOURCES])
def test_module_uses_nothing_that_could_change_a_tenant(file: Path) -> None:
    assert set(attributes(file)) & WRITES == set()


def test_of_the_sdks_only_what_reads_is_imported() -> None:
    names = {name for file in SOURCES for name in imported(file) if OF_THE_SDKS.match(name)}
    assert names == TAKEN


def test_requests_are_built_as_get_and_sent_in_one_place() -> None:
    text = {file.name: file.read_text(encoding="utf-8") for file in SOURCES}
    built = [name for name, code in text.items() if "to_get_request_information" in code]
    sent = [name for name, code in text.items() if re.search(r"\.send_\w+_async\(", code)]
    assert (built, sent) == (["client.py"], ["client.py"])
