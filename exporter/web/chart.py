"""
What expires in the coming weeks: counted, and as bars of an SVG whose every measure is an
attribute, since the pages' policy allows no inline style. Pure.
"""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from exporter import wording
from exporter.validity import DAY
from exporter.web.listing import Row

WEEKS = 26
WEEK = 7 * DAY
LEFT, TOP, STEP, BAR, HEIGHT, FOOT = 34, 12, 20, 14, 96, 22
"""Units of the drawing."""
WIDTH = LEFT + WEEKS * STEP
LABEL_EVERY = 5


@dataclass(frozen=True, slots=True)
class Week:
    """How many expire in one week: last lines of defence, and those that a newer one covers."""

    first_day: str
    last_day: str
    last_lines: int
    superseded: int


@dataclass(frozen=True, slots=True)
class Bar:
    """One week as two stacked rectangles: the upper edge and height of each."""

    week: Week
    x: float
    last_y: float
    last_height: float
    superseded_y: float
    superseded_height: float


@dataclass(frozen=True, slots=True)
class Chart:
    """The drawing; `most` is what its full height stands for, and `most_text` names it."""

    bars: tuple[Bar, ...]
    most: int
    last_lines: int
    superseded: int
    labels: tuple[tuple[float, str], ...]

    width, height, base, left, top, bar = WIDTH, TOP + HEIGHT + FOOT, TOP + HEIGHT, LEFT, TOP, BAR


def weeks(rows: Iterable[Row], now: float) -> list[Week]:
    """The coming weeks of seven whole days (UTC), today's being the first."""
    today = now // DAY * DAY
    near = (row for row in rows if 0 < row.days < WEEKS * 7)
    ends = Counter((int((row.credential.expires - today) // WEEK), row.superseded) for row in near)
    return [
        Week(
            wording.date(today + number * WEEK),
            wording.date(today + (number + 1) * WEEK - 1),
            ends[number, False],
            ends[number, True],
        )
        for number in range(WEEKS)
    ]


def chart(rows: Iterable[Row], now: float) -> Chart | None:
    """The drawing; None when nothing expires in these weeks."""
    counted = weeks(rows, now)
    most = rounded(max(week.last_lines + week.superseded for week in counted))
    if not most:
        return None
    return Chart(
        tuple(bar(week, number, most) for number, week in enumerate(counted)),
        most,
        sum(week.last_lines for week in counted),
        sum(week.superseded for week in counted),
        tuple((x_of(n), counted[n].first_day[5:]) for n in range(0, WEEKS - 1, LABEL_EVERY)),
    )


def bar(week: Week, number: int, most: int) -> Bar:
    """The rectangles of one week."""
    last, covered = (HEIGHT * count / most for count in (week.last_lines, week.superseded))
    base = TOP + HEIGHT
    places = (base - last, last, base - last - covered, covered)
    return Bar(week, x_of(number), *(round(place, 2) for place in places))


def x_of(number: int) -> float:
    """The left edge of a week."""
    return LEFT + number * STEP + (STEP - BAR) / 2


def rounded(count: int) -> int:
    """The next number that is easy to read on a scale: 1, 2, 4, 5, 10, 20, 40, 50, 100."""
    if count <= 1:
        return count
    size = int(10 ** math.floor(math.log10(count)))
    return next(step * size for step in (1, 2, 4, 5, 10) if step * size >= count)
