"""Whatever a state file holds: it is used or it is not, and what is used can be shown and kept."""

import math
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml
from builders import NOW, render_openmetrics, render_text, samples_of_openmetrics, samples_of_text
from hostile import texts
from hypothesis import example, given
from hypothesis import strategies as st
from stating import CONFIGURATION
from test_state_record import FULL, GOLDEN, KEY

from exporter.config import parse
from exporter.snapshot import ReloadStatus, Snapshot
from exporter.state.envelope import SPOILT, TITLE, sealed, unsealed
from exporter.state.folder import Folder
from exporter.state.keeping import record_of
from exporter.state.loading import Loaded, load, snapshot_with
from exporter.state.record import decode, encode
from exporter.transitions import configured

CONFIG = parse(yaml.safe_dump(CONFIGURATION), file="config.yaml", base_dir=Path())
PLAIN = msgspec.msgpack.decode(unsealed(GOLDEN.read_bytes()))
"""A good record, as nothing but lists, maps and what stands in them."""

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.sampled_from([math.nan, math.inf, -math.inf, 1e300, -1.0, 2**63, "secret", "application"])
    | texts.map(lambda text: text.encode(errors="replace").decode())
    | st.binary(max_size=40)
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)


def places(inside: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401 - msgpack
    """Where something stands in a record."""
    items: Any = ()
    if isinstance(inside, dict):
        items = inside.items()
    elif isinstance(inside, list):
        items = enumerate(inside)
    for key, value in items:
        yield (*above, key)
        yield from places(value, (*above, key))


def with_other(inside: Any, place: tuple[Any, ...], value: Any) -> Any:  # noqa: ANN401 - msgpack
    """The same with something else in one place."""
    if not place:
        return value
    copy = inside.copy()
    copy[place[0]] = with_other(inside[place[0]], place[1:], value)
    return copy


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """A good record in which a few things are others."""
    record = PLAIN
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from(sorted(places(record), key=str)))
        record = with_other(record, place, draw(anything))
    return msgspec.msgpack.encode(record)


def restarted(content: bytes) -> tuple[Loaded, Snapshot, list[str]]:
    """What a start makes of a file, what it shows then, and the files that are there after it."""
    with tempfile.TemporaryDirectory() as place:
        folder = Folder(Path(place))
        folder.take()
        folder.file("contoso").write_bytes(content)
        loaded = load(folder, CONFIG, CONFIG.tenants, KEY, NOW)
        files = sorted(file.name for file in folder.path.glob("contoso*"))
        folder.close()
    status = ReloadStatus(successful=True, last_success=NOW)
    known = snapshot_with(loaded, Snapshot((), status))
    return loaded, configured(known, CONFIG, "", status), files


def check_use(content: bytes) -> Loaded:
    """A file that is used can be shown and kept again; one that is not is kept aside."""
    loaded, shown, files = restarted(content)
    assert len(loaded.tenants) + len(loaded.problems) == 1
    assert files == [f"contoso.state{'' if loaded.tenants else f'.{SPOILT}'}"]
    text, openmetrics = render_text(shown), render_openmetrics(shown)
    assert samples_of_text(text).keys() == samples_of_openmetrics(openmetrics).keys()
    [view] = shown.tenants
    record = record_of(view, shown.targets, KEY, NOW)
    # NaN equals nothing, so what is compared is what is written.
    assert encode(decode(encode(record))) == encode(record)
    return loaded


def test_good_file_is_used() -> None:
    loaded, shown, files = restarted(GOLDEN.read_bytes())
    assert (loaded.tenants[0].name, loaded.targets, files) == (
        *("contoso", (FULL,), ["contoso.state"]),
    )
    assert [view.memory for view in shown.targets] == [FULL.memory]


@given(content=spoilt())
def test_record_with_anything_in_it_is_used_or_kept_aside(content: bytes) -> None:
    check_use(sealed(content))


@given(content=st.binary(max_size=200))
@example(content=b"")
def test_payload_of_any_bytes_is_kept_aside(content: bytes) -> None:
    assert check_use(sealed(content)).problems


@given(content=st.binary(max_size=200))
@example(content=b"")
@example(content=TITLE)
@example(content=TITLE + b" 1 " + b"0" * 64 + b"\n")
def test_file_of_any_bytes_is_kept_aside(content: bytes) -> None:
    assert check_use(content).problems


@given(place=st.integers(0, len(GOLDEN.read_bytes()) - 1), bits=st.integers(1, 255))
def test_file_with_a_byte_that_is_another_is_not_used(place: int, bits: int) -> None:
    content = bytearray(GOLDEN.read_bytes())
    content[place] ^= bits
    loaded, shown, _ = restarted(bytes(content))
    assert loaded.problems
    assert shown.tenants[0].inventory is None


@given(length=st.integers(0, len(GOLDEN.read_bytes()) - 1))
def test_file_that_is_cut_short_is_kept_aside(length: int) -> None:
    assert check_use(GOLDEN.read_bytes()[:length]).problems


@given(depth=st.integers(1, 5000))
@example(depth=100_000)
def test_nesting_without_end_is_kept_aside(depth: int) -> None:
    assert check_use(sealed(b"\x91" * depth)).problems
