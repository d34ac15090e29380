"""
Scenarios about applications whose stored secrets are verified: those that no other group has. Holds
what the directory shows of them; what is stored where is in `verify_scenarios`.
"""

from exporter.simulator.certificates import FIRST_KEY
from exporter.simulator.scenario import App, Certificate, Expected, Scenario, Secret

TWO_MINUTES_AGO = -2 / 1440

VERIFIED: tuple[Scenario, ...] = (
    Scenario(
        "will-be-revoked",
        "A good secret that somebody removes while the demo runs, without putting a new one there.",
        (App("parcel-tracker", secrets=(Secret("carrier", 250),)),),
        (Expected("application", "secret", "carrier", 250, superseded=False, state="valid"),),
    ),
    Scenario(
        "will-be-rotated",
        "A good secret that is replaced while the demo runs, and nobody tells its consumer.",
        (App("loyalty-points", secrets=(Secret("api", 220),)),),
        (Expected("application", "secret", "api", 220, superseded=False, state="valid"),),
    ),
    Scenario(
        "rotated-again-and-again",
        "A secret that is replaced every two minutes, and whose consumer follows a little later.",
        (App("fleet-monitor", secrets=(Secret("telematics", 280, slot="0"),)),),
        (
            Expected(
                "application",
                "secret",
                "telematics",
                280,
                superseded=False,
                state="valid",
                slot="0",
            ),
        ),
    ),
    Scenario(
        "just-added",
        "A secret of two minutes ago, which the login service learns of five minutes from now.",
        (App("seat-planner", secrets=(Secret("new", 365, TWO_MINUTES_AGO, spreads=5),)),),
        (Expected("application", "secret", "new", 365, superseded=False, state="valid"),),
    ),
    Scenario(
        "public-client",
        "An application that is registered as a public client, and has a secret all the same.",
        (App("kiosk-client", secrets=(Secret("kiosk", 160),), public_client=True),),
        (Expected("application", "secret", "kiosk", 160, superseded=False, state="valid"),),
    ),
    Scenario(
        "blocked-by-policy",
        "A good secret of an application that Conditional Access keeps from signing in.",
        (App("audit-export", secrets=(Secret("export", 190),), blocked_by_policy=True),),
        (Expected("application", "secret", "export", 190, superseded=False, state="valid"),),
    ),
    Scenario(
        "certificate-expired",
        "The only certificate expired forty days ago, and it is still what is used.",
        (App("edi-bridge", certificates=(Certificate("CN=edi-bridge", -40, key=FIRST_KEY),)),),
        (
            Expected(
                "application",
                "certificate",
                "CN=edi-bridge",
                -40,
                superseded=False,
                state="expired",
            ),
        ),
    ),
)
