"""
The alerts and what they record, as tables, and how they are rendered for Prometheus. Knows the
names of the metrics but not how they are made; reads and serves nothing.
"""

from exporter.rules.options import Options, duration
from exporter.rules.render import GROUPS, prometheus_rule, rule_file
from exporter.rules.rule import Alert, Dashboard, Group, Recording, Severity

__all__ = [
    "GROUPS",
    "Alert",
    "Dashboard",
    "Group",
    "Options",
    "Recording",
    "Severity",
    "duration",
    "prometheus_rule",
    "rule_file",
]
