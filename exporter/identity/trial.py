"""
The token request that an application would make with a stored secret or certificate: made once,
with a credential of its own, so that no cached token can answer for it. Never retries, never logs.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, quote_plus

from azure.core.exceptions import AzureError
from azure.identity.aio import CertificateCredential, ClientSecretCredential

from exporter.config import CloudConfig
from exporter.errors import without_tokens
from exporter.identity.credentials import NO_RETRIES, AzureCredential, endpoint
from exporter.identity.refusals import (
    DETAIL_LENGTH,
    HTTP_SERVER_ERROR,
    HTTP_TOO_MANY,
    NO_ANSWER,
    codes_of,
    one_line,
    words,
)
from exporter.model import Cause
from exporter.schedule import wait_asked
from exporter.sources import Secret
from exporter.sources.secret import MASK
from exporter.transport import OddAnswer
from exporter.verdict import Answer, Granted, NoAnswer, Refusal

TIMEOUT = 30.0
UNSENDABLE = Refusal(None, "", "the stored value holds bytes that no request can carry")
UNSIGNABLE = Refusal(
    None, "", "Entra ID takes RSA keys only, and the stored certificate has another kind of key"
)
HTTP_PROXY_SIGN_IN = 407
SHORTEST = 4
"""Characters of what is worth hiding: no secret is shorter, and words of the answer are."""

OAUTH_ERRORS = frozenset(
    {
        "access_denied",
        "authorization_pending",
        "interaction_required",
        "invalid_client",
        "invalid_grant",
        "invalid_request",
        "invalid_resource",
        "invalid_scope",
        "invalid_target",
        "invalid_tenant",
        "server_error",
        "slow_down",
        "temporarily_unavailable",
        "unauthorized_client",
        "unsupported_grant_type",
    }
)
"""RFC 6749 and 8707, and Microsoft's own."""

NONSENSE = NoAnswer(
    Cause.LOGIN_UNAVAILABLE, "the login service answered with neither a token nor a refusal"
)


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who asks, for what, and where: `resource` without `/.default`."""

    tenant_id: str
    client_id: str
    resource: str
    cloud: CloudConfig


async def try_secret(applicant: Applicant, secret: Secret, now: float) -> Answer:
    """What the login service says to a secret, which must not be empty; `now` dates Retry-After."""
    if not sendable(secret):
        return UNSENDABLE
    to = reached(applicant.cloud)
    if isinstance(to, NoAnswer):
        return to
    credential = ClientSecretCredential(
        applicant.tenant_id, applicant.client_id, secret.reveal(), **to
    )
    return shown(await ask(credential, applicant.resource, now), secret)


def sendable(secret: Secret) -> bool:
    """Whether it is text: bytes that are none were kept as lone surrogates."""
    try:
        secret.reveal().encode()
    except UnicodeError:
        return False
    return True


def shown(answer: Answer, *secrets: Secret) -> Answer:
    """
    The answer without what was sent, as a proxy's page, or a service's words, may repeat it; and
    then cut, as half a secret is not found any more.
    """

    def short(text: str) -> str:
        for secret in secrets:
            text = without(secret.reveal(), text)
        return text[:DETAIL_LENGTH]

    if isinstance(answer, Refusal):
        return replace(
            answer,
            error=short(answer.error),
            message=short(answer.message),
            correlation_id=short(answer.correlation_id),
        )
    return replace(answer, detail=short(answer.detail)) if isinstance(answer, NoAnswer) else answer


def without(value: str, text: str) -> str:
    """The text without a secret, as it is and as it may have been written on the way."""
    forms = (value, quote_plus(value), quote(value), value.strip(), " ".join(value.split()))
    for form in forms:
        text = text.replace(form, MASK) if len(form) >= SHORTEST else text
    return text


async def try_certificate(
    applicant: Applicant, content: bytes, password: Secret | None, now: float
) -> Answer:
    """What the login service says to a certificate, PEM or PKCS#12, that has its private key."""
    to = reached(applicant.cloud)
    if isinstance(to, NoAnswer):
        return to
    try:
        credential = CertificateCredential(
            applicant.tenant_id,
            applicant.client_id,
            certificate_data=content,
            password=password.reveal() if password else None,
            **to,
        )
    except ValueError:
        return UNSIGNABLE
    return shown(await ask(credential, applicant.resource, now), *filter(None, [password]))


def reached(cloud: CloudConfig) -> dict[str, Any] | NoAnswer:
    """Keyword arguments that lead a credential to the cloud's login service, once."""
    try:
        return {**endpoint(cloud), **NO_RETRIES}
    except OSError as error:
        return NoAnswer(Cause.NETWORK, f"the cloud's ca_file cannot be used ({one_line(error)})")


async def ask(credential: AzureCredential, resource: str, now: float) -> Answer:
    """Ask for a token once, and let go of the credential."""
    try:
        async with asyncio.timeout(TIMEOUT):
            token = await credential.get_token(f"{resource}/.default")
    except TimeoutError:
        return NoAnswer(Cause.NETWORK, f"no answer within {TIMEOUT:.0f} seconds")
    except AzureError as error:
        return answer_of(error, now)
    except Exception:  # noqa: BLE001 - what azure-identity raises over an answer that is none
        return NONSENSE
    finally:
        with contextlib.suppress(Exception):  # a connection that fails to close is closed
            await credential.close()
    return Granted() if isinstance(token.token, str) and token.token else NONSENSE


def answer_of(error: AzureError, now: float) -> Answer:
    """What an exception of azure-identity means; its words are not cut yet, see `shown`."""
    if isinstance(error, NO_ANSWER):
        odd = error.inner_exception
        if isinstance(odd, OddAnswer) and odd.status == HTTP_TOO_MANY:
            return throttled(odd.headers, now)
        cause = Cause.LOGIN_UNAVAILABLE if isinstance(odd, OddAnswer) else Cause.NETWORK
        return NoAnswer(cause, without_tokens(words(error)))
    response: Any = getattr(error, "response", None)
    status = getattr(response, "status_code", None)
    if status == HTTP_TOO_MANY:
        return throttled(response.headers, now)
    body = json_of(response)
    if status is None or status >= HTTP_SERVER_ERROR or not of_login_service(body):
        return NONSENSE if status in {None, 200} else unavailable(status)
    return refusal(body, status, error)


def throttled(headers: Mapping[str, str], now: float) -> NoAnswer:
    """A 429."""
    wait = wait_asked(headers, now)
    return NoAnswer(Cause.THROTTLED, "the login service asks for fewer sign-ins", wait)


def of_login_service(body: Mapping[str, Any]) -> bool:
    """Whether it is a refusal of the login service's, not of something before it."""
    error = body.get("error")
    if not isinstance(error, str):  # a gateway's: it has more of them than the login service
        return False
    return error in OAUTH_ERRORS or "AADSTS" in str(body.get("error_description"))


def unavailable(status: int) -> NoAnswer:
    """The login service, or what stands before it, is in trouble: no word about the secret."""
    if status == HTTP_PROXY_SIGN_IN:
        return NoAnswer(Cause.NETWORK, "a proxy on the way wants a sign-in (HTTP 407)")
    return NoAnswer(Cause.LOGIN_UNAVAILABLE, f"the login service, or a proxy, answered {status}")


def json_of(response: Any) -> Mapping[str, Any]:  # noqa: ANN401 - azure-core's response
    """The answer's JSON object; empty when it is none."""
    try:
        body = response.json()
    except Exception:  # noqa: BLE001 - the body may be anything
        return {}
    return body if isinstance(body, dict) else {}


def refusal(body: Mapping[str, Any], status: int, error: AzureError) -> Refusal:
    """The login service's own words about why there is no token."""
    codes = codes_of(body)
    return Refusal(
        code=codes[0] if codes else None,
        error=str(body["error"]),
        message=without_tokens(words(error)),
        status=status,
        correlation_id=str(body.get("correlation_id") or ""),
    )
