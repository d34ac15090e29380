"""
The exposition in Prometheus' own hands. Needs promtool and prometheus (Debian: package prometheus);
`make check` runs this, `make test` does not.
"""

import json
import shutil
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from command import ANY_PORT, started, wait_for

from exporter.simulator import expected_series

GOLDEN = Path(__file__).parent.parent / "golden" / "metrics.prom"
LINTED = {
    # Days are what people plan in; the timestamps, in seconds, stand beside them.
    'entra_application_days_until_expiry use base unit "seconds" instead of "days"',
    'entra_credential_days_until_expiry use base unit "seconds" instead of "days"',
    'entra_verify_days_until_expiry use base unit "seconds" instead of "days"',
}
LINT_FOUND = 3
CHANGING = ("parcel-tracker", "loyalty-points", "fleet-monitor")
"""Applications whose secrets come and go while the demo runs."""
CONFIGURATION = """\
global: {{scrape_interval: 1s}}
scrape_configs:
- job_name: entra
  static_configs: [{{targets: ["{target}"]}}]
"""


def tool(name: str) -> str:
    """The path of an installed tool: a missing one is a failure, never a skipped test."""
    path = shutil.which(name)
    assert path, f"{name} is missing; on Debian: apt-get install prometheus"
    return path


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def test_promtool_accepts_the_exposition() -> None:
    result = subprocess.run(
        [tool("promtool"), "check", "metrics"],
        input=GOLDEN.read_bytes(),
        capture_output=True,
        check=False,
    )

    assert result.returncode in {0, LINT_FOUND}
    assert set(result.stderr.decode().splitlines()) <= LINTED


class Prometheus:
    """A running Prometheus that scrapes one target each second."""

    def __init__(self, url: str) -> None:
        self.url = url

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The vector that an expression gives now; empty while Prometheus starts."""
        query = urllib.parse.urlencode({"query": expression})
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/query?{query}") as answer:  # noqa: S310 - ours
                return list(json.load(answer)["data"]["result"])
        except OSError:
            return []

    def wait(self, expression: str) -> list[dict[str, Any]]:
        """The vector of an expression once it is not empty."""
        return wait_for(lambda: self.query(expression) or None, lambda: expression)


@contextmanager
def prometheus(folder: Path, target: str) -> Iterator[Prometheus]:
    """Prometheus over a target, until the block ends."""
    file = folder / "prometheus.yml"
    file.write_text(CONFIGURATION.format(target=target))
    address = f"127.0.0.1:{free_port()}"
    arguments = [
        tool("prometheus"),
        f"--config.file={file}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address={address}",
    ]
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(arguments, stdout=log, stderr=log)
    try:
        yield Prometheus(f"http://{address}")
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def scraped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Prometheus that scrapes the demo."""
    folder = tmp_path_factory.mktemp("scraped")
    with started(folder, "demo", "--web.listen-address", ANY_PORT) as demo:
        target = demo.find(r"Metrics +http://([0-9.:]+)/metrics")
        with prometheus(folder, target) as server:
            server.wait('entra_poll_success{tenant="contoso"} == 1')
            server.wait('entra_poll_failures_total{tenant="fabrikam",reason="login"} > 0')
            yield server


def value(vector: list[dict[str, Any]]) -> float:
    """The value of the only element."""
    [element] = vector
    return float(element["value"][1])


def test_prometheus_scrapes_every_credential(scraped: Prometheus) -> None:
    expected = [one for one in expected_series(time.time()) if one.app_name not in CHANGING]
    others = f'app_name!~"{"|".join(CHANGING)}"'

    assert value(scraped.query("up")) == 1
    for name in ("expiry_timestamp_seconds", "days_until_expiry"):
        found = value(scraped.query(f"count(entra_credential_{name}{{{others}}})"))
        assert found == len(expected)


def test_prometheus_sees_each_of_the_four_causes_that_bring_people_here(
    scraped: Prometheus,
) -> None:
    for cause in ("expired", "revoked", "rotation_mismatch", "format_error"):
        scraped.wait(f'entra_verify_cause{{cause="{cause}"}} == 1')


def test_hostile_names_arrive_as_they_are(scraped: Prometheus) -> None:
    [hostile] = [s for s in expected_series(time.time()) if "<script>" in s.app_name]
    vector = scraped.query(f'entra_credential_days_until_expiry{{key_id="{hostile.key_id}"}}')

    assert vector[0]["metric"]["app_name"] == hostile.app_name


def test_days_and_timestamps_agree(scraped: Prometheus) -> None:
    difference = (
        "max(abs((entra_credential_expiry_timestamp_seconds < +Inf) / 86400 - time() / 86400"
        " - entra_credential_days_until_expiry))"
    )

    assert value(scraped.query(difference)) * 86_400 < 60


def test_only_the_last_line_of_defence_is_not_superseded(scraped: Prometheus) -> None:
    soon = 'count(entra_credential_days_until_expiry{superseded="false"} < 7 > 0)'
    expected = [s for s in expected_series(time.time()) if 0 < s.days < 7 and not s.superseded]

    assert value(scraped.query(soon)) == len(expected)
