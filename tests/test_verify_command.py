"""The `verify` command over the simulated login service, as somebody in trouble runs it."""

import json
import os
import subprocess
import time
from collections.abc import Iterator

import pytest
from command import ANY_PORT, COMMAND, PATIENCE, started
from test_end_to_end import demo_ready

from exporter.simulator import SimulatedTenant, demo_tenants

WORKS, FAILS, COULD_NOT_TELL = 0, 2, 3


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The configuration of a running demo, for the addresses of its cloud."""
    folder = tmp_path_factory.mktemp("demo")
    with started(folder, "demo", "--web.listen-address", ANY_PORT) as demo:
        yield demo_ready(demo)


@pytest.fixture
def contoso() -> SimulatedTenant:
    """The tenant whose exporter secret works."""
    return demo_tenants(time.time())[0]


@pytest.fixture
def fabrikam() -> SimulatedTenant:
    """The tenant whose exporter secret has expired."""
    return demo_tenants(time.time())[1]


def verify(
    config: str, tenant: SimulatedTenant, secret: str, *more: str
) -> subprocess.CompletedProcess[str]:
    """Verify a value, given on stdin, for a tenant's exporter application."""
    who = ("--tenant-id", tenant.tenant_id, "--client-id", tenant.exporter_client_id)
    where = ("--config.file", config, "--cloud", "simulated")
    return subprocess.run(
        [COMMAND, "verify", *who, *where, *more],
        input=secret,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_secret_that_works_is_said_to(config: str, contoso: SimulatedTenant) -> None:
    result = verify(config, contoso, contoso.exporter_client_secret)

    assert (result.returncode, result.stderr) == (WORKS, "")
    assert result.stdout == "It works: the login service gave a token.\n"


def test_resource_that_is_not_in_the_tenant_says_nothing_against_the_secret(
    config: str, contoso: SimulatedTenant
) -> None:
    elsewhere = ("--resource", "https://nobody.example.com")
    result = verify(config, contoso, contoso.exporter_client_secret, *elsewhere)

    assert result.returncode == FAILS
    assert "DOES NOT WORK: resource_not_found, AADSTS500011" in result.stdout


def test_expired_secret_is_called_expired(config: str, fabrikam: SimulatedTenant) -> None:
    result = verify(config, fabrikam, fabrikam.exporter_client_secret)

    assert result.returncode == FAILS
    assert "DOES NOT WORK: expired, AADSTS7000222" in result.stdout


@pytest.mark.parametrize(
    ("stored", "words"),
    [("{}\n", "end"), ('"{}"', "quote"), ("  {}", "2 spaces at the start")],
    ids=["newline", "quotes", "spaces"],
)
def test_damage_that_can_be_mended_is_proven_to_be_the_cause(
    config: str, contoso: SimulatedTenant, stored: str, words: str
) -> None:
    result = verify(config, contoso, stored.format(contoso.exporter_client_secret))

    assert result.returncode == FAILS
    assert "DOES NOT WORK: format_error, AADSTS7000215 (proven)" in result.stdout
    assert words in result.stdout
    assert result.stdout.count("Seen in the stored value") == 1
    assert "The stored value: " not in result.stdout


def test_what_is_tried_by_hand_is_not_said_to_be_watched(
    config: str, fabrikam: SimulatedTenant
) -> None:
    said = verify(config, fabrikam, fabrikam.exporter_client_secret).stdout

    assert "What to do:" in said
    assert "az ad app credential reset" in said
    assert "exporter reads" not in said
    assert "/-/reload" not in said


def test_unknown_value_is_never_called_revoked(config: str, contoso: SimulatedTenant) -> None:
    result = verify(config, contoso, "abc8Q~" + "x" * 34)

    assert result.returncode == FAILS
    assert "DOES NOT WORK: invalid_secret, AADSTS7000215" in result.stdout
    assert "revoked" not in result.stdout.split("\n")[0]


def test_secret_from_the_environment_is_read_and_json_says_the_same(
    config: str, fabrikam: SimulatedTenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORED", fabrikam.exporter_client_secret)
    result = verify(config, fabrikam, "", "--secret-env", "STORED", "--output", "json")

    document = json.loads(result.stdout)
    assert result.returncode == FAILS
    assert document["works"] is False
    assert document["diagnosis"]["cause"] == "expired"


def test_nothing_to_verify_with_is_an_empty_value(config: str, contoso: SimulatedTenant) -> None:
    result = verify(config, contoso, "")

    assert result.returncode == FAILS
    assert "format_error" in result.stdout
    assert "empty" in result.stdout


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--secret-env", "NO_SUCH_VARIABLE"), "NO_SUCH_VARIABLE is not set"),
        (("--cloud", "mars"), "there is no cloud 'mars'"),
        (("--tenant-id", "my tenant"), "--tenant-id 'my tenant'; accepted: an id"),
        (("--client-id", "billing-api"), "--client-id 'billing-api'; accepted: an id"),
    ],
    ids=["variable", "cloud", "tenant", "client"],
)
def test_mistake_says_nothing_about_the_secret(
    config: str, contoso: SimulatedTenant, more: tuple[str, ...], words: str
) -> None:
    result = verify(config, contoso, "x", *more)

    assert result.returncode == COULD_NOT_TELL
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_secret_is_in_no_output(config: str, contoso: SimulatedTenant) -> None:
    marker = "Mrk8Q~NobodyMaySeeThisValueAnywhere12345"
    for stored in (marker, f'"{marker}"', f"{marker}\n", marker[:20]):
        for form in ("text", "json"):
            result = verify(config, contoso, stored, "--output", form)
            assert marker[:5] not in result.stdout + result.stderr
    assert marker not in os.environ.values()
