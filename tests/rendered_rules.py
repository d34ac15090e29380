"""The alert rules as Prometheus gets them, for the tests about them."""

import re
from typing import Any

import yaml
from click.testing import CliRunner

from exporter.cli.rules import rules
from exporter.metrics import FAMILIES
from exporter.rules import GROUPS, Options, rule_file

SEVERITIES = {
    "EntraCredentialExpiresSoon": "warning",
    "EntraCredentialExpiryImminent": "critical",
    "EntraCredentialExpired": "critical",
    "EntraSupersededCredentialExpiresSoon": "warning",
    "EntraExpiredCredentialLeftover": "info",
    "EntraStoredCredentialExpiryImminent": "critical",
    "EntraVerifyExpired": "critical",
    "EntraVerifyRevoked": "critical",
    "EntraVerifyRotationMismatch": "critical",
    "EntraVerifyFormatError": "critical",
    "EntraVerifyFailed": "critical",
    "EntraVerifyNotPossible": "warning",
    "EntraPollFailing": "warning",
    "EntraInventoryStale": "critical",
    "EntraInventoryShrank": "warning",
    "EntraExporterAbsent": "critical",
    "EntraConfigReloadFailed": "warning",
}
ALERTS = [alert for group in GROUPS for alert in group.alerts]
RECORDED = {rule.record for group in GROUPS for rule in group.recordings}
LABELS = {family.name: set(family.labels) for family in FAMILIES}
SERIES = re.compile(r"((?:\w+:)?entra_\w+(?::\w+)?)(?:\{([^}]*)\})?")
"""A series in an expression, and its matchers."""


def rendered(text: str) -> list[dict[str, Any]]:
    """The rules of a rule file."""
    return [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"]]


RULES = rendered(rule_file(Options()))


def rule(name: str, text: str = "") -> dict[str, Any]:
    """One alert of a rule file, or of that with every default."""
    [found] = [
        one
        for one in (rendered(text) if text else RULES)
        if name in {one.get("alert"), one.get("record")}
    ]
    return found


def printed(*arguments: str) -> str:
    """What the command prints."""
    result = CliRunner().invoke(rules, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return str(result.output)
