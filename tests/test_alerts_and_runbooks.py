"""Every alert leads to a runbook that exists, and every runbook is of an alert."""

import re
from pathlib import Path

import yaml

from exporter.rules import GROUPS
from exporter.runbooks import RUNBOOKS

ALERTS = Path(__file__).parent.parent / "alerts"
RULES = yaml.safe_load((ALERTS / "entra.rules.yml").read_text(encoding="utf-8"))
ANNOTATIONS = {
    rule["alert"]: rule["annotations"]
    for group in RULES["groups"]
    for rule in group["rules"]
    if "alert" in rule
}
PARAMETERS = {"tenant", "app_id", "key_id", "target"}


def test_every_alert_has_its_runbook_and_every_runbook_its_alert() -> None:
    files = {file.stem for file in (ALERTS / "runbooks").glob("*.md")} - {"README"}

    assert GROUPS
    assert set(ANNOTATIONS) == set(RUNBOOKS) == files


def test_link_of_each_alert_is_a_page_of_the_exporter_with_known_parameters() -> None:
    for alert, annotations in ANNOTATIONS.items():
        link = annotations["runbook_url"]
        assert f"/runbooks/{alert}" in link
        assert set(re.findall(r"[?&](\w+)=", link)) <= PARAMETERS
