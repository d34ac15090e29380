"""The installed command, as a person or a service manager runs it."""

import csv
import io
import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from command import ANY_PORT, PATIENCE, Started, finished, started, wait_for

from exporter import __version__
from exporter.simulator import demo_tenants

ADDRESS = r"Metrics +(http://[0-9.:]+)/metrics"
CONFIG = r"--config\.file (\S+)"
EXPIRED = 2
MISTAKE = 2


def demo_ready(demo: Started) -> str:
    """Wait until both tenants were tried; gives the demo's configuration file."""
    demo.url = demo.find(ADDRESS)
    metrics = wait_for(
        lambda: text if "entra_credential_days" in (text := demo.get("/metrics")) else None,
        demo.said,
    )
    assert metrics
    return demo.find(CONFIG)


def test_demo_shows_when_every_credential_expires(tmp_path: Path) -> None:
    with started(tmp_path, "demo", "--web.listen-address", ANY_PORT) as demo:
        wait_for(
            lambda: True if 'app_name="payroll-sync"' in read(demo) else None,
            demo.said,
        )
        text = demo.get("/metrics")

    [line] = [
        line
        for line in text.splitlines()
        if line.startswith("entra_application_days_until_expiry") and "payroll-sync" in line
    ]
    assert float(line.rpartition(" ")[2]) == pytest.approx(3, abs=0.01)


def read(demo: Started) -> str:
    """The metrics of a demo that has said where they are."""
    demo.url = demo.find(ADDRESS)
    return demo.get("/metrics")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_demo_leaves_nothing_behind(tmp_path: Path, number: signal.Signals) -> None:
    with started(tmp_path, "demo", "--web.listen-address", ANY_PORT) as demo:
        config = Path(demo_ready(demo))
        assert config.exists()
        demo.process.send_signal(number)
        code = demo.process.wait(timeout=PATIENCE)

    assert code == 0
    assert not config.parent.exists()
    assert "Traceback" not in demo.said()


def test_check_lists_the_most_urgent_first_and_exits_with_what_is_worst(tmp_path: Path) -> None:
    with started(tmp_path, "demo", "--web.listen-address", ANY_PORT) as demo:
        config = demo_ready(demo)
        table = finished("check", "--config.file", config)
        as_json = finished("check", "--config.file", config, "--output", "json")
        as_csv = finished("check", "--config.file", config, "--output", "csv")

    assert {table.returncode, as_json.returncode, as_csv.returncode} == {EXPIRED}
    assert table.stdout.index("invoice-archive") < table.stdout.index("payroll-sync")
    assert max(map(len, table.stdout.splitlines())) <= 80
    assert "fabrikam could not be read: login, AADSTS7000222" in table.stdout
    assert table.stderr == as_json.stderr == ""
    document = json.loads(as_json.stdout)
    names = [row["app_name"] for row in document["credentials"]]
    assert names[:2] == ["invoice-archive", "payroll-sync"]
    assert document["tenants"][1]["aadsts_code"] == 7000222
    assert [row["app_name"] for row in csv.DictReader(io.StringIO(as_csv.stdout))][:2] == names[:2]


@contextmanager
def serving(folder: Path, *more: str) -> Iterator[tuple[Started, Path]]:
    """The exporter over the demo's tenants, and its configuration file, which may be changed."""
    first, second = folder / "demo", folder / "serve"
    first.mkdir(exist_ok=True)
    second.mkdir(exist_ok=True)
    with started(first, "demo", "--web.listen-address", ANY_PORT) as demo:
        config = demo_ready(demo)
        arguments = ("--config.file", config, "--web.listen-address", ANY_PORT, *more)
        with started(second, *arguments) as exporter:
            exporter.url = "http://" + exporter.find(r"address=(\S+)")
            yield exporter, Path(config)


def test_serve_ends_with_code_0_within_a_second_of_sigterm(tmp_path: Path) -> None:
    with serving(tmp_path) as (exporter, _):
        assert "Healthy" in exporter.get("/-/healthy")
        began = time.monotonic()
        exporter.process.send_signal(signal.SIGTERM)
        code = exporter.process.wait(timeout=PATIENCE)
        took = time.monotonic() - began

    assert code == 0
    assert took < 1
    assert "msg=stopped" in exporter.said()


def test_sighup_reads_the_configuration_again(tmp_path: Path) -> None:
    with serving(tmp_path) as (exporter, _):
        exporter.process.send_signal(signal.SIGHUP)
        assert exporter.find(r"msg=\"(configuration reloaded)\"")


def test_healthcheck_tells_by_its_exit_code(tmp_path: Path) -> None:
    with started(tmp_path, "demo", "--web.listen-address", ANY_PORT) as demo:
        demo_ready(demo)
        address = demo.url.removeprefix("http://")
        alive = finished("healthcheck", "--web.listen-address", address)
        demo.process.kill()
        demo.process.wait()
        dead = finished("healthcheck", "--web.listen-address", address)

    assert (alive.returncode, dead.returncode) == (0, 1)
    assert "no answer" in dead.stderr


def test_config_check_accepts_a_good_file_and_says_what_is_wrong_with_a_bad_one(
    tmp_path: Path,
) -> None:
    good = finished("--config.check", "--config.file", "config.example.yaml")
    bad_file = tmp_path / "bad.yaml"
    bad_file.write_text("tenants: [{name: X, tenant_id: 1}]\n")
    bad = finished("--config.check", "--config.file", str(bad_file))

    assert good.returncode == 0, good.stderr
    assert bad.returncode == MISTAKE
    assert "tenants[0].name" in bad.stderr
    assert "Traceback" not in bad.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--config.file", "nowhere.yaml"], "nowhere.yaml"),
        (["--config.file", "config.example.yaml", "--web.listen-address", "ten"], "HOST:PORT"),
        (["--config.file", "config.example.yaml", "--web.telemetry-path", "x"], "telemetry-path"),
        (["--log.level", "loud"], "--log.level"),
        (["dance"], "dance"),
    ],
    ids=["no file", "bad address", "bad path", "bad level", "no such command"],
)
def test_mistake_on_the_command_line_is_one_clear_message(arguments: list[str], words: str) -> None:
    result = finished(*arguments)

    assert result.returncode == MISTAKE
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_version_and_help() -> None:
    assert __version__ in finished("--version").stdout
    for command in ("serve", "demo", "check", "verify", "healthcheck"):
        assert command in finished("--help").stdout


def test_every_option_names_its_environment_variable() -> None:
    text = finished("serve", "--help").stdout

    for variable in (
        "ENTRA_EXPORTER_CONFIG_FILE",
        "ENTRA_EXPORTER_WEB_LISTEN_ADDRESS",
        "ENTRA_EXPORTER_WEB_TELEMETRY_PATH",
        "ENTRA_EXPORTER_LOG_LEVEL",
        "ENTRA_EXPORTER_LOG_FORMAT",
    ):
        assert variable in text


def test_environment_variable_sets_an_option(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENTRA_EXPORTER_CONFIG_FILE", str(tmp_path / "from-environment.yaml"))

    assert "from-environment.yaml" in finished("--config.check").stderr


def test_secret_is_in_nothing_that_leaves_the_process(tmp_path: Path) -> None:
    marker = "Mrk8Q~NobodyMaySeeThisValueAnywhere12345"
    with serving(tmp_path, "--log.level", "debug") as (exporter, config):
        config.with_name("contoso.secret").write_text(marker)
        config.write_text(config.read_text().replace("interval: 5s", "interval: 14s"))
        exporter.process.send_signal(signal.SIGHUP)
        exporter.find(r"(aadsts=7000215)")
        outputs = [exporter.get(path) for path in ("/metrics", "/", "/-/healthy")]
        outputs += [
            finished("check", "--config.file", str(config), "--output", form).stdout
            for form in ("table", "json", "csv")
        ]
        outputs.append(Path(f"/proc/{exporter.process.pid}/cmdline").read_text())
        text = config.read_text().replace("file: contoso.secret", f"value: {marker}")
        config.write_text(text)
        exporter.process.send_signal(signal.SIGHUP)
        exporter.find(r"(configuration not reloaded)")
        outputs.append(exporter.said())
        outputs.append(finished("--config.check", "--config.file", str(config)).stderr)

    good = demo_tenants(time.time())[0].exporter_client_secret
    for output in outputs:
        assert output
        assert marker not in output
        assert marker[:8] not in output
        assert good not in output


COULD_NOT_TELL = 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--config.file", "nowhere.yaml"], "nowhere.yaml"),
        (["--output", "poem"], "--output"),
        (["--dance"], "--dance"),
    ],
    ids=["no file", "no such output", "no such option"],
)
def test_check_that_cannot_even_begin_could_not_tell(arguments: list[str], words: str) -> None:
    result = finished("check", *arguments)

    assert result.returncode == COULD_NOT_TELL
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_check_of_tenants_that_are_not_polled_could_not_tell(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(
        "tenants: [{name: a, tenant_id: 11111111-2222-3333-4444-555555555555,"
        " identity: {type: none}}]\n"
        "verify: {targets: [{name: t, tenant: a, secret: {env: X},"
        " client_id: 11111111-2222-3333-4444-555555555556}]}\n"
    )
    result = finished("check", "--config.file", str(file))

    assert result.returncode == COULD_NOT_TELL
    assert "No tenant was read." in result.stdout


@pytest.mark.parametrize("interval", [16, 17, 18])
def test_sigterm_right_after_a_reload_ends_it_all_the_same(tmp_path: Path, interval: int) -> None:
    with serving(tmp_path) as (exporter, config):
        text = config.read_text().replace("interval: 5s", f"interval: {interval}s")
        config.write_text(text)
        exporter.process.send_signal(signal.SIGHUP)
        exporter.process.send_signal(signal.SIGTERM)

        assert exporter.process.wait(timeout=PATIENCE) == 0
