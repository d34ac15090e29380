"""
What Graph's refusals and failures mean for a poll: status and error code to a reason and a remedy.
Pure. Source of the codes: learn.microsoft.com/graph/errors and recorded answers.
"""

from collections.abc import Mapping

import httpx
import msgspec

from exporter.errors import PollError
from exporter.model import FailureReason
from exporter.permissions import GRAPH, READ, READ_ROLE
from exporter.schedule import wait_asked

DETAIL_LENGTH = 300

REMEDIES = {
    FailureReason.LOGIN: "Graph does not accept the token: check that `cloud` is this tenant's, "
    "and the time of this machine",
    FailureReason.PERMISSION: f"grant the exporter's application the Graph application permission "
    f"{READ}: `az ad app permission add --id EXPORTER_CLIENT_ID --api {GRAPH} --api-permissions "
    f"{READ_ROLE}=Role`, then `az ad app permission admin-consent --id EXPORTER_CLIENT_ID`; for a "
    "managed identity see docs/permissions.md",
    FailureReason.THROTTLED: "Graph asks for fewer requests: raise poll.interval if this lasts",
    FailureReason.NETWORK: "check network, proxy and DNS between the exporter and Graph",
    FailureReason.SERVER: "nothing to do here unless it lasts: Graph is in trouble",
    FailureReason.MALFORMED: "check whether a proxy between the exporter and Graph changes answers",
}

STATUS_REASONS: Mapping[int, FailureReason] = {
    httpx.codes.UNAUTHORIZED: FailureReason.LOGIN,
    httpx.codes.FORBIDDEN: FailureReason.PERMISSION,
    httpx.codes.TOO_MANY_REQUESTS: FailureReason.THROTTLED,
}


SAID_IN_JSON = frozenset({FailureReason.LOGIN, FailureReason.PERMISSION})
"""Graph says these in JSON; whoever refuses with a web page is a proxy."""


class ErrorDetail(msgspec.Struct):
    """The part of an error body that is for people."""

    code: str | None = None
    message: str | None = None


class ErrorBody(msgspec.Struct):
    """An error as Graph sends it."""

    error: ErrorDetail


def failure(reason: FailureReason, detail: str, retry_after: float = 0.0) -> PollError:
    """A poll's failure with the remedy for its reason."""
    return PollError(reason, detail[:DETAIL_LENGTH], REMEDIES[reason], retry_after=retry_after)


def refused(response: httpx.Response, now: float) -> PollError:
    """An answer other than 200."""
    status = response.status_code
    other = FailureReason.SERVER if status >= httpx.codes.INTERNAL_SERVER_ERROR else None
    reason = STATUS_REASONS.get(status, other or FailureReason.MALFORMED)
    if reason in SAID_IN_JSON and "text/html" in response.headers.get("content-type", ""):
        reason = FailureReason.MALFORMED
    said = describe(response.content)
    if response.has_redirect_location:
        said = "it redirects, which Graph's lists never do"
    detail = f"Graph answered {status}" + (f": {said}" if said else "")
    return failure(reason, detail, wait_asked(response.headers, now))


def describe(body: bytes) -> str:
    """Graph's code and message in one line; empty when the body is not Graph's."""
    try:
        error = msgspec.json.decode(body, type=ErrorBody).error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    return " ".join(" ".join((error.code or "", error.message or "")).split())
