"""
A simulated Key Vault: a request for a secret goes in, the secret or one of Key Vault's refusals
comes out. Only reads; every tenant shares the one vault.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from exporter.simulator.answer import Answer, json_answer
from exporter.simulator.tokens import Grant, Tokens

ROOT = "/secrets/"
RESOURCE = "https://vault.azure.net"


@dataclass(frozen=True, slots=True)
class VaultSecret:
    """
    One version of a secret. `starts` and `expires` are told, and stop nobody, as in a real vault;
    `readers` are the ids of the applications that may read it, None for all.
    """

    value: str = field(repr=False)
    version: str = "0" * 32
    enabled: bool = True
    starts: int | None = None
    expires: int | None = None
    readers: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class VaultRequest:
    """A request below `/secrets/`; `url` is where the simulator is reached."""

    method: str
    path: str
    url: str
    tenant_id: str
    authorization: str | None = None


def answer(
    request: VaultRequest,
    secrets: Mapping[str, Sequence[VaultSecret]],
    tokens: Tokens,
    now: float,
) -> Answer:
    """Give a secret, its versions in the mapping being in the order in which they were made."""
    grant = tokens.find((request.authorization or "").removeprefix("Bearer "))
    if grant is None or grant.expires_at <= now or grant.resource != RESOURCE:
        return challenge(request)
    if request.method != "GET":
        return error(405, "MethodNotAllowed", "The simulated vault only reads.")
    name, _, version = request.path.removeprefix(ROOT).strip("/").partition("/")
    versions = [one for one in secrets.get(name, ()) if version in ("", one.version)]
    if not versions:
        return not_found(f"{name}/{version}".rstrip("/"))
    return given(versions[-1], grant, f"{request.url}{ROOT}{name}/{versions[-1].version}")


def given(secret: VaultSecret, grant: Grant, identifier: str) -> Answer:
    """A version that exists, if whoever asks may read it and it is enabled."""
    if secret.readers is not None and grant.app_id not in secret.readers:
        message = f"Caller is not authorized to perform action on resource. Caller: {grant.app_id}"
        return error(403, "Forbidden", message, "ForbiddenByRbac")
    if not secret.enabled:
        message = "Operation get is not allowed on a disabled secret."
        return error(403, "Forbidden", message, "SecretDisabled")
    dates = {"nbf": secret.starts, "exp": secret.expires}
    attributes = {"enabled": True, "recoveryLevel": "Recoverable+Purgeable"} | {
        name: date for name, date in dates.items() if date is not None
    }
    return json_answer(200, {"value": secret.value, "id": identifier, "attributes": attributes})


def not_found(what: str) -> Answer:
    """No such secret, or no such version of it."""
    message = (
        f"A secret with (name/id) {what} was not found in this key vault. If you recently deleted"
        " this secret you may be able to recover it using the correct recovery command."
    )
    return error(404, "SecretNotFound", message)


def challenge(request: VaultRequest) -> Answer:
    """Where to get a token, and for what."""
    where = f'authorization="{request.url}/{request.tenant_id}", resource="{RESOURCE}"'
    message = "AKV10000: Request is missing a Bearer or PoP token."
    return error(401, "Unauthorized", message, headers={"WWW-Authenticate": f"Bearer {where}"})


def error(
    status: int,
    code: str,
    message: str,
    inner: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Key Vault's form of an error."""
    body: dict[str, object] = {"code": code, "message": message}
    if inner:
        body["innererror"] = {"code": inner}
    return json_answer(status, {"error": body}, headers)
