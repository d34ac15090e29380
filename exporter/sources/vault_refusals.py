"""
Why Key Vault gave no secret, and what to do next. Pure. Of what a vault answers only its status and
known codes are passed on: the rest is anybody's text, and may hold a value.
"""

import re
from collections.abc import Mapping
from json import JSONDecodeError
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import ClientConnectorDNSError, ClientSSLError
from azure.core.exceptions import (
    AzureError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceResponseError,
)

from exporter.config import SourceConfig
from exporter.errors import without_tokens
from exporter.permissions import VAULT_ROLE
from exporter.transport import OddAnswer

LONGEST_DETAIL = 300
OK = 200
SERVER_ERROR = 500
NO_ANSWER = (ServiceRequestError, ServiceResponseError, IncompleteReadError)
A_RULE = re.compile(r"AKV\d{5}")

ROLE = (
    "the vault's access control does not let the exporter's identity read it; give that identity"
    f" the data-plane role `{VAULT_ROLE}` on the vault, or the secret permission `get`"
    " where the vault has access policies (a new role takes up to ten minutes)"
)
ANOTHER_TENANT = (
    "the vault does not accept the identity's token; read it with an identity of the vault's own"
    " tenant and cloud"
)
ENABLE = "`az keyvault secret set-attributes --vault-name {vault} --name {name}"

# By the most particular code of the answer: learn.microsoft.com/azure/key-vault/general/
# rest-error-codes and common-error-codes.
BY_CODE: Mapping[str, str] = {
    "SecretDisabled": "it is disabled in the vault; enable it with "
    + ENABLE
    + " --enabled true`, or name another version",
    "SecretExpired": "the vault no longer gives it out, as it has expired there; store a new"
    " version, or move its end with " + ENABLE + " --expires DATE`",
    "SecretNotYetValid": "the vault does not give it out yet, as it has not begun there; wait, or"
    " move its beginning with " + ENABLE + " --not-before DATE`",
    "ForbiddenByFirewall": "the vault's firewall does not admit the exporter's address; add it to"
    " the vault's network rules, or reach the vault through a private endpoint",
    "ForbiddenByConnection": "the vault admits private endpoints only; run the exporter in a"
    " network that has one, whose DNS gives the private address",
    "ForbiddenByPolicy": ROLE,
    "ForbiddenByRbac": ROLE,
    "AccessDenied": ROLE,
    "SecretNotFound": "the vault has no such secret or version; correct `name` or `version`, or"
    " recover it when it was deleted (`az keyvault secret recover --vault-name {vault} --name"
    " {name}`)",
}
BY_STATUS: Mapping[int, str] = {
    400: "the vault does not understand the request; check `name` and `version`",
    401: ANOTHER_TENANT,
    403: ROLE,
    404: "there is no such secret or version at this address; correct `key_vault`, `name` or"
    " `version`",
    429: "the vault throttles its readers; read it less often (raise `verify.interval`), or have"
    " its other readers keep what they read",
}


def subject(source: SourceConfig) -> str:
    """What could not be read."""
    return f"version {source.version} of {source.place}" if source.version else source.place


def no_identity(source: SourceConfig) -> str:
    """Nobody to read with."""
    return (
        f"{subject(source)} cannot be read without the identity of the target's tenant, which has"
        f" none; set that tenant's `identity` and give it the role `{VAULT_ROLE}`"
    )


def no_token(error: AzureError, source: SourceConfig) -> str:
    """The identity could not sign in."""
    return (
        f"{subject(source)}: the identity got no token for the vault ({one_line(error)}); correct"
        " `identity` of the target's tenant, which must be a tenant the vault trusts"
    )


def no_answer(detail: str, source: SourceConfig) -> str:
    """Nothing came back."""
    return f"{subject(source)}: the vault is not reachable ({detail}); check network and proxy"


def no_trust(error: OSError, source: SourceConfig, ca_file: Path | None) -> str:
    """The client could not be made: of files it opens the authority's only."""
    return (
        f"{subject(source)}: ca_file {ca_file} cannot be used ({error.strerror}); correct `ca_file`"
        " of the cloud, which names PEM certificates"
    )


def no_vault(source: SourceConfig) -> str:
    """Something came back, but no vault sends such a thing."""
    return (
        f"{subject(source)}: the answer is none of Key Vault's; check `key_vault`, and whether a"
        " proxy answers in its place"
    )


def wrong_challenge(error: ValueError, source: SourceConfig) -> str:
    """The client would not go on: the answer is no JSON, or asks for what no vault may have."""
    if isinstance(error, JSONDecodeError | UnicodeError):
        return no_vault(source)
    return (
        f"{subject(source)}: the vault asks for a token of a service that its address does not"
        " belong to, so it was sent none; correct `key_vault`, as in https://NAME.vault.azure.net"
    )


def refusal(error: AzureError, source: SourceConfig) -> str:
    """What Key Vault, or the way to it, said."""
    if isinstance(error, NO_ANSWER):
        return unreachable(error, source)
    response: Any = getattr(error, "response", None)
    if response is None or response.status_code == OK:
        return no_vault(source)
    known = [code for code in codes(response) if code in BY_CODE or A_RULE.fullmatch(code)]
    says = " ".join([f"status {response.status_code}", *known])
    names = {"vault": (urlsplit(source.key_vault or "").hostname or "").split(".")[0]}
    advice = advised(known, response.status_code).format(name=source.name, **names)
    return f"{subject(source)}: {advice} ({says})"


def advised(known: list[str], status: int) -> str:
    """What happened and what to do, by code, else by status."""
    for code in reversed(known):
        if code in BY_CODE:
            return BY_CODE[code]
    if status >= SERVER_ERROR:
        return "Key Vault is in trouble; nothing to do unless it lasts"
    return BY_STATUS.get(status, "the vault's answer is unexpected; check `key_vault`")


def codes(response: Any) -> list[str]:  # noqa: ANN401 - of azure-core's many
    """The codes in an error answer, from the general to the particular."""
    try:
        error: Any = response.json()["error"]
        inner: Any = error.get("innererror") or error.get("innerError") or {}
        rule = A_RULE.search(str(error.get("message")))
        return [str(error.get("code")), *([rule[0]] if rule else []), str(inner.get("code"))]
    except Exception:  # noqa: BLE001 - the body may be anything, and the status says enough
        return []


def unreachable(error: AzureError, source: SourceConfig) -> str:
    """Which part of the way failed."""
    host, cause = urlsplit(source.key_vault or "").netloc, error.inner_exception
    if isinstance(cause, OddAnswer):
        return no_vault(source)
    if isinstance(cause, ClientConnectorDNSError):
        return (
            f"{subject(source)}: {host} has no address; correct `key_vault` (a deleted vault has"
            " none), or check DNS"
        )
    if isinstance(cause, ClientSSLError):
        return (
            f"{subject(source)}: the certificate of {host} is not trusted; set `ca_file` of the"
            " cloud, or check whether a proxy answers in its place"
        )
    return no_answer(one_line(error), source)


def one_line(error: AzureError) -> str:
    """The message in one line: of the login service's words if there are any, and no body."""
    # An AzureError's own text would append the body of the answer.
    text = " ".join(str(error.message).split())
    words = re.split(r"\s*Trace ID:", re.sub(r"^.*?(?=AADSTS\d)", "", text))[0]
    return without_tokens(words)[:LONGEST_DETAIL] or type(error).__name__
