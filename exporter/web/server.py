"""The web server: routes, and what each answers. Reads the store; never fetches anything."""

from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Middleware

from exporter.errors import ConfigError, ReloadError
from exporter.health import Health
from exporter.metrics.exposition import Exposition
from exporter.store import Store
from exporter.web import assets, exposition
from exporter.web.access import Access, set_headers
from exporter.web.broken import Fallback
from exporter.web.connections import received
from exporter.web.headers import harden
from exporter.web.limits import LIMITS
from exporter.web.making import Making
from exporter.web.views import Views

A_BUG = (
    "a bug in the exporter ({}); the configuration before is in force; report it with the line "
    '"configuration not reloaded" of the log'
)


class Pages:
    """The handlers, over one store; `reload` reads the configuration again or raises."""

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

    def application(self, access: Access | None = None) -> web.Application:
        """The routes, behind the guard that there is."""
        guards = () if access is None else (access.middleware,)
        application = hardened(received, self.fallback, *guards)
        application.router.add_get(self.telemetry_path, self.metrics)
        application.router.add_routes(self.views.routes())
        application.router.add_get("/static/{name}", assets.serve)
        application.router.add_routes(self.probed())
        application.router.add_route("*", "/-/reload", self.reload)
        if access is not None:
            application.on_response_prepare.append(set_headers)
        return application

    def probes(self) -> web.Application:
        """The routes that probes need, and no other; without a guard."""
        application = hardened(received, self.fallback)
        application.router.add_routes(self.probed())
        return application

    @property
    def fallback(self) -> Middleware:
        """What answers when a bug spoils an answer."""
        return web.middleware(Fallback(self.health, frozenset({self.telemetry_path})))

    def probed(self) -> list[web.RouteDef]:
        """What says how the exporter is."""
        return [web.get("/-/healthy", self.healthy), web.get("/-/ready", self.ready)]

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
        except ReloadError as error:
            return web.Response(
                status=500, text=f"failed to reload config: {A_BUG.format(error)}\n"
            )
        return web.Response(text="Reloaded\n")


def hardened(*middlewares: Middleware) -> web.Application:
    """An application whose answers all carry the same headers."""
    application = web.Application(middlewares=middlewares, client_max_size=LIMITS.body)
    application.on_response_prepare.append(harden)
    return application
