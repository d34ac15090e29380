"""
Listening: sockets, TLS, and how many connections there are at once. Each connection gets the TLS
context of the moment it arrives, so certificates and settings change without a restart, whether or
not a client names the server it wants.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager, suppress
from functools import partial

from aiohttp import web

from exporter import log
from exporter.address import Address
from exporter.errors import UsageError, where
from exporter.health import Health, Task
from exporter.schedule import forever, wanted
from exporter.web.access import Access
from exporter.web.connections import Connection, Connections
from exporter.web.limits import LIMITS, Limits
from exporter.web.seldom import Seldom

SHUTDOWN_TIMEOUT = 0.3
"""Seconds that requests under way get to finish when the program ends."""

AGAIN = 1.0
"""Seconds after which a connection is accepted again that could not be, for want of descriptors."""

Listen = Callable[[Address], Awaitable[Address]]


@asynccontextmanager
async def serving(
    application: web.Application,
    health: Health,
    access: Access | None = None,
    limits: Limits = LIMITS,
    option: str = "--web.listen-address",
) -> AsyncIterator[Listen]:
    """
    Serve until the block ends, on each address given to the function that this yields; `option` is
    where an address that cannot be had was asked for.
    """
    runner = web.AppRunner(application, shutdown_timeout=SHUTDOWN_TIMEOUT)
    await runner.setup()
    assert runner.server is not None  # noqa: S101 - it is set up
    listener = Listener(runner.server, health, access, limits, option)
    listener.keep_going(listener.connections.drop_overdue)
    try:
        yield listener.listen
    finally:
        await listener.aclose()
        await runner.cleanup()


class Listener:
    """Accepts connections for one server, on any number of addresses."""

    def __init__(
        self,
        server: web.Server,
        health: Health,
        access: Access | None,
        limits: Limits,
        option: str,
    ) -> None:
        self.server = server
        self.health = health
        self.access = access if access and access.encrypted else None
        self.limits = limits
        self.option = option
        self.reported = Seldom()
        self.told = set[str]()
        self.connections = Connections(limits)
        self.places = asyncio.Semaphore(limits.connections)
        self.tasks = set[asyncio.Task[None]]()
        self.sockets = list[socket.socket]()

    async def listen(self, address: Address) -> Address:
        """
        Listen on one address; port 0 takes a free one. Gives the address with the port that was
        taken; raises UsageError when it cannot be had.
        """
        try:
            opened = open_socket(address, self.limits.backlog)
        except OSError as error:
            reason = error.strerror or str(error)
            raise UsageError(
                f"cannot listen on {address}: {reason}; choose another with {self.option}"
            ) from error
        opened.setblocking(False)  # noqa: FBT003 - the standard library's own
        self.sockets.append(opened)
        self.keep_going(partial(self.accept, opened))
        return Address(address.host, opened.getsockname()[1])

    def keep_going(self, job: Callable[[], Awaitable[float]]) -> None:
        """Run a job again and again, until the end."""
        self.start(self.counted(job))

    async def counted(self, job: Callable[[], Awaitable[float]]) -> None:
        """The same, as a task that runs and may fail."""
        with self.health.runs(Task.LISTENER):
            await forever(Task.LISTENER, job, crashed=partial(self.health.failed, Task.LISTENER))

    def start(self, job: Awaitable[None]) -> None:
        """Run something until the end."""
        task = asyncio.ensure_future(job)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def accept(self, opened: socket.socket) -> float:
        """Take one connection and give it a place; no pause until the next."""
        accepted = await self.next_one(opened)
        try:
            await self.place()
        except BaseException:
            accepted.close()
            raise
        self.start(self.talk(accepted))
        return 0.0

    async def next_one(self, opened: socket.socket) -> socket.socket:
        """The next client that is still there."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, _ = await loop.sock_accept(opened)
            except ConnectionAbortedError:
                continue
            except OSError:
                await asyncio.sleep(AGAIN)
                continue
            try:
                # The kernel would grow it to megabytes for a client that does not read.
                accepted.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self.limits.kernel)
            except OSError:
                accepted.close()
                continue
            return accepted

    async def place(self) -> None:
        """Wait for a place; whoever is idle goes."""
        if self.places.locked():
            self.connections.make_room()
        self.connections.wanted += 1
        try:
            await self.places.acquire()
        finally:
            self.connections.wanted -= 1

    async def talk(self, accepted: socket.socket) -> None:
        """One connection from its beginning to its end; a bug costs this client only."""
        try:
            connection = await self.connect(accepted)
            if connection is not None:
                await connection.gone.wait()
        except BaseException as error:
            if wanted(error):
                raise
            self.tell(error)
        finally:
            self.places.release()

    async def connect(self, accepted: socket.socket) -> Connection | None:
        """The connection, or None when it did not come to one."""
        client = peer(accepted)
        with ExitStack() as stack:
            stack.callback(accepted.close)
            context = await self.access.handshake() if self.access else None
            if self.access and context is None:
                return None
            prepared = Connection(self.server, self.limits, self.connections)
            # From here on asyncio closes it.
            stack.pop_all()
        try:
            with self.connections.greeting(accepted):
                _, connection = await asyncio.get_running_loop().connect_accepted_socket(
                    lambda: prepared,
                    accepted,
                    ssl=context,
                    ssl_handshake_timeout=self.limits.handshake if context else None,
                )
        except OSError as error:
            self.report(client, error)
            return None
        return connection

    def tell(self, error: BaseException) -> None:
        """Count a bug, and log it the first time."""
        self.health.failed(Task.LISTENER)
        place = where(error)
        if place not in self.told:
            self.told.add(place)
            log.get().error("connection not taken", exc_info=error)

    def report(self, client: str, error: OSError) -> None:
        """Log why a client was not let in, but not each time that one comes for the same reason."""
        if isinstance(error, ssl.SSLError) and self.access:
            known = (getattr(error, name, None) for name in ("verify_message", "reason"))
            reason = next(filter(None, known), str(error))
            left_out = self.reported.left_out(reason, asyncio.get_running_loop().time())
            if left_out is not None:
                more = {"left_out": left_out} if left_out else {}
                log.get().info("TLS handshake failed", client=client, reason=reason, **more)

    async def aclose(self) -> None:
        """Accept nothing any more; connections are the server's to end."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for opened in self.sockets:
            opened.close()


def peer(accepted: socket.socket) -> str:
    """The address of a client."""
    with suppress(OSError):
        return str(accepted.getpeername()[0])
    return "gone"


def open_socket(address: Address, backlog: int) -> socket.socket:
    """A listening socket; for every interface both IPv4 and IPv6 where the machine has both."""
    if address.host is None:
        both = socket.has_dualstack_ipv6()
        family = socket.AF_INET6 if both else socket.AF_INET
        return socket.create_server(
            ("", address.port), family=family, dualstack_ipv6=both, backlog=backlog
        )
    found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    family, _, _, _, place = found[0]
    return socket.create_server(place[:2], family=family, backlog=backlog)
