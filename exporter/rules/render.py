"""The tables of rules as Prometheus reads them: plain dictionaries, then YAML. Pure."""

import re
from collections.abc import Mapping
from string import Template
from typing import Any

import yaml

from exporter.rules import links
from exporter.rules.health import HEALTH
from exporter.rules.inventory import INVENTORY
from exporter.rules.options import Options, as_promql, in_words
from exporter.rules.rule import Alert, Group, Recording
from exporter.rules.verification import VERIFICATION

GROUPS: tuple[Group, ...] = (INVENTORY, VERIFICATION, HEALTH)
THRESHOLDS = ("soon", "imminent", "leftover", "stale", "verify_stale")
HEADER = """\
# Alerts of entra-credential-exporter, for Prometheus 2.42 and later; see docs/alerting.md.
# Generated: do not edit. To choose thresholds, selector or severities, or to write it anew:
#   entra-credential-exporter rules > alerts/entra.rules.yml
"""
HEADER_OF_OBJECT = HEADER.replace(
    "rules > alerts/entra.rules.yml", "rules --format prometheusrule > entra-rules.yaml"
)
# The exporter's own series; those that the rules record have a colon before and behind.
SERIES = re.compile(r"(?<![\w:])(entra_\w+)\b(?!:)(?:\{([^}]*)\})?")
QUERY = re.compile(r"`[^`]*`")


class WithOptions(Template):
    """Text in which `@soon` stands for an option."""

    delimiter = "@"


class Dumper(yaml.SafeDumper):
    """Writes text of several lines as such."""


def text_node(dumper: Dumper, text: str) -> yaml.ScalarNode:
    """A block for several lines, for one whatever YAML needs."""
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


Dumper.add_representer(str, text_node)


def selected(expression: str, selector: str) -> str:
    """The expression with the selector in every series of the exporter."""

    def narrowed(match: re.Match[str]) -> str:
        matchers = ",".join(part for part in (selector.strip(), match[2]) if part)
        return f"{match[1]}{{{matchers}}}" if matchers else match[1]

    return SERIES.sub(narrowed, expression)


def expression(text: str, options: Options) -> str:
    """A table's expression with options and selector put in."""
    chosen = {name: as_promql(getattr(options, name)) for name in THRESHOLDS}
    return selected(WithOptions(text).substitute(chosen), options.selector)


def annotation(text: str, options: Options) -> str:
    """A table's text with options in words, and the selector in its queries."""
    chosen = {name: in_words(getattr(options, name)) for name in THRESHOLDS}
    in_printf = options.selector.replace("%", "%%")

    def narrowed(match: re.Match[str]) -> str:
        # A query with %q in it goes through printf.
        return selected(match[0], in_printf if "%q" in match[0] else options.selector)

    return QUERY.sub(narrowed, WithOptions(text).substitute(chosen))


def recording(rule: Recording, options: Options) -> dict[str, Any]:
    """One recording rule."""
    return {"record": rule.record, "expr": expression(rule.expression, options)}


def alert(rule: Alert, options: Options) -> dict[str, Any]:
    """One alert."""
    annotations = {
        "summary": annotation(rule.summary, options),
        "description": annotation(rule.description, options),
        "runbook_url": annotation(links.runbook_url(rule), options),
    }
    if options.grafana_url:
        annotations["dashboard_url"] = links.dashboard_url(rule, options)
    rendered = {
        "alert": rule.name,
        "expr": expression(rule.expression, options),
        "for": rule.lasting,
        "keep_firing_for": rule.keep_firing_for,
        "labels": {"severity": options.severity(rule.severity)},
        "annotations": annotations,
    }
    return {key: value for key, value in rendered.items() if value}


def groups(options: Options) -> list[dict[str, Any]]:
    """Every group, as a rule file and a PrometheusRule both have it."""
    return [
        {
            "name": group.name,
            "rules": [
                *(recording(rule, options) for rule in group.recordings),
                *(alert(rule, options) for rule in group.alerts),
            ],
        }
        for group in GROUPS
    ]


def rule_file(options: Options) -> str:
    """The file that `rule_files` of Prometheus names."""
    return HEADER + as_yaml({"groups": groups(options)})


def prometheus_rule(options: Options, name: str, labels: Mapping[str, str]) -> str:
    """The same as an object of prometheus-operator."""
    metadata: dict[str, Any] = {"name": name}
    if labels:
        metadata["labels"] = dict(labels)
    return HEADER_OF_OBJECT + as_yaml(
        {
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "PrometheusRule",
            "metadata": metadata,
            "spec": {"groups": groups(options)},
        }
    )


def as_yaml(document: dict[str, Any]) -> str:
    """YAML in the order in which it was written, long lines whole."""
    return yaml.dump(document, Dumper=Dumper, sort_keys=False, width=10_000, allow_unicode=True)
