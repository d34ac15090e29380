"""The rules of Grafana's dashboard-linter about queries; `dashboard_rules` has them all."""

import re
from collections.abc import Iterator

import promql_parser as promql
from dashboard_reading import RATE_INTERVAL, Json, parsed, selectors, targets, variables, visited

RATES = frozenset({"rate", "irate"})
OF_COUNTERS = RATES | {"increase"}
LOKI = "loki"
LOGQL_RANGE = re.compile(r"\[(?!\$__auto\])[^\]]+\]")


def titled(panel: Json) -> str:
    """How a panel is called in a complaint."""
    return f"panel {panel.get('title', '')!r}"


def datasources(dashboard: Json) -> list[Json]:
    """The variables that choose a data source."""
    return [one for one in variables(dashboard) if one["type"] == "datasource"]


def trees(dashboard: Json) -> Iterator[tuple[str, promql.Expr]]:
    """Every query that can be parsed, and where it stands."""
    for panel, target in targets(dashboard):
        try:
            yield f"{titled(panel)}, {target.get('refId')}", parsed(target["expr"], dashboard)
        except (KeyError, ValueError):
            continue  # what target-promql-rule complains of


def logql(dashboard: Json) -> Iterator[tuple[str, str]]:
    """The queries of Loki: where, and what."""
    chosen = datasources(dashboard)
    all_of_them = bool(chosen) and chosen[0].get("query") == LOKI
    for panel, target in targets(dashboard):
        if all_of_them or (target.get("datasource") or {}).get("type") == LOKI:
            yield f"{titled(panel)}, {target.get('refId')}", target.get("expr", "")


def target_logql(dashboard: Json) -> list[str]:
    """Queries of Loki parse; as nothing here could tell, there are none."""
    return [f"{where}: LogQL cannot be checked: {query}" for where, query in logql(dashboard)]


def target_logql_auto(dashboard: Json) -> list[str]:
    """Queries of Loki leave the range to Grafana."""
    return [
        f"{where}: not [$__auto]: {query}"
        for where, query in logql(dashboard)
        if LOGQL_RANGE.search(query)
    ]


def target_promql(dashboard: Json) -> list[str]:
    """Queries parse."""
    found = []
    for panel, target in targets(dashboard):
        try:
            parsed(target.get("expr", ""), dashboard)
        except ValueError as error:
            found.append(f"{titled(panel)}, {target.get('refId')}: {error}")
    return found


def target_rate_interval(dashboard: Json) -> list[str]:
    """Rates are over `$__rate_interval`, and a range stands in a function itself."""
    interval = promql.parse_duration(RATE_INTERVAL)
    found = []
    for where, tree in trees(dashboard):
        for node, path in visited(tree):
            if not isinstance(node, promql.MatrixSelector) or not path:
                continue
            if not isinstance(path[-1], promql.Call):
                found.append(f"{where}: {node.prettify()} is not itself what a function is given")
            elif path[-1].func.name in RATES and node.range != interval:
                found.append(f"{where}: {node.prettify()} is not over $__rate_interval")
    return found


def matched(dashboard: Json, name: str) -> list[str]:
    """Every series is matched by the variable of this name, and by nothing more."""
    wanted = (promql.MatchOp.Re, f"${name}")
    return [
        f'{where}: {selector.prettify()} without {name}=~"${name}"'
        for where, tree in trees(dashboard)
        for selector in selectors(tree)
        if [(one.op, one.value) for one in selector.matchers.matchers if one.name == name]
        != [wanted]
    ]


def target_job(dashboard: Json) -> list[str]:
    """Every series is of the chosen jobs."""
    return matched(dashboard, "job")


def target_instance(dashboard: Json) -> list[str]:
    """Every series is of the chosen instances."""
    return matched(dashboard, "instance")


def target_counter_agg(dashboard: Json) -> list[str]:
    """Counters are shown by how they grow."""
    found = []
    for where, tree in trees(dashboard):
        for node, path in visited(tree):
            if not isinstance(node, promql.VectorSelector) or not counts(node):
                continue
            call = path[-2] if len(path) > 1 else None
            ranged = bool(path) and isinstance(path[-1], promql.MatrixSelector)
            if not (ranged and isinstance(call, promql.Call) and call.func.name in OF_COUNTERS):
                found.append(f"{where}: {node.prettify()} is in no rate or increase")
    return found


def counts(selector: promql.VectorSelector) -> bool:
    """Tell whether this is a counter."""
    return (selector.name or "").endswith("_total")
