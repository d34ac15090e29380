"""The web configuration file, or a file that it names, on a volume that hangs."""

import asyncio
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from test_web_tls import refused
from web_clients import Files, connect, get, listening, one, said, status

from exporter.web.access import opened, reading
from exporter.web.access.reading import Reading

PATIENCE = 10.0


class Volume:
    """Gives the contents of files, but none of those that hang; counts the reads of those."""

    def __init__(self) -> None:
        self.hanging = ""
        self.reads = 0
        self.began = threading.Semaphore(0)
        self.mended = threading.Event()
        self.content = opened.content

    def read(self, path: Path) -> bytes:
        """What is in a file."""
        if path.name == self.hanging:
            self.reads += 1
            self.began.release()
            self.mended.wait(PATIENCE)
        return self.content(path)

    def mend(self) -> None:
        """Hang no more."""
        self.hanging = ""
        self.mended.set()


@pytest.fixture
def volume(monkeypatch: pytest.MonkeyPatch) -> Iterator[Volume]:
    """One that hangs when told to; nobody is patient with it."""
    made = Volume()
    monkeypatch.setattr(opened, "content", made.read)
    monkeypatch.setattr(reading, "PATIENCE", 0.1)
    yield made
    made.mend()


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """A folder with a certificate of the server."""
    made = Files(tmp_path)
    made.renew()
    return made


async def answers_with(expected: int, port: int, context: ssl.SSLContext | None = None) -> bool:
    """Whether the server says that; hanging up is no answer."""
    try:
        return status(await said(port, get(), context)) == expected
    except OSError:
        return False


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    """Ask until it is so: the read that hung takes a moment to end."""
    async with asyncio.timeout(PATIENCE):
        while not await true():
            pass


async def test_web_file_that_hangs_is_500_until_it_is_read_again(
    files: Files, volume: Volume, capsys: pytest.CaptureFixture[str]
) -> None:
    threads = threading.active_count()
    async with listening(files.write()) as port, listening() as probes:
        volume.hanging = "web.yml"
        answers = await asyncio.gather(*(said(port, get("/metrics")) for _ in range(20)))
        answers.append(await said(port, get()))
        probed, more = await said(probes, get()), threading.active_count() - threads
        volume.mend()
        await until(lambda: answers_with(200, port))
    assert {status(answer) for answer in answers} == {500}
    assert status(probed) == 200
    assert (volume.reads, more) == (1, 1)
    printed = " ".join(capsys.readouterr().out.split())
    assert printed.count("nobody is let in") == 1
    assert "check the volume" in printed
    assert printed.count("can be read again") == 1


@pytest.mark.parametrize("name", ["web.yml", "server.pem", "server.key"])
async def test_file_that_hangs_ends_handshakes_until_it_is_read_again(
    files: Files, volume: Volume, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    context = files.client()
    async with listening(files.tls()) as port:
        reader, writer = await connect(port, context)
        volume.hanging = name
        ended = await asyncio.gather(*(refused(port, context) for _ in range(5)))
        writer.write(get(close=False))
        opened_before = await one(reader)
        reads = volume.reads
        volume.mend()
        await until(lambda: answers_with(200, port, context))
        writer.transport.abort()
    assert ended == [True] * 5
    # An open connection needs no certificate any more.
    assert opened_before[0] == (500 if name == "web.yml" else 200)
    # Requests and handshakes read on their own.
    assert reads == (2 if name == "web.yml" else 1)
    assert capsys.readouterr().out.count("nobody is let in") == (2 if name == "web.yml" else 1)


async def test_server_ends_at_once_while_a_file_hangs(
    files: Files, volume: Volume, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PATIENCE", PATIENCE)
    context = files.client()
    async with listening(files.tls()) as port:
        _, writer = await connect(port, context)
        volume.hanging = "web.yml"
        waiting = asyncio.create_task(refused(port, context))
        writer.write(get(close=False))
        for _ in range(2):
            assert await asyncio.to_thread(volume.began.acquire, timeout=PATIENCE)
        ends = asyncio.get_running_loop().time() + 1
    assert asyncio.get_running_loop().time() < ends
    assert await waiting
    writer.transport.abort()


async def test_who_asks_while_something_is_read_gets_what_is_read_later() -> None:
    go, begun = threading.Semaphore(0), list[int]()

    def read() -> int:
        begun.append(len(begun) + 1)
        go.acquire(timeout=PATIENCE)
        return begun[-1]

    what = Reading(read)
    first = asyncio.create_task(what.now())
    await asyncio.sleep(0)
    others = [asyncio.create_task(what.now()) for _ in range(50)]
    await asyncio.sleep(0)
    go.release(2)
    assert await first == 1
    assert await asyncio.gather(*others) == [2] * 50
    assert begun == [1, 2]


async def test_many_who_ask_at_any_time_get_what_is_true_then() -> None:
    truth = [0]
    what = Reading(lambda: truth[0])

    async def ask(number: int) -> None:
        for turn in range(20):
            for _ in range(number % 7):
                await asyncio.sleep(0)
            truth[0] += 1
            known = truth[0]
            assert await what.now() >= known, turn

    await asyncio.gather(*(ask(number) for number in range(50)))


async def test_who_leaves_takes_the_read_from_nobody() -> None:
    go = threading.Event()
    what = Reading(lambda: go.wait(PATIENCE))
    leaving = asyncio.create_task(what.now())
    await asyncio.sleep(0)
    staying = asyncio.create_task(what.now())
    await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.wait({leaving})
    go.set()
    assert await staying


async def test_thread_ends_when_nobody_can_ask_any_more() -> None:
    what = Reading(lambda: 1)
    assert await what.now() == 1
    thread = what.thread
    assert thread is not None
    del what
    await asyncio.to_thread(thread.join, PATIENCE)
    assert not thread.is_alive()
