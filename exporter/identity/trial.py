"""
The token request that an application would make with a stored secret or certificate: made once,
with a credential of its own, so that no cached token can answer for it. Never retries, never logs.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from azure.core.exceptions import AzureError
from azure.identity.aio import CertificateCredential, ClientSecretCredential

from exporter.config import CloudConfig
from exporter.errors import without_tokens
from exporter.identity.credentials import NO_RETRIES, AzureCredential, endpoint
from exporter.identity.refusals import HTTP_SERVER_ERROR, HTTP_TOO_MANY, NO_ANSWER, one_line
from exporter.identity.transport import trusting
from exporter.model import Cause
from exporter.schedule import retry_after
from exporter.sources import Secret
from exporter.verdict import Answer, Granted, NoAnswer, Refusal

TIMEOUT = 30.0
UNSENDABLE = Refusal(None, "", "the stored value holds bytes that no request can carry")
UNSIGNABLE = Refusal(
    None, "", "Entra ID takes RSA keys only, and the stored certificate has another kind of key"
)
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
    to = reached(applicant.cloud)
    if isinstance(to, NoAnswer):
        return to
    credential = ClientSecretCredential(
        applicant.tenant_id, applicant.client_id, secret.reveal(), **to
    )
    return await ask(credential, applicant.resource, now)


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
        if "transport" in to:
            await to["transport"].close()
        return UNSIGNABLE
    return await ask(credential, applicant.resource, now)


def reached(cloud: CloudConfig) -> dict[str, Any] | NoAnswer:
    """Keyword arguments that lead a credential to the cloud's login service, once."""
    arguments = endpoint(cloud)
    arguments.pop("connection_verify", None)
    try:
        return {**arguments, **trusting(cloud.ca_file), **NO_RETRIES}
    except OSError as error:
        return NoAnswer(Cause.NETWORK, f"the cloud's ca_file cannot be used ({one_line(error)})")


async def ask(credential: AzureCredential, resource: str, now: float) -> Answer:
    """Ask for a token once, and let go of the credential."""
    try:
        async with asyncio.timeout(TIMEOUT):
            await credential.get_token(f"{resource}/.default")
    except TimeoutError:
        return NoAnswer(Cause.NETWORK, f"no answer within {TIMEOUT:.0f} seconds")
    except AzureError as error:
        return answer_of(error, now)
    except UnicodeError:
        return UNSENDABLE
    except (AttributeError, KeyError, TypeError):
        return NONSENSE
    finally:
        with contextlib.suppress(Exception):  # a connection that fails to close is closed
            await credential.close()
    return Granted()


def answer_of(error: AzureError, now: float) -> Answer:
    """What an exception of azure-identity means."""
    if isinstance(error, NO_ANSWER):
        return NoAnswer(Cause.NETWORK, without_tokens(one_line(error)))
    response: Any = getattr(error, "response", None)
    status = getattr(response, "status_code", None)
    if status == HTTP_TOO_MANY:
        wait = retry_after(response.headers.get("Retry-After", ""), now)
        return NoAnswer(Cause.THROTTLED, "the login service asks for fewer sign-ins", wait)
    body = json_of(response)
    if status is None or status >= HTTP_SERVER_ERROR or "error" not in body:
        return NONSENSE if status in {None, 200} else unavailable(status)
    return refusal(body, status, error)


def unavailable(status: int) -> NoAnswer:
    """The login service is in trouble: that says nothing about the secret."""
    return NoAnswer(Cause.LOGIN_UNAVAILABLE, f"the login service answered {status}")


def json_of(response: Any) -> Mapping[str, Any]:  # noqa: ANN401 - azure-core's response
    """The answer's JSON object; empty when it is none."""
    try:
        body = response.json()
    except Exception:  # noqa: BLE001 - the body may be anything
        return {}
    return body if isinstance(body, dict) else {}


def refusal(body: Mapping[str, Any], status: int, error: AzureError) -> Refusal:
    """The login service's own words about why there is no token."""
    codes = [code for code in body.get("error_codes") or [] if isinstance(code, int)]
    return Refusal(
        code=codes[0] if codes else None,
        error=str(body["error"]),
        message=without_tokens(one_line(error)),
        status=status,
        correlation_id=str(body.get("correlation_id") or ""),
    )
