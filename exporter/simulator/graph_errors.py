"""Graph's errors: codes, messages and the shape of their body."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from exporter.simulator.answer import Answer, json_answer

LOGIN_URL = "https://login.microsoftonline.com/common/oauth2/authorize"
CHALLENGE = (
    f'Bearer realm="", authorization_uri="{LOGIN_URL}",'
    ' client_id="00000003-0000-0000-c000-000000000000"'
)
UNAUTHENTICATED = 401
# What Graph says when nothing more is known than the status.
BY_STATUS: Mapping[int, tuple[str, str]] = {
    400: ("BadRequest", "Bad request."),
    401: ("InvalidAuthenticationToken", "Access token has expired or is not yet valid."),
    403: ("Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
    404: ("Request_ResourceNotFound", "Resource does not exist."),
    429: ("TooManyRequests", "Too many requests."),
    500: ("InternalServerError", "An internal server error occurred."),
    503: ("ServiceUnavailable", "The service is temporarily unavailable."),
    504: ("GatewayTimeout", "The request timed out."),
}


@dataclass(eq=False)
class GraphError(Exception):
    """A request that Graph refuses; turned into an answer by `error_answer`."""

    status: int
    code: str
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)


def of_status(status: int) -> GraphError:
    """Make the error that Graph gives for a status."""
    code, message = BY_STATUS.get(status, ("UnknownError", ""))
    return (
        unauthenticated(message) if status == UNAUTHENTICATED else GraphError(status, code, message)
    )


def unauthenticated(message: str) -> GraphError:
    """Ask for a (better) token."""
    code, _ = BY_STATUS[UNAUTHENTICATED]
    return GraphError(UNAUTHENTICATED, code, message, {"www-authenticate": CHALLENGE})


def bad_request(message: str, code: str = "BadRequest") -> GraphError:
    """Say that the request itself is wrong."""
    return GraphError(400, code, message)


def common_headers(request_id: str, client_request_id: str | None) -> dict[str, str]:
    """Give the headers that all of Graph's answers have."""
    echo = {"client-request-id": client_request_id} if client_request_id else {}
    return echo | {
        "Cache-Control": "no-cache",
        "request-id": request_id,
        "Strict-Transport-Security": "max-age=31536000",
        "Vary": "Accept-Encoding",
        "x-ms-ags-diagnostic": '{"ServerInfo":{"DataCenter":"Simulated","Slice":"E","Ring":"5",'
        '"ScaleUnit":"001","RoleInstance":"SIMULATOR0"}}',
    }


def error_answer(error: GraphError, now: float, client_request_id: str | None = None) -> Answer:
    """Write an error: the date has no `Z`, and the request id stands in for a missing client's."""
    request_id = str(uuid.uuid4())
    inner = {
        "date": datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "request-id": request_id,
        "client-request-id": client_request_id or request_id,
    }
    body = {"error": {"code": error.code, "message": error.message, "innerError": inner}}
    headers = common_headers(request_id, client_request_id) | dict(error.headers)
    plain = {"Content-Type": "application/json", "x-ms-resource-unit": "1"}
    return json_answer(error.status, body, headers | plain)
