"""
THE list of what simulated consumers have stored: for every cause of failure at least one, and some
that work. What is stored in an odd form is in `verify_malformed`, and what fails although the right
thing is stored in `verify_elsewhere`.
"""

from exporter.simulator.certificates import SECOND_KEY
from exporter.simulator.changes import REMOVED, REPLACED
from exporter.simulator.values import secret_value
from exporter.simulator.verification import StoredCertificate, Verification
from exporter.simulator.verify_elsewhere import ELSEWHERE
from exporter.simulator.verify_malformed import MALFORMED

__all__ = ["VERIFICATIONS", "Verification"]

PRECISE = secret_value("precise-clock", "script")

WORKING: tuple[Verification, ...] = (
    Verification(
        "billing-api",
        "The secret is the application's, and has most of a year left.",
        "billing-api",
        secret_value("billing-api", "production"),
        used_by={
            "kind": "aks",
            "namespace": "billing",
            "name": "billing-credentials",
            "key": "CLIENT_SECRET",
            "deployment": "billing",
        },
        demo=True,
    ),
    Verification(
        "data-lake-loader",
        "A certificate with its private key, registered on the application.",
        "data-lake-loader",
        StoredCertificate("CN=data-lake-loader"),
        used_by={"kind": "vm", "resource_group": "analytics", "unit": "loader-1.service"},
        demo=True,
    ),
    Verification(
        "partner-gateway",
        "A secret of the service principal, where the app registration does not show it.",
        "partner-gateway",
        secret_value("partner-gateway", "rbac"),
    ),
    Verification(
        "fabrikam-shop",
        "A good secret in a tenant whose inventory cannot be read.",
        "fabrikam-shop",
        secret_value("fabrikam-shop", "checkout"),
        tenant="fabrikam",
    ),
    Verification(
        "fleet-monitor",
        "A good secret that is replaced again and again while the demo runs.",
        "fleet-monitor",
        secret_value("fleet-monitor", "0"),
        used_by={
            "kind": "app_service",
            "resource_group": "fleet",
            "name": "fleet-monitor",
            "setting": "AZURE_CLIENT_SECRET",
        },
        demo=True,
    ),
)

GONE: tuple[Verification, ...] = (
    Verification(
        "invoice-archive",
        "The secret expired last week, and there is no other.",
        "invoice-archive",
        secret_value("invoice-archive", "archive-job"),
        "expired",
        7000222,
        used_by={"kind": "sql", "server": "contoso-archive", "database": "invoices"},
        demo=True,
    ),
    Verification(
        "order-intake-nightly",
        "A new secret is there, but this consumer still has the one that expired.",
        "order-intake",
        secret_value("order-intake", "2025"),
        "expired",
        7000222,
    ),
    Verification(
        "edi-bridge",
        "The certificate expired forty days ago.",
        "edi-bridge",
        StoredCertificate("CN=edi-bridge"),
        "expired",
        1000502,
        used_by={"kind": "vm", "resource_group": "edi", "unit": "edi-bridge-1.service"},
    ),
    Verification(
        "parcel-tracker",
        "It works until somebody removes the secret; nothing newer is there.",
        "parcel-tracker",
        secret_value("parcel-tracker", "carrier"),
        "revoked",
        7000215,
        change=REMOVED,
        used_by={
            "kind": "app_service",
            "resource_group": "logistics",
            "name": "parcel-tracker",
            "setting": "AZURE_CLIENT_SECRET",
        },
        demo=True,
    ),
    Verification(
        "loyalty-points",
        "It works until the secret is replaced; this consumer keeps the old one.",
        "loyalty-points",
        secret_value("loyalty-points", "api"),
        "rotation_mismatch",
        7000215,
        change=REPLACED,
        used_by={
            "kind": "aks",
            "namespace": "loyalty",
            "name": "loyalty-credentials",
            "key": "CLIENT_SECRET",
            "deployment": "loyalty",
        },
        demo=True,
    ),
    Verification(
        "seat-planner",
        "A secret of two minutes ago, of which the login service does not know yet.",
        "seat-planner",
        secret_value("seat-planner", "new"),
        "propagating",
        7000215,
        demo=True,
    ),
)

NOT_KNOWN: tuple[Verification, ...] = (
    Verification(
        "plant-telemetry",
        "It has the shape of a secret, and nobody knows whose it is.",
        "plant-telemetry",
        secret_value("nobody", "knows"),
        "invalid_secret",
        7000215,
    ),
    Verification(
        "precise-clock",
        "One that is in force, but some of its letters changed case on the way.",
        "precise-clock",
        PRECISE[:20] + PRECISE[20:].swapcase(),
        "invalid_secret",
        7000215,
    ),
    Verification(
        "reporting-south",
        "The secret of the other application that is called reporting.",
        "reporting-south",
        secret_value("reporting-north", "north"),
        "wrong_application",
        7000215,
        demo=True,
    ),
    Verification(
        "backup-agent",
        "A certificate was renewed on the machine and never registered.",
        "backup-agent",
        StoredCertificate("CN=backup-agent", SECOND_KEY, registered=False),
        "certificate_not_registered",
        700027,
        used_by={"kind": "vm", "resource_group": "backup", "unit": "backup-1.service"},
    ),
    Verification(
        "data-lake-archive",
        "The private key beside the certificate is that of another one.",
        "data-lake-loader",
        StoredCertificate("CN=data-lake-loader", SECOND_KEY),
        "source_unreadable",
    ),
    Verification(
        "mail-relay-standby",
        "The file that should hold the secret is not there.",
        "mail-relay",
        None,
        "source_unreadable",
    ),
)

VERIFICATIONS: tuple[Verification, ...] = WORKING + GONE + MALFORMED + NOT_KNOWN + ELSEWHERE
