"""
The addresses in the annotations. They are complete when they reach a person: the base is asked of
the exporter's own series, and the ids are those of the alert.
"""

from exporter.rules.options import Options
from exporter.rules.rule import Alert

# Asked by the alert's own job: another exporter in the same Prometheus has another address.
BASE = (
    "{{ with printf `entra_exporter_info{job=%q}` $labels.job | query }}"
    '{{ . | first | label "external_url" }}{{ end }}'
)
# When it is not there any more, its last address of the past week; of any when none is there.
BASE_OF_ABSENT = (
    "{{ with printf `last_over_time(entra_exporter_info{job=~%q}[1w])` "
    '(or $labels.job ".*") | query }}'
    '{{ . | first | label "external_url" }}{{ end }}'
)
# The exporter numbers credentials that share a key id with a "#", which would end the query.
VALUES = {"key_id": '{{ $labels.key_id | reReplaceAll "#" "%23" }}'}


def runbook_url(alert: Alert) -> str:
    """The exporter's page with what to do, filled in for what the alert is about."""
    base = BASE_OF_ABSENT if alert.expression.startswith("absent(") else BASE
    return f"{base}/runbooks/{alert.name}{query(alert, '')}"


def dashboard_url(alert: Alert, options: Options) -> str:
    """The dashboard with its variables set to what the alert is about."""
    return f"{options.grafana_url.rstrip('/')}/d/{alert.dashboard}{query(alert, 'var-')}"


def query(alert: Alert, prefix: str) -> str:
    """`?tenant=...&app_id=...`."""
    pairs = (f"{prefix}{name}={value(name)}" for name in alert.parameters)
    return "?" + "&".join(pairs) if alert.parameters else ""


def value(label: str) -> str:
    """The template of one label's value, fit for an address."""
    return VALUES.get(label, f"{{{{ $labels.{label} }}}}")
