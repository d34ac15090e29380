"""What the dashboards ask: only metrics and labels that are there, and variables that exist."""

import re

import promql_parser as promql
import pytest
from dashboard_labels import ALL, METRICS, legend_labels, read, series
from dashboard_reading import (
    BUILT_IN,
    UIDS,
    VARIABLE,
    Json,
    annotations,
    asked,
    committed,
    parsed,
    queries,
    selectors,
    variable,
    variables,
)

from exporter.rules import GROUPS, Alert

ALERTS = [alert for group in GROUPS for alert in group.alerts]
OF_GRAFANA = frozenset(BUILT_IN) | {"__data", "__url_time_range", "__all_variables", "__value"}
UNSEEN = {
    "entra_credential_days_until_expiry": "The timestamp says the same, and counts on by itself.",
    "entra_applications_without_credentials": "Most applications need none: nothing to do.",
    "entra_exporter_tasks": "How many there should be goes by the configuration.",
}
"""Families that no panel shows, and why."""


@pytest.fixture(params=UIDS)
def dashboard(request: pytest.FixtureRequest) -> Json:
    """Each of the dashboards."""
    return committed(request.param)


def test_queries_name_metrics_and_labels_that_there_are(dashboard: Json) -> None:
    wrong = {}
    for query in queries(dashboard):
        if not query.expression:
            continue  # a variable that asks for any series
        try:
            labels, complaints = read(parsed(query.expression, dashboard))
        except ValueError as error:
            wrong[query.where] = [str(error)]
            continue
        missing = sorted(set(legend_labels(query.legend)) - labels)
        if complaints or missing:
            wrong[query.where] = complaints + [f"legend: no label {name}" for name in missing]
    assert wrong == {}


def test_variables_ask_for_labels_that_there_are(dashboard: Json) -> None:
    for one in variables(dashboard):
        if one["type"] == "query":
            _, expression, label = asked(one)
            labels, _ = read(parsed(expression, dashboard)) if expression else (METRICS["up"], [])
            assert not label or label in labels, one["name"]


def test_texts_of_annotations_name_labels_that_there_are(dashboard: Json) -> None:
    expressions = dict(annotations(dashboard))
    for one in dashboard["annotations"]["list"]:
        if one.get("builtIn"):
            continue
        labels, _ = read(parsed(expressions[one["name"]], dashboard))
        text = "".join(one.get(key) or "" for key in ("titleFormat", "textFormat", "tagKeys"))
        assert set(legend_labels(text)) <= labels, one["name"]


def test_annotations_and_variables_are_of_the_chosen_jobs(dashboard: Json) -> None:
    # Those of panels are the linter's; the first variable is what chooses the job.
    for query in queries(dashboard):
        if query.where.startswith("panel") or query.where == "variable job":
            continue
        for selector in selectors(parsed(query.expression, dashboard)):
            found = [one.value for one in selector.matchers.matchers if one.name == "job"]
            # An alert about what is absent has no job.
            assert found == ["$job|" if selector.name == "ALERTS" else "$job"], query.where


def named(text: str) -> set[str]:
    """The variables in a text; `$1` is of a regular expression."""
    found = {match["bare"] or match["name"] for match in VARIABLE.finditer(text)}
    return {name for name in found if not name.isdigit()}


def test_variables_that_are_named_exist_and_each_is_used(dashboard: Json) -> None:
    names = [one["name"] for one in variables(dashboard)]
    texts = [query.expression for query in queries(dashboard)]
    found = {name for text in texts for name in named(text)}
    assert found - OF_GRAFANA - set(names) == set()
    assert set(names) - found == {"datasource"}


def test_variable_asks_only_with_those_before_it(dashboard: Json) -> None:
    known = set(BUILT_IN)
    for one in variables(dashboard):
        if one["type"] == "query":
            assert named(asked(one)[1]) <= known, one["name"]
        known.add(one["name"])


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_link_of_an_alert_sets_variables_that_its_dashboard_has(alert: Alert) -> None:
    shown = committed(alert.dashboard)
    assert [name for name in alert.parameters if variable(shown, name) is None] == []


def test_what_alerts_record_is_not_shown() -> None:
    recorded = {rule.record for group in GROUPS for rule in group.recordings}
    assert not recorded & set(METRICS)


def test_every_family_is_shown_somewhere() -> None:
    texts = [query.expression for uid in UIDS for query in queries(committed(uid))]
    shown = {name for text in texts for name in re.findall(r"\w+", text)}
    unseen = {family.name for family in ALL if not shown & set(series(family))}
    assert unseen == set(UNSEEN)


WRONG = {
    "no metric entra_poll": "entra_poll",
    "no label app": 'entra_poll_success{app="x"}',
    "no label target": "sum by (target) (entra_poll_success)",
    "no label reason": "sum without (reason) (entra_poll_success)",
    "no label cause": "sum by (cause) (sum without (cause) (entra_verify_cause))",
    "no label app_id": "entra_poll_success * on (app_id) entra_verify_success",
    "no label version": "up * on (job) group_left (version) up",
    "no label pid": 'label_replace(up, "a", "$1", "pid", "(.*)")',
    "no label tenant": "sum by (tenant) (rate(process_cpu_seconds_total[5m]))",
    "no label kind": "sum by (kind) (up and on (job) entra_credentials)",
}


@pytest.mark.parametrize("complaint", WRONG)
def test_what_is_not_there_is_found(complaint: str) -> None:
    _, found = read(promql.parse(WRONG[complaint]))
    assert re.match(complaint, "; ".join(found))


RIGHT = {
    "topk(3, sum by (app_id) (entra_verify_success)) * 2": {"app_id"},
    "sum by (job) (up) * on (job) group_right () entra_poll_success": {"job", "instance", "tenant"},
    'count_values("week", entra_poll_success)': {"week"},
    'count_values by (tenant) ("week", entra_poll_success)': {"week", "tenant"},
    "sum without (pod, instance) (entra_poll_success)": {"tenant", "job"},
    "up * on (job) group_left (version) entra_exporter_info": {"job", "instance", "version"},
    "up + ignoring (version, external_url) entra_exporter_info": {"job", "instance"},
    'label_replace(vector(1), "a", "b", "", "")': {"a"},
    "sum by (job) (up) or sum by (tenant) (entra_poll_success)": {"job", "tenant"},
    "max by (tenant) (max_over_time((entra_poll_success)[1h:5m]))": {"tenant"},
    "time() - process_start_time_seconds": {"job", "instance"},
}


@pytest.mark.parametrize("expression", RIGHT)
def test_labels_of_a_result_are_known(expression: str) -> None:
    labels, complaints = read(promql.parse(expression))
    assert complaints == []
    assert set(labels) == RIGHT[expression]
