"""
Our reading of web configuration files beside promtool's. Needs promtool (Debian: package
prometheus); `make rules` runs this, `make test` does not.
"""

import json
import subprocess
import urllib.request
from pathlib import Path

import pytest
from command import wait_for
from test_prometheus import free_port, tool
from test_web_config_command import CONFIG, serving
from test_web_config_file import BAD, GOOD
from web_clients import HASH, PAIR, Files

from exporter.errors import ConfigError
from exporter.web import Access

NEWER = {
    "limit",
    "no limit",
    "interval",
    "negative",
    "no burst",
    "no PEM",
    "names for nobody",
    "names, optional",
}
"""They use `rate_limit`, `client_allowed_sans`, `cert`: newer than Debian's promtool."""

STRICTER = {
    "unverified": "Python's TLS only verifies",
    "unverified, required": "the same",
    "unverified, old name": "the same",
    "curves": "Python 3.11 takes one curve",
    "versions": "no client could connect",
    "ciphers of 1.3 for 1.2": "no client could connect",
    "no CA in it": "no client could connect",
    "short hash": "no password fits it",
    "salt with bits that do not count": "Python's bcrypt fails on it",
    "costly hash": "each wrong password would keep the others waiting",
    "hash for days": "each wrong password would keep the others waiting",
    "two lines in a header": "Go writes it on one line, aiohttp would not answer",
}
"""What promtool accepts and we refuse, and why: the list in docs/web-config.md."""


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """A folder with certificates of server and authority."""
    made = Files(tmp_path)
    made.renew()
    (tmp_path / "ca.pem").write_text(made.authority.pem)
    (tmp_path / "locked.key").write_text(made.authority.sign(password=b"x").key)
    return made


def promtool(file: Path) -> bool:
    """Whether promtool accepts a file."""
    command = [tool("promtool"), "check", "web-config", str(file)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def ours(file: Path) -> bool:
    """Whether we do."""
    try:
        Access(file)
    except ConfigError:
        return False
    return True


@pytest.mark.parametrize("name", [name for name in (*GOOD, *BAD) if name not in NEWER])
def test_promtool_judges_as_we_do(files: Files, name: str) -> None:
    text = GOOD.get(name) or BAD.get(name, ("", ""))[0]
    files.config.write_text(text)
    expected = ours(files.config) or name in STRICTER
    assert promtool(files.config) == expected


def test_exceptions_are_exceptions() -> None:
    assert NEWER | STRICTER.keys() <= GOOD.keys() | BAD.keys()


SCRAPE = """\
global: {scrape_interval: 1s}
scrape_configs:
- job_name: entra
  scheme: https
  tls_config: {ca_file: ca.pem, cert_file: client.pem, key_file: client.key}
  basic_auth: {username: prometheus, password: secret}
  static_configs: [{targets: ["TARGET"]}]
- job_name: nobody
  scheme: https
  tls_config: {ca_file: ca.pem}
  static_configs: [{targets: ["TARGET"]}]
"""
CLIENTS = {"client_ca_file": "ca.pem", "client_auth_type": "RequireAndVerifyClientCert"}


def test_prometheus_scrapes_an_ip_address_with_certificate_and_password(files: Files) -> None:
    (files.folder / "config.yaml").write_text(CONFIG)
    files.write(tls_server_config=PAIR | CLIENTS, basic_auth_users={"prometheus": HASH})
    files.client(files.authority.sign())  # leaves the client's files
    place = f"127.0.0.1:{free_port()}"
    with serving(files) as exporter:
        target = exporter.url.removeprefix("https://")
        (files.folder / "prometheus.yml").write_text(SCRAPE.replace("TARGET", target))
        command = [tool("prometheus"), "--config.file=prometheus.yml", "--storage.tsdb.path=data"]
        with subprocess.Popen(
            [*command, f"--web.listen-address={place}", "--log.level=error"], cwd=files.folder
        ) as prometheus:
            found = wait_for(lambda: healths(place), exporter.said)
            prometheus.terminate()
        told = exporter.said()
    assert found["entra"] == ("up", "")
    assert found["nobody"][0] == "down"
    # asyncio ends the connection without TLS's word for it: the reason is in the log.
    assert "reason=PEER_DID_NOT_RETURN_A_CERTIFICATE" in told


def healths(place: str) -> dict[str, tuple[str, str]] | None:
    """How each target is, and the last error, once both were scraped."""
    try:
        with urllib.request.urlopen(f"http://{place}/api/v1/targets") as answer:
            targets = json.load(answer)["data"]["activeTargets"]
    except OSError:
        return None
    found = {one["labels"]["job"]: (one["health"], one["lastError"]) for one in targets}
    known = len(found) == 2 and all(health != "unknown" for health, _ in found.values())
    return found if known else None
