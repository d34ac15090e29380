"""Keeping state: what comes back, what is wrong with the directory, and when it is written."""

import asyncio
import contextlib
import errno
import os
import shutil
import stat
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
import structlog
from builders import DAY, NOW, TENANT_ID, application, inventory
from stating import Desk, desk, events, refused, secret, state_file, written

from exporter import config
from exporter.snapshot import Saved
from exporter.state import files, keeper
from exporter.state.due import AFTER_FAILURE, LONGEST, ROUTINE, SHORTEST, Parts, Written, due
from exporter.state.envelope import sealed
from exporter.transitions import configured

TINY = 128 * 1024
OTHER = "dddddddd-0000-4000-8000-000000000001"


async def learnt(folder: Path) -> None:
    """A first life of the exporter, in which it learnt something."""
    async with desk(folder) as first:
        await first.learn(view=refused(first.target))


@contextlib.contextmanager
def tiny_disk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A disk of 128 KiB; where none may be mounted, one that says so when it is to keep more."""
    folder.mkdir()
    command = ("mount", "-t", "tmpfs", "-o", f"size={TINY},mode=700", "tmpfs", str(folder))
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        monkeypatch.setattr(os, "fsync", fsync_of_a_tiny_disk)
        yield folder
        return
    try:
        yield folder
    finally:
        subprocess.run(("umount", str(folder)), check=True)  # noqa: S607 - wherever it is


def fsync_of_a_tiny_disk(descriptor: int) -> None:
    """As of a volume that allots its space late."""
    if os.fstat(descriptor).st_size > TINY:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


async def test_what_was_known_is_known_after_a_restart(tmp_path: Path) -> None:
    async with desk(tmp_path) as first:
        await first.learn(view=refused(first.target))
        before = first.billing
    async with desk(tmp_path, NOW + 60) as second:
        assert second.billing == before
        assert second.contoso.inventory is not None
        assert second.contoso.inventory.taken_at == NOW
        assert second.contoso.tried == 0
        assert not second.contoso.fresh
        assert second.keeper.key == first.keeper.key


async def test_state_is_there_after_the_process_was_killed(tmp_path: Path) -> None:
    async with desk(tmp_path, flush=False) as first:
        await first.learn(view=refused(first.target))
    async with desk(tmp_path) as second:
        assert second.billing.memory.refusals == 3


async def test_files_are_private_and_are_the_key_the_lock_and_one_for_each_tenant(
    tmp_path: Path,
) -> None:
    await learnt(tmp_path)
    folder = tmp_path / "state"

    assert sorted(path.name for path in folder.iterdir()) == ["contoso.state", "key", "lock"]
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert len((folder / "key").read_bytes()) == 32


async def test_key_that_others_may_read_is_made_private(tmp_path: Path) -> None:
    await learnt(tmp_path)
    key = tmp_path / "state" / "key"
    content = key.read_bytes()
    key.chmod(0o644)
    async with desk(tmp_path, NOW + 60) as second:
        await second.learn(taken_at=NOW + 60)

    assert (stat.S_IMODE(key.stat().st_mode), key.read_bytes()) == (0o600, content)


async def test_file_that_must_not_be_read_costs_a_line_in_the_log_and_is_kept_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await learnt(tmp_path)
    content, opened = state_file(tmp_path).read_bytes(), os.open

    def forbidding(path: Path, *rest: int, **options: int) -> int:
        if Path(path) == state_file(tmp_path):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return opened(path, *rest, **options)

    monkeypatch.setattr(os, "open", forbidding)
    with structlog.testing.capture_logs() as logs:
        async with desk(tmp_path) as second:
            assert second.contoso.inventory is None
            await second.learn()

    [told] = [entry for entry in logs if entry["event"] == "state file not used"]
    assert told["why"] == "it cannot be read: permission denied"
    assert (tmp_path / "state" / "contoso.state.unreadable").read_bytes() == content
    assert state_file(tmp_path).read_bytes() != content


async def test_without_a_directory_nothing_is_kept(tmp_path: Path) -> None:
    async with desk(tmp_path, state={}) as first:
        await first.learn()
        assert first.contoso.saved is None

    assert not state_file(tmp_path).parent.exists()


async def test_write_shows_when_it_was(tmp_path: Path) -> None:
    async with desk(tmp_path, NOW + 5) as first:
        assert first.contoso.saved is not None
        assert first.contoso.saved.at == 0
        await first.learn()
        assert first.contoso.saved is not None
        assert (first.contoso.saved.at, first.contoso.saved.failures) == (NOW + 5, 0)


async def test_restart_alone_writes_nothing(tmp_path: Path) -> None:
    await learnt(tmp_path)
    before = state_file(tmp_path).stat()
    async with desk(tmp_path, NOW + 60) as second:
        await second.keeper.look()
    after = state_file(tmp_path).stat()

    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


async def test_tenant_that_is_only_verified_keeps_its_targets_alone(tmp_path: Path) -> None:
    none = [{"name": "contoso", "tenant_id": "cccccccc-0000-4000-8000-000000000001"}]
    none[0] |= {"identity": {"type": "none"}}  # type: ignore[dict-item]
    async with desk(tmp_path, tenants=none) as first:
        first.store.update_target("billing-api", lambda _old: refused(first.target))
        await first.keeper.look()
    async with desk(tmp_path, tenants=none) as second:
        assert second.billing.memory.refusals == 3
        assert second.contoso.inventory is None
        assert second.store.snapshot.waiting == ()


@pytest.mark.parametrize("key", [None, b"", b"short", b"f" * 32])
async def test_values_are_not_recognised_without_the_key_and_a_new_one_is_kept(
    tmp_path: Path, key: bytes | None
) -> None:
    await learnt(tmp_path)
    file = tmp_path / "state" / "key"
    file.unlink()
    if key is not None:
        file.write_bytes(key)
    async with desk(tmp_path) as second:
        memory = second.billing.memory
        assert (memory.value, memory.worked, memory.known) == (b"", (), ())
        assert second.billing.verdict is not None
        assert second.contoso.inventory is not None
    async with desk(tmp_path) as third:
        assert third.keeper.key == second.keeper.key == file.read_bytes()


def pipe(file: Path) -> None:
    """Nobody writes at its other end."""
    file.unlink()
    os.mkfifo(file)


SPOILT = {
    "torn": lambda file: file.write_bytes(file.read_bytes()[:-1]),
    "empty": lambda file: file.write_bytes(b""),
    "of something else": lambda file: file.write_text("{}"),
    "of another shape": lambda file: file.write_bytes(sealed(b"\xc0")),
    "a directory": lambda file: (file.unlink(), file.mkdir()),
    "a pipe": pipe,
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
async def test_file_that_is_no_good_is_said_kept_aside_and_ends_nothing(
    tmp_path: Path, spoil: object
) -> None:
    await learnt(tmp_path)
    assert callable(spoil)
    spoil(state_file(tmp_path))
    with structlog.testing.capture_logs() as logs:
        async with desk(tmp_path) as second:
            assert second.contoso.inventory is None
            assert second.billing.verdict is None
            await second.learn()
    async with desk(tmp_path) as third:
        assert third.contoso.inventory is not None

    [told] = [entry for entry in logs if entry["event"] == "state file not used"]
    assert told["file"] == str(state_file(tmp_path))
    assert told["why"]
    assert told["next_step"]
    assert told["log_level"] == "warning"
    assert told["kept_as"] == "contoso.state.unreadable"
    assert (tmp_path / "state" / "contoso.state.unreadable").exists()


async def test_file_of_a_newer_exporter_is_kept_under_its_version_for_the_way_back(
    tmp_path: Path,
) -> None:
    await learnt(tmp_path)
    newer = state_file(tmp_path).read_bytes().replace(b"state 1 ", b"state 2 ")
    state_file(tmp_path).write_bytes(newer)
    with structlog.testing.capture_logs() as logs:
        async with desk(tmp_path) as second:
            await second.learn()

    assert (tmp_path / "state" / "contoso.state.version-2").read_bytes() == newer
    assert "newer exporter, in format 2" in repr(logs)
    assert "rename the file back" in repr(logs)


@pytest.mark.parametrize(
    "tenant",
    [
        {"name": "contoso", "tenant_id": OTHER},
        {"name": "contoso", "tenant_id": "cccccccc-0000-4000-8000-000000000001", "cloud": "usgov"},
    ],
    ids=["tenant id", "cloud"],
)
async def test_state_of_another_tenant_or_cloud_is_never_taken(
    tmp_path: Path, tenant: dict[str, str]
) -> None:
    await learnt(tmp_path)
    content = state_file(tmp_path).read_bytes()
    with structlog.testing.capture_logs() as logs:
        async with desk(tmp_path, tenants=[tenant]) as second:
            assert second.contoso.inventory is None
            assert second.billing.verdict is None

    assert "it is of tenant contoso" in repr(logs)
    assert (tmp_path / "state" / "contoso.state.unreadable").read_bytes() == content


async def test_file_that_was_copied_for_another_tenant_is_not_taken(tmp_path: Path) -> None:
    await learnt(tmp_path)
    state_file(tmp_path).rename(state_file(tmp_path, "fabrikam"))
    named = [{"name": "fabrikam", "tenant_id": "cccccccc-0000-4000-8000-000000000001"}]
    async with desk(tmp_path, tenants=named, verify={}) as second:
        [view] = second.store.snapshot.tenants
        assert view.inventory is None


async def test_file_that_cannot_be_put_aside_is_not_written_over(tmp_path: Path) -> None:
    await learnt(tmp_path)
    state_file(tmp_path).write_bytes(b"worth keeping")
    in_the_way = tmp_path / "state" / "contoso.state.unreadable"
    in_the_way.mkdir()
    with structlog.testing.capture_logs() as logs:
        async with desk(tmp_path) as second:
            await second.learn()
            assert second.contoso.saved is not None
            assert second.contoso.saved.failures == 1

    assert state_file(tmp_path).read_bytes() == b"worth keeping"
    assert "state not kept" in events(logs)


async def test_directory_that_is_a_file_ends_nothing_and_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with structlog.testing.capture_logs() as logs:
        async with desk(tmp_path) as first:
            await first.learn()
            assert first.contoso.saved is not None
            assert first.contoso.saved.failures == 1

    [told] = logs
    assert (told["event"], told["log_level"]) == ("state not kept", "warning")
    assert told["directory"] == str(tmp_path / "state")
    assert told["next_step"] == "name a directory in state.dir"
    assert (tmp_path / "state").read_text() == "a file"


async def test_full_disk_keeps_the_last_good_file_and_is_said_when_it_begins_and_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [application(secret(name="x" * 200), app_id=f"app {n}") for n in range(2000)]
    with (
        tiny_disk(tmp_path / "state", monkeypatch) as disk,
        structlog.testing.capture_logs() as logs,
    ):
        async with desk(tmp_path) as first:
            await first.learn()
            good = state_file(tmp_path).read_bytes()
            await again(first, *many)
            await again(first, *many)
            assert state_file(tmp_path).read_bytes() == good
            assert first.contoso.saved is not None
            assert (first.contoso.saved.at, first.contoso.saved.failures) == (NOW, 2)
            await again(first, application(secret(name="small")))
            assert state_file(tmp_path).read_bytes() != good
        assert [path.name for path in disk.iterdir() if "tmp" in path.name] == []

    assert events(logs) == ["state not kept", "state kept again"]
    assert logs[0]["why"] == "no space left on device"
    assert "free space" in logs[0]["next_step"]


async def again(running: Desk, *objects: object) -> None:
    """Another poll, long after the last write."""
    for name, last in running.keeper.written.items():
        running.keeper.written[name] = replace(last, at=last.at - ROUTINE)
    await running.learn(*objects)  # type: ignore[arg-type]


async def test_directory_that_may_only_be_read_ends_nothing_and_is_still_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await learnt(tmp_path)

    def refuse(*_arguments: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(files, "lock", refuse)
    with structlog.testing.capture_logs() as logs:
        async with desk(tmp_path) as second:
            assert second.contoso.inventory is not None
            assert second.billing.memory.refusals == 3
            await again(second)

    assert events(logs) == ["state not kept", "state read"]
    assert "let the user of the exporter write" in logs[0]["next_step"]


async def test_second_exporter_reads_but_writes_only_once_the_first_has_ended(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as first:
        await first.learn(view=refused(first.target))
        content = state_file(tmp_path).read_bytes()
        with structlog.testing.capture_logs() as logs:
            async with desk(tmp_path) as second:
                assert second.billing.memory.refusals == 3
                await again(second, application(secret(), name="newer"))
                assert state_file(tmp_path).read_bytes() == content
                await first.keeper.flush()
                await first.keeper.leave()
                await again(second, application(secret(), name="newest"))
                assert state_file(tmp_path).read_bytes() != content

    assert events(logs) == ["state not kept", "state read", "state kept again"]
    assert logs[0]["why"] == "another exporter that runs keeps its state there"
    assert logs[0]["next_step"] == "give each exporter a state.dir of its own"


async def test_second_exporter_puts_no_file_of_the_first_aside(tmp_path: Path) -> None:
    async with desk(tmp_path) as first:
        await first.learn()
        async with desk(tmp_path, tenants=[{"name": "contoso", "tenant_id": OTHER}]) as second:
            assert second.contoso.inventory is None
            assert state_file(tmp_path).exists()


async def test_disk_that_hangs_delays_the_start_but_does_not_prevent_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()
    monkeypatch.setattr(files, "make_directory", lambda _folder: released.wait())
    monkeypatch.setattr(keeper, "OPENING", 0.05)
    monkeypatch.setattr(keeper, "LEAVING", 0.05)
    with structlog.testing.capture_logs() as logs:
        async with desk(tmp_path) as first:
            await first.learn()
            assert first.contoso.inventory is not None
    released.set()

    assert logs[0]["why"] == "the disk or volume does not answer"


async def test_bug_in_keeping_state_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_arguments: object) -> None:
        raise ZeroDivisionError

    crashes: list[bool] = []
    monkeypatch.setattr(files, "write", crash)
    with structlog.testing.capture_logs() as logs:
        async with desk(tmp_path, flush=False) as first:
            first.keeper.crashed = lambda: crashes.append(True)
            await first.learn()
            assert first.contoso.saved is not None
            assert first.contoso.saved.failures == 1

    assert "a bug of the exporter" in logs[0]["why"]
    assert isinstance(logs[0]["exc_info"], ZeroDivisionError)
    assert crashes == [True]


async def reloaded(running: Desk, folder: Path, **changes: object) -> None:
    """The configuration is read again."""
    loaded = config.load(written(folder, **changes))
    await running.keeper.apply(loaded)
    status = running.store.snapshot.reload
    running.store.update(lambda old: configured(old, loaded, "", status))
    await running.keeper.look()


async def test_directory_that_a_reload_adds_takes_away_or_moves_is_followed(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path, state={}) as running:
        await running.learn(view=refused(running.target))
        await reloaded(running, tmp_path)
        assert state_file(tmp_path).exists()
        await reloaded(running, tmp_path, state={"dir": "moved"})
        assert (tmp_path / "moved" / "contoso.state").exists()
        assert (tmp_path / "moved" / "key").read_bytes() == running.keeper.key
        await reloaded(running, tmp_path, state={})
        assert running.contoso.saved is None
        assert running.billing.memory.refusals == 3
        lock = files.lock(tmp_path / "moved" / "lock")
        assert lock is not None
        os.close(lock)


async def test_state_of_a_tenant_that_a_reload_removes_stays_for_when_it_comes_back(
    tmp_path: Path,
) -> None:
    other = [{"name": "fabrikam", "tenant_id": OTHER}]
    async with desk(tmp_path) as running:
        await running.learn(view=refused(running.target))
        running.store.update_target(
            "billing-api", lambda old: replace(old, memory=replace(old.memory, refusals=7))
        )
        await reloaded(running, tmp_path, tenants=other, verify={})
        assert state_file(tmp_path).exists()
        await reloaded(running, tmp_path)

        assert running.contoso.inventory is not None
        assert running.contoso.inventory.taken_at == NOW
        assert running.billing.memory.refusals == 7


async def test_reload_leaves_what_is_known_alone(tmp_path: Path) -> None:
    async with desk(tmp_path) as running:
        await running.learn(view=refused(running.target))
        newer = inventory(application(secret()), taken_at=NOW + 5)
        running.store.update_tenant("contoso", lambda old: replace(old, inventory=newer))
        await reloaded(running, tmp_path)

        assert running.contoso.inventory is newer


async def test_clock_that_was_ahead_is_set_right_in_the_file(tmp_path: Path) -> None:
    async with desk(tmp_path, NOW + DAY) as ahead:
        await ahead.learn(view=refused(ahead.target, NOW + DAY, NOW + 2 * DAY), taken_at=NOW + DAY)
    async with desk(tmp_path) as second:
        assert second.contoso.inventory is not None
        assert second.contoso.inventory.taken_at == 0
        assert second.billing.memory.not_before == 0
    async with desk(tmp_path) as third:
        assert third.contoso.inventory == second.contoso.inventory


def parts(running: Desk) -> Parts:
    """What is kept at this moment."""
    return Parts(running.contoso, (running.billing,))


async def test_news_are_written_soon_and_what_still_works_now_and_then(tmp_path: Path) -> None:
    async with desk(tmp_path) as running:
        works = replace(refused(running.target), verdict=None)
        bad = refused(running.target)
        good = replace(bad, verdict=replace(bad.verdict, diagnosis=None))  # type: ignore[type-var]
        once_more = replace(good, verdict=replace(good.verdict, at=NOW + 1))  # type: ignore[type-var]
        await running.learn(view=good)
        last = Written(parts(running), at=100.0)
        slow = replace(last, took=100.0)

        def is_due(written: Written, *, after: float) -> bool:
            return due(written, parts(running), 100.0 + after)

        assert not is_due(last, after=1000)
        running.store.update_target("billing-api", lambda _old: once_more)
        assert not is_due(last, after=ROUTINE - 1)
        assert is_due(last, after=ROUTINE)
        running.store.update_target("billing-api", lambda _old: bad)
        assert not is_due(last, after=SHORTEST - 0.1)
        assert is_due(last, after=SHORTEST)
        assert not is_due(slow, after=LONGEST - 0.1)
        assert is_due(slow, after=LONGEST)
        assert not is_due(replace(last, failed=True), after=AFTER_FAILURE - 1)
        running.store.update_target("billing-api", lambda _old: works)
        assert is_due(last, after=SHORTEST)
        running.store.update_target("billing-api", lambda _old: good)
        gone = MappingProxyType({})  # type: ignore[var-annotated]
        running.store.update_tenant("contoso", lambda old: replace(old, gone=gone))
        assert is_due(last, after=SHORTEST)


async def test_nothing_known_is_nothing_written(tmp_path: Path) -> None:
    async with desk(tmp_path) as running:
        await running.keeper.look()

    assert not state_file(tmp_path).exists()


async def test_write_under_way_at_the_end_is_waited_for_and_the_last_one_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    original = files.write

    def slow(path: Path, content: bytes) -> None:
        begun.set()
        go_on.wait(5)
        original(path, content)

    async with desk(tmp_path, flush=False) as running:
        await running.learn()
        monkeypatch.setattr(files, "write", slow)
        looking = asyncio.create_task(again(running, application(secret(), name="newer")))
        await asyncio.to_thread(begun.wait)
        looking.cancel()
        newest = inventory(application(secret(), name="newest"), taken_at=NOW + 9)
        running.store.update_tenant("contoso", lambda old: replace(old, inventory=newest))
        ending = asyncio.create_task(running.keeper.flush())
        go_on.set()
        await ending
    async with desk(tmp_path, NOW + 60) as second:
        assert second.contoso.inventory is not None
        assert second.contoso.inventory.taken_at == NOW + 9


async def test_file_in_the_way_that_somebody_moved_as_the_log_said_is_in_the_way_no_more(
    tmp_path: Path,
) -> None:
    await learnt(tmp_path)
    state_file(tmp_path).write_bytes(b"worth keeping")
    (tmp_path / "state" / "contoso.state.unreadable").mkdir()
    async with desk(tmp_path) as second:
        await second.learn()
        state_file(tmp_path).unlink()
        second.keeper.written.clear()
        await second.learn()

        assert second.contoso.saved is not None
        assert second.contoso.saved.at == NOW


async def test_reload_while_files_are_written_brings_a_tenant_back_and_calls_no_disk_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = {"name": "fabrikam", "tenant_id": OTHER}
    both = [{"name": "contoso", "tenant_id": TENANT_ID}, other]
    writing, write_on, write = threading.Event(), threading.Event(), files.write

    def slowly(path: Path, content: bytes) -> None:
        writing.set()
        write_on.wait(5)
        write(path, content)

    async with desk(tmp_path, tenants=both) as running:
        await running.learn(view=refused(running.target))
        await reloaded(running, tmp_path, tenants=[other], verify={})
        monkeypatch.setattr(files, "write", slowly)
        monkeypatch.setattr(keeper, "LEAVING", 0.05)
        read = inventory(application(secret()), taken_at=NOW)
        running.store.update_tenant("fabrikam", lambda old: replace(old, inventory=read))
        with structlog.testing.capture_logs() as logs:
            look = asyncio.create_task(running.keeper.look())
            await asyncio.to_thread(writing.wait)
            back = asyncio.create_task(reloaded(running, tmp_path, tenants=both))
            await asyncio.wait({back}, timeout=0.2)  # it has given up flushing, and wants to read
            assert not back.done()
            write_on.set()
            await asyncio.gather(look, back)

        assert running.contoso.inventory is not None
        assert "state not kept" not in events(logs)
        assert all(tenant.saved == Saved(NOW) for tenant in running.store.snapshot.tenants[1:])


async def test_tenant_that_comes_back_but_cannot_be_read_yet_leaves_its_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(tmp_path) as running:
        await running.learn(view=refused(running.target))
        kept = state_file(tmp_path).read_bytes()
        await reloaded(
            running, tmp_path, tenants=[{"name": "fabrikam", "tenant_id": OTHER}], verify={}
        )
        monkeypatch.setattr(keeper, "load", broken_disk)
        await reloaded(running, tmp_path)
        assert state_file(tmp_path).read_bytes() == kept
        await running.learn()

        assert state_file(tmp_path).with_name("contoso.state.unreadable").read_bytes() == kept


def broken_disk(*_arguments: object) -> None:
    """As `loading.load` where nothing can be read."""
    raise OSError(errno.EIO, "Input/output error")


async def test_directory_that_is_left_while_it_is_written_can_be_had_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_on, write = threading.Event(), files.write

    def slowly(path: Path, content: bytes) -> None:
        write_on.wait(5)
        write(path, content)

    async with desk(tmp_path) as running:
        monkeypatch.setattr(files, "write", slowly)
        monkeypatch.setattr(keeper, "LEAVING", 0.05)
        monkeypatch.setattr(keeper, "WRITING", 0.05)
        await running.learn()
        await reloaded(running, tmp_path, state={})
        write_on.set()
        await asyncio.gather(*(asyncio.to_thread(thread.join, 5) for thread in state_threads()))
        lock = files.lock(tmp_path / "state" / "lock")
        assert lock is not None
        os.close(lock)


def state_threads() -> list[threading.Thread]:
    """The threads of directories that were left."""
    return [t for t in threading.enumerate() if t.name.startswith("state")]


async def test_directory_with_older_files_is_brought_up_to_date_at_once(tmp_path: Path) -> None:
    async with desk(tmp_path) as first:
        await first.learn(taken_at=NOW - 30 * DAY)
    shutil.copytree(tmp_path / "state", tmp_path / "copy")
    async with desk(tmp_path) as second:
        await second.learn()
        await reloaded(second, tmp_path, state={"dir": "copy"})
    async with desk(tmp_path, state={"dir": "copy"}) as third:
        assert third.contoso.inventory is not None
        assert third.contoso.inventory.taken_at == NOW
