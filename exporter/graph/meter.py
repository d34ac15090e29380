"""
What every attempt at a Graph request goes through, retries included: it is counted, kept below
Graph's limit, and given up when it takes too long. Knows nothing of what is asked.
"""

import asyncio
import time
from collections import Counter, deque

import httpx
from kiota_http.middleware.middleware import BaseMiddleware

from exporter.bounded import MEBIBYTE, OddAnswerError, collected, unpacked
from exporter.work import aside

WINDOW = 60.0
REQUESTS_PER_WINDOW = 150
"""
Graph answers at most so many requests a minute for keyCredentials, for one application in a tenant.
Source: learn.microsoft.com/graph/api/application-list
"""


LARGEST_PAGE = 32 * MEBIBYTE
"""Bytes, unpacked: a page of 999 applications with three credentials each is one mebibyte."""


class Allowance:
    """
    When the next request may be sent: kept from poll to poll, over reloads, and shared by all that
    sign in to a tenant as the same application, as Graph counts so.
    """

    def __init__(self, per_window: int = REQUESTS_PER_WINDOW) -> None:
        self.sent = deque[float](maxlen=per_window)
        self.not_before = 0.0
        self.turn = asyncio.Lock()

    def rest(self, seconds: float) -> None:
        """Send nothing for so long, as Graph asked for."""
        self.not_before = max(self.not_before, time.monotonic() + seconds)

    def resting(self) -> float:
        """Seconds for which Graph still wants to be left alone."""
        return max(0.0, self.not_before - time.monotonic())

    async def request(self) -> None:
        """Wait until one more request may be sent."""
        async with self.turn:
            if len(self.sent) == self.sent.maxlen:
                await asyncio.sleep(self.sent[0] + WINDOW - time.monotonic())
            await asyncio.sleep(self.not_before - time.monotonic())
            self.sent.append(time.monotonic())


PACKING = frozenset({"content-encoding", "content-length", "transfer-encoding"})
"""Headers of a body as it travels, which say nothing of what was packed."""


async def whole(response: httpx.Response) -> httpx.Response:
    """The answer with its body, unpacked; raises httpx.DecodingError for one that is too large."""
    coding = response.headers.get("content-encoding", "")
    try:
        packed = await collected(response.aiter_raw(), LARGEST_PAGE)
        body = await aside(unpacked, packed, coding, LARGEST_PAGE)
    except OddAnswerError as error:
        raise httpx.DecodingError(str(error)) from None
    finally:
        await response.aclose()
    kept = [(name, text) for name, text in response.headers.items() if name not in PACKING]
    return httpx.Response(
        response.status_code,
        headers=kept,
        content=body,
        request=response.request,
        extensions=response.extensions,
    )


class Meter(BaseMiddleware):
    """The last middleware before the wire; `counts` is by HTTP status, or `error`."""

    def __init__(self, timeout: float, allowance: Allowance) -> None:
        super().__init__()
        self.timeout = timeout
        self.allowance = allowance
        self.counts = Counter[str]()

    async def send(
        self, request: httpx.Request, transport: httpx.AsyncBaseTransport
    ) -> httpx.Response:
        """The answer, read whole; raises httpx.TimeoutException after `timeout` seconds."""
        await self.allowance.request()
        try:
            # A read timeout alone lets a server that sends a byte a second hold a poll for ever.
            async with asyncio.timeout(self.timeout):
                response = await whole(await super().send(request, transport))
        except TimeoutError as error:
            self.counts["error"] += 1
            raise httpx.ReadTimeout(f"no whole answer within {self.timeout:g} seconds") from error
        except httpx.HTTPError:
            self.counts["error"] += 1
            raise
        self.counts[str(response.status_code)] += 1
        return response
