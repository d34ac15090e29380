"""
What is answered when an answer could not be made: short, without templates or data, since one of
these may be what is broken.
"""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web

from exporter import log
from exporter.errors import where
from exporter.health import Health, Task
from exporter.schedule import wanted

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SAID = (
    "This could not be made: that is a bug in the exporter. Reading tenants and verifying secrets "
    "goes on, and so does alerting on what the metrics show."
)
NEXT = (
    'Next step: find "answer not made" in the exporter\'s log, and report the bug with that line.'
)
PAGE = f"""\
<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Not made · Entra credential exporter</title></head>
<body><h1>This page could not be made</h1><p>{SAID}</p><p>{NEXT}</p></body>
</html>
"""
DOCUMENT = (
    '{"error": "a bug in the exporter; find \\"answer not made\\" in its log, and report it"}\n'
)
TEXT = f"{SAID}\n{NEXT}\n"

API = "/api/"
MOST_TOLD = 100
"""Bugs that are logged: each once, not with every reload of a page."""


class Fallback:
    """A middleware: counts each answer while it is made, and gives another when a bug spoils it."""

    def __init__(self, health: Health, plain: frozenset[str]) -> None:
        self.health = health
        self.plain = plain
        self.told = set[str]()

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The handler's answer, or what is said instead."""
        with self.health.runs(Task.PAGE):
            try:
                return await handler(request)
            except (web.HTTPException, ConnectionError):
                raise
            except BaseException as error:
                if wanted(error):
                    raise
                self.tell(request, error)
                if request.writer.output_size:
                    # Half of it is sent: only the end of the connection says that it is no answer.
                    cut(request)
                return self.answer(request)

    def tell(self, request: web.Request, error: BaseException) -> None:
        """Count it, and log it the first time."""
        self.health.failed(Task.PAGE)
        place = where(error)
        if place not in self.told and len(self.told) < MOST_TOLD:
            self.told.add(place)
            log.get().error("answer not made", path=request.path, exc_info=error)

    def answer(self, request: web.Request) -> web.Response:
        """For programs, for people, or in plain text."""
        if request.path.startswith(API):
            text, kind = DOCUMENT, "application/json"
        elif request.path in self.plain or request.path.startswith("/-/"):
            text, kind = TEXT, "text/plain"
        else:
            text, kind = PAGE, "text/html"
        headers = {hdrs.CACHE_CONTROL: "no-store"}
        return web.Response(text=text, status=500, content_type=kind, headers=headers)


def cut(request: web.Request) -> None:
    """End the connection at once."""
    if isinstance(request.transport, asyncio.Transport):
        request.transport.abort()
    raise ConnectionResetError
