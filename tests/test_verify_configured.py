"""The `verify` command over configured targets and certificates, and what it never prints."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import ANY_PORT, finished, started, wait_for
from test_end_to_end import demo_ready

WORKS, EXPIRES_SOON, FAILS, COULD_NOT_TELL = range(4)
MARKER = "Mrk8Q~NobodyMaySeeThisValueAnywhere12345"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The configuration of a running demo, whose targets have stored files beside it."""
    folder = tmp_path_factory.mktemp("demo")
    with started(folder, "demo", "--web.listen-address", ANY_PORT) as demo:
        yield Path(demo_ready(demo))


@pytest.fixture
def copy(config: Path, tmp_path: Path) -> Path:
    """The same configuration, to be changed."""
    text = config.read_text(encoding="utf-8")
    absolute = re.sub(r"file: (\S+\.(?:secret|stored))", rf"file: {config.parent}/\1", text)
    file = tmp_path / "config.yaml"
    file.write_text(absolute, encoding="utf-8")
    return file


def verify(config: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Verify what a configuration names."""
    return finished("verify", "--config.file", str(config), *more)


def test_target_that_works_says_until_when(config: Path) -> None:
    result = verify(config, "--target", "billing-api")

    assert (result.returncode, result.stderr) == (WORKS, "")
    assert result.stdout.startswith("billing-api: It works")
    assert "299 days left" in result.stdout


def test_certificate_that_works_is_said_to(config: Path) -> None:
    result = verify(config, "--target", "data-lake-loader")

    assert result.returncode == WORKS
    assert "409 days left" in result.stdout


@pytest.mark.parametrize(
    ("target", "cause", "command"),
    [
        ("invoice-archive", "expired", "az ad app credential reset"),
        ("order-intake", "format_error", "printf"),
        ("reporting-south", "wrong_application", "az ad app"),
        ("paused-robot", "application_disabled", "az ad sp update"),
    ],
)
def test_failure_names_its_cause_and_the_commands_that_mend_it(
    config: Path, target: str, cause: str, command: str
) -> None:
    result = verify(config, "--target", target)

    assert result.returncode == FAILS
    assert f"DOES NOT WORK: {cause}" in result.stdout.split("\n")[0]
    assert command in result.stdout


def test_all_targets_end_with_a_summary_and_the_worst_exit_code(config: Path) -> None:
    result = verify(config)

    assert result.returncode == FAILS
    end = result.stdout[result.stdout.rindex(" of 11 work.") :]
    assert "invoice-archive: expired" in end
    assert "billing-api" not in end


def test_json_holds_every_target_with_its_remedy(config: Path) -> None:
    targets = json.loads(verify(config, "--output", "json").stdout)["targets"]

    by_name = {target["target"]: target for target in targets}
    assert len(by_name) == 11
    assert by_name["billing-api"]["works"] is True
    assert by_name["billing-api"]["remedy"] == []
    assert by_name["invoice-archive"]["diagnosis"]["cause"] == "expired"
    assert by_name["invoice-archive"]["stored"]["key_id"]
    assert by_name["invoice-archive"]["remedy"][0]["title"]


def test_unreadable_source_is_could_not_tell(copy: Path) -> None:
    copy.write_text(copy.read_text().replace("billing-api.stored", "nowhere"), encoding="utf-8")
    result = verify(copy, "--target", "billing-api")

    assert result.returncode == COULD_NOT_TELL
    assert "COULD NOT TELL: source_unreadable" in result.stdout
    assert "does not exist" in result.stdout


def test_what_expires_soon_has_an_exit_code_of_its_own(copy: Path) -> None:
    text = copy.read_text().replace("interval: 5s", "interval: 5s\n    expiring_within: 3650d")
    copy.write_text(text, encoding="utf-8")

    assert verify(copy, "--target", "billing-api").returncode == EXPIRES_SOON


def test_tenant_that_cannot_be_read_is_said_and_its_targets_are_tried(copy: Path) -> None:
    text = copy.read_text().replace("contoso.secret", "fabrikam.secret")
    copy.write_text(text, encoding="utf-8")
    result = verify(copy, "--target", "billing-api", "--target", "order-intake")

    assert result.returncode == FAILS
    assert "The inventory of contoso could not be read" in result.stderr
    assert "billing-api: It works" in result.stdout
    assert "order-intake: DOES NOT WORK: format_error" in result.stdout


def test_target_that_is_not_there_is_a_mistake(config: Path) -> None:
    result = verify(config, "--target", "biling-api")

    assert result.returncode == COULD_NOT_TELL
    assert "there is no target 'biling-api'; accepted: billing-api," in result.stderr


def test_configuration_without_targets_says_what_else_there_is(copy: Path) -> None:
    text = copy.read_text()
    copy.write_text(text[: text.index("verify:")], encoding="utf-8")
    result = verify(copy)

    assert result.returncode == COULD_NOT_TELL
    assert "--tenant-id and --client-id" in result.stderr


def test_one_id_alone_is_a_mistake(config: Path) -> None:
    result = verify(config, "--tenant-id", "contoso.onmicrosoft.com")

    assert result.returncode == COULD_NOT_TELL
    assert "--client-id is missing" in result.stderr


def test_certificate_without_any_configuration_of_targets(config: Path) -> None:
    text = config.read_text(encoding="utf-8")
    found = re.search(r"- name: data-lake-loader\n\s+tenant: \S+\n\s+client_id: (\S+)", text)
    tenant = re.search(r"tenant_id: (\S+)", text)
    assert found is not None
    assert tenant is not None
    ids = ("--tenant-id", tenant[1], "--client-id", found[1], "--cloud", "simulated")
    file = config.parent / "data-lake-loader.stored"
    good = verify(config, *ids, "--certificate", str(file))
    other = verify(config, *ids, "--certificate", str(config))

    assert (good.returncode, good.stderr) == (WORKS, "")
    assert "days left" in good.stdout
    assert other.returncode == COULD_NOT_TELL
    assert "is neither PEM nor PKCS#12" in other.stderr


def test_marker_secret_is_in_no_output_of_any_command_even_at_debug_level(
    copy: Path, tmp_path: Path
) -> None:
    stored = tmp_path / "marker"
    text = re.sub(r"file: \S+/billing-api.stored", f"file: {stored}", copy.read_text())
    copy.write_text(text, encoding="utf-8")
    outputs: list[str] = []
    for value, form in (
        (f'"{MARKER}"\n', "text"),
        (f"CLIENT_SECRET={MARKER}", "json"),
        (MARKER[:25], "text"),
        (MARKER, "json"),
    ):
        stored.write_text(value, encoding="utf-8")
        result = verify(copy, "--output", form, "--target", "billing-api")
        assert result.returncode == FAILS
        outputs += [result.stdout + result.stderr]
    outputs += [finished("check", "--config.file", str(copy), "--output", "json").stdout]
    outputs += served(tmp_path, copy)

    for output in outputs:
        assert output.strip()
        assert MARKER[:5] not in output


def served(folder: Path, config: Path) -> list[str]:
    """What `serve` shows and logs, in as much detail as it can."""
    place = ("--web.listen-address", ANY_PORT, "--log.level", "debug")
    with started(folder, "serve", "--config.file", str(config), *place) as exporter:
        exporter.url = "http://" + exporter.find(r"address=(127\.0\.0\.1:\d+)")
        sample = re.compile(r'entra_verify_success\{.*target="billing-api".*\} 0')
        wait_for(lambda: sample.search(exporter.get("/metrics")), exporter.said)
        return [exporter.get("/metrics"), exporter.get("/"), exporter.said()]


def test_no_option_takes_a_secret_itself() -> None:
    assert not re.search(r"--(client-)?(secret|password)[ =]", finished("verify", "--help").stdout)
