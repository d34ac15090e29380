"""
The rules and the Alertmanager examples in the hands of promtool and amtool (Debian: packages
prometheus and prometheus-alertmanager); `make check` runs this, `make test` does not.
"""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from exporter.cli.rules import rules

ROOT = Path(__file__).parent.parent.parent
RULES = ROOT / "alerts" / "entra.rules.yml"
EXAMPLE = ROOT / "alerts" / "alertmanager.example.yml"
TEAMS = ROOT / "alerts" / "alertmanager.teams.example.yml"
TESTS = sorted((ROOT / "tests" / "alerts").glob("*_test.yml"))
HOSTILE = "The secret '<!channel>' of '[click](https://evil.example.com) & <script>' ends."


def tool(name: str, package: str) -> str:
    """The path of an installed tool: a missing one is a failure, never a skipped test."""
    path = shutil.which(name)
    assert path, f"{name} is missing; on Debian: apt-get install {package}"
    return path


def run(name: str, *arguments: str | Path) -> str:
    """What a tool prints when it is content; what it says otherwise fails the test."""
    package = "prometheus" if name == "promtool" else "prometheus-alertmanager"
    result = subprocess.run(
        [tool(name, package), *arguments], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def check(file: Path) -> None:
    """Every lint of promtool."""
    run("promtool", "check", "rules", "--lint=all", "--lint-fatal", file)


def test_promtool_accepts_the_rules() -> None:
    check(RULES)


def test_promtool_accepts_the_rules_with_every_option_chosen(tmp_path: Path) -> None:
    arguments = ["--soon=45d", "--imminent=36h", "--leftover=2w", "--stale=90m"]
    arguments += ["--verify-stale=2d"]
    arguments += ["--selector", r'job="entra",cluster=~"%x\\.+"', "--severity=critical=page"]
    arguments += ["--grafana-url=https://grafana.example.com"]
    file = tmp_path / "chosen.rules.yml"
    printed = CliRunner().invoke(rules, arguments, catch_exceptions=False).output
    file.write_text(printed, encoding="utf-8")

    check(file)


@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.stem)
def test_alert_fires_when_it_should_and_not_otherwise(file: Path) -> None:
    run("promtool", "test", "rules", file)


def test_amtool_accepts_the_example() -> None:
    assert "7 inhibit rules" in run("amtool", "check-config", EXAMPLE)


def test_amtool_accepts_what_it_knows_of_the_teams_example(tmp_path: Path) -> None:
    document = yaml.safe_load(TEAMS.read_text(encoding="utf-8"))
    for receiver in document["receivers"]:
        del receiver["msteamsv2_configs"]
    file = tmp_path / "teams.yml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")

    run("amtool", "check-config", file)


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        ("alertname=EntraCredentialExpired severity=critical tenant=contoso", "page"),
        ("alertname=EntraExporterAbsent severity=critical", "page"),
        ("alertname=EntraCredentialExpiresSoon severity=warning", "chat"),
        ("alertname=EntraExpiredCredentialLeftover severity=info", "nobody"),
        ("alertname=SomethingElse severity=critical", "chat"),
    ],
)
def test_alerts_reach_the_receiver_of_their_severity(labels: str, receiver: str) -> None:
    told = run("amtool", "config", "routes", "test", f"--config.file={EXAMPLE}", *labels.split())
    assert told.strip() == receiver


def notification(*statuses: str) -> dict[str, Any]:
    """What Alertmanager gives to a template: one alert for each status."""
    link = "https://entra.example.com/runbooks/EntraCredentialExpired?tenant=contoso&app_id=a"
    alerts = [
        {
            "status": status,
            "labels": {"alertname": "EntraCredentialExpired"},
            "annotations": {
                "summary": "A credential has expired.",
                "description": HOSTILE,
                "runbook_url": f"{link}&key_id={number}",
            },
        }
        for number, status in enumerate(statuses)
    ]
    common = {"app_name": "<!here> & billing-api", "tenant": "contoso", "severity": "critical"}
    return {"status": statuses[0], "alerts": alerts, "commonLabels": common}


def filled(template: str, data: dict[str, Any], folder: Path) -> str:
    """The template as Alertmanager fills it in."""
    file = folder / "data.json"
    file.write_text(json.dumps(data), encoding="utf-8")
    empty = folder / "empty.tmpl"
    empty.write_text("", encoding="utf-8")
    arguments = (f"--template.glob={empty}", f"--template.text={template}")
    return run("amtool", "template", "render", *arguments, f"--template.data={file}").strip()


def receiver(file: Path, name: str, kind: str) -> dict[str, Any]:
    """The only configuration of that kind."""
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    [found] = [one for one in document["receivers"] if one["name"] == name]
    [configuration] = found[kind]
    return dict(configuration)


def test_the_page_carries_the_link_of_an_alert_that_fires_and_names_the_application(
    tmp_path: Path,
) -> None:
    page = receiver(EXAMPLE, "page", "pagerduty_configs")
    data = notification("resolved", "firing", "firing")

    link = filled(page["links"][0]["href"], data, tmp_path)
    title = filled(page["description"], data, tmp_path)

    assert link.endswith("EntraCredentialExpired?tenant=contoso&app_id=a&key_id=1")
    assert title == "A credential has expired. <!here> & billing-api contoso (and 2 more)"
    assert filled(page["links"][1]["href"], data, tmp_path) == ""
    assert "key_id=2" in filled(page["details"]["alerts"], data, tmp_path)


def test_links_are_there_when_all_is_over(tmp_path: Path) -> None:
    page = receiver(EXAMPLE, "page", "pagerduty_configs")
    over = notification("resolved")

    assert filled(page["client_url"], over, tmp_path).endswith("key_id=0")
    assert filled(page["description"], over, tmp_path).startswith("A credential has expired.")


def test_display_names_call_nobody_in_slack(tmp_path: Path) -> None:
    chat = receiver(EXAMPLE, "chat", "slack_configs")

    text = filled(chat["text"], notification("firing"), tmp_path)
    title = filled(chat["title"], notification("firing", "firing"), tmp_path)

    assert title == (
        "A credential has expired. &lt;!here&gt; &amp; billing-api contoso (and 1 more)"
    )
    assert "&lt;!channel&gt;" in text
    assert "<!channel>" not in text
    assert "key_id=0|Runbook>" in text


def test_display_names_bring_no_links_to_teams(tmp_path: Path) -> None:
    chat = receiver(TEAMS, "chat", "msteamsv2_configs")

    text = filled(chat["text"], notification("firing"), tmp_path)

    assert "[click]" not in text
    assert "[Runbook](https://entra.example.com/runbooks/" in text
