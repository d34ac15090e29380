"""Bodies of requests, which nothing here needs; and what a scraper says that it accepts."""

import asyncio
import gzip
import random
from dataclasses import replace

import pytest
from web_clients import PATIENCE, connect, get, listening, one, said, status

from exporter.web.limits import LIMITS

GIGABYTE = 2**30
PIECE = b"x" * 65_536
ENOUGH = 400
"""Pieces after which a server that reads on is not refusing: 26 MB."""

NONSENSE = [
    "",
    ",",
    ";",
    ";;;q=",
    "*/*;q=0",
    "*/*;q=1.5",
    "*/*;q=-1",
    "*/*;q=nan",
    "text/plain;version=0.0.4;q=0.0000001",
    "application/openmetrics-text;version=abc",
    'application/openmetrics-text;version="1.0.0"',
    "application/openmetrics-text; version=2.0.0",
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
    "text/html",
    "gzip;q=0",
    "gzip, br, zstd, *;q=0",
    "GZIP",
    "identity;q=0, *;q=0",
    "\x00",
    "\xff\xfe",
    "a" * 8000,
    ",".join(["text/plain"] * 500),
    ";q=" * 2000,
    "%00%0d%0aX: y",
]


@pytest.mark.parametrize("method", ["POST", "PUT", "GET"])
@pytest.mark.parametrize("path", ["/-/reload", "/metrics", "/nothing"])
async def test_small_body_is_overlooked(path: str, method: str) -> None:
    body = "x" * LIMITS.body
    request = get(path, f"Content-Length: {len(body)}") + body.encode()
    async with listening() as port:
        answer = await said(port, request.replace(b"GET", method.encode()))
    assert status(answer) in {200, 404, 405}


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunks"])
@pytest.mark.parametrize("path", ["/-/reload", "/metrics"])
async def test_body_of_a_gigabyte_is_refused_before_it_is_there(
    path: str, *, chunked: bool
) -> None:
    size = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {GIGABYTE}"
    piece = b"10000\r\n" + PIECE + b"\r\n" if chunked else PIECE
    async with listening() as port:
        reader, writer = await connect(port)
        writer.write(get(path, size, close=False).replace(b"GET", b"POST"))
        sent = 0
        answered = asyncio.create_task(one(reader))
        while not answered.done() and sent < ENOUGH:
            writer.write(piece)
            sent += 1
            await asyncio.sleep(0)
        assert (await answered)[0] == 413
        await cut_off(writer, piece)
    assert sent < ENOUGH


async def cut_off(writer: asyncio.StreamWriter, piece: bytes) -> None:
    """Wait until the server does not take any more."""
    async with asyncio.timeout(PATIENCE):
        while not writer.transport.is_closing():
            writer.write(piece)
            await asyncio.sleep(0.01)
    writer.transport.abort()


async def test_refused_body_is_not_read_as_the_next_request() -> None:
    inside = get("/-/healthy", close=False) * 100
    request = get("/", f"Content-Length: {len(inside)}").replace(b"GET", b"POST")
    async with listening() as port:
        answer = await said(port, request + inside)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert status(answer) == 413


async def test_body_that_goes_wrong_later_ends_the_connection(
    caplog: pytest.LogCaptureFixture,
) -> None:
    head = get("/-/reload", "Transfer-Encoding: chunked").replace(b"GET", b"POST")
    async with listening(limits=replace(LIMITS, receive=0.5)) as port:
        reader, writer = await connect(port)
        writer.write(head + b"2\r\nab\r\n")
        await asyncio.sleep(0.05)  # so that it is a second delivery
        writer.write(b"zz\r\n")
        async with asyncio.timeout(PATIENCE):
            answer = await reader.read(-1)
        writer.transport.abort()
    assert status(answer) in {0, 400}
    assert caplog.records == []


@pytest.mark.parametrize(("length", "expected"), [(3, 200), (GIGABYTE, 413)])
async def test_client_that_waits_for_a_100_is_answered(length: int, expected: int) -> None:
    asked = get("/-/reload", f"Content-Length: {length}", "Expect: 100-continue", close=False)
    async with listening() as port:
        reader, writer = await connect(port)
        writer.write(asked.replace(b"GET", b"POST"))
        async with asyncio.timeout(PATIENCE):
            head = await reader.readuntil(b"\r\n\r\n")
            if head.startswith(b"HTTP/1.1 100"):
                writer.write(b"x" * min(length, 5000))
                head = await reader.readuntil(b"\r\n\r\n")
        writer.transport.abort()
    assert status(head) == expected


@pytest.mark.parametrize("header", ["Accept", "Accept-Encoding"])
async def test_nonsense_about_what_is_accepted_still_gets_an_exposition(
    header: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with listening() as port:
        for text in NONSENSE:
            request = get("/metrics").replace(
                b"\r\n\r\n", f"\r\n{header}: {text}\r\n\r\n".encode("latin-1")
            )
            answer = await said(port, request)
            if status(answer) == 400:
                assert "\x00" in text
                continue
            assert status(answer) == 200, text
            assert b"entra_tenant_info" in exposition(answer), text
    assert caplog.records == []


async def test_random_headers_still_get_an_exposition(caplog: pytest.LogCaptureFixture) -> None:
    dice = random.Random(1)  # noqa: S311 - the same each time
    signs = "abcdefgz*/;=,.q01 \"'-+%é"
    async with listening() as port:
        for _ in range(300):
            accept, encoding = ("".join(dice.choices(signs, k=dice.randrange(40))) for _ in "12")
            answer = await said(
                port, get("/metrics", f"Accept: {accept}", f"Accept-Encoding: {encoding}")
            )
            assert status(answer) == 200
            assert b"entra_tenant_info" in exposition(answer)
    assert caplog.records == []


def exposition(answer: bytes) -> bytes:
    """The body, unpacked if it is packed."""
    head, _, body = answer.partition(b"\r\n\r\n")
    return gzip.decompress(body) if b"Content-Encoding: gzip" in head else body
