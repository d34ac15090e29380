"""What consumers have stored in a form that does not work, each in a way in which people did it."""

import base64

from exporter.simulator.values import secret_value, uid
from exporter.simulator.verification import Verification

ORDER_INTAKE = secret_value("order-intake", "2026")
CONNECTOR = secret_value("crm-connector", "connector")

MALFORMED: tuple[Verification, ...] = (
    Verification(
        "order-intake",
        "Written with echo, so that a line break is at the end.",
        "order-intake",
        f"{ORDER_INTAKE}\n",
        "format_error",
        7000215,
        used_by={
            "kind": "aks",
            "namespace": "orders",
            "name": "order-intake",
            "key": "CLIENT_SECRET",
            "deployment": "orders",
        },
        demo=True,
    ),
    Verification(
        "stock-feed",
        "Quotes from an env file have become part of the value.",
        "stock-feed",
        f'"{secret_value("stock-feed", "new")}"',
        "format_error",
        7000215,
    ),
    Verification(
        "web-shop",
        "The secret's ID was copied from the portal, not its value.",
        "web-shop",
        uid("key", "web-shop", "next"),
        "format_error",
        7000215,
        used_by={
            "kind": "app_service",
            "resource_group": "shop",
            "name": "web-shop",
            "setting": "AZURE_CLIENT_SECRET",
        },
        demo=True,
    ),
    Verification(
        "crm-connector",
        "Encoded by hand, and then once more by Kubernetes.",
        "crm-connector",
        base64.b64encode(CONNECTOR.encode()).decode(),
        "format_error",
        7000215,
    ),
    Verification(
        "twin-keys",
        "App Service did not resolve the reference, and handed over its text.",
        "twin-keys",
        "@Microsoft.KeyVault(SecretUri=https://contoso.vault.azure.net/secrets/twin-keys/)",
        "format_error",
        7000215,
    ),
    Verification(
        "crm-connector-staging",
        "The last characters were lost when it was copied.",
        "crm-connector",
        CONNECTOR[:-8],
        "format_error",
        7000215,
    ),
    Verification(
        "fabrikam-loyalty",
        "A line break at the end, in a tenant whose inventory cannot be read.",
        "fabrikam-loyalty",
        f"{secret_value('fabrikam-loyalty', 'points')}\n",
        "format_error",
        7000215,
        tenant="fabrikam",
    ),
    Verification(
        "billing-empty",
        "The variable is set, and empty.",
        "billing-api",
        "",
        "format_error",
    ),
)
