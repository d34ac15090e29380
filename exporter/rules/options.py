"""What an operator may choose about the rules, checked, and how durations are spelled in them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from exporter.errors import UsageError
from exporter.rules.rule import Severity

UNITS = {"w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}
DURATION = re.compile(r"([1-9][0-9]{0,5})([wdhms])")
WORDS = {"day": 86_400, "hour": 3600, "minute": 60, "second": 1}
# Selectors stand between backquotes in the annotations, so they hold none.
MATCHER = r'[a-zA-Z_][a-zA-Z0-9_]*\s*(?:=~|!=|!~|=)\s*"(?:[^"\\`\n]|\\[^`\n])*"'
SELECTOR = re.compile(rf"\s*{MATCHER}(?:\s*,\s*{MATCHER})*\s*")
LABEL_VALUE = re.compile(r"[A-Za-z0-9._-]+")


def duration(option: str, text: str) -> int:
    """Seconds of `30d`; raises UsageError."""
    match = DURATION.fullmatch(text)
    if match is None:
        raise UsageError(f"{option} {text!r}; accepted: a duration such as 45m, 6h, 30d or 2w")
    return int(match[1]) * UNITS[match[2]]


def as_promql(seconds: int) -> str:
    """`30 * 86400`: seconds, in a form in which a person sees the days."""
    unit = next(unit for unit in WORDS.values() if seconds % unit == 0)
    return f"{seconds // unit} * {unit}" if unit > 1 else str(seconds)


def in_words(seconds: int) -> str:
    """`30 days`."""
    name, unit = next((name, unit) for name, unit in WORDS.items() if seconds % unit == 0)
    count = seconds // unit
    return f"{count} {name}" if count == 1 else f"{count} {name}s"


@dataclass(frozen=True, slots=True)
class Options:
    """
    Thresholds in seconds; `selector` narrows every series of the exporter (`job="entra"`);
    `severities` renames those that it holds; without `grafana_url` no alert links to a dashboard.
    """

    soon: int = 30 * 86_400
    imminent: int = 7 * 86_400
    leftover: int = 30 * 86_400
    stale: int = 6 * 3600
    verify_stale: int = 6 * 3600
    selector: str = ""
    severities: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    grafana_url: str = ""

    def __post_init__(self) -> None:
        """Refuse what would make rules that never fire, or that Prometheus does not load."""
        if self.imminent >= self.soon:
            raise UsageError(
                f"imminent is {in_words(self.imminent)}, soon {in_words(self.soon)}; "
                "accepted: imminent shorter than soon"
            )
        if self.selector and not SELECTOR.fullmatch(self.selector):
            raise UsageError(
                f"selector {self.selector!r}; accepted: label matchers without braces and "
                'backquotes, such as job="entra",cluster=~"eu-.+"'
            )
        for name, value in self.severities.items():
            check_severity(name, value)
        if self.grafana_url and not re.fullmatch(r"https?://[^\s{}`\"']+", self.grafana_url):
            raise UsageError(
                f"Grafana's address {self.grafana_url!r}; accepted: https://grafana.example.com"
            )

    def severity(self, severity: Severity) -> str:
        """What the label says."""
        return self.severities.get(severity, severity.value)


def check_severity(name: str, value: str) -> None:
    """One renaming; raises UsageError."""
    if name not in set(Severity):
        raise UsageError(f"severity {name!r}; accepted: {', '.join(Severity)}")
    if not LABEL_VALUE.fullmatch(value):
        raise UsageError(f"{value!r} for severity {name}; accepted: letters, digits and . _ -")
