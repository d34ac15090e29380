"""Every way to sign in, through azure-identity over TLS, and how a refusal is explained."""

import dataclasses
import json
import os
import re
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import jwt
import pytest
from conftest import Lab
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from exporter.config import CertificateConfig, IdentityConfig, SourceConfig, TenantConfig
from exporter.config.schema import IdentityType
from exporter.errors import PollError
from exporter.identity import SignIn
from exporter.identity.credentials import CREDENTIALS
from exporter.model import FailureReason
from exporter.simulator import Fault, FederatedCredential, key_credential

ISSUER = "https://oidc.cluster.test/"
SUBJECT = "system:serviceaccount:monitoring:exporter"


def scope(lab: Lab) -> str:
    """What Graph's client asks a token for."""
    return f"{lab.cloud.graph}/.default"


def with_identity(lab: Lab, **fields: Any) -> TenantConfig:  # noqa: ANN401 - fields of IdentityConfig
    """Contoso, signed in to in another way."""
    return lab.contoso.model_copy(update={"identity": IdentityConfig(**fields)})


async def token(lab: Lab, tenant: TenantConfig) -> str:
    """The token that a tenant's identity gets."""
    sign_in = SignIn(tenant, lab.cloud)
    try:
        return (await sign_in.get_token(scope(lab))).token
    finally:
        await sign_in.forget()


async def refused(lab: Lab, tenant: TenantConfig) -> PollError:
    """How a tenant's identity is refused."""
    with pytest.raises(PollError) as raised:
        await token(lab, tenant)
    return raised.value


def works(lab: Lab, bearer: str) -> bool:
    """Whether the simulated tenant gave this token to the exporter's application."""
    grant = lab.simulator.tokens.find(bearer)
    return grant is not None and grant.app_id == lab.tenants[0].exporter_client_id


def change_exporter(lab: Lab, **fields: Any) -> None:  # noqa: ANN401 - fields of Application
    """Change the exporter's own application in the directory."""
    tenant = lab.tenants[0]
    applications = tuple(
        dataclasses.replace(a, **fields) if a.app_id == tenant.exporter_client_id else a
        for a in tenant.applications
    )
    lab.simulator.replace_tenant(dataclasses.replace(tenant, applications=applications))


def make_certificate(
    folder: Path, password: bytes | None = None, *, elliptic: bool = False
) -> tuple[Path, x509.Certificate]:
    """A certificate with its key as PEM, or with a password as PKCS#12."""
    key = (
        ec.generate_private_key(ec.SECP256R1())
        if elliptic
        else rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "exporter")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate"
    if password is None:
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        file.write_bytes(pem + certificate.public_bytes(serialization.Encoding.PEM))
    else:
        protection = serialization.BestAvailableEncryption(password)
        file.write_bytes(
            pkcs12.serialize_key_and_certificates(b"exporter", key, certificate, None, protection)
        )
    return file, certificate


async def test_client_secret_from_a_file_signs_in(lab: Lab) -> None:
    assert works(lab, await token(lab, lab.contoso))


async def test_client_secret_from_the_environment_signs_in(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXPORTER_SECRET", lab.tenants[0].exporter_client_secret)
    tenant = with_identity(
        lab,
        type="client_secret",
        client_id=lab.tenants[0].exporter_client_id,
        client_secret=SourceConfig(env="EXPORTER_SECRET"),
    )

    assert works(lab, await token(lab, tenant))


async def test_newline_at_the_end_of_the_secret_file_does_no_harm(lab: Lab) -> None:
    file = lab.secret_file()
    file.write_text(file.read_text() + "\n")

    assert works(lab, await token(lab, lab.contoso))


@pytest.mark.parametrize("password", [None, b"pfx-password"], ids=["PEM", "PKCS#12"])
async def test_client_certificate_signs_in(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, password: bytes | None
) -> None:
    file, certificate = make_certificate(tmp_path, password)
    change_exporter(lab, key_credentials=(key_credential(certificate, "exporter-key"),))
    monkeypatch.setenv("PFX_PASSWORD", (password or b"").decode())
    tenant = with_identity(
        lab,
        type="client_certificate",
        client_id=lab.tenants[0].exporter_client_id,
        certificate=CertificateConfig(
            file=file, password=SourceConfig(env="PFX_PASSWORD") if password else None
        ),
    )

    assert works(lab, await token(lab, tenant))


async def test_workload_identity_signs_in_with_the_projected_token(
    lab: Lab, tmp_path: Path
) -> None:
    federated = FederatedCredential("cluster", ISSUER, SUBJECT)
    change_exporter(lab, federated_credentials=(federated,))
    projected = tmp_path / "token"
    claims = {"iss": ISSUER, "sub": SUBJECT, "aud": federated.audience, "exp": 2**33}
    projected.write_text(jwt.encode(claims, "any key of thirty-two bytes or more"))
    tenant = with_identity(
        lab,
        type="workload_identity",
        client_id=lab.tenants[0].exporter_client_id,
        token_file=projected,
    )

    assert works(lab, await token(lab, tenant))


async def test_managed_identity_signs_in(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{lab.simulator.url}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", lab.simulator.msi_header)

    assert works(lab, await token(lab, with_identity(lab, type="managed_identity")))


async def test_azure_cli_signs_in_and_is_asked_once(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = f'{{"accessToken": "{await token(lab, lab.contoso)}", "expires_on": {2**32}}}'
    command = tmp_path / "az"
    command.write_text(f"#!/bin/sh\necho \"$@\" >> {tmp_path}/calls\necho '{answer}'\n")
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    sign_in = SignIn(with_identity(lab, type="azure_cli"), lab.cloud)

    for _ in range(3):
        assert works(lab, (await sign_in.get_token(scope(lab))).token)
    await sign_in.forget()

    [call] = (tmp_path / "calls").read_text().splitlines()
    assert lab.contoso.tenant_id in call


async def test_default_identity_signs_in_to_the_tenant_that_is_configured(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_TENANT_ID", lab.tenants[1].tenant_id)
    monkeypatch.setenv("AZURE_CLIENT_ID", lab.tenants[0].exporter_client_id)
    monkeypatch.setenv("AZURE_CLIENT_SECRET", lab.tenants[0].exporter_client_secret)

    assert works(lab, await token(lab, with_identity(lab, type="default")))


def test_every_type_of_identity_has_a_credential() -> None:
    assert set(CREDENTIALS) == set(get_args(IdentityType)) - {"none"}


async def test_rotated_secret_is_taken_up_at_the_next_use(lab: Lab) -> None:
    sign_in = SignIn(lab.contoso, lab.cloud)
    good = lab.secret_file().read_text()
    lab.secret_file().write_text("not the secret")
    with pytest.raises(PollError):
        await sign_in.get_token(scope(lab))

    lab.secret_file().write_text(good)

    assert works(lab, (await sign_in.get_token(scope(lab))).token)
    await sign_in.forget()


async def test_concurrent_uses_sign_in_once(lab: Lab) -> None:
    import asyncio  # noqa: PLC0415 - only here

    sign_in = SignIn(lab.contoso, lab.cloud)
    await asyncio.gather(*(sign_in.get_token(scope(lab)) for _ in range(5)))
    await sign_in.forget()

    assert len([r for r in lab.simulator.requests if r.path.endswith("/token")]) == 1


async def test_expired_secret_of_the_exporter_says_so_and_what_to_do(lab: Lab) -> None:
    error = await refused(lab, lab.fabrikam)

    assert error.reason is FailureReason.LOGIN
    assert error.aadsts_code == 7000222
    assert error.detail.startswith("AADSTS7000222: ")
    assert "Trace ID" not in error.detail
    assert f"az ad app credential reset --id {lab.tenants[1].exporter_client_id}" in error.remedy
    assert "--append" in error.remedy


@pytest.mark.parametrize(
    ("code", "reason", "words"),
    [
        (7000215, FailureReason.LOGIN, "value, not its ID"),
        (700016, FailureReason.LOGIN, "check client_id, tenant_id, cloud"),
        (7000229, FailureReason.LOGIN, "az ad sp create"),
        (90002, FailureReason.LOGIN, "check tenant_id and cloud"),
        (53003, FailureReason.LOGIN, "conditional access"),
        (500011, FailureReason.LOGIN, "https://login.microsoftonline.com/error?code=500011"),
    ],
)
async def test_refusal_is_explained_by_its_code(
    lab: Lab, code: int, reason: FailureReason, words: str
) -> None:
    lab.simulator.faults.add(Fault.login_refused(code))

    error = await refused(lab, lab.contoso)

    assert error.reason is reason
    assert error.aadsts_code == code
    assert words in error.remedy


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        pytest.param(Fault(path="/", status=500, body="<html>"), FailureReason.SERVER, id="500"),
        pytest.param(
            Fault.throttled(path="/", retry_after=0), FailureReason.THROTTLED, id="throttled"
        ),
        pytest.param(Fault(path="/", truncate=True), FailureReason.NETWORK, id="truncated"),
    ],
)
async def test_trouble_of_the_login_service_is_not_called_a_refusal(
    lab: Lab, fault: Fault, reason: FailureReason
) -> None:
    lab.simulator.faults.add(fault)

    error = await refused(lab, lab.contoso)

    assert error.reason is reason


async def test_login_service_that_cannot_be_reached_is_a_network_failure(lab: Lab) -> None:
    nowhere = lab.cloud.model_copy(update={"authority": "https://127.0.0.1:1"})
    sign_in = SignIn(lab.contoso, nowhere)

    with pytest.raises(PollError) as raised:
        await sign_in.get_token(scope(lab))
    await sign_in.forget()

    assert raised.value.reason is FailureReason.NETWORK
    assert "login service" in raised.value.detail


async def test_login_service_that_never_answers_is_given_up(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exporter.identity.sign_in.SIGN_IN_TIMEOUT", 0.3)
    lab.simulator.faults.add(Fault.hanging(path="/"))

    assert (await refused(lab, lab.contoso)).reason is FailureReason.NETWORK


async def test_secret_that_cannot_be_read_is_a_login_failure_that_names_its_place(
    lab: Lab,
) -> None:
    lab.secret_file().unlink()

    error = await refused(lab, lab.contoso)

    assert error.reason is FailureReason.LOGIN
    assert str(lab.secret_file()) in error.detail


async def test_certificate_that_is_none_is_a_login_failure(lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "certificate"
    file.write_text("no certificate")
    tenant = with_identity(
        lab,
        type="client_certificate",
        client_id=lab.tenants[0].exporter_client_id,
        certificate=CertificateConfig(file=file),
    )

    assert (await refused(lab, tenant)).reason is FailureReason.LOGIN


async def test_refusal_never_holds_the_secret(lab: Lab) -> None:
    marker = "M4rk3r~SecretThatMustNotBeSeen"
    lab.secret_file().write_text(marker)

    error = await refused(lab, lab.contoso)

    assert marker not in f"{error}{error.remedy}{error.detail}{error!r}{error.__cause__}"


TOKEN = re.compile(r".*/token")
SOME_TOKEN = "eyJhbGciOiJub25lIn0.eyJzZWNyZXQiOiJ5ZXMifQ.c2lnbmF0dXJl"


def token_answer(value: str) -> bytes:
    """A token answer with a token of one's own."""
    return json.dumps({"token_type": "Bearer", "expires_in": 3599, "access_token": value}).encode()


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(
            Fault(path=TOKEN, status=200, body=token_answer(SOME_TOKEN)[:-20]), id="cut short"
        ),
        pytest.param(
            Fault(path=TOKEN, status=200, body=token_answer(f"{SOME_TOKEN}\n")), id="with a newline"
        ),
        pytest.param(Fault(path=TOKEN, status=200, body=b"{}"), id="no token in it"),
        pytest.param(Fault(path=TOKEN, status=200, body=b"[]"), id="not even a mapping"),
        pytest.param(
            Fault(
                path=TOKEN,
                status=200,
                headers={"Content-Type": "text/plain"},
                body=token_answer(SOME_TOKEN),
            ),
            id="as text",
        ),
    ],
)
async def test_odd_token_answer_is_malformed_and_shows_no_token(lab: Lab, fault: Fault) -> None:
    lab.simulator.faults.add(fault)

    error = await refused(lab, lab.contoso)

    assert error.reason is FailureReason.MALFORMED
    assert SOME_TOKEN[:12] not in f"{error} {error.detail} {error.remedy}"


async def test_throttled_sign_in_says_when_to_come_back_and_does_not_wait_itself(
    lab: Lab,
) -> None:
    lab.simulator.faults.add(Fault.throttled(path=TOKEN, retry_after=120))

    error = await refused(lab, lab.contoso)

    assert error.reason is FailureReason.THROTTLED
    assert error.retry_after == 120


async def test_certificate_file_that_never_ends_is_refused_at_once(
    lab: Lab, tmp_path: Path
) -> None:
    pipe = tmp_path / "certificate"
    os.mkfifo(pipe)
    tenant = with_identity(
        lab,
        type="client_certificate",
        client_id=lab.tenants[0].exporter_client_id,
        certificate=CertificateConfig(file=pipe),
    )

    error = await refused(lab, tenant)

    assert error.reason is FailureReason.LOGIN
    assert "not a regular file" in error.detail


@pytest.mark.parametrize(
    "text",
    [
        f'JSON is invalid Content: {{"access_token":"{SOME_TOKEN}"',
        f"Illegal header value b'Bearer {SOME_TOKEN}'",
        "Illegal header value b'Bearer opaque-token-of-another-kind'",
    ],
)
def test_no_text_of_a_failure_holds_a_token(text: str) -> None:
    error = PollError(FailureReason.NETWORK, text, "")

    assert "***" in error.detail
    assert SOME_TOKEN[:12] not in f"{error}"
    assert "opaque" not in f"{error}"
