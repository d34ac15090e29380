"""What services and the way to them do wrong, in one table, and what the exporter is to call it."""

import gzip
import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from exporter.model import Cause, FailureReason
from exporter.simulator import Fault

Path = str | re.Pattern[str]
MEBIBYTE = 1 << 20
ELSEWHERE = "https://elsewhere.invalid/take"
JSON = {"Content-Type": "application/json"}
LONG_WAIT = {"Retry-After": "600"}
"""Longer than the SDK waits itself, so that no test does."""

COULD_NOT_TELL = {Cause.NETWORK, Cause.LOGIN_UNAVAILABLE, Cause.THROTTLED}

BOMB = gzip.compress(bytes(200 * MEBIBYTE))
WHITE = b" " * MEBIBYTE
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nnonsense\r\n"
MANY_HEADERS = b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(60_000))


@dataclass(frozen=True)
class Trouble:
    """One thing that goes wrong at a path, and the reason of a poll, of a sign-in and the cause."""

    name: str
    make: Callable[[Path], Fault]
    graph: FailureReason
    login: FailureReason
    cause: Cause


def quiet(name: str, make: Callable[[Path], Fault]) -> Trouble:
    """No answer, or none that ends: the way there is at fault."""
    return Trouble(name, make, FailureReason.NETWORK, FailureReason.NETWORK, Cause.NETWORK)


def odd(name: str, **answer: object) -> Trouble:
    """An answer that no service of Microsoft gives."""
    return Trouble(
        name,
        lambda path: Fault(path=path, **answer),  # type: ignore[arg-type]  # fields of Fault
        FailureReason.MALFORMED,
        FailureReason.MALFORMED,
        Cause.LOGIN_UNAVAILABLE,
    )


def packed(name: str, body: bytes, coding: str = "gzip") -> Trouble:
    """A body that says it is packed."""
    return odd(name, status=200, headers=JSON | {"Content-Encoding": coding}, body=body)


def troubled(name: str, status: int) -> Trouble:
    """The service says that it cannot."""
    return Trouble(
        name,
        lambda path: Fault(path=path, status=status, headers=LONG_WAIT),
        FailureReason.SERVER,
        FailureReason.SERVER,
        Cause.LOGIN_UNAVAILABLE,
    )


TROUBLES = (
    quiet("never answers", lambda path: Fault.hanging(path=path)),
    quiet("body never ends", lambda path: Fault.endless_body(path=path)),
    quiet("a byte at a time", lambda path: Fault.trickle(path=path)),
    quiet("hangs up", lambda path: Fault.dropped(path=path)),
    quiet("hangs up in mid-body", lambda path: Fault(path=path, truncate=True)),
    quiet("chunks that are none", lambda path: Fault.garbage(CHUNKED, path=path)),
    quiet("no HTTP", lambda path: Fault.garbage(b"\x15\x03\x01 nonsense\r\n\r\n", path=path)),
    quiet("headers without end", lambda path: Fault.garbage(MANY_HEADERS, path=path)),
    Trouble(
        "throttled",
        lambda path: Fault.throttled(600, path=path),
        FailureReason.THROTTLED,
        FailureReason.THROTTLED,
        Cause.THROTTLED,
    ),
    Trouble(
        "throttled by a web page",
        lambda path: Fault(path=path, status=429, html=True, headers=LONG_WAIT),
        FailureReason.THROTTLED,
        FailureReason.THROTTLED,
        Cause.THROTTLED,
    ),
    *(troubled(f"status {status}", status) for status in (500, 502, 503, 504)),
    odd("web page of a proxy", html=True),
    odd("web page that refuses", html=True, status=403),
    odd("web page that wants a sign-in", html=True, status=401),
    odd("redirect elsewhere", status=302, headers={"Location": ELSEWHERE}, body=b""),
    odd("redirect that keeps the method", status=307, headers={"Location": ELSEWHERE}, body=b""),
    odd("redirect to nonsense", status=301, headers={"Location": "ht!tp://[x"}, body=b""),
    odd("JSON cut short", malformed=True),
    odd("empty body", status=200, body=b""),
    odd("list in place of an object", status=200, body=b"[]"),
    odd("object without what was asked for", status=200, body=b"{}"),
    odd("null", status=200, body=b"null"),
    odd("null in its place", status=200, body={"value": None, "access_token": None}),
    odd("nested without end", status=200, body=b'{"value":' + b"[" * 200_000),
    odd("not UTF-8", status=200, body='{"value": "Gebühr"}'.encode("latin-1")),
    odd(
        "charset that is none",
        status=200,
        headers={"Content-Type": "application/json; charset=klingon"},
        body=b"{}",
    ),
    odd("larger than any answer", status=200, headers=JSON, body=WHITE * 50),
    packed("gzip bomb", BOMB),
    packed("gzip that is none", b"no gzip at all"),
    packed("gzip cut short", BOMB[:1000]),
    packed("packed twice", gzip.compress(BOMB), "gzip, gzip"),
    packed("packed in an unknown way", b"{}", "zip-of-tomorrow"),
)

each_trouble = pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.name)
