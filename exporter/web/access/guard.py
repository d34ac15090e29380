"""
What stands before every request and every TLS handshake: the web configuration file as it is at
that moment. When it cannot be read, nobody gets in.
"""

import ssl
import time
from collections.abc import Mapping
from pathlib import Path

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from exporter import log
from exporter.errors import ConfigError
from exporter.web.access import tls
from exporter.web.access.clients import Speech, speech
from exporter.web.access.file import WebFile
from exporter.web.access.passwords import Passwords
from exporter.web.access.rate import Bucket
from exporter.web.access.settings import TlsSettings, WebSettings

HEADERS = web.RequestKey("headers of the web configuration", Mapping[str, str])
CHALLENGE = {hdrs.WWW_AUTHENTICATE: "Basic"}


class Access:
    """
    One web configuration file; raises ConfigError when it has mistakes at the start. Whether TLS is
    spoken and the rate limit stay as they were then.
    """

    def __init__(self, path: Path) -> None:
        self.file = WebFile(path)
        self.passwords = Passwords()
        self.trouble: dict[str, str] = {}
        self.kept: tuple[TlsSettings, tls.Material, Speech] | None = None
        settings = self.file.read()
        self.encrypted = settings.tls_server_config.on
        limit = settings.rate_limit
        self.bucket = (
            Bucket(limit.interval, limit.burst, time.monotonic()) if limit.interval > 0 else None
        )
        if self.encrypted:
            self.context()

    def context(self) -> ssl.SSLContext:
        """What a new connection speaks; raises ConfigError."""
        settings, file = self.file.read().tls_server_config, str(self.file.path)
        if not settings.on:
            raise tls.mistaken(file, "", "nothing about TLS any more", "TLS, until a restart")
        given = tls.material(settings, file)
        if self.kept is None or self.kept[:2] != (settings, given):
            whole = tls.context(settings, given, file)
            self.kept = (settings, given, speech(settings, whole, file))
        return self.kept[2].for_one()

    def handshake(self) -> ssl.SSLContext | None:
        """The same for the listener: None while it cannot be told, which is logged."""
        try:
            found = self.context()
        except ConfigError as error:
            self.report("tls", str(error))
            return None
        self.report("tls")
        return found

    def settings(self) -> WebSettings | None:
        """What the file says, or None when it cannot be told, which is logged."""
        try:
            found = self.file.read()
        except ConfigError as error:
            self.report("file", str(error))
            return None
        self.report("file")
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
            settings = self.settings()
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


async def set_headers(request: web.Request, response: web.StreamResponse) -> None:
    """The headers that the operator asked for, in place of our own."""
    response.headers.update(request.get(HEADERS) or {})
