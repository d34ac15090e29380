"""
The dashboards' queries over crafted series, where a plainer query would show a false comfort or a
false alarm: replicas that disagree, tenants that were never read, leftovers, other jobs.
"""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from dashboard_reading import committed, targets
from grafana import all_chosen, expand
from test_prometheus import tool

DAY = 86_400
NOW = 40 * DAY
INTERVAL = 3600
A, B = {"job": "entra", "instance": "a:1"}, {"job": "entra", "instance": "b:1"}
CAUSES = ("expired", "source_unreadable")

Point = tuple[str, dict[str, str], float]


class Case(NamedTuple):
    """What Prometheus holds, a panel, what to ask of its query, and the only answer."""

    name: str
    series: tuple[Point, ...]
    uid: str
    panel: str
    wanted: Mapping[str, float]
    ask: str = "{}"


def exporter(
    of: dict[str, str] = A, tenant: str = "contoso", polled: float = NOW - 100, objects: int = 5
) -> tuple[Point, ...]:
    """An exporter that read a tenant at a moment; 0 is never, and then knows no objects."""
    named = {**of, "tenant": tenant}
    known: tuple[Point, ...] = (
        ("entra_exporter_info", {**of, "external_url": "http://x"}, 1),
        ("entra_tenant_info", named, 1),
        ("entra_poll_success", named, float(polled > 0)),
        ("entra_poll_last_success_timestamp_seconds", named, polled),
    )
    read = ("entra_applications", {**named, "object": "application"}, float(objects))
    return (*known, read) if polled else known


def credential(
    app: str, days: float, of: dict[str, str] = A, *, superseded: str = "false", **labels: str
) -> Point:
    """A credential that ends so many days from now."""
    ids = {"tenant": "contoso", "object": "application", "app_id": app, "app_name": app}
    kind = {"kind": "secret", "key_id": f"key {app} {days}", "credential_name": "c"}
    all_labels = {**of, **ids, **kind, "superseded": superseded, **labels}
    return "entra_credential_expiry_timestamp_seconds", all_labels, NOW + days * DAY


def target(name: str, cause: str, code: int, of: dict[str, str] = A) -> tuple[Point, ...]:
    """A target that does not work."""
    labels = {**of, "tenant": "contoso", "target": name, "app_id": "app"}
    causes = (("entra_verify_cause", {**labels, "cause": c}, float(c == cause)) for c in CAUSES)
    return (
        ("entra_verify_success", labels, 0),
        ("entra_verify_aadsts_code", labels, code),
        ("entra_verify_last_success_timestamp_seconds", labels, 0),
        *causes,
    )


def states(of: dict[str, str], **counts: int) -> tuple[Point, ...]:
    """How many credentials are in each state."""
    labels = {**of, "tenant": "contoso", "object": "application", "kind": "secret"}
    return tuple(("entra_credentials", {**labels, "state": s}, n) for s, n in counts.items())


OVERVIEW, VERIFICATION, EXPORTER = "entra-overview", "entra-verification", "entra-exporter"
OTHER_JOB = {"job": "entra-other", "instance": "b:1"}
SAML = {"object": "service_principal", "kind": "saml_signing"}
LEFTOVERS = tuple(credential(f"old{n}", -10, superseded="true") for n in range(250))

CASES = (
    Case(
        "leftovers do not hide what ends next",
        (*exporter(), *LEFTOVERS, credential("payroll", 0.5)),
        OVERVIEW,
        "Next to expire",
        {'{app_id="payroll"}': DAY / 2},
        "max by (app_id) ({})",
    ),
    Case(
        "another job that watches the same tenant with a filter hides nothing",
        (*exporter(), credential("app", 3), *exporter(OTHER_JOB, polled=NOW - 50)),
        OVERVIEW,
        "End within 7 days",
        {"{}": 1},
    ),
    Case(
        "a lagging replica does not bring back what was rotated",
        (
            *exporter(),
            *exporter(B, polled=NOW - 3000),
            credential("app", 3, superseded="true"),
            credential("app", 3, B),
        ),
        OVERVIEW,
        "End within 7 days",
        {"{}": 0},
    ),
    Case(
        "a tenant that was never read is no 0",
        (*exporter(), *exporter(tenant="fabrikam", polled=0)),
        OVERVIEW,
        "Expired",
        {},
    ),
    Case(
        "a tenant that was read and holds nothing is a 0",
        exporter(),
        OVERVIEW,
        "Expired",
        {"{}": 0},
    ),
    Case(
        "what could not be tried shows beside what is refused",
        (*exporter(), *target("api", "source_unreadable", 0)),
        OVERVIEW,
        "Could not try",
        {"{}": 1},
    ),
    Case(
        "an application with something valid on its service principal has something left",
        (*exporter(), credential("app", -10), credential("app", 300, A, **SAML)),
        OVERVIEW,
        "Nothing valid left",
        {},
    ),
    Case(
        "the states are those of the replica that read last",
        (
            *exporter(),
            *states(A, valid=5, expired=0),
            *exporter(B, polled=NOW - 3000),
            *states(B, valid=3, expired=2),
        ),
        OVERVIEW,
        "Credentials by state",
        {'{state="valid"}': 5, '{state="expired"}': 0},
    ),
    Case(
        "one failing replica is a failing tenant, as for the alert",
        (
            *exporter(),
            *(
                (name, labels, 0 if name == "entra_poll_success" else number)
                for name, labels, number in exporter(B)
            ),
        ),
        EXPORTER,
        "Tenants failing",
        {"{}": 1},
    ),
    Case(
        "a code stands beside the cause that the same exporter saw",
        (
            *exporter(),
            *exporter(B),
            *target("api", "source_unreadable", 0),
            *target("api", "expired", 7000222, B),
        ),
        VERIFICATION,
        "What does not work",
        {
            '{cause="expired", code="7000222"}': 1,
            '{cause="source_unreadable", code="0"}': 1,
        },
        "count by (cause, code) ({})",
    ),
    Case(
        "another program's memory is not the exporter's",
        (
            *exporter(),
            ("process_resident_memory_bytes", A, 7),
            ("process_resident_memory_bytes", {"job": "node", "instance": "node:9100"}, 5),
        ),
        EXPORTER,
        "Memory",
        {'{job="entra"}': 7},
        "max by (job) ({})",
    ),
    Case(
        "an old version's series beside the new one's breaks no table",
        (
            *exporter(),
            ("entra_exporter_info", {**A, "external_url": "http://x", "version": "2"}, 1),
            credential("app", 3),
        ),
        OVERVIEW,
        "Next to expire",
        {'{app_id="app"}': 3 * DAY},
        "max by (app_id) ({})",
    ),
)


def query_of(case: Case) -> str:
    """The panel's query, as the dashboard begins."""
    dashboard = committed(case.uid)
    [expression] = [
        one["expr"] for panel, one in targets(dashboard) if panel["title"] == case.panel
    ]
    return case.ask.format(expand(expression, all_chosen(dashboard)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_panel_shows_what_is_true(case: Case, tmp_path: Path) -> None:
    held = [
        {
            "series": name
            + "{"
            + ",".join(f"{k}={json.dumps(v)}" for k, v in labels.items())
            + "}",
            "values": f"{number:.0f}+0x{NOW // INTERVAL}",
        }
        for name, labels, number in case.series
    ]
    wanted = [{"labels": labels, "value": number} for labels, number in case.wanted.items()]
    asked = {"expr": query_of(case), "eval_time": f"{NOW}s", "exp_samples": wanted}
    test = {"interval": f"{INTERVAL}s", "input_series": held, "promql_expr_test": [asked]}
    file = tmp_path / "test.yml"
    file.write_text(yaml.safe_dump({"rule_files": [], "tests": [test]}), encoding="utf-8")
    result = subprocess.run(
        [tool("promtool"), "test", "rules", str(file)], capture_output=True, text=True, check=False
    )

    assert result.returncode == 0, result.stdout + result.stderr
