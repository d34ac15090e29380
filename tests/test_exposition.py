"""How the exposition is spelled: escaping, both formats, and the gzip body made ahead of time."""

import gzip
import random
import re
import sys
import zlib

import pytest
from builders import (
    NOW,
    application,
    credential,
    failure,
    openmetrics_families,
    render_openmetrics,
    render_text,
    samples_of_openmetrics,
    samples_of_text,
    snapshot,
    tenant,
    values,
)

from exporter.metrics import FAMILIES
from exporter.metrics.exposition import Renderer
from exporter.metrics.gzip_stream import Body, BodyWriter
from exporter.metrics.process import process_openmetrics, process_text
from exporter.metrics.text import number
from exporter.model import FailureReason
from exporter.snapshot import Saved, Snapshot

HOSTILE = {
    "quotes": 'say "hi"',
    "quote alone": '"',
    "backslash": "C:\\temp\\new",
    "backslash at the end": "ends in \\",
    "backslash before n": "not a line: \\n",
    "backslash before quote": '\\"',
    "newline": "one\ntwo",
    "carriage return": "one\rtwo\r\n",
    "nul": "a\x00b",
    "escape sequence": "\x1b[31mred",
    "emoji": "🔐 key 👩‍💻",
    "right to left": "\u202emoc.live\u202c שלום",
    "line separators": "a\u2028b\u2029c\x85d\x0b\x0c",
    "exposition syntax": 'x"} 1\nentra_polls_total{tenant="evil"} 99',
    "comment": "# EOF",
    "braces and commas": '{a="b",c="d"}',
    "blank": "   ",
    "nothing": "",
    "byte order mark": "\ufeffname",
    "beyond the basic plane": "\U0010ffff",
}
both_formats = pytest.mark.parametrize("form", ["text", "openmetrics"])


def named(name: str) -> Snapshot:
    """A snapshot with the name in every place where a tenant's people may write one."""
    return snapshot(tenant(application(credential(name=name), name=name)))


def app_names(shown: Snapshot, form: str) -> set[tuple[str, str]]:
    """The names that a parser finds."""
    read = (
        samples_of_text(render_text(shown))
        if form == "text"
        else samples_of_openmetrics(render_openmetrics(shown))
    )
    return {
        (dict(labels)["app_name"], dict(labels)["credential_name"])
        for metric, labels in read
        if metric == "entra_credential_expiry_timestamp_seconds"
    }


def rich_snapshot() -> Snapshot:
    """Two tenants with every kind of value: one good, one that failed after it was read."""
    return snapshot(
        tenant(
            application(credential(30.123, key_id="a"), credential(-4, key_id="b")),
            application(app_id="empty", name=""),
            requests={"200": 3, "error": 1},
            duration=0.123456,
            saved=Saved(NOW - 60, 1),
        ),
        tenant(
            application(credential(1 / 3)),
            name="fabrikam",
            failure=failure(),
            failures={FailureReason.LOGIN: 2},
        ),
    )


@both_formats
@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_name_comes_back_as_it_was(name: str, form: str) -> None:
    assert app_names(named(name), form) == {(name, name)}


@both_formats
def test_random_names_come_back_as_they_were(form: str) -> None:
    chance = random.Random(2026)  # noqa: S311 - a repeatable draw
    alphabet = [chr(code) for code in range(0x250)] + ["\\", '"', "\n", "n", "\r"] * 40
    alphabet += [chr(chance.randrange(0xE000, sys.maxunicode + 1)) for _ in range(200)]
    names = {"".join(chance.choices(alphabet, k=chance.randint(0, 30))) for _ in range(400)}
    holds = (
        application(credential(name=name), name=name, app_id=str(position))
        for position, name in enumerate(sorted(names))
    )
    assert app_names(snapshot(tenant(*holds)), form) == {(name, name) for name in names}


@both_formats
def test_lone_surrogate_is_replaced(form: str) -> None:
    assert app_names(named("cut \ud83d off"), form) == {("cut ? off", "cut ? off")}


def test_name_cannot_add_a_line() -> None:
    plain = render_text(named("quiet")).count(b"\n")
    assert render_text(named(HOSTILE["exposition syntax"])).count(b"\n") == plain


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(0, b"0", id="zero"),
        pytest.param(True, b"1", id="true"),
        pytest.param(3.0, b"3", id="whole"),
        pytest.param(-2.5, b"-2.5", id="negative"),
        pytest.param(1790000000.125, b"1790000000.125", id="moment"),
        pytest.param(float("inf"), b"+Inf", id="no end"),
        pytest.param(float("-inf"), b"-Inf", id="no start"),
        pytest.param(float("nan"), b"NaN", id="no number"),
        pytest.param(253402300800.0, b"253402300800", id="year 10000"),
    ],
)
def test_number_is_spelled_as_the_formats_want_it(given: float, expected: bytes) -> None:
    assert number(given) == expected


def test_both_formats_say_the_same() -> None:
    shown = rich_snapshot()
    text = samples_of_text(render_text(shown))
    assert text == samples_of_openmetrics(render_openmetrics(shown))
    assert len(text) > 80


def test_every_family_has_help_and_type_in_both_formats_even_without_samples() -> None:
    text, openmetrics = render_text(snapshot()), render_openmetrics(snapshot())
    for family in FAMILIES:
        name = family.name
        bare = re.sub("_total$", "", name) if family.type == "counter" else name
        assert f"# HELP {name} {family.help}\n# TYPE {name} {family.type}\n".encode() in text
        assert f"# HELP {bare} {family.help}\n# TYPE {bare} {family.type}\n".encode() in openmetrics


def test_openmetrics_names_a_counters_family_without_its_suffix() -> None:
    found = {
        family.name: {sample.name for sample in family.samples}
        for family in openmetrics_families(render_openmetrics(rich_snapshot()).decode())
        if family.type == "counter" and family.name.startswith("entra_")
    }
    assert found == {
        "entra_polls": {"entra_polls_total"},
        "entra_poll_failures": {"entra_poll_failures_total"},
        "entra_graph_requests": {"entra_graph_requests_total"},
        "entra_state_write_failures": {"entra_state_write_failures_total"},
    }


def test_openmetrics_ends_exactly_once() -> None:
    exposition = render_openmetrics(rich_snapshot())
    assert exposition.endswith(b"\n# EOF\n")
    assert exposition.count(b"# EOF") == 1


def test_text_format_has_no_end_marker() -> None:
    assert b"# EOF" not in render_text(rich_snapshot()) + process_text()


def test_text_with_the_process_metrics_parses() -> None:
    read = samples_of_text(render_text(rich_snapshot()) + process_text())
    assert "python_info" in {name for name, _ in read}


def test_exposition_says_when_it_was_rendered() -> None:
    assert Renderer()(snapshot(), NOW).rendered_at == NOW


def test_series_keep_their_order_between_renders() -> None:
    shown, renderer = rich_snapshot(), Renderer()
    assert [values(shown, "entra_credential_days_until_expiry", NOW, renderer) for _ in "ab"] == [
        values(shown, "entra_credential_days_until_expiry")
    ] * 2


LINE = b'entra_x{tenant="contoso",app_name="billing"} 1\n'
NOISE = random.Random(1).randbytes(3_000_000)  # noqa: S311 - a repeatable draw
BODIES = {
    "empty": b"",
    "one byte": b"x",
    "one line": LINE,
    "3 MB of one line": LINE * 65_000,
    "4 MB of one byte": b"0" * 4_000_000,
    "3 MB of noise": NOISE,
    "256 KiB exactly": (LINE * 6_000)[: 256 * 1024],
    "256 KiB and a byte": (LINE * 6_000)[: 256 * 1024 + 1],
    "256 KiB and a byte of one kind": b"0" * (256 * 1024 + 1),
    "1 MiB and a little": b"0" * (1024 * 1024 + 7),
}
TAILS = {"no tail": b"", "end marker": b"# EOF\n", "long tail": LINE * 3_000}
each_body = pytest.mark.parametrize("plain", BODIES.values(), ids=BODIES.keys())
each_tail = pytest.mark.parametrize("tail", TAILS.values(), ids=TAILS.keys())


def packed(plain: bytes, piece: int = 70_000) -> Body:
    """The body, written in pieces."""
    writer = BodyWriter()
    for start in range(0, len(plain), piece):
        writer.write(plain[start : start + piece])
    return writer.finish()


@each_tail
@each_body
def test_gzip_body_unpacks_to_the_plain_one_and_its_tail(plain: bytes, tail: bytes) -> None:
    body = packed(plain)
    assert gzip.decompress(body.packed + body.gzip_end(tail)) == plain + tail


@each_tail
@each_body
def test_gzip_body_is_one_stream_that_ends_where_it_should(plain: bytes, tail: bytes) -> None:
    body = packed(plain)
    inflate = zlib.decompressobj(31)
    assert inflate.decompress(body.packed + body.gzip_end(tail)) == plain + tail
    assert inflate.eof
    assert inflate.unused_data == b""


@each_body
def test_gzip_body_may_arrive_in_small_pieces(plain: bytes) -> None:
    body = packed(plain)
    stream = body.packed + body.gzip_end(b"# EOF\n")
    inflate = zlib.decompressobj(31)
    pieces = [
        inflate.decompress(stream[start : start + 997]) for start in range(0, len(stream), 997)
    ]
    assert b"".join(pieces) == plain + b"# EOF\n"
    assert inflate.eof


@each_body
def test_plain_body_comes_back_whole(plain: bytes) -> None:
    body = packed(plain)
    assert b"".join(body.plain()) == plain
    assert (body.size, body.crc) == (len(plain), zlib.crc32(plain))


@pytest.mark.parametrize("seed", range(4))
def test_plain_body_of_any_length_comes_back_whole(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a repeatable draw
    for _ in range(25):
        plain = LINE * chance.randrange(30_000) + b"0" * chance.randrange(300)
        assert b"".join(packed(plain, chance.choice((999, 300_000))).plain()) == plain


def test_body_may_be_read_more_than_once_and_take_another_tail() -> None:
    body = packed(LINE * 9)
    assert b"".join(body.plain()) == b"".join(body.plain()) == LINE * 9
    for tail in (b"first\n", b"second\n"):
        assert gzip.decompress(body.packed + body.gzip_end(tail)) == LINE * 9 + tail


def test_gzip_body_is_far_smaller_than_the_plain_one() -> None:
    body = packed(LINE * 10_000)
    assert len(body.packed) * 20 < body.size


def test_rendered_exposition_unpacks_in_both_formats() -> None:
    shown = rich_snapshot()
    exposition = Renderer()(shown, NOW)
    assert gzip.decompress(exposition.text.packed + exposition.text.gzip_end(b"")) == render_text(
        shown
    )
    tail = process_openmetrics()
    whole = exposition.openmetrics.packed + exposition.openmetrics.gzip_end(tail)
    assert gzip.decompress(whole).endswith(tail)
