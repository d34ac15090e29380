"""Requests that no browser or scraper sends: each gets an answer or is hung up on, and no error."""

import asyncio
from pathlib import Path

import pytest
from web_clients import Files, connect, get, listening, one, said, status

from exporter.web.assets import asset
from exporter.web.limits import LIMITS

HOST = b"Host: exporter\r\n"
END = b"Connection: close\r\n\r\n"
OVER = b"x" * 100_000


def line(first: bytes, *headers: bytes) -> bytes:
    """A request as it is on the wire."""
    return first + b"\r\n" + HOST + b"".join(header + b"\r\n" for header in headers) + END


HOSTILE: dict[str, tuple[bytes, set[int]]] = {
    "nothing known": (line(b"GET /nothing HTTP/1.1"), {404}),
    "unknown method": (line(b"BREW /metrics HTTP/1.1"), {400}),
    "lower-case method": (line(b"get /metrics HTTP/1.1"), {400}),
    "CONNECT": (line(b"CONNECT example.com:443 HTTP/1.1"), {400, 404, 405}),
    "TRACE": (line(b"TRACE /metrics HTTP/1.1"), {405}),
    "OPTIONS *": (line(b"OPTIONS * HTTP/1.1"), {400, 404, 405}),
    "HTTP/0.9": (b"GET /metrics\r\n\r\n", {505}),
    "HTTP/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400}),
    "HTTP/9.9": (line(b"GET / HTTP/9.9"), {400}),
    "no version": (b"GET / \r\n\r\n", {400}),
    "bare line feeds": (b"GET / HTTP/1.1\nHost: a\nConnection: close\n\n", {200, 400}),
    "spaces in the address": (line(b"GET /a b HTTP/1.1"), {400}),
    "binary": (bytes(range(256)) * 4, {400}),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 32, {400}),
    "SSH": (b"SSH-2.0-OpenSSH_9.2\r\n", {400}),
    "zeroes": (b"\0" * 1000, {400}),
    "long path": (line(b"GET /" + OVER + b" HTTP/1.1"), {400}),
    "long query": (line(b"GET /?q=" + OVER + b" HTTP/1.1"), {400}),
    "long method": (OVER, {400}),
    "huge header": (line(b"GET / HTTP/1.1", b"X: " + OVER), {400}),
    "huge header name": (line(b"GET / HTTP/1.1", OVER + b": 1"), {400}),
    "many headers": (
        line(b"GET / HTTP/1.1", *(b"X-%d: 1" % n for n in range(LIMITS.headers))), {400},
    ),
    "header without a colon": (line(b"GET / HTTP/1.1", b"nonsense"), {400}),
    "header with a zero": (line(b"GET / HTTP/1.1", b"X: a\0b"), {400}),
    "header of bytes": (line(b"GET / HTTP/1.1", b"X: \xff\xfe\x80"), {200}),
    "space before the colon": (line(b"GET / HTTP/1.1", b"X : 1"), {400}),
    "folded header": (line(b"GET / HTTP/1.1", b"X: a\r\n b"), {200, 400}),
    "no host": (b"GET /-/healthy HTTP/1.1\r\n" + END, {200, 400}),
    "two hosts": (line(b"GET / HTTP/1.1", b"Host: other"), {200, 400}),
    "hostile host": (b"GET / HTTP/1.1\r\nHost: <script>\"'@[::]:x/..\r\n" + END, {200, 400}),
    "hostile host, redirect": (b"GET /runbooks HTTP/1.1\r\nHost: evil.test\r\n" + END, {301}),
    "absolute form": (line(b"GET http://evil.test/-/healthy HTTP/1.1"), {200}),
    "absolute form, nonsense": (line(b"GET http://[ HTTP/1.1"), {400}),
    "authority": (line(b"GET //evil.test/%2e%2e HTTP/1.1"), {404}),
    "traversal": (line(b"GET /static/../../../etc/passwd HTTP/1.1"), {404}),
    "encoded traversal": (line(b"GET /static/%2e%2e%2f%2e%2e%2fetc%2fpasswd HTTP/1.1"), {404}),
    "twice encoded": (line(b"GET /static/%252e%252e%252fserver.py HTTP/1.1"), {404}),
    "backslashes": (line(b"GET /static/..\\..\\server.py HTTP/1.1"), {404}),
    "encoded zero": (line(b"GET /static/style.css%00.js HTTP/1.1"), {404}),
    "encoded slash": (line(b"GET /-%2fhealthy HTTP/1.1"), {404}),
    "encoded letters": (line(b"GET /%6detrics HTTP/1.1"), {200, 404}),
    "broken encoding": (line(b"GET /%zz%f HTTP/1.1"), {404}),
    "encoding of no character": (line(b"GET /runbooks/%ff%fe HTTP/1.1"), {404}),
    "fragment": (line(b"GET /-/healthy#x HTTP/1.1"), {200, 400, 404}),
    "raw bytes in the path": (line(b"GET /\xff\xfe HTTP/1.1"), {400, 404}),
    "unknown expectation": (line(b"GET / HTTP/1.1", b"Expect: miracles"), {417}),
    "WebSocket": (
        b"GET /metrics HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        + line(b"GET / HTTP/1.1"), {200},
    ),
    "h2c": (line(b"GET / HTTP/1.1", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABk"), {200}),
    "both lengths": (
        line(b"POST /-/reload HTTP/1.1", b"Content-Length: 5", b"Transfer-Encoding: chunked")
        + b"0\r\n\r\nGET /-/healthy HTTP/1.1\r\n\r\n", {400},
    ),
    "two lengths": (
        line(b"POST /-/reload HTTP/1.1", b"Content-Length: 1", b"Content-Length: 2") + b"ab", {400},
    ),
    "odd encoding": (
        line(b"POST / HTTP/1.1", b"Transfer-Encoding: xchunked") + b"0\r\n\r\n", {400},
    ),
    "twice chunked": (
        line(b"POST / HTTP/1.1", b"Transfer-Encoding: chunked, identity") + b"0\r\n\r\n", {400},
    ),
    "negative length": (line(b"POST / HTTP/1.1", b"Content-Length: -1"), {400}),
    "length with a sign": (line(b"POST / HTTP/1.1", b"Content-Length: +1") + b"a", {400}),
    "broken chunk": (
        line(b"POST /-/reload HTTP/1.1", b"Transfer-Encoding: chunked") + b"zz\r\nab\r\n", {400},
    ),
    "packed body": (
        line(b"POST /-/reload HTTP/1.1", b"Content-Encoding: gzip", b"Content-Length: 4") + b"abcd",
        {200},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("request_", "expected"), HOSTILE.values(), ids=HOSTILE)
async def test_odd_request_is_answered_without_an_error_in_the_log(
    request_: bytes, expected: set[int], caplog: pytest.LogCaptureFixture
) -> None:
    async with listening() as port:
        answer = await said(port, request_)
        well = await said(port, get())
    assert status(answer) in expected
    assert status(well) == 200
    assert caplog.records == []
    for forbidden in (b"Traceback", b"aiohttp", b"Python/", b"evil.test", b"root:"):
        assert forbidden not in answer
    assert b"Server: entra-credential-exporter" in answer


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", b"GET,HEAD"),
        ("/metrics", b"GET,HEAD"),
        ("/-/ready", b"GET,HEAD"),
        ("/-/reload", b"POST, PUT"),
        (f"/{asset('style.css')}", b"GET,HEAD"),
    ],
)
async def test_method_that_is_not_allowed_is_told_what_is(path: str, allowed: bytes) -> None:
    async with listening() as port:
        answer = await said(port, get(path).replace(b"GET", b"DELETE"))
    assert status(answer) == 405
    assert b"\r\nAllow: " + allowed + b"\r\n" in answer


@pytest.mark.parametrize("path", ["/metrics", "/", "/nothing"])
@pytest.mark.parametrize("keep", [True, False], ids=["keep-alive", "close"])
async def test_client_of_http_1_0_gets_a_length_and_never_chunks(path: str, *, keep: bool) -> None:
    wish = b"Connection: keep-alive\r\n" if keep else b""
    request = b"GET " + path.encode() + b" HTTP/1.0\r\n" + wish + b"\r\n"
    async with listening() as port:
        reader, writer = await connect(port)
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        assert len(await reader.readexactly(length)) == length
        writer.write(request)
        again = await reader.read(4)
        writer.transport.abort()
    assert head.startswith(b"HTTP/1.0 ")
    assert b"chunked" not in head.lower()
    assert again == (b"HTTP" if keep else b"")


async def test_pipelined_requests_are_answered_in_turn_and_garbage_ends_them() -> None:
    good = get("/-/healthy", close=False)
    async with listening() as port:
        reader, writer = await connect(port)
        writer.write(good * 3)
        answers = [await one(reader) for _ in range(3)]
        writer.write(b"garbage\r\n\r\n" + good)
        end = await reader.read(-1)
        writer.transport.abort()
    assert answers == [(200, b"Healthy\n")] * 3
    assert end.count(b"HTTP/1") == 1
    assert status(end) == 400


async def test_thousand_pipelined_requests_are_answered_one_by_one() -> None:
    async with listening() as port:
        answer = await said(port, get(close=False) * 999 + get())
    assert answer.count(b"Healthy") == 1000


async def test_plain_http_to_the_port_of_tls_is_hung_up_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    files = Files(tmp_path)
    files.renew()
    async with listening(files.tls()) as port:
        answer = await said(port, get())
        well = await said(port, get(), files.client())
    assert status(answer) == 0
    assert status(well) == 200
    assert caplog.records == []
    assert "HTTP_REQUEST" in capsys.readouterr().out


async def test_tls_to_the_plain_port_fails_at_once(tmp_path: Path) -> None:
    async with listening() as port:
        with pytest.raises(OSError, match=r"(?i)wrong version|record layer|ssl"):
            await said(port, get(), Files(tmp_path).client())


async def test_answer_to_a_head_request_has_no_body() -> None:
    async with listening() as port:
        reader, writer = await connect(port)
        for path in ("/metrics", "/-/healthy", "/nothing"):
            writer.write(get(path, close=False).replace(b"GET", b"HEAD"))
            assert b"content-length" in (await reader.readuntil(b"\r\n\r\n")).lower()
        writer.write(get(close=False))
        assert await one(reader) == (200, b"Healthy\n")
        writer.transport.abort()


async def test_many_odd_clients_at_once_do_not_keep_a_scraper_out() -> None:
    async with listening() as port:
        crowd = [said(port, request) for request, _ in HOSTILE.values()]
        _, scraped = await asyncio.gather(asyncio.gather(*crowd), said(port, get("/metrics")))
    assert status(scraped) == 200
