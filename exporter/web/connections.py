"""
Connections and how long each may take: aiohttp's protocol with limits that it does not have, and
the set of those that are open. Knows nothing of what is served.
"""

import asyncio
import logging
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from typing import Any

from aiohttp import HttpVersion10, web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler

from exporter.web.headers import SECURITY_HEADERS
from exporter.web.limits import Limits

LOOK_AGAIN = 1.0
"""Seconds between two looks at who is overdue."""

RESET = struct.pack("ii", 1, 0)
"""For SO_LINGER: do not linger."""

TO_THE_CLIENT = (HttpProcessingError, web.RequestPayloadError, ConnectionError)
"""Errors of a client's making: it gets an answer, and nobody else needs to know."""


class Phase(Enum):
    """What a connection is at."""

    RECEIVING = "receiving"
    ANSWERING = "answering"
    IDLE = "idle"


def worth_logging(record: logging.LogRecord) -> bool:
    """Whether the server is to blame."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, TO_THE_CLIENT)


LOGGER = logging.getLogger(__name__)
LOGGER.addFilter(worth_logging)


class Connection(web.RequestHandler):
    """One connection, which knows since when it is at what it is at."""

    __slots__ = ("gone", "limits", "moved", "open_ones", "phase", "since", "wire")

    def __init__(self, server: web.Server, limits: Limits, open_ones: "Connections") -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            logger=LOGGER,
            access_log=None,  # type: ignore[arg-type] # as web.AppRunner documents it
            auto_decompress=False,
            keepalive_timeout=limits.idle,
            lingering_time=limits.linger,
            max_line_size=limits.line,
            max_field_size=limits.field,
            max_headers=limits.headers,
        )
        self.limits = limits
        self.open_ones = open_ones
        self.gone = asyncio.Event()
        self.wire: asyncio.Transport | None = None
        self.enter(Phase.RECEIVING)

    def enter(self, phase: Phase) -> None:
        """From now on it is at that."""
        self.phase = phase
        self.since = self.moved = asyncio.get_running_loop().time()

    def resume_writing(self) -> None:
        """The client has taken some of an answer."""
        self.moved = asyncio.get_running_loop().time()
        super().resume_writing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Another one."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what TCP and TLS have
        transport.set_write_buffer_limits(high=self.limits.buffered)
        self.wire = transport
        self.enter(Phase.RECEIVING)
        self.open_ones.add(self)
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """One less."""
        self.wire = None
        self.open_ones.discard(self)
        self.gone.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """The first bytes of the next request, or more of something."""
        if data and self.phase is Phase.IDLE:
            self.enter(Phase.RECEIVING)
        super().data_received(data)

    async def finish_response(self, *answer: Any) -> Any:  # noqa: ANN401 - aiohttp's own
        """The rest of an answer, after which others may need the place."""
        finished = await super().finish_response(*answer)
        self.enter(Phase.IDLE)
        if self.open_ones.wanted:
            self.close()
        return finished

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What is said of a request that is none, or that went wrong: not what was in it."""
        said = super().handle_error(request, status, exc, message)
        answer = web.Response(status=said.status, text=f"{said.reason}\n", headers=SECURITY_HEADERS)
        answer.force_close()
        return answer

    def overdue(self, now: float) -> bool:
        """Whether it has taken longer than it may; less is allowed while others wait."""
        if self.open_ones.wanted and self.at_the_client and now - self.moved > self.limits.crowded:
            return True
        allowed = {
            Phase.RECEIVING: self.limits.receive,
            Phase.ANSWERING: self.limits.answer,
            Phase.IDLE: self.limits.answer if self.unsent else self.limits.idle,
        }
        return now - self.since > allowed[self.phase]

    @property
    def at_the_client(self) -> bool:
        """Whether it is the client's turn."""
        return self.phase is not Phase.ANSWERING or self.unsent

    @property
    def unsent(self) -> bool:
        """Whether the client has not taken all of the last answer."""
        return self.wire is not None and self.wire.get_write_buffer_size() > 0

    def drop(self) -> None:
        """End it at once; what a client does not take is not left to the kernel either."""
        if self.wire is None:
            return
        if self.unsent:
            opened = self.wire.get_extra_info("socket")
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.wire.abort()


@web.middleware
async def received(request: web.Request, handler: Handler) -> web.StreamResponse:
    """
    Nothing here takes a body: a small one is overlooked, a larger one refused with 413. Then the
    request is there, and is being answered.
    """
    if request.version < HttpVersion10:
        raise web.HTTPVersionNotSupported
    if request.can_read_body:
        try:
            await request.read()
        except web.RequestPayloadError:
            raise web.HTTPBadRequest from None
    if isinstance(request.protocol, Connection):
        request.protocol.enter(Phase.ANSWERING)
    return await handler(request)


class Connections:
    """Those that are open; `wanted` counts newcomers who wait for a place."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.open = dict[Connection, None]()
        self.greeted = dict[socket.socket, float]()
        self.wanted = 0

    @contextmanager
    def greeting(self, accepted: socket.socket) -> Iterator[None]:
        """A client with which the TLS handshake lasts as long as the block."""
        self.greeted[accepted] = asyncio.get_running_loop().time()
        try:
            yield
        finally:
            del self.greeted[accepted]

    def add(self, connection: Connection) -> None:
        """One that was made."""
        self.open[connection] = None

    def discard(self, connection: Connection) -> None:
        """One that has ended."""
        self.open.pop(connection, None)

    def idle(self) -> Iterator[Connection]:
        """Those that wait for their next request, and whose client has taken the last answer."""
        return (one for one in self.open if one.phase is Phase.IDLE and not one.unsent)

    def make_room(self) -> None:
        """End the one that has been idle for longest."""
        longest = min(self.idle(), key=lambda one: one.since, default=None)
        if longest is not None and longest.wire is not None:
            longest.wire.close()

    async def drop_overdue(self) -> float:
        """End what is overdue; gives the pause until the next look."""
        now = asyncio.get_running_loop().time()
        for connection in [one for one in self.open if one.overdue(now)]:
            connection.drop()
        if self.wanted:
            self.hurry(now)
        return LOOK_AGAIN

    def hurry(self, now: float) -> None:
        """End handshakes that last: others wait for their places."""
        for accepted, since in self.greeted.items():
            if now - since > self.limits.crowded:
                with suppress(OSError):
                    accepted.shutdown(socket.SHUT_RDWR)
