"""
What stands before every request and every TLS handshake: the web configuration file as it is at
that moment. When it cannot be read, nobody gets in.
"""

import ssl
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TypeVar

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from exporter import log
from exporter.config.load import refused
from exporter.errors import ConfigError
from exporter.web.access.endpoint import Endpoint
from exporter.web.access.file import WebFile
from exporter.web.access.passwords import Passwords
from exporter.web.access.rate import Bucket
from exporter.web.access.reading import PATIENCE, Reading
from exporter.web.access.settings import WebSettings

HEADERS = web.RequestKey("headers of the web configuration", Mapping[str, str])
HANGS = "a file, this one or one that it names, that is not read within {:g} seconds"
ANSWERING = "files on a volume that answers; check the volume, no restart is needed"
Found = TypeVar("Found")
CHALLENGE = {hdrs.WWW_AUTHENTICATE: "Basic"}


class Access:
    """
    One web configuration file; raises ConfigError when it has mistakes at the start. Whether TLS is
    spoken and the rate limit stay as they were then.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.passwords = Passwords()
        self.trouble: dict[str, str] = {}
        # Each has a thread: a volume with certificates that hangs concerns handshakes alone.
        file, endpoint = WebFile(path), Endpoint(path)
        self.file = Reading(partial(outcome, file.read))
        self.endpoint = Reading(partial(outcome, endpoint.read))
        settings = file.read()
        self.encrypted = settings.tls_server_config.on
        limit = settings.rate_limit
        self.bucket = (
            Bucket(limit.interval, limit.burst, time.monotonic()) if limit.interval > 0 else None
        )
        if self.encrypted:
            endpoint.read()

    async def handshake(self) -> ssl.SSLContext | None:
        """What a new connection speaks; None while it cannot be told, which is logged."""
        speech = await self.told("tls", self.endpoint)
        return speech.for_one() if speech else None

    async def settings(self) -> WebSettings | None:
        """What the file says, or None when it cannot be told, which is logged."""
        return await self.told("file", self.file)

    async def told(self, what: str, reading: Reading[Found | str]) -> Found | None:
        """What is read now, or None when it cannot be told, which is logged."""
        try:
            found = await reading.now()
        except TimeoutError:
            found = str(refused(self.path, HANGS.format(PATIENCE), ANSWERING))
        if isinstance(found, str):
            self.report(what, found)
            return None
        self.report(what)
        return found

    def report(self, what: str, problems: str = "") -> None:
        """Log trouble once when it begins, and once when it ends."""
        before = self.trouble.get(what, "")
        if problems and problems != before:
            log.get().error("web configuration: nobody is let in", problems=problems)
        if before and not problems:
            log.get().info("web configuration can be read again")
        self.trouble[what] = problems

    @property
    def middleware(self) -> Middleware:
        """The guard of every request, those for nothing included."""

        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            settings = await self.settings()
            if settings is None:
                raise web.HTTPInternalServerError(text="Internal Server Error\n")
            if self.bucket is not None and not self.bucket.take(time.monotonic()):
                raise web.HTTPTooManyRequests(text="Too Many Requests\n")
            request[HEADERS] = settings.http_server_config.headers
            users = settings.basic_auth_users
            authorization = request.headers.get(hdrs.AUTHORIZATION, "")
            client = request.remote or ""
            if users and not await self.passwords.allow(users, authorization, client):
                raise web.HTTPUnauthorized(text="Unauthorized\n", headers=CHALLENGE)
            return await handler(request)

        return guard


def outcome(read: Callable[[], Found]) -> Found | str:
    """What is read, or what is wrong with it."""
    try:
        return read()
    except ConfigError as error:
        return str(error)


async def set_headers(request: web.Request, response: web.StreamResponse) -> None:
    """The headers that the operator asked for, in place of our own."""
    response.headers.update(request.get(HEADERS) or {})
