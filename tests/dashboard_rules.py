"""
The rules of Grafana's dashboard-linter, each a function from a dashboard to its complaints. A few
go further than the original: more types of panels, and counters whatever they are matched by. Those
about queries are in `dashboard_query_rules`.
"""

from collections.abc import Callable, Iterator

from dashboard_query_rules import (
    datasources,
    target_counter_agg,
    target_instance,
    target_job,
    target_logql,
    target_logql_auto,
    target_promql,
    target_rate_interval,
    titled,
)
from dashboard_reading import Json, asked, panels, parsed, queried, variable, variables

DRAWN = frozenset({"singlestat", "graph", "table", "timeseries"})
FOR_READING = DRAWN | {"stat", "gauge", "barchart", "bargauge", "state-timeline"}
DATASOURCE_NAMES = {
    "datasource": "Data source",
    "prometheus_datasource": "Prometheus data source",
}
VARIABLE_FUNCTIONS = frozenset({"label_names", "label_values", "metrics", "query_result"})
UNITS = frozenset(
    {
        *("none", "string", "short", "percent", "percentunit", "locale"),
        *("bool", "bool_yes_no", "bool_on_off"),
        *("ms", "s", "m", "h", "d", "dtdurations", "dtdurationms", "dthms", "dtdhms"),
        *("dateTimeAsIso", "dateTimeAsIsoNoDateIfToday", "dateTimeAsLocal", "dateTimeFromNow"),
        *("bytes", "decbytes", "Bps", "binBps", "hertz", "cps", "ops", "reqps", "rps", "cpm"),
    }
)
Rule = Callable[[Json], list[str]]


def of_types(dashboard: Json, types: frozenset[str]) -> Iterator[Json]:
    """The panels of these types."""
    return (panel for panel in panels(dashboard) if panel["type"] in types)


def spelled(name: str) -> set[str]:
    """The ways to write a variable."""
    return {f"${name}", f"${{{name}}}"}


def uid_of(holder: Json) -> str:
    """The uid of the data source of a panel or a variable."""
    source = holder.get("datasource") or {}
    return str(source.get("uid", "") if isinstance(source, dict) else source)


def template_datasource(dashboard: Json) -> list[str]:
    """A variable chooses the data source, and is called as everywhere."""
    found = datasources(dashboard)
    if not found:
        return ["no variable chooses the data source"]
    names = dict(DATASOURCE_NAMES)
    if len(found) > 1:
        del names["datasource"]
    return [
        f"data source variable {one['name']!r} labelled {one.get('label')!r}"
        for one in found
        if one["name"] not in names or one.get("label") not in names.values()
    ]


def required(dashboard: Json, name: str) -> list[str]:
    """The variable is there and offers several values and all of them."""
    one = variable(dashboard, name)
    if one is None:
        return [f"no variable {name}"]
    sources = spelled("datasource") | spelled("prometheus_datasource")
    wanted = {
        "type query": one["type"] == "query",
        "the data source of the variable": uid_of(one) in sources,
        "multi": one.get("multi") is True,
        "allValue .+": one.get("allValue") == ".+",
        f"label {name.title()}": one.get("label") == name.title(),
    }
    return [f"variable {name}: not {what}" for what, there in wanted.items() if not there]


def template_job(dashboard: Json) -> list[str]:
    """There is a variable `job`."""
    return required(dashboard, "job")


def template_instance(dashboard: Json) -> list[str]:
    """There is a variable `instance`."""
    return required(dashboard, "instance")


def template_label_promql(dashboard: Json) -> list[str]:
    """Variables ask in a function that the data source knows."""
    found = []
    for one in variables(dashboard):
        if one["type"] != "query":
            continue
        function, expression, label = asked(one)
        try:
            parsed(expression or label, dashboard)
        except ValueError as error:
            found.append(f"variable {one['name']}: {queried(one)!r}: {error}")
        if function not in VARIABLE_FUNCTIONS:
            found.append(f"variable {one['name']}: {queried(one)!r} is no function")
    return found


def template_on_time_change_reload(dashboard: Json) -> list[str]:
    """Variables are asked anew when the time changes."""
    return [
        f"variable {one['name']}: refresh {one.get('refresh')}, not 2"
        for one in variables(dashboard)
        if one["type"] == "query" and one.get("refresh") != 2
    ]


def panel_datasource(dashboard: Json) -> list[str]:
    """Panels take the data source that was chosen."""
    chosen = {way for one in datasources(dashboard) for way in spelled(one["name"])}
    return [
        f"{titled(panel)}: data source {uid_of(panel)!r}"
        for panel in of_types(dashboard, FOR_READING)
        if uid_of(panel) not in chosen
    ]


def panel_title_description(dashboard: Json) -> list[str]:
    """Panels say what they show."""
    return [
        f"{titled(panel)}: no {key}"
        for panel in of_types(dashboard, FOR_READING)
        for key in ("title", "description")
        if not (panel.get(key) or "").strip()
    ]


def panel_units(dashboard: Json) -> list[str]:
    """Numbers have a unit, but where texts stand for them."""
    found = []
    for panel in of_types(dashboard, FOR_READING):
        config = panel.get("fieldConfig", {})
        defaults = config.get("defaults", {})
        fields = panel.get("options", {}).get("reduceOptions", {}).get("fields")
        if defaults.get("mappings") or (panel["type"] == "stat" and fields):
            continue
        units = {
            prop["value"]
            for override in config.get("overrides", ())
            for prop in override["properties"]
            if prop["id"] == "unit"
        } | ({defaults["unit"]} if defaults.get("unit") else set())
        if not units & UNITS or any(not own_format(unit) for unit in units - UNITS):
            found.append(f"{titled(panel)}: units {sorted(units)}")
    return found


def own_format(unit: str) -> bool:
    """Tell whether Grafana takes this unit for a format that is spelled out."""
    return unit.startswith(("time:", "suffix:", "prefix:"))


def panel_no_targets(dashboard: Json) -> list[str]:
    """Panels ask something."""
    return [
        f"{titled(panel)}: no targets"
        for panel in of_types(dashboard, FOR_READING)
        if not panel.get("targets")
    ]


def uneditable_dashboard(dashboard: Json) -> list[str]:
    """Nobody changes in Grafana what is made from code."""
    return [] if dashboard.get("editable") is False else ["editable"]


RULES: dict[str, Rule] = {
    "template-datasource-rule": template_datasource,
    "template-job-rule": template_job,
    "template-instance-rule": template_instance,
    "template-label-promql-rule": template_label_promql,
    "template-on-time-change-reload-rule": template_on_time_change_reload,
    "panel-datasource-rule": panel_datasource,
    "panel-title-description-rule": panel_title_description,
    "panel-units-rule": panel_units,
    "panel-no-targets-rule": panel_no_targets,
    "target-logql-rule": target_logql,
    "target-logql-auto-rule": target_logql_auto,
    "target-promql-rule": target_promql,
    "target-rate-interval-rule": target_rate_interval,
    "target-job-rule": target_job,
    "target-instance-rule": target_instance,
    "target-counter-agg-rule": target_counter_agg,
    "uneditable-dashboard": uneditable_dashboard,
}
