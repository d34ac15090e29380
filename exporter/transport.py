"""
How azure's clients reach the login service and Key Vault: with one TLS context for each authority
file, as azure-core would make one for each request, which takes up to 20 ms in which nothing else
runs; and with a limit to what is read of an answer, of which azure-core knows none.
"""

import ssl
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import aiohttp
from aiohttp.connector import Connection
from azure.core.pipeline.transport import AioHttpTransport

from exporter.bounded import MEBIBYTE, OddAnswerError, collected, unpacked

LARGEST = MEBIBYTE
"""Bytes, unpacked: a token has a few thousand of them, a stored secret 25,000 at most."""


WEB_PAGE = "text/html"


class OddAnswer(aiohttp.ClientPayloadError):
    """
    An answer that is too large, or not packed as it says, or a web page; its status, and its
    headers, as a web page too may ask to be left alone.
    """

    def __init__(self, said: str, status: int, headers: Mapping[str, str]) -> None:
        super().__init__(said)
        self.status = status
        self.headers = headers


class Whole:
    """A body that was read already, as azure-core reads it: packed as it came."""

    def __init__(self, body: bytes) -> None:
        self.rest = memoryview(body)

    async def read(self, most: int = -1) -> bytes:
        """The next bytes; none at the end."""
        cut = len(self.rest) if most < 0 else most
        piece, self.rest = self.rest[:cut], self.rest[cut:]
        return bytes(piece)

    def exception(self) -> None:
        """Nothing can go wrong any more."""

    def set_exception(self, _error: BaseException, _cause: object = None) -> None:
        """The connection has ended, which matters no more."""


class BoundedResponse(aiohttp.ClientResponse):
    """A response that has its whole body from the start, and none that is too large."""

    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        """Read the body behind the headers; raises OddAnswer."""
        await super().start(connection)
        # These services speak JSON. azure-core would lose the status of what it cannot read.
        if self.content_type == WEB_PAGE:
            said = f"a web page came in place of an answer ({self.status})"
            raise OddAnswer(said, self.status, self.headers)
        try:
            body = await collected(self.content.iter_any(), LARGEST)
            # azure-core unpacks it once more: it is small.
            unpacked(body, self.headers.get("Content-Encoding", ""), LARGEST)
        except OddAnswerError as error:
            said = f"the answer cannot be read: {error}"
            raise OddAnswer(said, self.status, self.headers) from None
        self.content = cast("aiohttp.StreamReader", Whole(body))
        return self


class BoundedTransport(AioHttpTransport):  # type: ignore[misc]  # azure-core loads it on demand
    """azure-core's, but for the TLS context and the responses; connects when it is used."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        super().__init__()
        self.context = context
        self.made = False

    async def open(self) -> None:
        """Make the session, if that was not done before."""
        if not self.made:
            self.made = True
            self.session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=self.context or True),
                response_class=BoundedResponse,
                # As azure-core makes its own.
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=True,
            )
        await super().open()


def trusting(ca_file: Path | None) -> dict[str, Any]:
    """
    Keyword arguments of a client that trusts the file's authorities alone, or the system's; raises
    OSError where the file cannot be used.
    """
    context = context_of(ca_file, ca_file.stat().st_mtime_ns) if ca_file else None
    return {"transport": BoundedTransport(context)}


@lru_cache(maxsize=16)
def context_of(ca_file: Path, _changed: int) -> ssl.SSLContext:
    """The context; another one when the file has changed."""
    return ssl.create_default_context(cafile=ca_file)
