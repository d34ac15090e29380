"""The options of `rules` change what the rules say, and mistakes in them are named."""

import re

import pytest
import yaml
from rendered_rules import ALERTS, SERIES, SEVERITIES, printed, rendered, rule

from exporter.errors import UsageError
from exporter.rules import Dashboard


def test_thresholds_change_expressions_and_words() -> None:
    chosen = ("--soon=45d", "--imminent=36h", "--leftover=2w", "--stale=90m", "--verify-stale=2d")
    text = printed(*chosen)
    soon = rule("EntraCredentialExpiresSoon", text)
    assert soon["expr"].endswith("< time() + 45 * 86400 >= time() + 36 * 3600")
    assert "within 45 days" in soon["annotations"]["summary"]
    for name, part in (
        ("EntraCredentialExpired", "> time() - 14 * 86400"),
        ("EntraStoredCredentialExpiryImminent", "< 36 * 3600"),
        ("EntraInventoryStale", "< time() - 90 * 60"),
        ("EntraVerifyNotPossible", "> 2 * 86400"),
    ):
        assert part in rule(name, text)["expr"]
    assert "older than 90 minutes" in rule("EntraInventoryStale", text)["annotations"]["summary"]


def test_selector_is_in_every_series_of_the_exporter_and_in_no_recorded_one() -> None:
    text = printed("--selector", 'job="entra",cluster=~"%x.+"')
    for one in rendered(text):
        for name, matchers in SERIES.findall(one["expr"]):
            assert (":" in name) == ('job="entra",cluster=~"%x.+"' not in matchers)
    link = rule("EntraCredentialExpired", text)["annotations"]["runbook_url"]
    assert 'printf `entra_exporter_info{job="entra",cluster=~"%%x.+",job=%q}`' in link
    absent = rule("EntraExporterAbsent", text)
    assert absent["expr"].startswith('absent(entra_exporter_info{job="entra",cluster=~"%x.+"})\n')
    assert '{job="entra",cluster=~"%%x.+",job=~%q}[1w]' in absent["annotations"]["runbook_url"]


def test_severities_are_called_what_the_operator_calls_them() -> None:
    text = printed("--severity", "critical=page", "--severity", "info=none")
    called = {"critical": "page", "warning": "warning", "info": "none"}
    for name, severity in SEVERITIES.items():
        assert rule(name, text)["labels"] == {"severity": called[severity]}


def test_dashboards_are_linked_only_when_grafana_is_known() -> None:
    assert "dashboard_url" not in printed()
    text = printed("--grafana-url", "https://grafana.example.com/")
    for alert in ALERTS:
        link = rule(alert.name, text)["annotations"]["dashboard_url"]
        assert link.startswith(f"https://grafana.example.com/d/{alert.dashboard.value}")
    link = rule("EntraVerifyFailed", text)["annotations"]["dashboard_url"]
    assert "/d/entra-verification?var-tenant={{ $labels.tenant }}&var-app_id=" in link
    assert {alert.dashboard for alert in ALERTS} == set(Dashboard)


def test_prometheusrule_holds_the_same_rules() -> None:
    text = printed("--format", "prometheusrule", "--name", "entra", "--label", "release=prometheus")
    document = yaml.safe_load(text)
    assert (document["apiVersion"], document["kind"]) == (
        "monitoring.coreos.com/v1",
        "PrometheusRule",
    )
    assert document["metadata"] == {"name": "entra", "labels": {"release": "prometheus"}}
    assert document["spec"] == yaml.safe_load(printed())
    assert "labels" not in yaml.safe_load(printed("--format", "prometheusrule"))["metadata"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--soon", "month"), "--soon 'month'; accepted: a duration such as 45m, 6h, 30d or 2w"),
        (("--verify-stale", "6"), "--verify-stale '6'; accepted: a duration"),
        (("--soon", "0d"), "--soon '0d'; accepted"),
        (("--soon", "7d"), "imminent is 7 days, soon 7 days; accepted: imminent shorter than soon"),
        (("--selector", "{job=`entra`}"), "accepted: label matchers without braces"),
        (("--selector", 'job="entra"} or up{'), "accepted: label matchers without braces"),
        (("--severity", "page"), "--severity 'page'; accepted: NAME=VALUE, such as critical=page"),
        (("--severity", "high=page"), "severity 'high'; accepted: critical, warning, info"),
        (("--severity", "info={{ x }}"), "for severity info; accepted: letters, digits"),
        (("--grafana-url", "grafana"), "'grafana'; accepted: https://grafana.example.com"),
        (("--format", "prometheusrule", "--name", "Ä"), "--name 'Ä'; accepted: lower-case"),
        (("--format", "prometheusrule", "--label", "x"), "--label 'x'; accepted: NAME=VALUE"),
    ],
)
def test_a_mistake_is_said_with_what_is_accepted(arguments: tuple[str, ...], said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        printed(*arguments)
