"""The handlers of pages and JSON: they read the address and say what is to be made of it."""

from collections.abc import Callable, Mapping
from functools import partial

from aiohttp import hdrs, web

from exporter.runbooks import RUNBOOKS
from exporter.snapshot import Snapshot
from exporter.web import api, landing, listing, onward, runbook, verifications
from exporter.web.listing import Index
from exporter.web.making import Making
from exporter.web.query import Choices, Query, only_known, read
from exporter.web.templating import TEMPLATES

THERE = (("", "Status"), ("runbooks/", "Runbooks"), ("api/v1/credentials", "Credentials as JSON"))
HTML, JSON = "text/html", "application/json"
UNCACHED = {hdrs.CACHE_CONTROL: "no-store"}


class Views:
    """The handlers, over what makes the pages."""

    def __init__(self, making: Making, telemetry_path: str) -> None:
        self.making = making
        self.telemetry_path = telemetry_path

    def routes(self) -> list[web.RouteDef]:
        """Where they are reached."""
        first = [] if self.telemetry_path == "/" else [web.get("/", self.landing)]
        return [
            *first,
            web.get("/runbooks", to_runbooks),
            web.get("/runbooks/", self.runbooks),
            web.get("/runbooks/{name}", self.runbook),
            web.get("/portal", self.portal),
            web.get("/api/v1/credentials", self.credentials),
            web.get("/api/v1/verifications", self.verifications),
        ]

    async def landing(self, request: web.Request) -> web.Response:
        """What a browser shows first; unknown parameters are overlooked."""
        choices = listing.choices(self.making.tenants)
        query, found = read(request.query, choices, Query())
        mistakes = tuple(only_known(found, choices))
        make = partial(
            landing.page, query=query, telemetry_path=self.telemetry_path, mistakes=mistakes
        )
        return html(await self.making.page((query, mistakes), make), 400 if mistakes else 200)

    async def runbooks(self, request: web.Request) -> web.Response:
        """All runbooks; for what the address names, on to the one that fits."""
        if onward.NAMES_SOMETHING & request.query.keys():
            address = await self.onward(onward.runbook, request)
            raise web.HTTPFound(f"../{address}", headers=UNCACHED)
        return html(runbook.runbooks_page())

    async def portal(self, request: web.Request) -> web.Response:
        """On to the Entra portal, which shows what the address names."""
        address = await self.onward(onward.portal, request)
        raise web.HTTPFound(address or "./", headers=UNCACHED)

    async def onward(
        self, where: Callable[[Snapshot, float, Mapping[str, str]], str], request: web.Request
    ) -> str:
        """Where an address leads."""
        parameters = dict(request.query)
        return await self.making.of_snapshot(lambda snapshot, now: where(snapshot, now, parameters))

    async def runbook(self, request: web.Request) -> web.Response:
        """One runbook, filled in with what the address names."""
        name, parameters = request.match_info["name"], dict(request.query)
        if name not in RUNBOOKS:
            return missing()
        page = await self.making.of_snapshot(
            lambda snapshot, now: runbook.runbook_page(snapshot, now, name, parameters)
        )
        return missing() if page is None else html(page)

    async def credentials(self, request: web.Request) -> web.Response:
        """The credentials as JSON."""
        return await self.listed(request, listing.choices(self.making.tenants), api.credentials)

    async def verifications(self, request: web.Request) -> web.Response:
        """The verifications as JSON."""
        return await self.listed(request, verifications.choices(self.making.tenants), api.targets)

    async def listed(
        self, request: web.Request, choices: Choices, make: Callable[[Index, Query], bytes]
    ) -> web.Response:
        """A list as JSON, or what could not be read of the request."""
        query, mistakes = read(request.query, choices, api.DEFAULT, api.MOST)
        if mistakes:
            return json(api.refused(mistakes), 400)
        return json(await self.making.of_index(lambda index: make(index, query)))


async def to_runbooks(request: web.Request) -> web.Response:
    """Their addresses are relative: the list is one level below the root."""
    asked = f"?{request.query_string}" if request.query_string else ""
    raise web.HTTPMovedPermanently(f"runbooks/{asked}")


def missing() -> web.Response:
    """What is said of a runbook that is none."""
    return html(TEMPLATES.get_template("missing.html").render(root="../", there=THERE), 404)


def html(text: str, status: int = 200) -> web.Response:
    """A page."""
    body = text.encode("utf-8", "replace")
    return web.Response(
        body=body, status=status, content_type=HTML, charset="utf-8", headers=UNCACHED
    )


def json(body: bytes, status: int = 200) -> web.Response:
    """A document for programs."""
    return web.Response(body=body, status=status, content_type=JSON, headers=UNCACHED)
