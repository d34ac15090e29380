"""The web server as it is served, and clients that speak to it byte by byte."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from authority import HOSTS, Authority, Signed
from builders import NOW, application, credential, snapshot, tenant

from exporter.address import Address
from exporter.health import Health
from exporter.metrics.exposition import Exposition, Renderer
from exporter.snapshot import Snapshot
from exporter.store import Store
from exporter.web import Access, Pages, serving
from exporter.web.limits import LIMITS, Limits

WHAT = snapshot(tenant(application(credential(3))))
PATIENCE = 10.0
HASH = "$2b$04$7lkHJFGWavuyMjVy6Wr/s.98C.8bDU6a.SA4PHcZH010n27.tjNRO"
"""Of `secret`, as cheap as it gets."""


def pages_of(what: Snapshot = WHAT) -> Pages:
    """The handlers over a snapshot."""
    store: Store[Exposition] = Store(what, Renderer(), lambda: NOW)

    async def reload() -> None:
        """Nothing to read again."""

    return Pages(store, reload, lambda: NOW, "/metrics", Health())


@asynccontextmanager
async def listening(
    file: Path | None = None, limits: Limits = LIMITS, what: Snapshot = WHAT
) -> AsyncIterator[int]:
    """The port of a running server."""
    access = None if file is None else Access(file)
    pages = pages_of(what)
    async with serving(pages.application(access), pages.health, access, limits) as listen:
        yield (await listen(Address("127.0.0.1", 0))).port


async def said(
    port: int, request: bytes, context: ssl.SSLContext | None = None, name: str = ""
) -> bytes:
    """All that is answered to some bytes, until the server ends the connection or says no more."""
    reader, writer = await connect(port, context, name)
    try:
        writer.write(request)
        async with asyncio.timeout(PATIENCE):
            return await reader.read(-1)
    finally:
        writer.transport.abort()


async def connect(
    port: int, context: ssl.SSLContext | None = None, name: str = ""
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection; with TLS, `name` is sent in the handshake (SNI), an empty one is not."""
    sni = name if context else None
    async with asyncio.timeout(PATIENCE):
        return await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=sni)


def get(path: str = "/-/healthy", *headers: str, close: bool = True) -> bytes:
    """A request."""
    lines = [f"GET {path} HTTP/1.1", "Host: exporter", *headers]
    return "\r\n".join([*lines, *(["Connection: close"] if close else []), "", ""]).encode()


def status(answer: bytes) -> int:
    """The status of the first answer; 0 when there is none."""
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else 0


async def one(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """The next answer on a connection that stays open: status and body."""
    async with asyncio.timeout(PATIENCE):
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        return status(head), await reader.readexactly(length)


def certificate_serial(writer: asyncio.StreamWriter) -> int:
    """Which certificate the server has shown."""
    found = writer.get_extra_info("ssl_object").getpeercert()
    return int(found["serialNumber"], 16)


@dataclass
class Files:
    """A folder with a web configuration file, and an authority for its certificates."""

    folder: Path
    authority: Authority = field(default_factory=Authority)

    @property
    def config(self) -> Path:
        """The web configuration file."""
        return self.folder / "web.yml"

    def write(self, **sections: object) -> Path:
        """The file, with its sections."""
        self.config.write_text(yaml.safe_dump(sections))
        return self.config

    def tls(self, **more: object) -> Path:
        """The file, with TLS and more of that section."""
        return self.write(tls_server_config=PAIR | more)

    def renew(self, signed: Signed | None = None) -> Signed:
        """A new certificate of the server, in its files."""
        signed = signed or self.authority.sign(*HOSTS)
        signed.write(self.folder, "server")
        return signed

    def client(self, signed: Signed | None = None) -> ssl.SSLContext:
        """What a client speaks that trusts the authority, with a certificate if it has one."""
        context = ssl.create_default_context(cadata=self.authority.pem)
        context.check_hostname = False
        if signed is not None:
            context.load_cert_chain(*signed.write(self.folder, "client"))
        return context


PAIR: dict[str, object] = {"cert_file": "server.pem", "key_file": "server.key"}
