"""
Made-up values with real shapes: ids, secrets, thumbprints and timestamps, each a pure function of
its arguments. Nothing here is random, so two runs of the simulator show the same tenant.
"""

import base64
import hashlib
import math
import string
import uuid
from datetime import UTC, datetime

MINUTE = 60
DAY = 86_400
ALPHABET = string.ascii_letters + string.digits + "_~.-"
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://simulated-entra-tenant.invalid/")


def uid(*names: str) -> str:
    """Give the same GUID for the same names, always."""
    return str(uuid.uuid5(NAMESPACE, "/".join(names)))


def digest(*names: str) -> bytes:
    """Give 64 bytes that depend on the names alone."""
    return hashlib.sha512("/".join(names).encode()).digest()


def secret_value(*names: str) -> str:
    """Make a secret of the modern shape: 40 characters, `8Q~` after the first three."""
    letters = [ALPHABET[byte % len(ALPHABET)] for byte in digest("secret", *names)]
    return "".join(letters[:3]) + "8Q~" + "".join(letters[3:37])


def thumbprint(*names: str) -> bytes:
    """Give the 20 bytes of a certificate that exists only by name."""
    return digest("certificate", *names)[:20]


def base64_text(data: bytes) -> str:
    """Write bytes as Graph writes `Edm.Binary`."""
    return base64.b64encode(data).decode()


def timestamp(seconds: float, fraction: str = "") -> str:
    """
    Write an instant as Graph does: UTC, whole seconds, `Z`.

    `fraction` is up to seven digits; its trailing zeros are cut, as the service cuts them.
    """
    whole = datetime.fromtimestamp(math.floor(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%S")
    digits = fraction.rstrip("0")
    return f"{whole}.{digits}Z" if digits else f"{whole}Z"


def instant(text: str | None, missing: float) -> float:
    """Read what `timestamp` wrote, as Unix time; `missing` stands for null."""
    return missing if text is None else datetime.fromisoformat(text).timestamp()
