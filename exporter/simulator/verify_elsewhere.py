"""
What consumers have stored when that is not what is wrong: the application, the tenant, the cloud,
the resource, a policy, or the service itself.
"""

from exporter.simulator.faults import TOKEN_PATH, Fault
from exporter.simulator.refusal_texts import UNHEARD_OF
from exporter.simulator.refusals import refuse
from exporter.simulator.values import secret_value
from exporter.simulator.verification import StoredCertificate, Verification

SUBJECT = "repo:contoso/infrastructure:environment:production"
BILLING = secret_value("billing-api", "production")

APPLICATION: tuple[Verification, ...] = (
    Verification(
        "decommissioned-shop",
        "The application was deleted.",
        "decommissioned-shop",
        secret_value("decommissioned-shop", "checkout"),
        "application_not_found",
        700016,
    ),
    Verification(
        "paused-robot",
        "Sign-in was switched off for the application; its secret is as good as ever.",
        "paused-robot",
        secret_value("paused-robot", "robot"),
        "application_disabled",
        7000112,
        demo=True,
    ),
    Verification(
        "kiosk-client",
        "The application is a public client, which may not present a secret.",
        "kiosk-client",
        secret_value("kiosk-client", "kiosk"),
        "application_misconfigured",
        700025,
    ),
    Verification(
        "half-deployed",
        "The application has no service principal in the tenant.",
        "half-deployed",
        secret_value("half-deployed", "pipeline"),
        "no_service_principal",
        7000229,
    ),
    Verification(
        "audit-export",
        "The secret is good, and Conditional Access refuses a token.",
        "audit-export",
        secret_value("audit-export", "export"),
        "blocked_by_policy",
        53003,
    ),
)

PLACE: tuple[Verification, ...] = (
    Verification(
        "billing-moved",
        "The tenant was closed.",
        "billing-api",
        BILLING,
        "tenant_not_found",
        90002,
        tenant="nowhere",
    ),
    Verification(
        "billing-government",
        "The tenant is one of the US Government cloud.",
        "billing-api",
        BILLING,
        "wrong_cloud",
        900382,
        tenant="northwind",
    ),
    Verification(
        "billing-reports",
        "The resource asked for is not in the tenant.",
        "billing-api",
        BILLING,
        "resource_not_found",
        500011,
        resource="https://reports.contoso.example",
    ),
)

SERVICE: tuple[Verification, ...] = (
    Verification(
        "terraform-runner",
        "A federated token whose subject no federated credential has.",
        "terraform-runner",
        secret_value("terraform-runner", ""),
        "federation_mismatch",
        700213,
        trouble=Fault(path=TOKEN_PATH, refusal=refuse(700213, value=SUBJECT)),
    ),
    Verification(
        "identity-sync",
        "The machine's clock is hours off, and so is what it signs.",
        "identity-sync",
        StoredCertificate("CN=identity-sync"),
        "clock_skew",
        700024,
        trouble=Fault(
            path=TOKEN_PATH,
            refusal=refuse(
                700024,
                current="2026-01-15T12:00:00.1501147Z",
                start="2026-01-15T15:00:00.0000000Z",
                end="2026-01-15T15:10:00.0000000Z",
            ),
        ),
    ),
    Verification(
        "warehouse-2018",
        "The service refuses for a reason that did not exist when this was written.",
        "warehouse-2018",
        secret_value("warehouse-2018", "scanner key"),
        "unknown",
        UNHEARD_OF,
        trouble=Fault.login_refused(UNHEARD_OF),
    ),
    Verification(
        "mail-relay",
        "The login service asks for fewer requests.",
        "mail-relay",
        secret_value("mail-relay", "current"),
        "throttled",
        trouble=Fault.throttled(30, path=TOKEN_PATH),
    ),
    Verification(
        "support-agent",
        "The login service takes so many requests for a loop.",
        "support-agent",
        secret_value("support-agent", "blueprint"),
        "throttled",
        50196,
        trouble=Fault.login_refused(50196),
    ),
    Verification(
        "print-service",
        "The login service is in trouble.",
        "print-service",
        secret_value("print-service", "never"),
        "login_unavailable",
        trouble=Fault.server_error(503, path=TOKEN_PATH),
    ),
    Verification(
        "badge-reader",
        "Something on the way closes the connection.",
        "badge-reader",
        secret_value("badge-reader", "forever"),
        "network",
        trouble=Fault.dropped(path=TOKEN_PATH),
    ),
)

ELSEWHERE: tuple[Verification, ...] = APPLICATION + PLACE + SERVICE
