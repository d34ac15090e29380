"""Stored files on a volume that hangs: refused in time, and nobody else waits for them."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from exporter.config import SourceConfig
from exporter.sources import SourceUnreadable, file, read
from exporter.sources.threads import Threads

HEALTHY = Path("/healthy")


class Volume:
    """Files whose names begin with `hung` do not come before `mended` is set."""

    def __init__(self) -> None:
        self.mended = threading.Event()
        self.begun: list[str] = []

    def content(self, path: Path) -> bytes:
        """Which file it is, and which reading of it."""
        self.begun.append(path.name)
        if path.name.startswith("hung") and not self.mended.wait(10):
            raise AssertionError
        return f"{path.name} {self.begun.count(path.name)}".encode()


def hung(number: int = 0) -> Path:
    return Path(f"/hung{number}")


async def refusal(threads: Threads, volume: Volume, path: Path) -> str:
    with pytest.raises(SourceUnreadable) as caught:
        await threads.read(volume.content, path)
    return str(caught.value)


async def until_idle(threads: Threads) -> None:
    async with asyncio.timeout(5):
        while threads.count:  # noqa: ASYNC110 - threads tell nobody that they end
            await asyncio.sleep(0.001)


@pytest.fixture
async def volume() -> AsyncIterator[Volume]:
    volume = Volume()
    yield volume
    volume.mended.set()


async def test_a_read_that_takes_too_long_is_refused_with_the_next_step(volume: Volume) -> None:
    said = await refusal(Threads(patience=0.05), volume, hung())
    assert said == "/hung0 was not read within 0 seconds; check the volume it is on"


async def test_while_a_read_hangs_the_next_one_of_that_path_is_refused_at_once(
    volume: Volume,
) -> None:
    threads = Threads(patience=0.05)
    await refusal(threads, volume, hung())
    began = time.perf_counter()
    for _ in range(20):
        said = await refusal(threads, volume, hung())
    assert time.perf_counter() - began < 0.5
    assert said == "an earlier read of /hung0 has not ended yet; check the volume it is on"
    assert volume.begun == ["hung0"]
    assert threads.count == 1


async def test_a_path_is_read_again_once_its_volume_answers(volume: Volume) -> None:
    threads = Threads(patience=0.05)
    await refusal(threads, volume, hung())
    volume.mended.set()
    await until_idle(threads)
    assert await threads.read(volume.content, hung()) == b"hung0 2"
    await until_idle(threads)
    assert not threads.outstanding


async def test_healthy_files_are_read_while_many_hang(volume: Volume) -> None:
    threads = Threads(patience=0.3)
    stuck = [asyncio.create_task(refusal(threads, volume, hung(number))) for number in range(40)]
    await asyncio.sleep(0)
    async with asyncio.timeout(0.25):
        for number in range(50):
            assert await threads.read(volume.content, HEALTHY) == f"healthy {number + 1}".encode()
    await asyncio.gather(*stuck)


async def test_files_that_hang_leave_the_threads_of_everything_else_alone(volume: Volume) -> None:
    threads = Threads(patience=0.05)
    await asyncio.gather(*(refusal(threads, volume, hung(number)) for number in range(40)))
    async with asyncio.timeout(1):
        assert await asyncio.to_thread(lambda: "reload") == "reload"


async def test_no_more_threads_are_started_than_allowed_and_the_reason_is_told(
    volume: Volume,
) -> None:
    threads = Threads(patience=0.05, most=4)
    await asyncio.gather(*(refusal(threads, volume, hung(number)) for number in range(4)))
    said = await refusal(threads, volume, HEALTHY)
    assert said.endswith("the volume it is on, and those of the 4 files whose reads hang before it")
    assert threads.count == 4
    volume.mended.set()
    await until_idle(threads)
    assert (await threads.read(volume.content, HEALTHY)).startswith(b"healthy")


async def test_more_healthy_files_than_threads_are_all_read(volume: Volume) -> None:
    threads = Threads(most=4)
    paths = [Path(f"/{number}") for number in range(500)]
    contents = await asyncio.gather(*(threads.read(volume.content, path) for path in paths))
    assert contents == [f"{number} 1".encode() for number in range(500)]


async def test_a_read_never_gives_what_was_there_before_it_was_asked_for(volume: Volume) -> None:
    threads = Threads()
    first = asyncio.create_task(threads.read(volume.content, hung()))
    await asyncio.sleep(0.01)
    later = [asyncio.create_task(threads.read(volume.content, hung())) for _ in range(30)]
    await asyncio.sleep(0.01)
    volume.mended.set()
    assert await first == b"hung0 1"
    assert b"hung0 1" not in await asyncio.gather(*later)


async def test_a_reader_that_is_stopped_leaves_the_read_to_its_thread(volume: Volume) -> None:
    threads = Threads(patience=0.1)
    task = asyncio.create_task(threads.read(volume.content, hung()))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert "an earlier read" in await refusal(threads, volume, hung())
    volume.mended.set()
    await until_idle(threads)
    assert await threads.read(volume.content, hung()) == b"hung0 2"


async def test_an_earlier_read_that_fails_does_not_fail_the_next(volume: Volume) -> None:
    def missing(path: Path) -> bytes:
        volume.mended.wait(10)
        raise SourceUnreadable(path.name)

    threads = Threads()
    first = asyncio.create_task(threads.read(missing, HEALTHY))
    await asyncio.sleep(0.01)
    second = asyncio.create_task(threads.read(volume.content, HEALTHY))
    await asyncio.sleep(0.01)
    volume.mended.set()
    with pytest.raises(SourceUnreadable, match="healthy"):
        await first
    assert await second == b"healthy 1"


async def test_threads_that_hang_do_not_keep_the_process(volume: Volume) -> None:
    await refusal(Threads(patience=0.05), volume, hung())
    left = [one for one in threading.enumerate() if one.name == "stored-file"]
    assert left
    assert all(one.daemon for one in left)


async def test_every_source_that_is_a_file_is_read_so(
    tmp_path: Path, volume: Volume, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file, "content_of", volume.content)
    monkeypatch.setattr(file, "THREADS", Threads(patience=0.05))
    for path, key in [(tmp_path / "hung", None), (tmp_path / "hung.json", "a")]:
        with pytest.raises(SourceUnreadable, match="was not read within"):
            await read(SourceConfig(file=path, key=key))
        with pytest.raises(SourceUnreadable, match="an earlier read of"):
            await read(SourceConfig(file=path, key=key))
