"""
Client assertions: a JWT signed with a certificate, or a foreign token of a federated identity.
Answers None when the assertion is good, and else the refusal.
"""

import base64
import binascii
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.types import Options

from exporter.simulator.directory import FederatedCredential, KeyCredential
from exporter.simulator.refusals import Refusal, refuse
from exporter.simulator.values import instant

ALGORITHMS = ["RS256", "PS256"]
# The service forgives clocks that are this many seconds off.
LENIENCE = 300
KEY_UNKNOWN = "The key was not found."
SIGNATURE_WRONG = "The provided signature value did not match the expected signature value."
ONLY_SIGNATURE: Options = {
    "verify_aud": False,
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
}
# What is said when nothing matches a claim.
UNMATCHED = {"issuer": 700211, "audience": 700212, "subject": 700213}


@dataclass(frozen=True, slots=True)
class Assertion:
    """A client assertion, read but not yet believed."""

    text: str
    header: dict[str, Any]
    claims: dict[str, Any]


def check_assertion(
    text: str,
    app_id: str,
    certificates: Sequence[KeyCredential],
    federated: Sequence[FederatedCredential],
    now: float,
) -> Refusal | None:
    """Tell certificate from federation by who issued the token, and check it."""
    try:
        header = jwt.get_unverified_header(text)
        claims: dict[str, Any] = jwt.decode(text, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        return refuse(50027, detail="JWT token is invalid or malformed.")
    if claims.get("iss") == claims.get("sub") == app_id:
        return check_certificate(Assertion(text, header, claims), app_id, certificates, now)
    if find_certificate(header, certificates):
        return refuse(700021)
    return check_federation(claims, federated)


def check_federation(
    claims: dict[str, Any], federated: Sequence[FederatedCredential]
) -> Refusal | None:
    """Compare issuer, then subject, then audience; the first that nothing matches is named."""
    left = list(federated)
    for claim, name in (("iss", "issuer"), ("sub", "subject"), ("aud", "audience")):
        value = claims.get(claim)
        given = value if isinstance(value, list) else [value]
        left = [one for one in left if getattr(one, name) in given]
        if not left:
            return refuse(UNMATCHED[name], value=", ".join(map(str, given)))
    return None


def check_certificate(
    assertion: Assertion, app_id: str, certificates: Sequence[KeyCredential], now: float
) -> Refusal | None:
    """Find the registered certificate, then check its dates, the signature and the claims."""
    thumbprint = named_thumbprint(assertion.header)
    found = find_certificate(assertion.header, certificates)
    if found is None:
        return refuse(700027, reason=KEY_UNKNOWN, thumbprint=thumbprint, app_id=app_id)
    credential, certificate = found
    if not instant(credential.start, 0) <= now < instant(credential.end, math.inf):
        return refuse(1000502)
    if not signed_by(assertion.text, certificate):
        return refuse(700027, reason=SIGNATURE_WRONG, thumbprint=thumbprint, app_id=app_id)
    if not str(assertion.claims.get("aud", "")).startswith("https://"):
        return refuse(700023)
    return check_times(assertion.claims, now)


def find_certificate(
    header: dict[str, Any], certificates: Sequence[KeyCredential]
) -> tuple[KeyCredential, x509.Certificate] | None:
    """Find the registered certificate that the header names by its SHA-1 or SHA-256."""
    for credential in certificates:
        if credential.certificate is None or credential.usage != "Verify":
            continue
        certificate = x509.load_der_x509_certificate(credential.certificate)
        sha1 = certificate.fingerprint(hashes.SHA1())  # noqa: S303 - x5t is SHA-1, it only names
        sha256 = certificate.fingerprint(hashes.SHA256())
        if decode(header.get("x5t")) == sha1 or decode(header.get("x5t#S256")) == sha256:
            return credential, certificate
    return None


def decode(text: object) -> bytes | None:
    """Read base64url, with or without padding."""
    if not isinstance(text, str):
        return None
    try:
        return base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    except (binascii.Error, ValueError):
        return None


def named_thumbprint(header: dict[str, Any]) -> str:
    """Say which certificate the client used, as the service writes it."""
    return (decode(header.get("x5t")) or decode(header.get("x5t#S256")) or b"").hex().upper()


def signed_by(assertion: str, certificate: x509.Certificate) -> bool:
    """Check the signature alone; the claims are compared with the simulator's own clock."""
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        return False
    try:
        jwt.decode(assertion, key, algorithms=ALGORITHMS, options=ONLY_SIGNATURE)
    except jwt.InvalidTokenError:
        return False
    return True


def check_times(claims: dict[str, Any], now: float) -> Refusal | None:
    """Refuse an assertion that is from the past or from the future."""
    start, end = float(claims.get("nbf", now)), float(claims.get("exp", now))
    if start - LENIENCE <= now < end + LENIENCE:
        return None
    return refuse(700024, current=ticks(now), start=ticks(start), end=ticks(end))


def ticks(seconds: float) -> str:
    """Write an instant with the seven digits that this message has."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
