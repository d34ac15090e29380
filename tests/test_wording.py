"""How moments, spans and hostile texts are said to people."""

import math
import unicodedata
from datetime import UTC, datetime

import pytest

from exporter import wording

DAY, HOUR, MINUTE = 86_400.0, 3_600.0, 60.0
LAST_MOMENT = 253_402_300_799.0
YEAR_ONE = datetime(1, 1, 1, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0 s"),
        (0.9, "0 s"),
        (59.9, "59 s"),
        (MINUTE, "1 min"),
        (HOUR - 0.1, "59 min"),
        (HOUR, "1 h"),
        (DAY - 0.1, "23 h"),
        (DAY, "1 d 0 h"),
        (2 * DAY + 23.9 * HOUR, "2 d 23 h"),
        (7 * DAY - 0.1, "6 d 23 h"),
        (7 * DAY, "7 days"),
        (12.99 * DAY, "12 days"),
        (400 * DAY, "400 days"),
        (-5 * HOUR, "5 h"),
    ],
)
def test_span_is_never_rounded_up(seconds: float, expected: str) -> None:
    assert wording.span(seconds) == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        pytest.param(30, "30 days left", id="days"),
        pytest.param(2.5, "2 d 12 h left", id="days and hours"),
        pytest.param(0.125, "3 h left", id="hours"),
        pytest.param(1 / 2**20, "0 s left", id="an instant"),
        pytest.param(0, "expired 0 s ago", id="this moment"),
        pytest.param(-5, "expired 5 d 0 h ago", id="ago"),
        pytest.param(-400, "expired 400 days ago", id="long ago"),
        pytest.param(math.inf, "no end", id="no end"),
    ],
)
def test_time_left_is_said_in_words(days: float, expected: str) -> None:
    assert wording.left(days) == expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        pytest.param(0, "1970-01-01", id="the epoch"),
        pytest.param(1_795_402_055, "2026-11-23", id="ordinary"),
        pytest.param(10_413_792_000, "2300-01-01", id="never, as the old portal wrote it"),
        pytest.param(LAST_MOMENT - DAY, "9999-12-30", id="last date but one"),
        pytest.param(LAST_MOMENT + 1 - DAY, "never", id="last date"),
        pytest.param(LAST_MOMENT, "never", id="last moment"),
        pytest.param(LAST_MOMENT + 1, "never", id="beyond the last date"),
        pytest.param(math.inf, "never", id="no end"),
        pytest.param(-1, "1969-12-31", id="before the epoch"),
    ],
)
def test_date_is_a_day_or_never(moment: float, expected: str) -> None:
    assert wording.date(moment) == expected


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(YEAR_ONE, id="first moment of year one"),
        pytest.param(YEAR_ONE - 14 * HOUR, id="year one in an eastern zone"),
    ],
)
def test_first_dates_there_are_can_be_said(moment: float) -> None:
    assert wording.date(moment) == "0001-01-01"
    assert wording.iso(moment) == "0001-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        pytest.param(1_795_402_055.9, "2026-11-23T02:47:35Z", id="whole seconds"),
        pytest.param(LAST_MOMENT + 1, "9999-12-31T00:00:00Z", id="beyond the last date"),
        pytest.param(math.inf, "9999-12-31T00:00:00Z", id="no end"),
    ],
)
def test_iso_is_in_utc(moment: float, expected: str) -> None:
    assert wording.iso(moment) == expected


def test_instant_is_in_utc_and_says_so() -> None:
    assert wording.instant(1_795_402_055.9) == "2026-11-23 02:47:35 UTC"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "Bücher für São Paulo — 請求 🔐", "Bücher für São Paulo — 請求 🔐", id="words"
        ),
        pytest.param('it\'s "quoted" \\ too', 'it\'s "quoted" \\ too', id="quotes"),
        pytest.param("a\nb\r\tc", r"a\nb\r\tc", id="line breaks"),
        pytest.param("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m", id="colour"),
        pytest.param("\x9b31m", r"\x9b31m", id="eight-bit escape"),
        pytest.param("a\u202egpj.exe", r"a\u202egpj.exe", id="right to left"),
        pytest.param("a\u2066b\u200fc\u200bd", r"a\u2066b\u200fc\u200bd", id="invisible marks"),
        pytest.param("a\u2028b\x00c\x7f", r"a\u2028b\x00c\x7f", id="separators"),
        pytest.param("cut \ud83d", r"cut \ud83d", id="lone surrogate"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_what_is_not_printable_is_made_visible(text: str, expected: str) -> None:
    assert wording.printable(text) == expected


def test_no_control_or_format_character_of_unicode_gets_through() -> None:
    everything = "".join(map(chr, range(0x110000)))
    left = {unicodedata.category(c) for c in wording.printable(everything)}
    assert left.isdisjoint({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
    assert {"Lu", "Lo", "So", "Zs"} <= left
