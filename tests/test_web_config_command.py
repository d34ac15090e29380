"""The command with a web configuration file, and its address for probes."""

import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from command import ANY_PORT, PATIENCE, Started, finished, started
from web_clients import HASH, PAIR, Files

CONFIG = """\
tenants:
  - name: contoso
    tenant_id: 11111111-2222-3333-4444-555555555555
    identity: {type: none}
verify:
  targets:
    - name: a
      tenant: contoso
      client_id: 11111111-2222-3333-4444-555555555555
      secret: {env: NOT_SET_ANYWHERE}
"""
MISTAKE = 2
PATHS = ("/-/healthy", "/-/ready", "/metrics", "/", "/-/reload", "/api/v1/credentials")


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """A folder with a certificate, both files, TLS and a password."""
    made = Files(tmp_path)
    made.renew()
    (tmp_path / "config.yaml").write_text(CONFIG)
    made.write(tls_server_config=PAIR, basic_auth_users={"prometheus": HASH})
    return made


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@contextmanager
def serving(files: Files, *more: str) -> Iterator[Started]:
    """The exporter behind the file."""
    with started(
        files.folder, "--web.config.file", "web.yml", "--web.listen-address", ANY_PORT, *more
    ) as running:
        running.url = running.find(r"url=(\S+)")
        yield running


def asked(url: str, context: ssl.SSLContext | None = None, password: str = "") -> tuple[int, str]:
    """Status and text of an address."""
    request = urllib.request.Request(url)  # noqa: S310 - ours
    if password:
        request.add_header("Authorization", f"Basic {password}")
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE, context=context) as answer:  # noqa: S310 - ours
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


GOOD = "cHJvbWV0aGV1czpzZWNyZXQ="
"""`prometheus:secret`, as a header has it."""


def test_exporter_speaks_tls_and_says_so_in_its_links(files: Files) -> None:
    with serving(files) as exporter:
        assert exporter.url.startswith("https://127.0.0.1:")
        nobody = asked(f"{exporter.url}/metrics", files.client())
        status, metrics = asked(f"{exporter.url}/metrics", files.client(), GOOD)
    assert nobody == (401, "Unauthorized\n")
    assert status == 200
    assert f'external_url="https://{socket.gethostname()}:' in metrics


def test_probes_have_an_address_of_their_own_that_serves_nothing_else(files: Files) -> None:
    place = f"127.0.0.1:{free_port()}"
    with serving(files, "--probe.listen-address", place) as exporter:
        assert f"probes={place}" in exporter.said()
        found = {
            path: asked(f"http://{place}{path}")[0]
            for path in (
                "/-/healthy",
                "/-/ready",
                "/metrics",
                "/",
                "/-/reload",
                "/api/v1/credentials",
            )
        }
        healthy = finished("healthcheck", "--probe.listen-address", place)
        gated = finished(
            "healthcheck", "--web.listen-address", exporter.url.removeprefix("https://")
        )
    assert found.pop("/-/healthy") == 200
    assert found.pop("/-/ready") in {200, 503}
    assert set(found.values()) == {404}
    assert (healthy.returncode, healthy.stdout) == (0, "Healthy\n")
    assert gated.returncode == 1
    assert "--probe.listen-address" in gated.stderr


def test_health_behind_a_password_names_the_way_around_it(files: Files) -> None:
    files.write(basic_auth_users={"prometheus": HASH})
    with serving(files) as exporter:
        assert exporter.url.startswith("http://")
        place = exporter.url.removeprefix("http://")
        gated = finished("healthcheck", "--web.listen-address", place)
    assert (gated.returncode, gated.stdout) == (1, "")
    assert "Unauthorized" in gated.stderr
    assert "--probe.listen-address" in gated.stderr


def test_every_new_flag_has_a_variable(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    place = f"127.0.0.1:{free_port()}"
    monkeypatch.setenv("ENTRA_EXPORTER_WEB_CONFIG_FILE", str(files.config))
    monkeypatch.setenv("ENTRA_EXPORTER_PROBE_LISTEN_ADDRESS", place)
    with started(files.folder, "--web.listen-address", ANY_PORT) as exporter:
        exporter.url = exporter.find(r"url=(\S+)")
        assert exporter.url.startswith("https://")
        assert finished("healthcheck").returncode == 0


@pytest.mark.parametrize("more", [(), ("--config.check",)], ids=["serve", "check"])
def test_mistake_in_the_file_ends_the_start_with_one_message(
    files: Files, more: tuple[str, ...]
) -> None:
    files.write(basic_auth_users={"prometheus": "hunter2"})
    arguments = ("--config.file", str(files.folder / "config.yaml"), *more)
    result = finished("--web.config.file", str(files.config), *arguments)
    assert result.returncode == MISTAKE
    assert result.stderr.startswith(f"error: {files.config}: 1 mistake")
    assert "htpasswd" in result.stderr
    assert "Traceback" not in result.stderr
    assert "hunter2" not in result.stderr


def test_address_for_probes_that_is_taken_is_told(files: Files) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        arguments = ("--config.file", str(files.folder / "config.yaml"))
        result = finished(
            *arguments, "--web.listen-address", ANY_PORT, "--probe.listen-address", place
        )
    assert result.returncode == MISTAKE
    assert "another with --probe.listen-address" in result.stderr
