"""
An Entra tenant in a box: the login service and Microsoft Graph on loopback, over TLS, for the demo,
the tests and the benchmarks. Shares no code with the exporter that it tests.
"""

from exporter.simulator.certificates import key_credential
from exporter.simulator.changes import Change, carry_out
from exporter.simulator.directory import (
    Application,
    FederatedCredential,
    KeyCredential,
    PasswordCredential,
    ServicePrincipal,
    SimulatedTenant,
)
from exporter.simulator.faults import Fault, Faults
from exporter.simulator.generate import generated_tenant
from exporter.simulator.scenarios import (
    SCENARIOS,
    Expected,
    ExpectedSeries,
    Scenario,
    demo_tenants,
    expected_series,
)
from exporter.simulator.server import RecordedRequest, Simulator
from exporter.simulator.verification import StoredCertificate, Verification
from exporter.simulator.verify_scenarios import VERIFICATIONS
from exporter.simulator.wordings import WORDINGS, Wording

__all__ = [
    "SCENARIOS",
    "VERIFICATIONS",
    "WORDINGS",
    "Application",
    "Change",
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
    "StoredCertificate",
    "Verification",
    "Wording",
    "carry_out",
    "demo_tenants",
    "expected_series",
    "generated_tenant",
    "key_credential",
]
