"""Our dashboards under the rules of Grafana's dashboard-linter, and the rules under bad samples."""

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from dashboard_reading import UIDS, Json, committed
from dashboard_rules import RULES

SERIES = 'entra_polls_total{job=~"$job",instance=~"$instance"}'
SOURCE = {"type": "prometheus", "uid": "${datasource}"}


class Exemption(NamedTuple):
    """What a rule complains of and is right to, on the panel or variable, and why it stays."""

    rule: str
    of: str
    reason: str


EXEMPTIONS = (
    Exemption(
        "target-counter-agg-rule",
        "Throttled requests",
        "The counter of polls only tells which tenants there are: it is taken times 0.",
    ),
)


def complaints(uid: str) -> list[tuple[str, str]]:
    """What every rule says about one of our dashboards."""
    dashboard = committed(uid)
    return [(name, said) for name, rule in RULES.items() for said in rule(dashboard)]


def exempt(exemption: Exemption, rule: str, said: str) -> bool:
    """Tell whether an exemption is about this complaint."""
    whole = f"panel {exemption.of!r}", f"variable {exemption.of}:"
    return rule == exemption.rule and said.startswith(whole)


@pytest.mark.parametrize("uid", UIDS)
def test_linter_has_nothing_to_say(uid: str) -> None:
    left = [
        f"{rule}: {said}"
        for rule, said in complaints(uid)
        if not any(exempt(one, rule, said) for one in EXEMPTIONS)
    ]
    assert left == []


def test_every_exemption_is_needed_and_says_why() -> None:
    said = [found for uid in UIDS for found in complaints(uid)]
    for one in EXEMPTIONS:
        assert any(exempt(one, *found) for found in said), one
        assert one.reason


def test_there_are_seventeen_rules_and_each_has_a_bad_sample() -> None:
    assert len(RULES) == 17
    assert {rule for rule, _, _ in BAD} == set(RULES)


def query_variable(name: str, query: str) -> Json:
    """A variable as the linter wants it."""
    return {
        "name": name,
        "type": "query",
        "label": name.title(),
        "query": query,
        "datasource": SOURCE,
        "refresh": 2,
        "multi": True,
        "includeAll": True,
        "allValue": ".+",
    }


def good() -> Json:
    """A dashboard that no rule complains of, with its only panel in a collapsed row."""
    target = {"refId": "A", "expr": f"rate({SERIES}[$__rate_interval])", "datasource": SOURCE}
    panel = {
        "type": "timeseries",
        "title": "Polls",
        "description": "How often are tenants read?",
        "datasource": SOURCE,
        "fieldConfig": {"defaults": {"unit": "ops"}, "overrides": []},
        "targets": [target],
    }
    datasource = {
        "name": "datasource",
        "type": "datasource",
        "label": "Data source",
        "query": "prometheus",
    }
    job = query_variable("job", "label_values(up, job)")
    instance = query_variable("instance", 'label_values(up{job=~"$job"}, instance)')
    return {
        "editable": False,
        "panels": [{"type": "row", "title": "More", "collapsed": True, "panels": [panel]}],
        "templating": {"list": [datasource, job, instance]},
    }


def panel_of(dashboard: Json) -> Json:
    """The only panel."""
    panel: Json = dashboard["panels"][0]["panels"][0]
    return panel


Change = Callable[[Json], Any]


def panel(**fields: object) -> Change:
    """The panel is otherwise."""
    return lambda dashboard: panel_of(dashboard).update(fields)


def expression(text: str) -> Change:
    """The panel asks something else."""
    return lambda dashboard: panel_of(dashboard)["targets"][0].update(expr=text)


def loki(text: str) -> Change:
    """The panel asks Loki."""
    source = {"type": "loki", "uid": "${loki}"}
    return lambda it: panel_of(it)["targets"][0].update(expr=text, datasource=source)


def with_variable(position: int, **fields: object) -> Change:
    """A variable is otherwise: 0 the data source, 1 job, 2 instance."""
    return lambda dashboard: dashboard["templating"]["list"][position].update(fields)


def without_variable(position: int) -> Change:
    """A variable is not there."""
    return lambda dashboard: dashboard["templating"]["list"].pop(position)


def field(unit: str = "", overridden: str = "") -> Json:
    """A panel's units."""
    overrides = [{"properties": [{"id": "unit", "value": overridden}]}] if overridden else []
    return {"defaults": {"unit": unit} if unit else {}, "overrides": overrides}


RATE = f"rate({SERIES}[$__rate_interval])"
ONLY_JOB, ONLY_INSTANCE = 'up{job=~"$job"}', 'up{instance=~"$instance"}'
BOTH = 'job=~"$job",instance=~"$instance"'
BAD: list[tuple[str, str, Change]] = [
    ("template-datasource-rule", "none", without_variable(0)),
    ("template-datasource-rule", "name", with_variable(0, name="DS")),
    ("template-datasource-rule", "label", with_variable(0, label="DS")),
    ("template-job-rule", "none", without_variable(1)),
    ("template-job-rule", "custom", with_variable(1, type="custom")),
    ("template-job-rule", "source", with_variable(1, datasource={"uid": "prom"})),
    ("template-job-rule", "one", with_variable(1, multi=False)),
    ("template-job-rule", "all", with_variable(1, allValue=".*")),
    ("template-job-rule", "label", with_variable(1, label="job")),
    ("template-instance-rule", "none", without_variable(2)),
    ("template-instance-rule", "all", with_variable(2, allValue=None)),
    ("template-label-promql-rule", "function", with_variable(1, query="values(up)")),
    ("template-label-promql-rule", "none", with_variable(1, query="up")),
    ("template-label-promql-rule", "braces", with_variable(1, query="label_values(up{, job)")),
    ("template-on-time-change-reload-rule", "load", with_variable(1, refresh=1)),
    ("panel-datasource-rule", "fixed", panel(datasource={"uid": "prom"})),
    ("panel-datasource-rule", "none", panel(datasource=None)),
    ("panel-title-description-rule", "title", panel(title="")),
    ("panel-title-description-rule", "description", panel(description=" ")),
    *(
        ("panel-title-description-rule", kind, panel(type=kind, description=""))
        for kind in ("stat", "gauge", "table", "barchart", "bargauge", "state-timeline")
    ),
    ("panel-units-rule", "none", panel(fieldConfig=field())),
    ("panel-units-rule", "unknown", panel(fieldConfig=field("seconds"))),
    ("panel-units-rule", "override", panel(fieldConfig=field("s", "seconds"))),
    ("panel-units-rule", "only a format", panel(fieldConfig=field("", "time:MMM D"))),
    ("panel-units-rule", "barchart", panel(type="barchart", fieldConfig=field())),
    ("panel-no-targets-rule", "none", panel(targets=[])),
    ("target-logql-rule", "loki", loki('{app="x"}')),
    ("target-logql-auto-rule", "range", loki('rate({app="x"}[5m])')),
    ("target-promql-rule", "empty", expression("")),
    ("target-promql-rule", "bracket", expression(f"sum({RATE}")),
    ("target-rate-interval-rule", "fixed", expression(f"sum(rate({SERIES}[5m]))")),
    ("target-rate-interval-rule", "irate", expression(f"irate({SERIES}[1h])")),
    ("target-rate-interval-rule", "interval", expression(f"rate({SERIES}[$__interval])")),
    ("target-rate-interval-rule", "parens", expression(f"rate(({SERIES}[$__rate_interval]))")),
    ("target-job-rule", "none", expression(ONLY_INSTANCE)),
    ("target-job-rule", "equal", expression('up{job="$job",instance=~"$instance"}')),
    ("target-job-rule", "fixed", expression('up{job=~"entra",instance=~"$instance"}')),
    ("target-job-rule", "one of two", expression(f"up{{{BOTH}}} and {ONLY_INSTANCE}")),
    ("target-job-rule", "ranged", expression("max_over_time(up[1h])")),
    ("target-instance-rule", "none", expression(ONLY_JOB)),
    ("target-instance-rule", "twice", expression(f'up{{{BOTH},instance!="a"}}')),
    ("target-counter-agg-rule", "bare", expression("entra_polls_total")),
    ("target-counter-agg-rule", "matched", expression(f"sum({SERIES})")),
    ("target-counter-agg-rule", "max", expression(f"max_over_time({SERIES}[1h])")),
    ("target-counter-agg-rule", "subquery", expression(f"rate({SERIES}[1h:1m])")),
    ("uneditable-dashboard", "editable", lambda dashboard: dashboard.update(editable=True)),
    ("uneditable-dashboard", "unsaid", lambda dashboard: dashboard.pop("editable")),
]


@pytest.mark.parametrize(
    ("rule", "change"),
    [(rule, change) for rule, _, change in BAD],
    ids=[f"{rule}: {what}" for rule, what, _ in BAD],
)
def test_rule_complains_of_a_bad_dashboard(rule: str, change: Change) -> None:
    dashboard = copy.deepcopy(good())
    change(dashboard)
    assert RULES[rule](dashboard)


TEXT = {"reduceOptions": {"fields": "version"}}
ACCEPTABLE: list[tuple[str, Change]] = [
    ("as it is", lambda _dashboard: None),
    ("mappings", panel(fieldConfig={"defaults": {"mappings": [{"type": "value"}]}})),
    ("unit of a column", panel(type="table", fieldConfig=field("", "dtdhms"))),
    ("format of a column", panel(type="table", fieldConfig=field("short", "time:MMM D"))),
    ("text in a stat", panel(type="stat", fieldConfig={}, options=TEXT)),
    ("hourly increase", expression(f"increase({SERIES}[1h])")),
    ("range of a gauge", expression(f"changes(up{{{BOTH}}}[$__range])")),
    ("braces", expression(f'up{{{BOTH},pod=~"(?i).*${{job:regex}}.*"}}')),
    ("text panel", panel(type="text", title="", description="", targets=[], datasource=None)),
    ("wrapped query", with_variable(1, query={"query": "label_values(up, job)", "refId": "A"})),
]


@pytest.mark.parametrize(
    "change", [change for _, change in ACCEPTABLE], ids=[what for what, _ in ACCEPTABLE]
)
def test_rules_accept_what_is_good(change: Change) -> None:
    dashboard = copy.deepcopy(good())
    change(dashboard)
    assert [said for rule in RULES.values() for said in rule(dashboard)] == []
