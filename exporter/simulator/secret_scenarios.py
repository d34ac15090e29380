"""
Scenarios about one application's secrets and certificates: how they age, and what covers them.
Holds data alone; `scenario` has the words it is written in.
"""

from exporter.simulator.certificates import FIRST_KEY
from exporter.simulator.directory import READ_ALL
from exporter.simulator.scenario import App, Certificate, Expected, Scenario, Secret

EXPORTER = App(
    "entra-credential-exporter",
    secrets=(Secret("prometheus", 45),),
    permissions=(READ_ALL,),
)

AGEING: tuple[Scenario, ...] = (
    Scenario(
        "exporter-itself",
        "The exporter signs in with an application of its own, and watches that one too.",
        (EXPORTER,),
        (Expected("application", "secret", "prometheus", 45, superseded=False, state="valid"),),
    ),
    Scenario(
        "healthy-secret",
        "A secret with most of a year left: nothing to do.",
        (App("billing-api", secrets=(Secret("production", 300),), tags=("finance",)),),
        (Expected("application", "secret", "production", 300, superseded=False, state="valid"),),
    ),
    Scenario(
        "ends-in-3-days",
        "The only secret ends in three days and nobody has made a new one.",
        (App("payroll-sync", secrets=(Secret("hr-export", 3),), tags=("finance",)),),
        (Expected("application", "secret", "hr-export", 3, superseded=False, state="expiring"),),
    ),
    Scenario(
        "ends-in-20-days",
        "The only secret ends within the month: time for a ticket, not for a call.",
        (App("crm-connector", secrets=(Secret("connector", 20),)),),
        (Expected("application", "secret", "connector", 20, superseded=False, state="expiring"),),
    ),
    Scenario(
        "expired-5-days-ago",
        "The only secret expired last week, so whoever uses it is down.",
        (App("invoice-archive", secrets=(Secret("archive-job", -5),)),),
        (Expected("application", "secret", "archive-job", -5, superseded=False, state="expired"),),
    ),
    Scenario(
        "forgotten",
        "A secret that expired more than a year ago and that nobody misses.",
        (App("legacy-portal", secrets=(Secret("key1", -400, -765),)),),
        (Expected("application", "secret", "key1", -400, superseded=False, state="expired"),),
    ),
    Scenario(
        "expired-leftover",
        "An expired secret was replaced long ago and merely not removed.",
        (App("order-intake", secrets=(Secret("2025", -30, -395), Secret("2026", 335, -30))),),
        (
            Expected("application", "secret", "2025", -30, superseded=True, state="expired"),
            Expected("application", "secret", "2026", 335, superseded=False, state="valid"),
        ),
    ),
    Scenario(
        "covered-by-newer",
        "The old secret ends in four days, and a new one is there: has the consumer been told?",
        (App("stock-feed", secrets=(Secret("old", 4, -361), Secret("new", 360, -5))),),
        (
            Expected("application", "secret", "old", 4, superseded=True, state="expiring"),
            Expected("application", "secret", "new", 360, superseded=False, state="valid"),
        ),
    ),
    Scenario(
        "staged-rotation",
        "The next secret is in place but has not begun, so the old one is still what counts.",
        (App("mail-relay", secrets=(Secret("current", 6, -359), Secret("next", 366, 1))),),
        (
            Expected("application", "secret", "current", 6, superseded=False, state="expiring"),
            Expected("application", "secret", "next", 366, superseded=False, state="not_yet_valid"),
        ),
    ),
    Scenario(
        "equal-ends",
        "Two secrets end in the same second; the greater key id is the last line of defence.",
        (App("twin-keys", secrets=(Secret("left", 70), Secret("right", 70))),),
        (
            Expected("application", "secret", "left", 70, superseded=False, state="valid"),
            Expected("application", "secret", "right", 70, superseded=True, state="valid"),
        ),
    ),
    Scenario(
        "certificate-healthy",
        "An application that signs in with a certificate, well before its end.",
        (
            App(
                "data-lake-loader",
                certificates=(Certificate("CN=data-lake-loader", 410, key=FIRST_KEY),),
            ),
        ),
        (
            Expected(
                "application",
                "certificate",
                "CN=data-lake-loader",
                410,
                superseded=False,
                state="valid",
            ),
        ),
    ),
    Scenario(
        "certificate-ends-in-12-days",
        "A certificate that must be replaced this week.",
        (App("backup-agent", certificates=(Certificate("CN=backup-agent", 12),)),),
        (
            Expected(
                "application",
                "certificate",
                "CN=backup-agent",
                12,
                superseded=False,
                state="expiring",
            ),
        ),
    ),
    Scenario(
        "secret-and-certificate",
        "A certificate does not cover a secret: each kind has its own last line of defence.",
        (
            App(
                "identity-sync",
                secrets=(Secret("fallback", 15),),
                certificates=(Certificate("CN=identity-sync", 200, key=FIRST_KEY),),
            ),
        ),
        (
            Expected("application", "secret", "fallback", 15, superseded=False, state="expiring"),
            Expected(
                "application",
                "certificate",
                "CN=identity-sync",
                200,
                superseded=False,
                state="valid",
            ),
        ),
    ),
    Scenario(
        "sign-in-disabled",
        "The secret is good, and yet sign-in was switched off for the application.",
        (App("paused-robot", secrets=(Secret("robot", 150),), account_enabled=False),),
        (Expected("application", "secret", "robot", 150, superseded=False, state="valid"),),
    ),
    Scenario(
        "no-service-principal",
        "The application was registered but never given a service principal in the tenant.",
        (App("half-deployed", secrets=(Secret("pipeline", 180),), principal=False),),
        (Expected("application", "secret", "pipeline", 180, superseded=False, state="valid"),),
    ),
    Scenario(
        "no-credentials",
        "A registration without any credential, as for a single-page application.",
        (App("intranet-frontend"),),
    ),
)
