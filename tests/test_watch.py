"""Which files may have changed, as real changes of real files show it."""

import asyncio
import os
import shutil
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterable
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import structlog
import watchfiles
from verifying import verifying

from exporter.health import Health, Task
from exporter.simulator import VERIFICATIONS
from exporter.verify import places, watch
from exporter.verify.places import Found, Looks, look_at, volume
from exporter.verify.targets import Running, Targets
from exporter.verify.watch import changed

SOON = 3.0
BEGUN = 0.25
"""Seconds within which a watch has begun, if there is anything to be watched."""

NOTICED = 0.2
"""Seconds within which other folders are noticed and watched."""


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look often."""
    for name, value in (("LOOK_AGAIN", 0.06), ("VANISHED", 0.05), ("FAILED", 0.05)):
        monkeypatch.setattr(watch, name, value)
    monkeypatch.setattr(watch, "QUIET", 10)
    monkeypatch.setattr(watch, "ROUND", 30)
    monkeypatch.setattr(places, "PATIENCE", 0.1)


class Seen:
    """What was said to have changed."""

    def __init__(self, files: list[Path]) -> None:
        self.files = files
        self.asked = 0
        self.said: asyncio.Queue[Path] = asyncio.Queue()

    async def run(self) -> None:
        """Watch for ever."""
        async with aclosing(changed(self.all_files)) as found:
            async for files in found:
                for file in files:
                    self.said.put_nowait(file)

    def all_files(self) -> list[Path]:
        """Those to be watched, counting how often they are asked for."""
        self.asked += 1
        return self.files

    async def until(self, file: Path) -> None:
        """Wait until it is said of this file."""
        async with asyncio.timeout(SOON):
            while await self.said.get() != file:
                pass

    def rest(self) -> set[Path]:
        """Take away all that was said so far."""
        found = set()
        while not self.said.empty():
            found.add(self.said.get_nowait())
        return found

    async def quiet(self) -> None:
        """Wait until other folders were noticed, and forget what was said of it."""
        await asyncio.sleep(NOTICED)
        self.rest()


@asynccontextmanager
async def watching(*files: Path) -> AsyncIterator[Seen]:
    """A watch of the files that has begun; more can be appended to its `files`."""
    seen = Seen(list(files))
    begun, works = asyncio.Event(), watch.Watch.works

    def noticed(one: watch.Watch) -> None:
        begun.set()
        works(one)

    with pytest.MonkeyPatch.context() as patched, suppress(TimeoutError):
        patched.setattr(watch.Watch, "works", noticed)
        task = asyncio.create_task(seen.run())
        async with asyncio.timeout(BEGUN):
            await begun.wait()
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
        await seen.until(file)


async def test_file_that_is_written_later_is_seen(tmp_path: Path) -> None:
    late = tmp_path / "late"
    async with watching(late) as seen:
        rewrite(late)
        await seen.until(late)


@pytest.mark.parametrize("change", [make_folder_anew, replace_folder])
async def test_file_is_still_seen_after_its_folder_became_another(
    file: Path, change: Callable[[Path], None]
) -> None:
    async with watching(file) as seen:
        change(file)
        await seen.until(file)
        await seen.quiet()
        rewrite(file)
        await seen.until(file)


async def test_kubernetes_secret_is_seen_at_each_new_version(tmp_path: Path) -> None:
    folder = tmp_path / "mount"
    mounted(folder, "..1", "first")
    key = folder / "key"
    async with watching(key) as seen:
        for version in ("..2", "..3"):
            mounted(folder, version, version)
            await seen.until(key)
            assert key.read_text(encoding="utf-8") == version
            await seen.quiet()


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
        await seen.until(file)


async def test_what_a_link_leads_to_is_seen_elsewhere(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(file)
    async with watching(link) as seen:
        rewrite(file)
        await seen.until(link)


async def test_folder_that_appears_later_is_watched(file: Path, tmp_path: Path) -> None:
    late = tmp_path / "later" / "secret"
    async with watching(file, late) as seen:
        late.parent.mkdir()
        rewrite(late)
        await seen.until(late)
        await seen.quiet()
        replace_whole(late)
        await seen.until(late)


async def test_other_files_are_not_said_to_have_changed(file: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = tmp_path / "other" / "secret"
    beside = file.with_name("beside")
    async with watching(file, beside, other) as seen:
        for one in (other, beside):
            rewrite(one)
            await seen.until(one)
            await asyncio.sleep(NOTICED)
            assert seen.rest() <= {one}


async def test_target_that_comes_with_a_new_configuration_is_watched(
    file: Path, tmp_path: Path
) -> None:
    (tmp_path / "new").mkdir()
    late = tmp_path / "new" / "secret"
    async with watching(file) as seen:
        seen.files.append(late)
        await seen.quiet()
        rewrite(late)
        await seen.until(late)


async def test_nothing_is_said_when_the_watch_begins(file: Path) -> None:
    async with watching(file) as seen:
        await asyncio.sleep(NOTICED)
        assert seen.rest() == set()


async def test_all_files_may_have_changed_when_a_watch_begins_again(
    file: Path, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = tmp_path / "other" / "secret"
    async with watching(file, other) as seen:
        replace_folder(file)
        await seen.until(other)


async def test_changes_while_another_folder_is_replaced_are_seen(tmp_path: Path) -> None:
    mounts = [tmp_path / name for name in ("one", "two")]
    for folder in mounts:
        mounted(folder, "..1", "first")
    async with watching(*(folder / "key" for folder in mounts)) as seen:
        for version in ("..2", "..3"):
            mounted(mounts[0], version, version)
            await seen.until(mounts[0] / "key")
            seen.rest()
            mounted(mounts[1], version, version)
            await seen.until(mounts[1] / "key")


async def test_nothing_to_watch_is_looked_for_now_and_then(tmp_path: Path) -> None:
    async with watching(tmp_path / "nowhere" / "secret") as seen:
        await asyncio.sleep(NOTICED)
        assert 2 <= seen.asked <= 8
        late = seen.files[0]
        late.parent.mkdir()
        rewrite(late)
        await seen.until(late)


async def test_folder_that_is_touched_goes_on_being_watched(file: Path) -> None:
    async with watching(file) as seen:
        os.utime(file.parent)
        await asyncio.sleep(NOTICED)
        assert seen.rest() == set()


async def test_noise_beside_a_file_costs_no_look(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "LOOK_AGAIN", 60.0)
    async with watching(file) as seen:
        for number in range(5):
            file.with_name("log").write_text(str(number), encoding="utf-8")
            await asyncio.sleep(0.06)
        assert (seen.asked, seen.rest()) == (1, set())
        rewrite(file)
        await seen.until(file)


async def test_folders_are_looked_for_among_all_the_noise(file: Path, tmp_path: Path) -> None:
    late = tmp_path / "later" / "secret"
    async with watching(file, late) as seen:
        late.parent.mkdir()
        rewrite(late)
        for number in range(10):
            file.with_name("log").write_text(str(number), encoding="utf-8")
            await asyncio.sleep(0.03)
        assert late in seen.rest()


async def test_folder_that_cannot_be_listed_leaves_the_others_watched(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    monkeypatch.setattr(os, "access", lambda place, _mode: place != closed)
    with structlog.testing.capture_logs() as logs:
        async with watching(closed / "secret", tmp_path / ("n" * 300) / "secret", file) as seen:
            await asyncio.sleep(NOTICED)
            rewrite(file)
            await seen.until(file)

    assert seen.asked > 2
    said = {(entry["place"], entry["why"]) for entry in logs}
    assert len(logs) == len(said) == 2
    assert (str(closed), "the exporter's user may not list it") in said


async def test_folder_that_can_be_listed_again_is_watched(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed = False
    monkeypatch.setattr(os, "access", lambda *_: allowed)
    async with watching(file) as seen:
        allowed = True
        await seen.quiet()
        rewrite(file)
        await seen.until(file)


@pytest.mark.parametrize("name", ["n" * 300, "zero\0", "latin\udce9"])
def test_name_that_no_folder_has_is_no_place_to_watch(tmp_path: Path, name: str) -> None:
    assert isinstance(look_at(tmp_path / name), str)


def test_folder_in_one_that_is_closed_is_no_place_to_watch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(_place: Path) -> os.stat_result:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "stat", closed)
    assert look_at(tmp_path) == "Permission denied"


def refusing(error: Exception, times: int) -> Callable[..., AsyncGenerator[set[Any], None]]:
    """A watch that fails so many times before it begins, and then is a real one."""
    real, failures = watchfiles.awatch, [error] * times

    async def awatch(*paths: Path, **options: Any) -> AsyncGenerator[set[Any], None]:  # noqa: ANN401
        if failures:
            raise failures.pop()
        async with aclosing(real(*paths, **options)) as rounds:
            async for changes in rounds:
                yield changes

    return awatch


async def test_system_that_allows_no_watch_is_tried_again_and_said_once(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "awatch", refusing(OSError(28, "limit reached"), 3))
    with structlog.testing.capture_logs() as logs:
        async with watching(file) as seen:
            await seen.until(file)
            rewrite(file)
            await seen.until(file)

    assert [entry["event"] for entry in logs] == [
        "stored files are not watched, only read again",
        "stored files are watched again",
    ]


async def test_folder_that_goes_just_before_it_is_watched_is_no_news(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "awatch", refusing(FileNotFoundError(2, "none"), 1))
    with structlog.testing.capture_logs() as logs:
        async with watching(file) as seen:
            await seen.until(file)

    assert logs == []


async def test_file_beside_it_whose_name_is_no_text_stops_nothing(file: Path) -> None:
    with structlog.testing.capture_logs() as logs:
        async with watching(file) as seen:
            (file.parent / os.fsdecode(b"latin-\xe9")).touch()
            await seen.quiet()
            rewrite(file)
            await seen.until(file)

    assert logs == []


class Hanging:
    """Looks that do not come back from some folders until they are `released`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *folders: Path) -> None:
        self.folders = set(folders)
        self.released = threading.Event()
        monkeypatch.setattr(places, "look_at", self.look_at)

    def look_at(self, place: Path) -> places.Place:
        """As the real one."""
        if place in self.folders:
            self.released.wait()
        return look_at(place)

    @staticmethod
    def threads() -> list[threading.Thread]:
        """The looks that are under way."""
        return [thread for thread in threading.enumerate() if thread.name == "look at files"]


@pytest.fixture
def hanging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterable[Hanging]:
    """Nine folders that hang, with a file in each."""
    folders = [tmp_path / "volume" / str(number) for number in range(9)]
    for folder in folders:
        folder.mkdir(parents=True)
    found = Hanging(monkeypatch, *folders)
    yield found
    found.released.set()
    for thread in found.threads():
        thread.join()


async def test_folder_that_hangs_stops_neither_the_loop_nor_the_others(
    file: Path, tmp_path: Path, hanging: Hanging
) -> None:
    late, stuck = tmp_path / "later" / "secret", tmp_path / "volume" / "0" / "secret"
    with structlog.testing.capture_logs() as logs:
        async with watching(stuck, file, late) as seen:
            late.parent.mkdir()
            rewrite(late)
            await seen.until(late)
            await seen.quiet()
            assert len(hanging.threads()) == 1
            rewrite(file)
            await seen.until(file)
            hanging.released.set()
            await seen.quiet()
            rewrite(stuck)
            await seen.until(stuck)

    assert [entry["place"] for entry in logs] == [str(stuck)]


async def test_remote_volume_that_hangs_holds_one_thread(
    file: Path, tmp_path: Path, hanging: Hanging, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "22 1 8:1 / / rw shared:1 - ext4 /dev/sda rw\n"
        f"99 22 0:9 / {tmp_path / 'volume'} rw,relatime shared:7 - nfs4 server:/x rw\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(places, "MOUNTS", mounts)
    found = await Looks().at([*(folder / "secret" for folder in hanging.folders), file])

    await asyncio.sleep(0.05)
    assert len(hanging.threads()) == 1
    assert found.refused == {tmp_path / "volume": "it does not answer"}
    assert found.watched.keys() == {file.parent}


async def test_many_files_that_hang_hold_some_threads_and_what_is_watched_stays_so(
    file: Path, hanging: Hanging, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "MOST_STUCK", 2)
    looks = Looks()
    files = [file, *(folder / "secret" for folder in hanging.folders)]
    first = await looks.at(files)

    assert first.watched.keys() == {file.parent}
    assert await looks.at(files) is first
    assert len(hanging.threads()) == 2


def test_file_on_a_local_disk_hangs_alone(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert volume(file) == file
    monkeypatch.setattr(places, "MOUNTS", tmp_path / "nowhere")
    assert volume(file) == file


async def test_bug_in_a_look_is_told(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "look_at", {}.__getitem__)
    with pytest.raises(KeyError):
        await Looks().at([file])


async def test_file_whose_link_leads_in_a_circle_leaves_the_others_watched(
    file: Path, tmp_path: Path
) -> None:
    circle = tmp_path / "circle"
    circle.symlink_to(circle)
    found = await Looks().at([circle, file])
    assert found.watched.keys() == {tmp_path, file.parent}


async def test_folder_of_a_file_and_of_what_it_links_to_are_both_watched(
    file: Path, tmp_path: Path
) -> None:
    link = tmp_path / "link"
    link.symlink_to(file)
    found = await Looks().at([link])
    assert found.watched.keys() == {tmp_path, file.parent}
    assert found.changed({file}) == found.changed({link}) == {link}


def test_link_that_kubernetes_turns_concerns_the_files_beside_it(tmp_path: Path) -> None:
    key, other = tmp_path / "mount" / "key", tmp_path / "key"
    found = Found()
    for file in (key, other):
        found.add((file, {file: (1, 2)}))
    assert found.changed({tmp_path / "mount" / "..data"}) == {key}


def start(_kind: Task, job: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Run a job beside the test."""
    return asyncio.create_task(job)


async def test_target_that_waits_for_the_first_inventory_is_not_woken(tmp_path: Path) -> None:
    scenarios = [one for one in VERIFICATIONS if one.name in ("billing-api", "fleet-monitor")]
    async with verifying(tmp_path, scenarios) as bench:
        await bench.turn("billing-api")
        targets = Targets(bench.store, start, print, Health())
        done = asyncio.create_task(asyncio.sleep(0))
        targets.running = {name: Running(one, done) for name, one in bench.verifiers.items()}
        await targets.wake_readers(set(targets.files()))
        woken = {name for name, one in bench.verifiers.items() if one.woken.is_set()}

    assert woken == {"billing-api"}
