"""
What can go wrong between the exporter and Microsoft, each fault on its own and at will. Says what
is to happen; `server` makes it happen.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self, TypedDict, Unpack

import msgspec

from exporter.simulator.answer import Answer
from exporter.simulator.graph_errors import error_answer, of_status
from exporter.simulator.refusals import Refusal, refusal_answer, refuse
from exporter.simulator.wordings import PRESENT, Wording

GRAPH_PATH = "/v1.0/"
PROXY_PAGE = (
    "<!DOCTYPE html><html><head><title>Sign in</title></head>"
    "<body><h1>Corporate proxy</h1><p>Please sign in to continue.</p></body></html>"
)
TOKEN_PATH = re.compile(r"/[^/]+/oauth2/v2\.0/token")
ELSEWHERE = "https://graph.elsewhere.invalid"
BEGUN = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"
    b'{"value": [' + b" " * 400
)
LOGIN_CODES = {429: 90055}
LOGIN_TRANSIENT = 90033
ERROR = 400


class Where(TypedDict, total=False):
    """Which requests a fault hits; the same as the fields of `Fault`."""

    path: str | re.Pattern[str]
    client_id: str
    after: int
    times: int | None


@dataclass(frozen=True, slots=True)
class Fault:
    """
    One thing that goes wrong for the requests whose path begins with `path`, or matches it; with a
    `client_id` only for this application's token requests.

    The first `after` of those requests are let through; the next `times` (None: all) are hit.
    Without `status`, `body` and `refusal` the true answer is made first and then spoilt. `raw` is
    what goes over the wire in place of any answer: byte by byte with `pace` seconds between them,
    and the connection is left open behind it with `stall`.
    """

    path: str | re.Pattern[str] = GRAPH_PATH
    client_id: str = ""
    after: int = 0
    times: int | None = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | str | bytes | None = None
    delay: float = 0.0
    truncate: bool = False
    malformed: bool = False
    html: bool = False
    hang: bool = False
    drop: bool = False
    refusal: Refusal | None = None
    next_link: Literal["elsewhere", "loop"] | None = None
    raw: bytes | None = None
    pace: float = 0.0
    stall: bool = False

    @classmethod
    def throttled(cls, retry_after: float | str = 1, **where: Unpack[Where]) -> Self:
        """429 with `Retry-After`."""
        return cls(status=429, headers={"Retry-After": str(retry_after)}, **where)

    @classmethod
    def server_error(cls, status: int = 503, **where: Unpack[Where]) -> Self:
        """A 5xx with the body that the service would give."""
        return cls(status=status, **where)

    @classmethod
    def slow(cls, delay: float = 1.0, **where: Unpack[Where]) -> Self:
        """The true answer, late."""
        return cls(delay=delay, **where)

    @classmethod
    def permission_missing(cls, **where: Unpack[Where]) -> Self:
        """403, as when nobody consented to Application.Read.All."""
        return cls(status=403, **where)

    @classmethod
    def hanging(cls, **where: Unpack[Where]) -> Self:
        """No answer at all, with the connection open."""
        return cls(hang=True, **where)

    @classmethod
    def dropped(cls, **where: Unpack[Where]) -> Self:
        """No answer at all: the connection is closed."""
        return cls(drop=True, **where)

    @classmethod
    def proxy_page(cls, **where: Unpack[Where]) -> Self:
        """A web page with status 200 in place of JSON."""
        return cls(html=True, **where)

    @classmethod
    def next_link_elsewhere(cls, **where: Unpack[Where]) -> Self:
        """A next page on another host, which must never be given the token."""
        return cls(next_link="elsewhere", **where)

    @classmethod
    def next_link_loop(cls, **where: Unpack[Where]) -> Self:
        """A next page that is this page."""
        return cls(next_link="loop", **where)

    @classmethod
    def endless_body(cls, **where: Unpack[Where]) -> Self:
        """Headers and the beginning of a body that never ends."""
        return cls(raw=BEGUN, stall=True, **where)

    @classmethod
    def trickle(cls, pace: float = 0.05, **where: Unpack[Where]) -> Self:
        """A body that comes byte by byte: never silent for long, and never whole."""
        return cls(raw=BEGUN, pace=pace, stall=True, **where)

    @classmethod
    def garbage(cls, raw: bytes, **where: Unpack[Where]) -> Self:
        """Whatever is given in place of an HTTP answer, and then the end of the connection."""
        return cls(raw=raw, **where)

    @classmethod
    def login_refused(cls, code: int, **where: Unpack[Where]) -> Self:
        """Any refusal of the login service, such as 53003, whatever is sent."""
        where.setdefault("path", TOKEN_PATH)
        return cls(refusal=refuse(code), **where)

    def concerns(self, path: str, client_id: str) -> bool:
        """Tell whether this path, asked for by this application, is meant."""
        if self.client_id not in ("", client_id):
            return False
        if isinstance(self.path, str):
            return path.startswith(self.path)
        return self.path.fullmatch(path) is not None

    def replaces(self) -> bool:
        """Tell whether the true answer is not even made."""
        given = (self.status, self.body, self.refusal)
        return self.html or any(one is not None for one in given)


@dataclass(slots=True)
class Counted:
    """A fault and how many requests it has seen and hit."""

    fault: Fault
    seen: int = 0
    hit: int = 0

    def strikes(self, path: str, client_id: str) -> bool:
        """Count a request, and tell whether it is hit."""
        if not self.fault.concerns(path, client_id):
            return False
        self.seen += 1
        times = self.fault.times
        return self.seen > self.fault.after and (times is None or self.hit < times)


class Faults:
    """The faults that are switched on, in the order in which they were added."""

    def __init__(self) -> None:
        self.active: list[Counted] = []

    def add(self, fault: Fault) -> None:
        """Switch a fault on; its counting starts now."""
        self.active.append(Counted(fault))

    def clear(self) -> None:
        """Switch everything off."""
        self.active.clear()

    def strike(self, path: str, client_id: str = "") -> Fault | None:
        """Count a request in every fault, and give the first that hits it."""
        striking = [counted for counted in self.active if counted.strikes(path, client_id)]
        if not striking:
            return None
        striking[0].hit += 1
        return striking[0].fault


def replacement(fault: Fault, path: str, now: float, wording: Wording = PRESENT) -> Answer:
    """Make the answer that a fault gives in place of the true one."""
    if fault.refusal is not None:
        return refusal_answer(fault.refusal, now, wording=wording)
    if fault.html:
        page = {"Content-Type": "text/html; charset=utf-8"} | dict(fault.headers)
        return Answer(fault.status or 200, PROXY_PAGE.encode(), page)
    status = fault.status or 200
    if fault.body is not None:
        json_type = {"Content-Type": "application/json; charset=utf-8"}
        return Answer(status, encoded(fault.body), json_type | dict(fault.headers))
    usual = usual_answer(status, path, now, wording)
    return replace(usual, status=status, headers={**usual.headers, **fault.headers})


def encoded(body: Mapping[str, Any] | str | bytes) -> bytes:
    """Write a body that is given as bytes, text or JSON."""
    if isinstance(body, bytes):
        return body
    return body.encode() if isinstance(body, str) else msgspec.json.encode(body)


def usual_answer(status: int, path: str, now: float, wording: Wording) -> Answer:
    """Give the body that goes with a status, of Graph or of the login service."""
    if path.startswith(GRAPH_PATH):
        return error_answer(of_status(status), now)
    refusal = refuse(LOGIN_CODES.get(status, LOGIN_TRANSIENT))
    return refusal_answer(refusal, now, wording=wording)


def spoilt(fault: Fault, answer: Answer, url: str) -> Answer:
    """Spoil an answer: break its JSON, or send its reader to the wrong next page."""
    if fault.malformed:
        return replace(answer, body=answer.body[: max(len(answer.body) // 2, 1)])
    if fault.next_link is None or answer.status >= ERROR:
        return answer
    body = msgspec.json.decode(answer.body)
    if "value" not in body:
        return answer
    link = f"{ELSEWHERE}/v1.0/applications?$skiptoken=RFNwdAoAAQAAAA"
    body["@odata.nextLink"] = url if fault.next_link == "loop" else link
    return replace(answer, body=msgspec.json.encode(body))
