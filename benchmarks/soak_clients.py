"""
Who asks the exporter during a soak: scrapers of every kind, people who look at pages, and clients
that hang up or read slowly. Hands on what was answered; judges status and time alone.
"""

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Self

import aiohttp
from processes import HOST
from soak_exporter import leaks
from soak_read import NotAnExpositionError, Scrape, read

IN_TIME = 5.0
"""Seconds within which whatever was asked for properly must be answered."""

OPENMETRICS = "application/openmetrics-text;version=1.0.0"
HEALTHY = "/-/healthy"
METRICS = "/metrics"
READY = "/-/ready"
BURST = 20
PAGES = (
    "/",
    "/?q=app",
    "/?q=%22%3E%3Cscript%3E",
    "/?state=expired",
    "/?tenant=nobody",
    "/?page=999",
    "/runbooks/",
    "/runbooks/EntraCredentialExpired",
    "/runbooks/EntraVerifyFailed?tenant=alpha&target=alpha-0",
    "/runbooks/EntraVerifyRotationMismatch?tenant=alpha&target=alpha-1",
    "/runbooks/EntraPollFailing?tenant=beta",
    "/runbooks/?tenant=beta&target=beta-6",
    "/runbooks/nonsense",
    "/api/v1/credentials",
    "/api/v1/credentials?tenant=gamma",
    "/api/v1/verifications",
    "/api/v1/nonsense",
    "/portal?tenant=alpha",
    "/static/nothing.css",
    READY,
    "/%00",
    "/../../etc/passwd",
    "/" + "x" * 3000,
    "/?" + "&".join(f"a{n}=1" for n in range(500)),
)
WELL = {200, 302, 400, 404}
NOT_READY = 503

Tell = Callable[[str], None]
Answered = Callable[[Scrape], None]


class Clients:
    """All of them; `tell` is called with what is wrong, `answered` with each scrape."""

    def __init__(self, port: int, chance: random.Random, tell: Tell, answered: Answered) -> None:
        self.port = port
        self.root = f"http://{HOST}:{port}"
        self.chance = chance
        self.tell = tell
        self.answered = answered
        self.count = Counter[str]()
        self.slowest = 0.0

    async def __aenter__(self) -> Self:
        """Connections are not kept: each client is another one."""
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, force_close=True),
            timeout=aiohttp.ClientTimeout(total=4 * IN_TIME),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        """End all connections."""
        await self.session.close()

    async def ask(
        self, path: str, headers: dict[str, str] | None = None, method: str = "GET"
    ) -> tuple[int, bytes]:
        """One request; status 0 when no whole answer came, which is told."""
        began = time.monotonic()
        try:
            async with self.session.request(
                method, self.root + path, headers=headers, allow_redirects=False
            ) as response:
                body = await response.read()
                status = response.status
        except (aiohttp.ClientError, TimeoutError) as error:
            self.tell(f"{path[:80]}: no answer ({type(error).__name__}: {error})")
            return 0, b""
        took = time.monotonic() - began
        self.slowest = max(self.slowest, took)
        if took > IN_TIME:
            self.tell(f"{path[:80]}: answered after {took:.1f} s")
        for found in leaks(body):
            self.tell(f"{path[:80]}: {found}")
        return status, body

    async def scrape(self) -> None:
        """One scrape of any kind."""
        openmetrics, packed = self.chance.random() < 0.4, self.chance.random() < 0.7  # noqa: PLR2004 - shares
        headers = {
            "Accept": OPENMETRICS if openmetrics else "text/plain;version=0.0.4",
            "Accept-Encoding": "gzip" if packed else "identity",
        }
        asked = time.time()
        status, body = await self.ask(METRICS, headers)
        answered = time.time()
        self.count["scrapes"] += 1
        if status != 200:  # noqa: PLR2004 - OK
            self.tell(f"a scrape was answered with {status}")
            return
        try:
            self.answered(read(body.decode(), asked, answered, openmetrics=openmetrics))
        except (NotAnExpositionError, UnicodeDecodeError) as error:
            self.tell(f"a scrape that cannot be read ({headers}): {error}")

    async def burst(self) -> None:
        """Many at once."""
        await asyncio.gather(*(self.scrape() for _ in range(BURST)))

    async def page(self) -> None:
        """One page, or nonsense."""
        path = self.chance.choice(PAGES)
        status, _ = await self.ask(path)
        self.count["pages"] += 1
        if status not in (WELL | {NOT_READY} if path == READY else WELL):
            self.tell(f"{path[:80]}: answered with {status}")

    async def healthy(self) -> None:
        """Whether it lives."""
        status, _ = await self.ask(HEALTHY)
        if status != 200:  # noqa: PLR2004 - OK
            self.tell(f"{HEALTHY}: answered with {status}")

    async def hang_up(self) -> None:
        """Ask, read a little or nothing, and be gone."""
        path = self.chance.choice((METRICS, "/", "/api/v1/credentials"))
        self.count["hang-ups"] += 1
        async with self.connection(path) as reader:
            await reader.read(self.chance.choice((0, 1, 2000)))
            await asyncio.sleep(self.chance.uniform(0, 0.1))

    async def read_slowly(self) -> None:
        """Read the answer a piece at a time."""
        self.count["slow readers"] += 1
        async with self.connection(METRICS) as reader:
            until = time.monotonic() + self.chance.uniform(0.5, 3)
            while time.monotonic() < until and await reader.read(1024):  # noqa: ASYNC110 - slow on purpose
                await asyncio.sleep(0.05)

    @contextlib.asynccontextmanager
    async def connection(self, path: str) -> AsyncIterator[asyncio.StreamReader]:
        """A connection on which a page was asked for; cut off at the end."""
        reader, writer = await asyncio.open_connection(HOST, self.port, limit=4096)
        try:
            writer.write(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
            yield reader
        except ConnectionError:
            pass
        finally:
            writer.transport.abort()
