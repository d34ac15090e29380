"""Which files may have changed, as real changes of real files show it."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from exporter.verify import watch
from exporter.verify.watch import changed, directories

SOON = 3.0
BEGUN = 0.15
"""Seconds within which a watch has begun."""

NOTICED = 0.5
"""Seconds within which other folders are noticed and watched."""


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look often."""
    monkeypatch.setattr(watch, "LOOK_AGAIN", 200)
    monkeypatch.setattr(watch, "QUIET", 20)


class Seen:
    """What was said to have changed, over watches one after another."""

    def __init__(self, files: list[Path]) -> None:
        self.files = files
        self.said: asyncio.Queue[Path] = asyncio.Queue()

    async def run(self) -> None:
        """Watch, and begin again when that ends."""
        while True:
            async with aclosing(changed(lambda: self.files)) as found:  # type: ignore[type-var]
                async for files in found:
                    for file in files:
                        self.said.put_nowait(file)
            await asyncio.sleep(0.01)

    async def next(self) -> Path:
        """The next file of which it is said."""
        async with asyncio.timeout(SOON):
            return await self.said.get()

    def rest(self) -> set[Path]:
        """Take away all that was said so far."""
        found = set()
        while not self.said.empty():
            found.add(self.said.get_nowait())
        return found


@asynccontextmanager
async def watching(*files: Path) -> AsyncIterator[Seen]:
    """A watch of the files that has begun; more can be appended to its `files`."""
    seen = Seen(list(files))
    task = asyncio.create_task(seen.run())
    await asyncio.sleep(BEGUN)
    seen.rest()
    yield seen
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def rewrite(file: Path) -> None:
    """Write into the file."""
    file.write_text("changed", encoding="utf-8")


def replace_whole(file: Path) -> None:
    """Put another file in its place, in one go."""
    fresh = file.with_name("fresh")
    rewrite(fresh)
    fresh.replace(file)


def remove(file: Path) -> None:
    """Take it away."""
    file.unlink()


def make_folder_anew(file: Path) -> None:
    """Remove the folder, and make it again with another file in it."""
    shutil.rmtree(file.parent)
    file.parent.mkdir()
    rewrite(file)


def replace_folder(file: Path) -> None:
    """Put another folder in the place of the one that it is in."""
    fresh = file.parent.with_name("fresh")
    fresh.mkdir()
    rewrite(fresh / file.name)
    file.parent.rename(file.parent.with_name("old"))
    fresh.rename(file.parent)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file in a folder of its own."""
    found = tmp_path / "folder" / "secret"
    found.parent.mkdir()
    found.write_text("stored", encoding="utf-8")
    return found


def mounted(folder: Path, version: str, content: str) -> None:
    """Mount a version of a Kubernetes Secret as kubelet does: write beside, turn the link."""
    (folder / version).mkdir(parents=True)
    (folder / version / "key").write_text(content, encoding="utf-8")
    turning = folder / "..data_tmp"
    turning.symlink_to(version)
    turning.replace(folder / "..data")
    if not (folder / "key").is_symlink():
        (folder / "key").symlink_to("..data/key")


@pytest.mark.parametrize(
    "change", [rewrite, replace_whole, remove, make_folder_anew, replace_folder]
)
async def test_file_that_changes_is_seen(file: Path, change: Callable[[Path], None]) -> None:
    async with watching(file) as seen:
        change(file)
        assert await seen.next() == file


async def test_file_that_is_written_later_is_seen(tmp_path: Path) -> None:
    late = tmp_path / "late"
    async with watching(late) as seen:
        rewrite(late)
        assert await seen.next() == late


@pytest.mark.parametrize("change", [make_folder_anew, replace_folder])
async def test_file_is_still_seen_after_its_folder_became_another(
    file: Path, change: Callable[[Path], None]
) -> None:
    async with watching(file) as seen:
        change(file)
        await seen.next()
        await asyncio.sleep(NOTICED)
        seen.rest()
        rewrite(file)
        assert await seen.next() == file


async def test_kubernetes_secret_is_seen_at_each_new_version(tmp_path: Path) -> None:
    folder = tmp_path / "mount"
    mounted(folder, "..1", "first")
    key = folder / "key"
    async with watching(key) as seen:
        for version in ("..2", "..3"):
            mounted(folder, version, version)
            assert await seen.next() == key
            assert key.read_text(encoding="utf-8") == version
            await asyncio.sleep(NOTICED)
            seen.rest()


async def test_release_that_a_linked_folder_turns_to_is_seen(tmp_path: Path) -> None:
    for release in ("one", "two"):
        (tmp_path / release / "conf").mkdir(parents=True)
        rewrite(tmp_path / release / "conf" / "secret")
    current = tmp_path / "current"
    current.symlink_to("one")
    file = current / "conf" / "secret"
    async with watching(file) as seen:
        turning = tmp_path / "turning"
        turning.symlink_to("two")
        turning.replace(current)
        assert await seen.next() == file


async def test_what_a_link_leads_to_is_seen_elsewhere(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(file)
    async with watching(link) as seen:
        rewrite(file)
        assert await seen.next() == link


async def test_folder_that_appears_later_is_watched(file: Path, tmp_path: Path) -> None:
    late = tmp_path / "later" / "secret"
    async with watching(file, late) as seen:
        late.parent.mkdir()
        rewrite(late)
        assert await seen.next() == late
        await asyncio.sleep(NOTICED)
        seen.rest()
        replace_whole(late)
        assert await seen.next() == late


async def test_files_of_other_folders_are_not_said_to_have_changed(
    file: Path, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = tmp_path / "other" / "secret"
    async with watching(file, other) as seen:
        rewrite(other)
        assert await seen.next() == other
        await asyncio.sleep(BEGUN)
        assert seen.rest() <= {other}


async def soon(awaitable: Awaitable[None]) -> None:
    """Wait for it, not for long."""
    async with asyncio.timeout(SOON):
        await awaitable


async def test_watch_of_nothing_ends_at_once(tmp_path: Path) -> None:
    for files in ([], [tmp_path / "nowhere" / "secret"]):

        async def watched(files: list[Path] = files) -> None:
            assert [found async for found in changed(lambda: files)] == []

        await soon(watched())


async def test_target_that_comes_with_a_new_configuration_is_watched(
    file: Path, tmp_path: Path
) -> None:
    (tmp_path / "new").mkdir()
    late = tmp_path / "new" / "secret"
    async with watching(file) as seen:
        seen.files.append(late)
        await asyncio.sleep(NOTICED)
        seen.rest()
        rewrite(late)
        assert await seen.next() == late


def test_file_whose_link_leads_in_a_circle_leaves_the_others_watched(
    file: Path, tmp_path: Path
) -> None:
    circle = tmp_path / "circle"
    circle.symlink_to(circle)
    watched = directories([circle, file])
    assert watched[file.parent] == {file}


def test_folder_of_a_file_and_of_what_it_links_to_are_both_watched(
    file: Path, tmp_path: Path
) -> None:
    link = tmp_path / "link"
    link.symlink_to(file)
    assert directories([link]).keys() == {tmp_path, file.parent}
