"""
Scenarios about what directories really contain: missing names and ends, repeated and hostile names,
old forms, service principals with credentials of their own, and dates that cannot be read.
"""

import math

from exporter.simulator.scenario import App, Certificate, Expected, SamlSigning, Scenario, Secret

MICROSOFT = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"
SAML_NAME = "CN=Microsoft Azure Federated SSO Certificate"
HOSTILE_NAME = (
    "<script>alert(1)</script> \"double\" 'single' back\\slash new\nline $(rm -rf /)"
    " {{ braces }} \N{RIGHT-TO-LEFT OVERRIDE}gnp.exe \N{SKULL}"
)
AGENT_BLUEPRINT = "agentIdentityBlueprint"

ENDS: tuple[Scenario, ...] = (
    Scenario(
        "no-end-date",
        "A secret whose end date is null: it never expires.",
        (App("plant-telemetry", secrets=(Secret("sensors", None),)),),
        (Expected("application", "secret", "sensors", math.inf, superseded=False, state="valid"),),
    ),
    Scenario(
        "end-in-2299",
        "What the old portal wrote when somebody chose 'never'.",
        (App("print-service", secrets=(Secret("never", "2299-12-31T00:00:00Z"),)),),
        (
            Expected(
                "application",
                "secret",
                "never",
                math.nan,
                superseded=False,
                state="valid",
                ends="2299-12-31T00:00:00Z",
            ),
        ),
    ),
    Scenario(
        "end-in-9999",
        "The last instant that the directory can hold.",
        (App("badge-reader", secrets=(Secret("forever", "9999-12-31T23:59:59.9999999Z"),)),),
        (
            Expected(
                "application",
                "secret",
                "forever",
                math.nan,
                superseded=False,
                state="valid",
                ends="9999-12-31T23:59:59.9999999Z",
            ),
        ),
    ),
    Scenario(
        "fractional-timestamps",
        "Dates with fractions of a second, of any number of digits.",
        (App("precise-clock", secrets=(Secret("script", 100, fraction="8492500"),)),),
        (Expected("application", "secret", "script", 100, superseded=False, state="valid"),),
    ),
    Scenario(
        "unreadable-credential",
        "One credential has an end that is no date; its neighbour is exported all the same.",
        (App("migrated-app", secrets=(Secret("good", 120), Secret("corrupt", "not-a-date"))),),
        (Expected("application", "secret", "good", 120, superseded=False, state="valid"),),
        unreadable=1,
    ),
)

NAMES: tuple[Scenario, ...] = (
    Scenario(
        "application-without-name",
        "An application whose display name is null.",
        (App("nameless", None, secrets=(Secret("ci", 80),)),),
        (Expected("application", "secret", "ci", 80, superseded=False, state="valid"),),
    ),
    Scenario(
        "credential-without-name",
        "A secret made by a script that gave it no name.",
        (App("terraform-runner", secrets=(Secret(None, 25),)),),
        (Expected("application", "secret", "", 25, superseded=False, state="expiring"),),
    ),
    Scenario(
        "same-application-name",
        "Two applications that share a display name, which only their ids tell apart.",
        (
            App("reporting-north", "reporting", secrets=(Secret("north", 8),)),
            App("reporting-south", "reporting", secrets=(Secret("south", 280),)),
        ),
        (
            Expected(
                "application",
                "secret",
                "north",
                8,
                superseded=False,
                state="expiring",
                app="reporting-north",
            ),
            Expected(
                "application",
                "secret",
                "south",
                280,
                superseded=False,
                state="valid",
                app="reporting-south",
            ),
        ),
    ),
    Scenario(
        "same-credential-name",
        "Two secrets with one name in one application, which only their key ids tell apart.",
        (
            App(
                "web-shop",
                secrets=(Secret("default", 28, slot="first"), Secret("default", 290, slot="next")),
            ),
        ),
        (
            Expected(
                "application",
                "secret",
                "default",
                28,
                superseded=True,
                state="expiring",
                slot="first",
            ),
            Expected(
                "application",
                "secret",
                "default",
                290,
                superseded=False,
                state="valid",
                slot="next",
            ),
        ),
    ),
    Scenario(
        "hostile-name",
        "Names that try to break out of pages, labels, logs and shells.",
        (App("hostile", HOSTILE_NAME, secrets=(Secret(HOSTILE_NAME, 10),)),),
        (Expected("application", "secret", HOSTILE_NAME, 10, superseded=False, state="expiring"),),
    ),
    Scenario(
        "name-in-old-field",
        "A secret from before 2019, whose name is only in customKeyIdentifier, as UTF-16.",
        (App("warehouse-2018", secrets=(Secret("scanner key", 60, -2500, old_form=True),)),),
        (Expected("application", "secret", "scanner key", 60, superseded=False, state="valid"),),
    ),
)

PRINCIPALS: tuple[Scenario, ...] = (
    Scenario(
        "service-principal-secrets",
        "Secrets on a service principal alone, where the portal's app registrations hide them.",
        (
            App(
                "partner-gateway",
                secrets=(Secret("cli", 18, -347), Secret("rbac", 240, -10)),
                only_principal=True,
                owner_tenant_id="5b0e4b1c-8a53-4c3e-9d83-0f6b1a6f0c11",
            ),
        ),
        (
            Expected("service_principal", "secret", "cli", 18, superseded=True, state="expiring"),
            Expected("service_principal", "secret", "rbac", 240, superseded=False, state="valid"),
        ),
    ),
    Scenario(
        "saml-signing",
        "Two SAML certificates, three entries each; the older one is what signs.",
        (
            App(
                "travel-booking",
                saml=(SamlSigning("older", 55, -1040, active=True), SamlSigning("newer", 900)),
                tags=("WindowsAzureActiveDirectoryIntegratedApp",),
            ),
        ),
        (
            Expected(
                "service_principal",
                "saml_signing",
                SAML_NAME,
                55,
                superseded=False,
                state="valid",
                slot="older",
            ),
            Expected(
                "service_principal",
                "saml_signing",
                SAML_NAME,
                900,
                superseded=True,
                state="valid",
                slot="newer",
            ),
        ),
    ),
    Scenario(
        "agent-identity",
        "An application of a type derived from application, which newer tenants contain.",
        (
            App(
                "support-agent",
                secrets=(Secret("blueprint", 90),),
                derived_type=AGENT_BLUEPRINT,
            ),
        ),
        (Expected("application", "secret", "blueprint", 90, superseded=False, state="valid"),),
    ),
    Scenario(
        "managed-identity",
        "A managed identity, whose certificate the platform renews by itself.",
        (
            App(
                "vm-backup-identity",
                certificates=(Certificate("CN=vm-backup-identity", 40, -50),),
                only_principal=True,
                principal_type="ManagedIdentity",
                alternative_names=(
                    "isExplicit=True",
                    (
                        "/subscriptions/11111111-2222-3333-4444-555555555555/resourcegroups/backup"
                        "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/vm-backup"
                    ),
                ),
            ),
        ),
        (
            Expected(
                "service_principal",
                "certificate",
                "CN=vm-backup-identity",
                40,
                superseded=False,
                state="valid",
            ),
        ),
        hidden=True,
    ),
    Scenario(
        "microsoft-first-party",
        "A service principal of Microsoft's own, of which every tenant has hundreds.",
        (
            App(
                "Simulated Exchange Online",
                certificates=(Certificate("CN=first-party", 2),),
                only_principal=True,
                owner_tenant_id=MICROSOFT,
            ),
        ),
        (
            Expected(
                "service_principal",
                "certificate",
                "CN=first-party",
                2,
                superseded=False,
                state="expiring",
            ),
        ),
        hidden=True,
    ),
)
