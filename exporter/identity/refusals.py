"""Why the exporter could not sign in, as a poll's failure that says what to do. Pure."""

import contextlib
import re
from collections.abc import Mapping
from typing import Any

from azure.core.exceptions import (
    AzureError,
    DecodeError,
    HttpResponseError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceResponseError,
)

from exporter.config import IdentityConfig, TenantConfig
from exporter.errors import PollError
from exporter.model import FailureReason
from exporter.schedule import wait_asked
from exporter.transport import OddAnswer

DETAIL_LENGTH = 500
NO_ANSWER = (ServiceRequestError, ServiceResponseError, IncompleteReadError)
HTTP_TOO_MANY = 429
HTTP_SERVER_ERROR = 500
HIGHEST_CODE = 999_999_999

# What to do about a refusal, by AADSTS code. Meanings: Microsoft's error code reference,
# learn.microsoft.com/entra/identity-platform/reference-error-codes, and public threads.
REMEDIES = {
    7000222: "the exporter's own secret has expired: create a new one with `az ad app credential "
    "reset --id {client_id} --append` and store it where identity.client_secret reads it",
    7000215: "the stored value is not a secret of application {client_id}: store the secret's "
    "value, not its ID; if it was deleted, create a new one with `az ad app credential reset "
    "--id {client_id} --append`",
    7000216: "no secret was sent: the source of identity.client_secret is empty",
    7000218: "no secret was sent: the source of identity.client_secret is empty",
    700016: "tenant {tenant_id} has no application {client_id}: check client_id, tenant_id, cloud",
    7000229: "create the service principal: `az ad sp create --id {client_id}`",
    7000112: "application {client_id} is disabled: enable it under Enterprise applications",
    90002: "there is no tenant {tenant_id} in this cloud: check tenant_id and cloud",
    900021: "there is no tenant {tenant_id} in this cloud: check tenant_id and cloud",
    900382: "the tenant lives in another cloud: set `cloud`",
    700027: "the certificate is not registered on application {client_id}: upload its public part "
    "with `az ad app credential reset --id {client_id} --append --cert @certificate.pem`",
    1000502: "the certificate has expired: register a new one on application {client_id}",
    700024: "the clock of this machine is wrong: check its time synchronisation",
    700211: "no federated credential of {client_id} matches this issuer: check its issuer",
    700213: "no federated credential of {client_id} matches this subject: check its subject",
    53003: "conditional access blocks application {client_id}: exclude it, or allow this address",
}
LOOK_UP = "look the code up at https://login.microsoftonline.com/error?code={code}"
CHECK_IDENTITY = "check `identity` of this tenant in the configuration"


def refusal(error: AzureError, tenant: TenantConfig, now: float) -> PollError:
    """What the login service or azure-identity said, as a poll's failure."""
    if isinstance(error, NO_ANSWER):
        return not_understood(error, now)
    response: Any = getattr(error, "response", None)
    status = getattr(response, "status_code", None) or 0
    if status == HTTP_TOO_MANY:
        return throttled(one_line(error), wait_asked(response.headers, now))
    if status >= HTTP_SERVER_ERROR:
        return in_trouble(one_line(error))
    code = aadsts_code(error)
    if code is None and (isinstance(error, DecodeError) or says_nothing(error)):
        return nonsense("an answer that is no token and no refusal")
    return refused(error, code, tenant)


def not_understood(error: AzureError, now: float) -> PollError:
    """No answer, or one that the transport did not take."""
    cause = error.inner_exception
    if not isinstance(cause, OddAnswer):
        return no_answer(one_line(error))
    if cause.status == HTTP_TOO_MANY:
        return throttled(one_line(error), wait_asked(cause.headers, now))
    return (in_trouble if cause.status >= HTTP_SERVER_ERROR else nonsense)(one_line(error))


def throttled(detail: str, wait: float) -> PollError:
    """A 429; `wait` is what it asks for, in seconds."""
    remedy = "the login service asks for fewer sign-ins: raise poll.interval if this lasts"
    return PollError(FailureReason.THROTTLED, detail, remedy, retry_after=wait)


def says_nothing(error: AzureError) -> bool:
    """Whether azure-identity found neither a token nor an error in what came."""
    return any(words in str(error) for words in ("No response content", "Unexpected response"))


def in_trouble(detail: str) -> PollError:
    """A 5xx."""
    remedy = (
        "nothing to do unless it lasts: Microsoft's login service is in trouble, or a proxy "
        "answers in its place"
    )
    return PollError(FailureReason.SERVER, detail, remedy)


def refused(error: AzureError, code: int | None, tenant: TenantConfig) -> PollError:
    """A refusal with the remedy for its code."""
    advice = REMEDIES.get(code, LOOK_UP) if code else CHECK_IDENTITY
    client_id = tenant.identity.client_id or "of the identity"
    remedy = advice.format(client_id=client_id, tenant_id=tenant.tenant_id, code=code)
    return PollError(FailureReason.LOGIN, one_line(error), remedy, aadsts_code=code)


def no_answer(detail: str) -> PollError:
    """The login service could not be reached."""
    remedy = "check network, proxy and DNS between the exporter and the login service"
    return PollError(FailureReason.NETWORK, f"login service: {detail}", remedy)


def nonsense(detail: str) -> PollError:
    """The login service answered, but not with a token."""
    remedy = "check whether a proxy between the exporter and the login service changes answers"
    return PollError(FailureReason.MALFORMED, f"login service: {detail}", remedy)


def unusable(identity: IdentityConfig, error: Exception) -> PollError:
    """What is stored cannot be used at all."""
    remedy = f"make readable what identity type {identity.type} needs"
    return PollError(FailureReason.LOGIN, one_line(error), remedy)


def aadsts_code(error: AzureError) -> int | None:
    """The login service's code: from its JSON answer, else from the text."""
    if isinstance(error, HttpResponseError) and error.response is not None:
        with contextlib.suppress(Exception):  # the body may be anything
            answer: Any = error.response
            return next(iter(codes_of(answer.json())))
    found = re.search(r"AADSTS([1-9][0-9]{0,8})(?![0-9])", str(error))
    return int(found[1]) if found else None


def codes_of(body: Mapping[str, Any]) -> list[int]:
    """The codes in a refusal's JSON: those that are numbers such as the login service has."""
    listed = body.get("error_codes")
    numbers = [code for code in listed if type(code) is int] if isinstance(listed, list) else []
    return [code for code in numbers if 0 < code <= HIGHEST_CODE]


def one_line(error: BaseException) -> str:
    """What `words` says, cut to `DETAIL_LENGTH`."""
    return words(error)[:DETAIL_LENGTH]


def words(error: BaseException) -> str:
    """The message in one line, of the service's own words if there are any, without trace ids."""
    # An AzureError's own text would append the body of the answer, which may hold a token.
    text = " ".join(str(getattr(error, "message", error)).split())
    own = re.sub(r"^.*?(?=AADSTS\d)", "", text)
    return re.split(r"\s*Trace ID:", own)[0] or type(error).__name__
