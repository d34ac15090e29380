"""A crowd of scrapers, and readers that do not read, before a server whose memory is watched."""

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from web_clients import get, one

from exporter.web.limits import LIMITS

PROGRAM = Path(__file__).parent / "big_server.py"
APPLICATIONS = 33_000
PLAIN = 20_000_000
MEGABYTE = 1024
SCRAPERS = 1000
SLOW = 200
PATIENCE = 60.0


class Big:
    """The running program."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout
        self.process = process
        self.port = int(process.stdout.readline())

    def memory(self, kind: str) -> int:
        """`VmRSS` or `VmHWM` (the most it ever was), in KiB."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(kind):
                return int(line.split()[1])
        raise AssertionError(kind)

    def forget_peak(self) -> int:
        """Let VmHWM begin anew; gives what is in use."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")
        return self.memory("VmRSS")

    def connections(self) -> int:
        """How many it holds, with its listening socket and a few more."""
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))


@contextmanager
def running(answer: float) -> Iterator[Big]:
    """The server over an exposition of more than 20 MB, which must be taken in that time."""
    with subprocess.Popen(
        [sys.executable, str(PROGRAM), str(APPLICATIONS), str(answer)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        yield Big(process)
        assert process.stdin
        process.stdin.close()


@pytest.fixture(scope="module")
def big() -> Iterator[Big]:
    """A server as it is."""
    with running(LIMITS.answer) as found:
        yield found


@pytest.fixture(scope="module")
def impatient() -> Iterator[Big]:
    """One that soon gives up on a client."""
    with running(3.0) as found:
        yield found


async def scrape(port: int, *headers: str) -> tuple[int, int]:
    """Status and size of one scrape."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with closing(writer):
        writer.write(get("/metrics", *headers))
        async with asyncio.timeout(PATIENCE):
            head = await reader.readuntil(b"\r\n\r\n")
            size = 0
            while piece := await reader.read(MEGABYTE * 1024):
                size += len(piece)
    promised = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    assert size == promised
    return int(head.split(b" ")[1]), size


async def test_thousand_scrapes_at_once_are_all_answered_from_one_body(big: Big) -> None:
    before = big.forget_peak()
    answers = await asyncio.gather(
        *(scrape(big.port, "Accept-Encoding: gzip") for _ in range(SCRAPERS))
    )
    grown = big.memory("VmHWM") - before
    assert {status for status, _ in answers} == {200}
    # Copies would take more than a gigabyte; what is on its way to each takes a tenth of that.
    assert min(size for _, size in answers) > 1_000_000
    assert grown < 100 * MEGABYTE


async def test_thousand_idle_connections_do_not_keep_others_out(big: Big) -> None:
    held = list[asyncio.StreamWriter]()
    for _ in range(SCRAPERS):
        reader, writer = await asyncio.open_connection("127.0.0.1", big.port)
        writer.write(get(close=False))
        held.append(writer)
        assert await one(reader) == (200, b"Healthy\n")
    assert (await scrape(big.port, "Accept-Encoding: gzip"))[0] == 200
    for writer in held:
        writer.transport.abort()


@pytest.mark.parametrize("header", ["Accept-Encoding: gzip", "Accept: */*"], ids=["gzip", "plain"])
async def test_readers_that_do_not_read_cost_little_and_are_cut_off(
    impatient: Big, header: str
) -> None:
    before = impatient.forget_peak()
    lazy = [asks_and_does_not_read(impatient.port, header) for _ in range(SLOW)]
    status, _ = await scrape(impatient.port, "Accept-Encoding: gzip")
    held = impatient.connections()
    deadline = time.monotonic() + PATIENCE
    while impatient.connections() > SLOW // 2 and time.monotonic() < deadline:  # noqa: ASYNC110 - in another process
        await asyncio.sleep(0.1)
    left, grown = impatient.connections(), impatient.memory("VmHWM") - before
    for connection in lazy:
        connection.close()
    assert status == 200
    assert held > SLOW
    assert left < SLOW // 2
    assert grown < 100 * MEGABYTE


def asks_and_does_not_read(port: int, header: str) -> socket.socket:
    """A client with a small window."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", port))
    connection.sendall(get("/metrics", header, close=False))
    return connection


async def test_plain_exposition_of_twenty_megabytes_is_whole(big: Big) -> None:
    status, size = await scrape(big.port)
    assert status == 200
    assert size > PLAIN
