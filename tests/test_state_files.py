"""State files as bytes: whole or not there, private, and refused unless they are what they say."""

import errno
import os
import resource
import stat
from pathlib import Path

import pytest

from exporter.state import files
from exporter.state.envelope import TITLE, UnusableError, sealed, unsealed
from exporter.state.folder import OURS, Folder

PAYLOAD = b"what is known\n of a tenant" * 20


def mode(path: Path) -> int:
    """Who may do what with a file."""
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_written_is_read_again_and_only_its_owner_may(tmp_path: Path) -> None:
    file = tmp_path / "contoso.state"
    files.write(file, b"first")
    files.write(file, b"second")

    assert files.read(file) == b"second"
    assert mode(file) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_directory_is_made_for_its_owner_alone_and_one_that_is_there_is_left_alone(
    tmp_path: Path,
) -> None:
    there = tmp_path / "there"
    there.mkdir(0o755)
    files.make_directory(there)
    files.make_directory(tmp_path / "above" / "state")

    assert mode(there) == 0o755
    assert mode(tmp_path / "above" / "state") == 0o700


def test_directory_that_is_a_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "state"
    file.touch()

    with pytest.raises(NotADirectoryError):
        files.make_directory(file)


def test_write_that_fails_half_way_keeps_the_last_good_file_and_leaves_nothing_else(
    tmp_path: Path,
) -> None:
    file = tmp_path / "contoso.state"
    files.write(file, b"good")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            files.write(file, b"x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert files.read(file) == b"good"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("call", ["fsync", "write"])
def test_disk_that_says_no_keeps_the_last_good_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    file = tmp_path / "contoso.state"
    files.write(file, b"good")

    def full(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if call == "fsync":
        monkeypatch.setattr(os, "fsync", full)
    else:
        monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        files.write(file, b"new")

    assert file.read_bytes() == b"good"
    assert list(tmp_path.iterdir()) == [file]


def test_pipe_in_place_of_a_file_stops_nothing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(OSError, match="no regular file"):
        files.read(tmp_path / "pipe")


def test_missing_file_is_none(tmp_path: Path) -> None:
    assert files.read(tmp_path / "nowhere") is None


def test_lock_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    first = files.lock(tmp_path / "lock")
    assert first is not None
    assert files.lock(tmp_path / "lock") is None
    os.close(first)
    second = files.lock(tmp_path / "lock")

    assert second is not None
    os.close(second)


def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    left = (".contoso-2.state.tmp-abc_1234", ".key.tmp-abcdefgh")
    others = (
        ".contoso.state.tmp-abc",
        ".gitkeep",
        ".notes.txt.tmp-abcdefgh",
        ".tmp-abcdefgh",
        "contoso.state",
        "key.tmp-abcdefgh",
    )
    for name in (*left, *others):
        (tmp_path / name).touch()
    (tmp_path / ".lab.state.tmp-directry").mkdir()
    folder = Folder(tmp_path)
    folder.take()
    folder.close()

    assert {path.name for path in tmp_path.iterdir()} == {
        *others,
        ".lab.state.tmp-directry",
        "lock",
    }


def test_unfinished_files_have_the_names_that_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "replace", killed)
    monkeypatch.setattr(Path, "unlink", killed)
    for name in ("key", "contoso.state"):
        with pytest.raises(KeyboardInterrupt):
            files.write(tmp_path / name, b"content")
    monkeypatch.undo()
    assert len([*tmp_path.iterdir()]) == 2
    files.remove_unfinished(tmp_path, OURS)

    assert [*tmp_path.iterdir()] == []


def killed(*_arguments: object, **_options: object) -> None:
    """The process ends here."""
    raise KeyboardInterrupt


def test_file_is_on_the_disk_before_it_takes_its_place_and_the_place_right_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened: list[tuple[str, str]] = []
    fsync, replace = os.fsync, Path.replace

    def synced(descriptor: int) -> None:
        fsync(descriptor)
        kind = "folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        size = "" if kind == "folder" else str(os.fstat(descriptor).st_size)
        happened.append((f"fsync of the {kind}", size))

    def moved(path: Path, target: Path) -> Path:
        happened.append(("rename", target.name))
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", moved)
    files.write(tmp_path / "contoso.state", PAYLOAD)

    assert happened == [
        ("fsync of the file", str(len(PAYLOAD))),
        ("rename", "contoso.state"),
        ("fsync of the folder", ""),
    ]


def test_payload_comes_back() -> None:
    assert unsealed(sealed(PAYLOAD)) == PAYLOAD
    assert unsealed(sealed(b"")) == b""


def test_file_torn_at_any_length_is_refused() -> None:
    content = sealed(PAYLOAD)
    for length in range(len(content)):
        with pytest.raises(UnusableError):
            unsealed(content[:length])


def test_file_with_any_byte_changed_is_refused() -> None:
    content = sealed(PAYLOAD)
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= 1
        with pytest.raises(UnusableError):
            unsealed(bytes(changed))


def test_file_with_something_behind_it_is_refused() -> None:
    with pytest.raises(UnusableError, match="checksum"):
        unsealed(sealed(PAYLOAD) + b"\n")


def test_file_of_a_newer_version_is_told_from_a_damaged_one() -> None:
    newer = sealed(PAYLOAD).replace(b"state 1 ", b"state 2 ")
    with pytest.raises(
        UnusableError, match="newer exporter, in format 2; this one reads 1"
    ) as told:
        unsealed(newer)

    assert told.value.aside == "version-2"


@pytest.mark.parametrize("content", [b"", b"\0" * 4096, b"{}", b"entra-credential-exporter state"])
def test_file_of_something_else_is_refused(content: bytes) -> None:
    with pytest.raises(UnusableError, match="cut short, or no state file"):
        unsealed(content)


def test_file_that_is_none_of_the_exporters_is_not_read_however_large_it_is(tmp_path: Path) -> None:
    huge = tmp_path / "huge"
    with huge.open("wb") as stream:
        stream.truncate(1 << 40)

    assert files.read(huge, TITLE) == bytes(len(TITLE))
    with pytest.raises(OSError, match="larger than 32 bytes"):
        files.read(huge, most=32)


def test_directory_in_place_of_a_file_costs_no_descriptor(tmp_path: Path) -> None:
    before = descriptors()
    with pytest.raises(OSError, match="no regular file"):
        files.read(tmp_path)

    assert descriptors() == before


def descriptors() -> int:
    """Of this process."""
    return len([*Path("/proc/self/fd").iterdir()])
