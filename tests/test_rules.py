"""The alert rules are about what exists, and say what a person needs."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from rendered_rules import ALERTS, LABELS, RECORDED, RULES, SERIES, SEVERITIES, printed, rule

from exporter.model import COULD_NOT_TELL, Cause
from exporter.rules import Alert, Options, rule_file

ROOT = Path(__file__).parent.parent
COMMITTED = ROOT / "alerts" / "entra.rules.yml"
TARGET_LABELS = {"instance", "pod", "job"}
each_alert = pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)


def queries() -> Iterator[str]:
    """Every expression, and every query in an annotation."""
    for one in RULES:
        yield one["expr"]
        for text in one.get("annotations", {}).values():
            yield from re.findall(r"`([^`]+)`", text)


def test_every_alert_of_the_contract_is_there_with_its_severity() -> None:
    assert {alert.name: alert.severity.value for alert in ALERTS} == SEVERITIES


def test_the_committed_file_is_what_the_command_prints() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == printed()


def test_every_series_that_is_asked_for_exists_with_the_labels_it_is_asked_by() -> None:
    asked = [found for query in queries() for found in SERIES.findall(query)]
    assert len(asked) > len(RULES)
    for name, matchers in asked:
        assert name in RECORDED or ":" not in name
        family = name.split(":")[1] if ":" in name else name
        known = {"cause", *LABELS["entra_verify_cause"]} if "refused" in name else LABELS[family]
        assert set(re.findall(r"(\w+)\s*(?:=~|!=|!~|=)", matchers)) <= known | TARGET_LABELS


def test_every_label_that_series_are_grouped_or_matched_by_exists() -> None:
    grouped = r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)"
    lists = [found for query in queries() for found in re.findall(grouped, query)]
    used = {label.strip() for one in lists for label in one.split(",")}
    assert used <= set().union(*LABELS.values()) | TARGET_LABELS


def test_what_is_recorded_is_named_after_its_metric() -> None:
    for name in RECORDED - {one for one in RECORDED if "refused" in one}:
        assert name.split(":")[1] in LABELS
        assert name.split(":")[1] in rule(name)["expr"]


def test_replicas_are_aggregated_away_wherever_the_exporter_is_asked() -> None:
    for one in RULES:
        own = re.search(r"(?<![\w:])entra_\w+\b(?!:)", one["expr"])
        if own and not one["expr"].startswith("absent("):
            assert "without (instance, pod" in one["expr"]


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_has_exactly_one_alert(cause: Cause) -> None:
    firing = [
        alert.name
        for alert in ALERTS
        if alert.name.startswith("EntraVerify") and is_about(alert, cause)
    ]
    assert len(firing) == 1
    assert (firing == ["EntraVerifyNotPossible"]) == (cause in COULD_NOT_TELL)


def is_about(alert: Alert, cause: Cause) -> bool:
    """Whether the alert asks for the cause, of those that its series have."""
    [(name, matcher), *_] = SERIES.findall(rule(alert.name)["expr"])
    if name in RECORDED:
        [recorded] = [one for one in RECORDED if one.startswith("target") and one.endswith(":max")]
        [(_, kept), *_] = SERIES.findall(rule(recorded)["expr"])
        return matches(kept, cause) and matches(matcher, cause)
    return matches(matcher, cause)


def matches(matcher: str, cause: Cause) -> bool:
    """Whether `cause=~"a|b"` lets the cause through."""
    [(operator, value)] = re.findall(r'cause(=~|!~|=)"([^"]+)"', matcher)
    found = re.fullmatch(str(value), cause)
    return bool(found) == bool(operator != "!~")


@each_alert
def test_alert_has_a_static_summary_and_a_description_that_names_what_it_is_about(
    alert: Alert,
) -> None:
    annotations = rule(alert.name)["annotations"]
    assert "{{" not in annotations["summary"]
    assert annotations["summary"].endswith(".")
    for label in alert.parameters:
        assert f"$labels.{label}" in annotations["description"]


@each_alert
def test_alert_links_to_its_runbook_with_the_labels_it_has(alert: Alert) -> None:
    link = rule(alert.name)["annotations"]["runbook_url"]
    path = link.rpartition("/runbooks/")[2]
    assert path.partition("?")[0] == alert.name
    assert re.findall(r"[?&](\w+)=\{\{ \$labels\.(\w+)", path) == [
        (label, label) for label in alert.parameters
    ]


@each_alert
def test_alert_has_no_value_in_a_label_and_waits_before_it_fires(alert: Alert) -> None:
    one = rule(alert.name)
    assert one["labels"] == {"severity": SEVERITIES[alert.name]}
    assert re.fullmatch(r"\d+[mh]", one["for"])


def test_nothing_is_limited_and_no_job_is_assumed() -> None:
    text = rule_file(Options())
    assert "limit:" not in text
    assert 'job="' not in text
    assert 'job=~"' not in text


@each_alert
def test_alert_is_tested_with_promtool(alert: Alert) -> None:
    assert (ROOT / "tests" / "alerts" / f"{alert.name}_test.yml").exists()
