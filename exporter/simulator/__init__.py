"""
An Entra tenant in a box: the login service and Microsoft Graph on loopback, over TLS, for the demo,
the tests and the benchmarks. Shares no code with the exporter that it tests.
"""

from .certificates import key_credential
from .directory import (
    Application,
    FederatedCredential,
    KeyCredential,
    PasswordCredential,
    ServicePrincipal,
    SimulatedTenant,
)
from .faults import Fault, Faults
from .generate import generated_tenant
from .scenarios import (
    SCENARIOS,
    Expected,
    ExpectedSeries,
    Scenario,
    demo_tenants,
    expected_series,
)
from .server import RecordedRequest, Simulator

__all__ = [
    "SCENARIOS",
    "Application",
    "Expected",
    "ExpectedSeries",
    "Fault",
    "Faults",
    "FederatedCredential",
    "KeyCredential",
    "PasswordCredential",
    "RecordedRequest",
    "Scenario",
    "ServicePrincipal",
    "SimulatedTenant",
    "Simulator",
    "demo_tenants",
    "expected_series",
    "generated_tenant",
    "key_credential",
]
