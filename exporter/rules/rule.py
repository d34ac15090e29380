"""
What a rule is, as a value. Expressions and texts are written as Prometheus knows them, but for two
things that rendering puts in: the selector of the exporter's series, and `@name` for an option.
"""

from dataclasses import dataclass
from enum import StrEnum

BLIP = "10m"
"""
How long a state has to last before anybody is told, and how long an alert outlives its data.
As both are the same, one alert ends exactly when the one that takes over begins.
"""


class Severity(StrEnum):
    """How loud an alert is; the operator may call them otherwise."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


class Dashboard(StrEnum):
    """The uid of the dashboard that shows what an alert is about."""

    OVERVIEW = "entra-overview"
    VERIFICATION = "entra-verification"
    EXPORTER = "entra-exporter"


@dataclass(frozen=True, slots=True)
class Recording:
    """A series made of others, named `level:metric:operation`."""

    record: str
    expression: str


@dataclass(frozen=True, slots=True)
class Alert:
    """
    One alert. `summary` is the same for everything it is about; `description` names what it is
    about. `parameters` are the labels that its links carry.
    """

    name: str
    severity: Severity
    expression: str
    summary: str
    description: str
    parameters: tuple[str, ...]
    dashboard: Dashboard
    lasting: str = BLIP
    keep_firing_for: str = BLIP


@dataclass(frozen=True, slots=True)
class Group:
    """Rules that are evaluated in order, at one moment, so that each sees those before it."""

    name: str
    recordings: tuple[Recording, ...]
    alerts: tuple[Alert, ...]
