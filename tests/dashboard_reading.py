"""A Grafana dashboard as plain data: its panels, queries and variables, for tests about ours."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import promql_parser as promql

from exporter.rules import Dashboard as Uid

FOLDER = Path(__file__).parent.parent / "dashboards"
UIDS = tuple(uid.value for uid in Uid)
# Another than any query would write, so that `rate(x[5m])` is not taken for `$__rate_interval`.
RATE_INTERVAL = "307s"
BUILT_IN = {
    "__rate_interval": RATE_INTERVAL,
    "__interval": "1m",
    "__range": "1h",
    "__range_s": "3600",
    "__interval_ms": "60000",
}
TEXT = re.compile(r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`""")
VARIABLE = re.compile(r"\$(?P<bare>\w+)|\$\{(?P<name>\w+)(?::(?P<format>\w+))?\}")
FUNCTION = re.compile(r"([a-z_]+)\((.+)\)", re.DOTALL)

Json = dict[str, Any]
Visited = tuple[promql.Expr, tuple[promql.Expr, ...]]
"""A part of an expression, and what it stands in, outermost first."""


def committed(uid: str) -> Json:
    """The dashboard as it lies in the repository."""
    dashboard: Json = json.loads((FOLDER / f"{uid}.json").read_text(encoding="utf-8"))
    return dashboard


def variables(dashboard: Json) -> list[Json]:
    """Its variables, in the order in which they are read."""
    return list(dashboard.get("templating", {}).get("list", ()))


def variable(dashboard: Json, name: str) -> Json | None:
    """One variable."""
    return next((one for one in variables(dashboard) if one["name"] == name), None)


def panels(dashboard: Json) -> Iterator[Json]:
    """Every panel, rows and those in collapsed rows included."""
    for panel in dashboard.get("panels", ()):
        yield panel
        yield from panels(panel)


def targets(dashboard: Json) -> Iterator[tuple[Json, Json]]:
    """Every query of a panel, with its panel."""
    for panel in panels(dashboard):
        for target in panel.get("targets") or ():
            yield panel, target


def annotations(dashboard: Json) -> Iterator[tuple[str, str]]:
    """Name and expression of every annotation that asks Prometheus."""
    for one in dashboard.get("annotations", {}).get("list", ()):
        if not one.get("builtIn"):
            yield one["name"], one.get("expr") or one.get("target", {}).get("expr", "")


def queried(one: Json) -> str:
    """What a variable asks, whichever way it is written down."""
    query = one.get("query") or ""
    return str(query["query"] if isinstance(query, dict) else query)


def asked(one: Json) -> tuple[str, str, str]:
    """
    Function, expression and label of a variable's query: `label_values(up, job)` gives
    `label_values`, `up` and `job`. Empty where there is none.
    """
    match = FUNCTION.fullmatch(queried(one).strip())
    if match is None:
        return "", "", ""
    if match[1] != "label_values":
        return match[1], match[2], ""
    expression, _, label = match[2].rpartition(",")
    return match[1], expression.strip(), label.strip()


def value_of(one: Json) -> str:
    """What a variable begins with; empty when it has nothing of its own."""
    value = one.get("current", {}).get("value", "")
    first = value[0] if isinstance(value, list) and value else value
    return str(first or "")


def replaced(text: str, value: Callable[[str, str], str | None]) -> str:
    """The text with `value(name, format)` for each variable; None leaves it as it is."""

    def one(match: re.Match[str]) -> str:
        found = value(match["bare"] or match["name"], match["format"] or "")
        return match[0] if found is None else found

    return VARIABLE.sub(one, text)


def expanded(expression: str, dashboard: Json) -> str:
    """
    The expression in a form that can be parsed. What stands in quotes keeps its `$name`; `${name}`
    there becomes `$name:`, as braces would not be a regular expression.
    """
    chosen = {one["name"]: value_of(one) for one in variables(dashboard)}

    def outside(name: str, _format: str) -> str | None:
        return BUILT_IN.get(name, chosen.get(name))

    def inside(match: re.Match[str]) -> str:
        return re.sub(r"\$\{(\w+)(?::(\w+))?\}", r"$\1:\2", match[0])

    parts, end = [], 0
    for match in TEXT.finditer(expression):
        parts += [replaced(expression[end : match.start()], outside), inside(match)]
        end = match.end()
    return "".join((*parts, replaced(expression[end:], outside)))


def parsed(expression: str, dashboard: Json) -> promql.Expr:
    """The expression as a tree; raises ValueError."""
    return promql.parse(expanded(expression, dashboard))


def visited(expression: promql.Expr) -> list[Visited]:
    """Every part of an expression."""
    found: list[Visited] = []
    path: list[promql.Expr] = []

    def enter(node: promql.Expr) -> None:
        found.append((node, tuple(path)))
        path.append(node)

    promql.walk(expression, enter, lambda _node: bool(path.pop()))
    return found


def selectors(expression: promql.Expr) -> list[promql.VectorSelector]:
    """Every series that an expression reads."""
    return [node for node, _ in visited(expression) if isinstance(node, promql.VectorSelector)]


@dataclass(frozen=True)
class Query:
    """One expression of a dashboard, and where it stands, in words."""

    where: str
    expression: str
    legend: str = ""


def queries(dashboard: Json) -> Iterator[Query]:
    """Every expression of a dashboard: of panels, variables and annotations."""
    for panel, target in targets(dashboard):
        where = f"panel {panel.get('title')!r}, {target.get('refId')}"
        yield Query(where, target.get("expr", ""), target.get("legendFormat") or "")
    for one in variables(dashboard):
        if one["type"] == "query":
            yield Query(f"variable {one['name']}", asked(one)[1])
    for name, expression in annotations(dashboard):
        yield Query(f"annotation {name!r}", expression)
