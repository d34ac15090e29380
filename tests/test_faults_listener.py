"""Bugs in taking connections and in ending them, and clients that are gone: others are served."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Awaitable, Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest
import structlog
from conftest import Lab
from faults import (
    Fault,
    PanicException,
    each_error,
    events,
    everywhere_and_everything,
    failures,
    own_log,
    soon_again,
)
from test_app import Running, running
from web_clients import PATIENCE, Files, connect, get, listening, said, status

from exporter.health import Task
from exporter.web import connections
from exporter.web.limits import LIMITS

__all__ = ["own_log", "soon_again"]
FAILURES = failures(Task.LISTENER)
COUNTED = b'entra_exporter_task_failures_total{task="listener"} '
SERVING = import_module("exporter.web.serving")  # its name is the function's too
QUICK = replace(LIMITS, receive=0.3)


async def knock(exporter: Running) -> int:
    """The status that a new connection gets; 0 when it is closed."""
    port = exporter.client.base_url.port
    assert port
    with contextlib.suppress(ConnectionError):
        return status(await said(port, get("/metrics")))
    return 0


@everywhere_and_everything(
    "exporter.web.serving:Listener.place",
    "exporter.web.serving:Listener.next_one",
)
async def test_bug_in_taking_a_connection_is_counted_and_later_ones_are_served(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, place: str, error: BaseException
) -> None:
    fault = Fault(monkeypatch, place, error)
    with structlog.testing.capture_logs() as logs:
        async with running(lab) as exporter:
            await exporter.samples()  # over a connection that stays
            fault.broken = True
            await knock(exporter)
            broken = await exporter.until(lambda found: found[FAILURES] >= 1)
            fault.broken = False
            again = await knock(exporter)

    assert again == 200
    assert broken["entra_exporter_tasks{'task': 'listener'}"] == 3
    [entry] = events(logs, "task crashed")
    assert (entry["task"], entry["exc_info"]) == (Task.LISTENER, error)
    assert events(logs, "task works again")


@each_error
async def test_bug_in_speaking_with_a_client_costs_that_client_only(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    fault = Fault(monkeypatch, "exporter.web.serving:Connection", error)
    with structlog.testing.capture_logs() as logs:
        async with running(lab) as exporter:
            fault.broken = True
            refused = [await knock(exporter) for _ in range(3)]
            fault.broken = False
            again = await knock(exporter)
            samples = await exporter.samples()

    assert (refused, again) == ([0, 0, 0], 200)
    assert samples[FAILURES] == 3
    [entry] = events(logs, "connection not taken")
    assert entry["exc_info"] is error
    assert not events(logs, "task crashed", "event loop")


async def test_bug_in_a_handshake_costs_no_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = Files(tmp_path)
    files.renew()
    fault = Fault(monkeypatch, "exporter.web.access.guard:Access.handshake", PanicException())
    async with listening(files.tls(), replace(LIMITS, connections=1)) as port:
        fault.broken = True
        for _ in range(3):  # more than there are places
            assert await said(port, b"") == b""
        fault.broken = False
        assert status(await said(port, get(), files.client())) == 200


@each_error
async def test_bug_in_ending_the_overdue_is_counted_and_they_are_ended_later(
    monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    monkeypatch.setattr(connections, "LOOK_AGAIN", 0.02)
    fault = Fault(monkeypatch, "exporter.web.connections:Connection.overdue", error)
    with structlog.testing.capture_logs() as logs:
        async with listening(limits=QUICK) as port:
            fault.broken = True
            silent, writer = await connect(port)
            async with asyncio.timeout(PATIENCE):
                while (found := await counted(port)) < 2:  # noqa: ASYNC110 - no event tells
                    await asyncio.sleep(0.02)
            assert not silent.at_eof()
            fault.broken = False
            async with asyncio.timeout(PATIENCE):
                assert await silent.read(-1) == b""
            writer.transport.abort()

    assert found >= 2
    [entry] = events(logs, "task crashed")
    assert (entry["task"], entry["exc_info"]) == (Task.LISTENER, error)
    assert events(logs, "task works again")


async def counted(port: int) -> float:
    """How many bugs of the listener /metrics tells of."""
    answer = await said(port, get("/metrics"))
    return float(answer.partition(COUNTED)[2].split(b"\n")[0])


Accept = Callable[[socket.socket], Awaitable[tuple[socket.socket, object]]]


def accepting(monkeypatch: pytest.MonkeyPatch, first: Callable[[Accept], Accept]) -> None:
    """The first connection is accepted in another way than the others."""
    loop = asyncio.get_running_loop()
    ordinary = loop.sock_accept
    ways = iter([first(ordinary)])

    async def accept(opened: socket.socket) -> tuple[socket.socket, object]:
        return await next(ways, ordinary)(opened)

    monkeypatch.setattr(loop, "sock_accept", accept)


def failing(error: OSError) -> Callable[[Accept], Accept]:
    """Nobody is there after all."""

    async def accept(_opened: socket.socket) -> tuple[socket.socket, object]:
        raise error

    return lambda _ordinary: accept


async def test_client_that_is_gone_before_it_is_accepted_costs_no_pause(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(SERVING, "AGAIN", 3600.0)
    accepting(monkeypatch, failing(ConnectionAbortedError()))
    async with listening() as port:
        assert status(await said(port, get())) == 200
        assert await counted(port) == 0


async def test_want_of_descriptors_costs_a_pause_and_is_no_bug(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pauses: list[float] = []
    sleep = asyncio.sleep

    async def noted(seconds: float) -> None:
        pauses.append(seconds)
        await sleep(0)

    accepting(monkeypatch, failing(OSError(errno.EMFILE, "too many open files")))
    monkeypatch.setattr(SERVING.asyncio, "sleep", noted)
    async with listening() as port:
        assert status(await said(port, get())) == 200
        assert SERVING.AGAIN in pauses
        assert await counted(port) == 0


class Reset(socket.socket):
    """The socket of a client that has gone away."""

    def setsockopt(self, *_arguments: object) -> None:
        """Refused."""
        raise OSError(errno.EINVAL, "invalid argument")


async def test_client_that_goes_while_it_is_accepted_leaves_no_descriptor_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gone: list[socket.socket] = []

    def first(ordinary: Accept) -> Accept:
        async def accept(opened: socket.socket) -> tuple[socket.socket, object]:
            accepted, place = await ordinary(opened)
            gone.append(Reset(fileno=accepted.detach()))
            return gone[0], place

        return accept

    monkeypatch.setattr(SERVING, "AGAIN", 3600.0)
    accepting(monkeypatch, first)
    async with listening() as port:
        assert await said(port, b"") == b""
        assert status(await said(port, get())) == 200
        assert await counted(port) == 0

    assert [one.fileno() for one in gone] == [-1]
