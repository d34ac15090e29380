"""
What a query may name: the metrics there are and their labels, and the labels that each part of an
expression leaves. Finds labels that are matched, grouped or joined by and that cannot be there.
"""

import re
from dataclasses import dataclass, field

import promql_parser as promql
from prometheus_client.parser import text_string_to_metric_families

from exporter.metrics import FAMILIES, Family
from exporter.metrics.health import HEALTH_FAMILIES, HealthFamily
from exporter.metrics.process import process_text

Labels = frozenset[str]
NONE: Labels = frozenset()
SCRAPED: Labels = frozenset({"job", "instance"})
"""Labels that Prometheus gives every series."""

ELSEWHERE: Labels = frozenset({"pod"})
"""Labels that some Prometheus gives, so that they may be taken away, but not relied on."""
ALL: tuple[Family | HealthFamily, ...] = (*FAMILIES, *HEALTH_FAMILIES)


def series(family: Family | HealthFamily) -> dict[str, Labels]:
    """The series of a family: those of a histogram have names of their own."""
    labels = SCRAPED | set(family.labels)
    if family.type != "histogram":
        return {family.name: labels}
    name = family.name
    return {f"{name}_bucket": labels | {"le"}, f"{name}_sum": labels, f"{name}_count": labels}


OWN = {name: labels for family in ALL for name, labels in series(family).items()}
PROCESS = {
    sample.name: SCRAPED | set(sample.labels)
    for family in text_string_to_metric_families(process_text().decode())
    for sample in family.samples
}
ALERT_LABELS = {"alertname", "alertstate", "severity", "job"}
# What Prometheus itself makes. An alert has the labels of whatever it is about.
OF_PROMETHEUS: dict[str, Labels] = {
    "up": SCRAPED,
    "scrape_duration_seconds": SCRAPED,
    "scrape_samples_scraped": SCRAPED,
    "scrape_samples_post_metric_relabeling": SCRAPED,
    "scrape_series_added": SCRAPED,
    "ALERTS": frozenset(ALERT_LABELS).union(*(family.labels for family in ALL)),
}
METRICS: dict[str, Labels] = {**OWN, **PROCESS, **OF_PROMETHEUS}

OF_NUMBERS = frozenset({"time", "pi", "scalar"})
CHOOSING = frozenset({"topk", "bottomk", "limitk", "limit_ratio"})
FILTERING = frozenset({"and", "unless"})


@dataclass
class Reading:
    """Goes through one expression; `complaints` has what it found."""

    complaints: list[str] = field(default_factory=list)

    def need(self, names: list[str] | Labels, there: Labels, where: promql.Expr) -> None:
        """Complain of labels that are not there."""
        found = sorted(set(names) - there)
        if found:
            self.complaints.append(f"no label {', '.join(found)} at {where.prettify()}")

    def labels(self, node: promql.Expr) -> Labels:
        """The labels that a part of an expression may have."""
        if isinstance(node, promql.MatrixSelector):
            node = node.vector_selector
        match node:
            case promql.VectorSelector():
                return self.of_selector(node)
            case promql.ParenExpr() | promql.UnaryExpr() | promql.SubqueryExpr():
                return self.labels(node.expr)
            case promql.AggregateExpr():
                return self.of_aggregate(node)
            case promql.BinaryExpr():
                return self.of_binary(node)
        return self.of_call(node) if isinstance(node, promql.Call) else NONE

    def of_selector(self, node: promql.VectorSelector) -> Labels:
        """Those of the metric; what it is matched by must be among them."""
        if node.name not in METRICS:
            self.complaints.append(f"no metric {node.prettify()}")
            return NONE
        there = METRICS[node.name]
        alternatives = [node.matchers.matchers, *node.matchers.or_matchers]
        self.need([one.name for group in alternatives for one in group], there, node)
        return there

    def of_aggregate(self, node: promql.AggregateExpr) -> Labels:
        """What is left after grouping."""
        there, operation = self.labels(node.expr), str(node.op)
        made: Labels = NONE
        if operation == "count_values" and isinstance(node.param, promql.StringLiteral):
            made = frozenset({node.param.val})
        names = node.modifier.labels if node.modifier else []
        if node.modifier and node.modifier.type == promql.AggModifierType.Without:
            self.need(names, there | ELSEWHERE, node)
            left = there - set(names)
        else:
            self.need(names, there, node)
            left = frozenset(names)
        return there if operation in CHOOSING else left | made

    def of_binary(self, node: promql.BinaryExpr) -> Labels:
        """What two sides leave."""
        left, right = self.labels(node.lhs), self.labels(node.rhs)
        if is_number(node.lhs) or is_number(node.rhs):
            return right if is_number(node.lhs) else left
        if str(node.op) == "or":
            return left | right
        matching = node.modifier.matching if node.modifier else None
        names = frozenset(matching.labels) if matching else NONE
        on = matching is not None and matching.type == promql.LabelModifierType.Include
        if on:
            self.need(names, left & right, node)
        else:
            self.need(names, left | right | ELSEWHERE, node)
        if str(node.op) in FILTERING:
            return left
        return self.joined(node, left, right, names if on else (left | right) - names)

    def joined(
        self, node: promql.BinaryExpr, left: Labels, right: Labels, compared: Labels
    ) -> Labels:
        """What arithmetic leaves of two sides that were compared by some labels."""
        modifier = node.modifier
        brought = frozenset(modifier.group_labels or ()) if modifier else NONE
        card = modifier.card if modifier else promql.VectorMatchCardinality.OneToOne
        if card == promql.VectorMatchCardinality.ManyToOne:
            self.need(brought, right, node)
            return left | brought
        if card == promql.VectorMatchCardinality.OneToMany:
            self.need(brought, left, node)
            return right | brought
        return left & compared

    def of_call(self, node: promql.Call) -> Labels:
        """What a function leaves."""
        name = node.func.name
        inner = [self.labels(one) for one in node.args]
        texts = [one.val for one in node.args if isinstance(one, promql.StringLiteral)]
        if name == "label_replace":
            self.need([texts[2]] if texts[2] else [], inner[0], node)
            return inner[0] | {texts[0]}
        if name == "label_join":
            self.need(texts[2:], inner[0], node)
            return inner[0] | {texts[0]}
        return NONE if name in OF_NUMBERS or name == "vector" else frozenset().union(*inner)


def is_number(node: promql.Expr) -> bool:
    """Tell whether this part is one number and no series."""
    match node:
        case promql.NumberLiteral():
            return True
        case promql.ParenExpr() | promql.UnaryExpr():
            return is_number(node.expr)
        case promql.BinaryExpr():
            return is_number(node.lhs) and is_number(node.rhs)
        case promql.Call():
            return node.func.name in OF_NUMBERS
    return False


def read(tree: promql.Expr) -> tuple[Labels, list[str]]:
    """The labels of what an expression gives, and what it names that is not there."""
    reading = Reading()
    return reading.labels(tree), reading.complaints


def legend_labels(legend: str) -> list[str]:
    """The labels that a legend or a text names."""
    return re.findall(r"\{\{\s*(\w+)\s*\}\}", legend)
