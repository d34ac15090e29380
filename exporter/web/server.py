"""The web server: routes, and what each answers. Reads the store; never fetches anything."""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

from aiohttp import web

from exporter.address import Address
from exporter.errors import ConfigError, UsageError
from exporter.health import Health, Task
from exporter.metrics.exposition import Exposition
from exporter.store import Store
from exporter.web import assets, exposition
from exporter.web.making import Making
from exporter.web.views import Views

SHUTDOWN_TIMEOUT = 0.3
"""Seconds that requests under way get to finish when the program ends."""

MAX_LINE_SIZE = 32 * 1024
"""Bytes of an address that are read at all: what is too long in it is then said by the page."""

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": PAGE_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Server": "entra-credential-exporter",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Pages:
    """The handlers, over one store; `reload` reads the configuration or raises ConfigError."""

    def __init__(
        self,
        store: Store[Exposition],
        reload: Callable[[], Awaitable[None]],
        clock: Callable[[], float],
        telemetry_path: str,
        health: Health,
    ) -> None:
        self.store = store
        self.health = health
        self.reload_config = reload
        self.telemetry_path = telemetry_path
        self.views = Views(Making(store, clock), telemetry_path)

    def application(self) -> web.Application:
        """The routes."""
        application = web.Application(middlewares=[self.counted])
        application.router.add_get(self.telemetry_path, self.metrics)
        application.router.add_routes(self.views.routes())
        application.router.add_get("/static/{name}", assets.serve)
        application.router.add_get("/-/healthy", self.healthy)
        application.router.add_get("/-/ready", self.ready)
        application.router.add_route("*", "/-/reload", self.reload)
        application.on_response_prepare.append(harden)
        return application

    @web.middleware
    async def counted(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Any answer, counted while it is made and when a bug spoils it."""
        with self.health.runs(Task.PAGE):
            try:
                return await handler(request)
            except (web.HTTPException, ConnectionError):
                raise
            except Exception:
                self.health.failed(Task.PAGE)
                raise

    async def metrics(self, request: web.Request) -> web.StreamResponse:
        """The exposition."""
        return await exposition.respond(request, self.store.rendered, self.health)

    async def healthy(self, _request: web.Request) -> web.Response:
        """The process answers."""
        return web.Response(text="Healthy\n")

    async def ready(self, _request: web.Request) -> web.Response:
        """Of every tenant /metrics shows what a poll found, be it one before a restart."""
        waiting = self.store.rendered.waiting
        if waiting:
            text = f"Not ready: the first poll has not ended for {', '.join(waiting)}\n"
            return web.Response(status=503, text=text)
        return web.Response(text="Ready\n")

    async def reload(self, request: web.Request) -> web.Response:
        """Read the configuration again."""
        if request.method not in {"POST", "PUT"}:
            headers = {"Allow": "POST, PUT"}
            text = "This endpoint requires a POST request.\n"
            return web.Response(status=405, text=text, headers=headers)
        try:
            await self.reload_config()
        except ConfigError as error:
            return web.Response(status=500, text=f"failed to reload config: {error}\n")
        return web.Response(text="Reloaded\n")


async def harden(_request: web.Request, response: web.StreamResponse) -> None:
    """Headers that every answer carries."""
    response.headers.update(SECURITY_HEADERS)


@asynccontextmanager
async def serving(pages: Pages) -> AsyncIterator[Callable[[Address], Awaitable[Address]]]:
    """Serve until the block ends, on each address given to the function that this yields."""
    runner = web.AppRunner(
        pages.application(),
        access_log=None,
        shutdown_timeout=SHUTDOWN_TIMEOUT,
        max_line_size=MAX_LINE_SIZE,
    )
    await runner.setup()
    try:
        yield partial(listen, runner)
    finally:
        await runner.cleanup()


async def listen(runner: web.AppRunner, address: Address) -> Address:
    """
    Listen on one address; port 0 takes a free one. Gives the address with the port that was taken;
    raises UsageError when it cannot be had.
    """
    try:
        opened = open_socket(address)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(
            f"cannot listen on {address}: {reason}; choose another with --web.listen-address"
        ) from error
    await web.SockSite(runner, opened).start()
    return Address(address.host, opened.getsockname()[1])


def open_socket(address: Address) -> socket.socket:
    """A listening socket; for every interface both IPv4 and IPv6 where the machine has both."""
    if address.host is None:
        both = socket.has_dualstack_ipv6()
        family = socket.AF_INET6 if both else socket.AF_INET
        return socket.create_server(("", address.port), family=family, dualstack_ipv6=both)
    found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    family, _, _, _, place = found[0]
    return socket.create_server(place[:2], family=family)
