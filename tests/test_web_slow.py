"""Clients that are slow, silent, or gone: what they hold, and for how long."""

import asyncio
import socket
import ssl
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from builders import application, credential, snapshot, tenant
from web_clients import PATIENCE, Files, connect, get, listening, one, said, status

from exporter.web import connections
from exporter.web.limits import LIMITS

QUICK = replace(LIMITS, handshake=0.3, receive=0.3, answer=0.3, idle=0.3, linger=0.2)
LARGE = snapshot(
    tenant(*(application(credential(key_id=str(n)), app_id=str(n)) for n in range(5000)))
)


@pytest.fixture(autouse=True)
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only once a second."""
    monkeypatch.setattr(connections, "LOOK_AGAIN", 0.02)


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"G",
        b"GET /metrics HTTP/1.1\r\nHost: a\r\n",
        b"GET /metrics HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 4000,
        b"POST /-/reload HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab",
        b"POST /-/reload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    ],
    ids=["nothing", "letter", "headers", "header", "body", "chunk"],
)
async def test_request_that_is_never_completed_is_not_waited_for(begun: bytes) -> None:
    async with listening(limits=QUICK) as port:
        assert status(await said(port, begun)) == 0


async def test_dripping_headers_do_not_buy_time() -> None:
    async with listening(limits=QUICK) as port:
        reader, writer = await connect(port)
        ended = asyncio.create_task(reader.read(-1))
        writer.write(b"GET / HTTP/1.1\r\n")
        sent = 0
        async with asyncio.timeout(PATIENCE):
            while not ended.done():
                writer.write(b"X-%d: y\r\n" % sent)
                sent += 1
                await asyncio.sleep(0.02)
        writer.transport.abort()
        assert await outcome(ended) == b""
    assert sent > 1


async def outcome(ended: asyncio.Task[bytes]) -> bytes:
    """What was read before the end, however that came."""
    try:
        return await ended
    except ConnectionError:
        return b""


async def test_second_request_of_a_connection_has_no_more_time_than_the_first() -> None:
    async with listening(limits=replace(QUICK, idle=60.0)) as port:
        reader, writer = await connect(port)
        writer.write(get(close=False))
        assert (await one(reader))[0] == 200
        writer.write(b"GET / HTTP/1.1\r\n")
        async with asyncio.timeout(PATIENCE):
            assert await outcome(asyncio.create_task(reader.read(-1))) == b""
        writer.transport.abort()


async def test_idle_connection_is_closed() -> None:
    async with listening(limits=QUICK) as port:
        reader, writer = await connect(port)
        writer.write(get(close=False))
        assert (await one(reader))[0] == 200
        async with asyncio.timeout(PATIENCE):
            assert await outcome(asyncio.create_task(reader.read(-1))) == b""
        writer.transport.abort()


async def test_client_that_takes_its_time_within_the_limits_is_served() -> None:
    async with listening() as port:
        reader, writer = await connect(port)
        for byte in get():
            writer.write(bytes([byte]))
            await asyncio.sleep(0)
        async with asyncio.timeout(PATIENCE):
            assert status(await reader.read(-1)) == 200
        writer.transport.abort()


@pytest.mark.parametrize("pause", [0.0, 0.01], ids=["nothing", "a byte at a time"])
async def test_answer_that_is_not_taken_is_given_up_while_others_are_served(pause: float) -> None:
    async with listening(limits=replace(QUICK, kernel=4096), what=LARGE) as port:
        lazy = socket.socket()
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        lazy.setblocking(False)  # noqa: FBT003 - the standard library's own
        loop = asyncio.get_running_loop()
        await loop.sock_connect(lazy, ("127.0.0.1", port))
        await loop.sock_sendall(lazy, get("/metrics", close=False))
        async with asyncio.timeout(PATIENCE):
            while not await cut_off(lazy, 1 if pause else 0):
                assert status(await said(port, get())) == 200
                await asyncio.sleep(pause)
        lazy.close()


async def cut_off(lazy: socket.socket, take: int) -> bool:
    """Whether the server has ended a connection of which `take` bytes are read."""
    if lazy.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        return True
    try:
        return take > 0 and lazy.recv(take) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


async def test_answer_over_tls_that_is_not_taken_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended, end = asyncio.Event(), connections.Connection.connection_lost

    def noted(connection: connections.Connection, error: BaseException | None) -> None:
        end(connection, error)
        ended.set()

    monkeypatch.setattr(connections.Connection, "connection_lost", noted)
    files = Files(tmp_path)
    files.renew()
    async with listening(files.tls(), replace(QUICK, kernel=4096), LARGE) as port:
        reader, writer = await connect(port, files.client())
        wire = cast("asyncio.Transport", writer.transport)
        wire.pause_reading()
        writer.write(get("/metrics", close=False))
        async with asyncio.timeout(PATIENCE):
            await ended.wait()
        wire.resume_reading()
        taken = await outcome(asyncio.create_task(reader.read(-1)))
        writer.transport.abort()
    promised = int(taken.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 10**9)
    assert len(taken) < promised


async def test_handshake_that_never_ends_is_not_waited_for(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.renew()
    async with listening(files.tls(), limits=QUICK) as port:
        assert await said(port, b"\x16\x03\x01") == b""


@pytest.mark.parametrize("sent", [5, 60, 10**6], ids=["headers", "more headers", "answer"])
async def test_client_that_hangs_up_leaves_nothing_behind(
    sent: int, caplog: pytest.LogCaptureFixture
) -> None:
    async with listening(limits=replace(LIMITS, connections=5), what=LARGE) as port:
        for _ in range(20):  # more than there are places
            _, writer = await connect(port)
            writer.write(get("/metrics", "X: " + "x" * 100)[:sent])
            await writer.drain()
            await asyncio.sleep(0)
            writer.transport.abort()
        assert status(await said(port, get())) == 200
    assert caplog.records == []


async def test_newcomers_wait_for_a_place_and_take_that_of_the_longest_idle() -> None:
    limits = replace(LIMITS, connections=2)
    async with listening(limits=limits) as port:
        first, second, busy = await connect(port), await connect(port), get()[:-2]
        first[1].write(get(close=False))
        assert (await one(first[0]))[0] == 200
        second[1].write(busy)
        third = await said(port, get())  # takes the place of the first
        async with asyncio.timeout(PATIENCE):
            gone = await outcome(asyncio.create_task(first[0].read(-1)))
        second[1].write(b"\r\n")
        kept = await one(second[0])
        for _, writer in (first, second):
            writer.transport.abort()
    assert (status(third), gone, kept[0]) == (200, b"", 200)


async def test_place_that_becomes_idle_goes_to_those_who_wait() -> None:
    async with listening(limits=replace(LIMITS, connections=1)) as port:
        reader, writer = await connect(port)
        writer.write(get(close=False)[:-2])
        await writer.drain()
        waiting = asyncio.create_task(said(port, get()))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        writer.write(b"\r\n")
        assert (await one(reader))[0] == 200
        assert status(await waiting) == 200
        writer.transport.abort()


@pytest.mark.parametrize("close", [True, False], ids=["close", "keep-alive"])
async def test_answer_that_is_still_being_taken_is_not_cut_off_for_a_newcomer(
    *, close: bool
) -> None:
    few = snapshot(tenant(*(application(credential(key_id=str(n))) for n in range(100))))
    async with listening(limits=replace(LIMITS, connections=1, kernel=4096), what=few) as port:
        slow = socket.socket()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.setblocking(False)  # noqa: FBT003 - the standard library's own
        loop = asyncio.get_running_loop()
        await loop.sock_connect(slow, ("127.0.0.1", port))
        await loop.sock_sendall(slow, get("/metrics", close=close))
        taken = await loop.sock_recv(slow, 1000)
        newcomer = asyncio.create_task(said(port, get()))
        await asyncio.sleep(0.1)  # all of the answer is written by now, and not yet sent
        assert not newcomer.done()
        length = int(taken.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        whole = taken.index(b"\r\n\r\n") + 4 + length
        async with asyncio.timeout(PATIENCE):
            while len(taken) < whole and (piece := await loop.sock_recv(slow, 1000)):
                taken += piece
        slow.close()
        assert status(await newcomer) == 200
    assert len(taken) == whole


@pytest.mark.parametrize("kind", ["silent", "drips", "idle", "reads nothing"])
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
async def test_clients_that_hold_all_places_give_them_up_to_newcomers(
    tmp_path: Path, kind: str, *, tls: bool
) -> None:
    limits = replace(LIMITS, connections=2, crowded=0.3, kernel=4096, handshake=60.0, receive=60.0)
    files = Files(tmp_path)
    files.renew()
    context = files.client() if tls else None
    async with listening(files.tls() if tls else None, limits, LARGE) as port:
        held = [await stubborn(port, kind, context) for _ in range(2)]
        await asyncio.sleep(0.1)  # they have their places
        assert status(await said(port, get(), context)) == 200
        for each in held:
            each.close()


async def stubborn(port: int, kind: str, context: ssl.SSLContext | None) -> socket.socket:
    """A client that has begun and does nothing any more, not even end TLS when it is asked to."""
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    plain.connect(("127.0.0.1", port))
    if kind == "silent":
        return plain

    def begin() -> socket.socket:
        connection = context.wrap_socket(plain) if context else plain
        connection.sendall(
            get("/metrics" if kind == "reads nothing" else "/", close=False)[
                : 10 if kind == "drips" else None
            ]
        )
        if kind == "idle":
            connection.recv(100)
        return connection

    return await asyncio.to_thread(begin)
