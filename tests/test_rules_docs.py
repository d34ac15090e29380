"""docs/alerting.md and the Alertmanager examples name what there is, and nothing else."""

import re
from pathlib import Path

import pytest
import yaml
from rendered_rules import LABELS, RECORDED, SEVERITIES

from exporter.cli.rules import rules

ROOT = Path(__file__).parent.parent
DOCUMENT = (ROOT / "docs" / "alerting.md").read_text(encoding="utf-8")
ALERTMANAGER = (
    ROOT / "alerts" / "alertmanager.example.yml",
    ROOT / "alerts" / "alertmanager.teams.example.yml",
)


def test_the_document_has_a_row_for_every_alert_with_its_severity() -> None:
    rows = re.findall(r"^\| `(Entra\w+)` \| (\w+) \|", DOCUMENT, re.MULTILINE)
    assert dict(rows) == SEVERITIES
    assert len(rows) == len(SEVERITIES)


def test_the_document_names_every_option_with_its_default() -> None:
    for option in rules.params:
        row = re.search(rf"^\| `{option.opts[0]}` \|.*$", DOCUMENT, re.MULTILINE)
        assert row, option.opts[0]
        if isinstance(option.default, str) and option.default:
            assert f"`{option.default}`" in row[0]


def test_the_document_names_every_recorded_series() -> None:
    named = set(re.findall(r"`([a-z_]+:entra_\w+:\w+)`", DOCUMENT))
    assert named == RECORDED


@pytest.mark.parametrize("file", ALERTMANAGER, ids=lambda file: file.name)
def test_alertmanager_examples_name_only_alerts_and_labels_that_exist(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    named = set(re.findall(r"\bEntra[A-Z]\w+", text))
    assert named <= set(SEVERITIES)
    document = yaml.safe_load(text)
    labels = {label for names in LABELS.values() for label in names} | {"cluster", "job"}
    for inhibition in document.get("inhibit_rules", []):
        assert set(inhibition["equal"]) <= labels


def test_teams_receiver_has_nothing_but_what_alertmanager_0_28_knows() -> None:
    document = yaml.safe_load(ALERTMANAGER[1].read_text(encoding="utf-8"))
    [receiver] = document["receivers"]
    [teams] = receiver["msteamsv2_configs"]
    assert set(teams) <= {"webhook_url_file", "send_resolved", "title", "text"}
    assert "[Runbook]({{ .Annotations.runbook_url }})" in teams["text"]


def test_the_example_groups_what_is_about_one_application() -> None:
    for file in ALERTMANAGER:
        [route] = yaml.safe_load(file.read_text(encoding="utf-8"))["route"]["routes"]
        assert route["group_by"] == ["tenant", "app_id"]


def test_every_refusal_mutes_every_alert_about_expiry_of_its_application() -> None:
    document = yaml.safe_load(ALERTMANAGER[0].read_text(encoding="utf-8"))
    [inhibition] = [
        one for one in document["inhibit_rules"] if one["equal"] == ["tenant", "app_id"]
    ]
    refusals = {name for name in SEVERITIES if name.startswith("EntraVerify")}
    expiry = {name for name in SEVERITIES if re.search("Expire[ds]|Imminent", name)}
    leftover = {"EntraExpiredCredentialLeftover"}  # told to nobody anyway
    assert names(inhibition["source_matchers"]) == refusals - {"EntraVerifyNotPossible"}
    assert names(inhibition["target_matchers"]) == expiry - refusals - leftover


def test_a_refusal_mutes_that_it_cannot_be_tried_again() -> None:
    document = yaml.safe_load(ALERTMANAGER[0].read_text(encoding="utf-8"))
    [inhibition] = [
        one for one in document["inhibit_rules"] if one["equal"] == ["tenant", "target"]
    ]
    refusals = {name for name in SEVERITIES if name.startswith("EntraVerify")}
    assert names(inhibition["source_matchers"]) == refusals - {"EntraVerifyNotPossible"}
    assert names(inhibition["target_matchers"]) == {"EntraVerifyNotPossible"}


def test_an_absent_job_mutes_nothing_of_another_and_an_absent_tenant_nothing() -> None:
    document = yaml.safe_load(ALERTMANAGER[0].read_text(encoding="utf-8"))
    [inhibition] = [
        one
        for one in document["inhibit_rules"]
        if names(one["source_matchers"]) == {"EntraExporterAbsent"}
    ]
    assert 'tenant=""' in inhibition["source_matchers"]
    assert "job" in inhibition["equal"]


def names(matchers: list[str]) -> set[str]:
    """The alerts that matchers name."""
    return set(re.findall(r"Entra\w+", " ".join(matchers)))
