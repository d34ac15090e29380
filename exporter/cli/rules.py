"""`rules`: the alert rules as a file for Prometheus, with what the operator chose."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from exporter.cli import options
from exporter.errors import UsageError

if TYPE_CHECKING:
    from exporter.rules import Options

OBJECT_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
LABEL = re.compile(r"[A-Za-z0-9./_-]+=[A-Za-z0-9._-]*")


@click.command()
@options.option("--soon", default="30d", help="Warn this long before a credential ends.")
@options.option("--imminent", default="7d", help="Page this long before a credential ends.")
@options.option(
    "--leftover", default="30d", help="What expired longer ago is no outage, but a leftover."
)
@options.option(
    "--stale", default="6h", help="Age of a tenant's data that pages; some times poll.interval."
)
@options.option(
    "--verify-stale",
    default="6h",
    help="Warn when a stored secret was not tried for so long; some times verify.interval.",
)
@options.option(
    "--selector", default="", metavar="MATCHERS", help='Which series are meant: job="entra".'
)
@options.option(
    "--severity",
    multiple=True,
    metavar="NAME=VALUE",
    help="What critical, warning or info is called here: critical=page. Can be repeated.",
)
@options.option(
    "--grafana-url",
    default="",
    metavar="URL",
    help="Where Grafana is; without it no alert links to a dashboard.",
)
@options.option(
    "--format",
    type=click.Choice(["prometheus", "prometheusrule"]),
    default="prometheus",
    help="A rule file, or an object of prometheus-operator.",
)
@options.option("--name", default="entra-credential-exporter", help="Name of the object.")
@options.option(
    "--label",
    multiple=True,
    metavar="NAME=VALUE",
    help="Label of the object: release=prometheus. Can be repeated.",
)
def rules(  # noqa: PLR0913 - one parameter an option
    *,
    soon: str,
    imminent: str,
    leftover: str,
    stale: str,
    verify_stale: str,
    selector: str,
    severity: tuple[str, ...],
    grafana_url: str,
    format: str,  # noqa: A002 - named as the option
    name: str,
    label: tuple[str, ...],
) -> None:
    """
    Print the alert rules.

    They are for Prometheus 2.42 and later; every link in them leads to the exporter's own pages.
    """
    from exporter.rules import prometheus_rule, rule_file  # noqa: PLC0415 - see serve

    thresholds = {
        "soon": soon,
        "imminent": imminent,
        "leftover": leftover,
        "stale": stale,
        "verify_stale": verify_stale,
    }
    chosen = read(thresholds, selector, severity, grafana_url)
    if format == "prometheus":
        text = rule_file(chosen)
    else:
        text = prometheus_rule(chosen, checked_name(name), labels(label))
    click.echo(text, nl=False)


def read(
    thresholds: dict[str, str], selector: str, severity: Iterable[str], grafana_url: str
) -> "Options":
    """The options as the rules take them; raises UsageError."""
    from exporter.rules import Options, duration  # noqa: PLC0415 - see serve

    return Options(
        **{
            name: duration(f"--{name.replace('_', '-')}", text) for name, text in thresholds.items()
        },
        selector=selector,
        severities=dict(pair("--severity", "critical=page", text) for text in severity),
        grafana_url=grafana_url,
    )


def pair(option: str, example: str, text: str) -> tuple[str, str]:
    """`NAME=VALUE` apart; raises UsageError."""
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"{option} {text!r}; accepted: NAME=VALUE, such as {example}")
    return name, value


def labels(texts: Iterable[str]) -> dict[str, str]:
    """The labels of the object; raises UsageError."""
    for text in texts:
        if not LABEL.fullmatch(text):
            raise UsageError(f"--label {text!r}; accepted: NAME=VALUE, such as release=prometheus")
    return dict(pair("--label", "release=prometheus", text) for text in texts)


def checked_name(name: str) -> str:
    """The name, if Kubernetes takes it; raises UsageError."""
    if not OBJECT_NAME.fullmatch(name):
        raise UsageError(f"--name {name!r}; accepted: lower-case letters, digits, . and -")
    return name
