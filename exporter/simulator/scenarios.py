"""
THE list of simulated applications and of what each must produce, and the two tenants of the demo
that are made of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from exporter.simulator.directory import READ_ALL, SimulatedTenant
from exporter.simulator.odd_scenarios import ENDS, NAMES, PRINCIPALS
from exporter.simulator.scenario import App, Expected, Kind, Object, Scenario, Secret, State, key_id
from exporter.simulator.secret_scenarios import AGEING, EXPORTER
from exporter.simulator.values import DAY, secret_value, uid
from exporter.simulator.verified_scenarios import VERIFIED

__all__ = [
    "FABRIKAM_SCENARIOS",
    "SCENARIOS",
    "Expected",
    "ExpectedSeries",
    "Scenario",
    "demo_tenants",
    "expected_series",
]

SCENARIOS: tuple[Scenario, ...] = AGEING + ENDS + NAMES + PRINCIPALS + VERIFIED

FABRIKAM_EXPORTER = App(
    "fabrikam-credential-exporter",
    secrets=(Secret("prometheus", -2, -732),),
    permissions=(READ_ALL,),
)
# Nothing of this can be read: the exporter's own secret has expired.
FABRIKAM_SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        "exporter-locked-out",
        "The exporter's own secret expired two days ago, so it cannot see anything here.",
        (FABRIKAM_EXPORTER,),
        (Expected("application", "secret", "prometheus", -2, superseded=False, state="expired"),),
    ),
    Scenario(
        "fabrikam-healthy",
        "An application that nobody can watch at the moment.",
        (App("fabrikam-shop", secrets=(Secret("checkout", 210),)),),
        (Expected("application", "secret", "checkout", 210, superseded=False, state="valid"),),
    ),
    Scenario(
        "fabrikam-ends-soon",
        "A secret that ends in nine days, unseen.",
        (App("fabrikam-loyalty", secrets=(Secret("points", 9),)),),
        (Expected("application", "secret", "points", 9, superseded=False, state="expiring"),),
    ),
)
TENANTS: tuple[tuple[str, App, tuple[Scenario, ...]], ...] = (
    ("contoso", EXPORTER, SCENARIOS),
    ("fabrikam", FABRIKAM_EXPORTER, FABRIKAM_SCENARIOS),
)


@dataclass(frozen=True, slots=True)
class ExpectedSeries:
    """One credential as the exporter must show it, with its ids; `expires_at` is Unix time."""

    tenant: str
    object: Object
    app_id: str
    app_name: str
    kind: Kind
    key_id: str
    credential_name: str
    superseded: bool
    state: State
    days: float
    expires_at: float
    scenario: str


def demo_tenants(now: float) -> tuple[SimulatedTenant, ...]:
    """Build `contoso`, which has every scenario, and `fabrikam`, where signing in fails."""
    return tuple(tenant_of(name, exporter, scenarios, now) for name, exporter, scenarios in TENANTS)


def tenant_of(
    name: str, exporter: App, scenarios: Sequence[Scenario], now: float
) -> SimulatedTenant:
    """Build a tenant out of scenarios, one of which holds the exporter's own application."""
    tenant_id = uid("tenant", name)
    return SimulatedTenant(
        name=name,
        tenant_id=tenant_id,
        exporter_client_id=exporter.app_id,
        exporter_client_secret=secret_value(exporter.slug, exporter.secrets[0].name or ""),
        applications=tuple(app for one in scenarios for app in one.applications(now)),
        service_principals=tuple(
            principal for one in scenarios for principal in one.service_principals(now, tenant_id)
        ),
    )


def expected_series(
    now: float, tenant: str = "contoso", *, hidden: bool = False
) -> tuple[ExpectedSeries, ...]:
    """
    List every credential that must be exported of a demo tenant that can be read.

    `hidden` adds those of objects that the exporter leaves out unless told to read everything.
    """
    scenarios = next(scenarios for name, _, scenarios in TENANTS if name == tenant)
    return tuple(
        series_of(tenant, scenario, expected.at(now), int(now))
        for scenario in scenarios
        if hidden or not scenario.hidden
        for expected in scenario.expected
    )


def series_of(tenant: str, scenario: Scenario, expected: Expected, now: int) -> ExpectedSeries:
    """Add the ids and names that the scenario's objects have."""
    app = scenario.app(expected.app)
    return ExpectedSeries(
        tenant=tenant,
        object=expected.object,
        app_id=app.app_id,
        app_name=app.name or "",
        kind=expected.kind,
        key_id=key_id(app, expected.slot or expected.credential_name),
        credential_name=expected.credential_name,
        superseded=expected.superseded,
        state=expected.state,
        days=expected.days,
        expires_at=now + expected.days * DAY,
        scenario=scenario.name,
    )
