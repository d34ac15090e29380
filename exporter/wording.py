"""How moments and spans are said to people. Pure."""

import json
import math
from datetime import UTC, datetime

from exporter.validity import DAY

FIRST_DATE = datetime(1, 1, 1, tzinfo=UTC).timestamp()
LAST_DATE = datetime(9999, 12, 31, tzinfo=UTC).timestamp()
HOUR = DAY / 24
MINUTE = HOUR / 60
EXACT_DAYS = 7
UNITS = {"s": 1.0, "min": MINUTE, "h": HOUR}


def date(moment: float) -> str:
    """`2026-11-23`, or `never` for what has no end."""
    return "never" if moment >= LAST_DATE else at(moment).date().isoformat()


def iso(moment: float) -> str:
    """`2026-11-23T03:07:35Z`, the last moment there is for what lies beyond."""
    return at(moment).isoformat(timespec="seconds").replace("+00:00", "Z")


def printable(text: str) -> str:
    """One line without control and direction characters, which could rewrite a terminal."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def escaped(line: str) -> str:
    """The same for a line of JSON: the escapes are JSON's, so that it says what it said."""
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in line)


def instant(moment: float) -> str:
    """`2026-11-23 03:07:35 UTC`."""
    return f"{at(moment).replace(tzinfo=None).isoformat(' ', 'seconds')} UTC"


def at(moment: float) -> datetime:
    """The moment, or the first or last one that there is a date for."""
    return datetime.fromtimestamp(min(max(moment, FIRST_DATE), LAST_DATE), UTC)


def span(seconds: float) -> str:
    """A length of time, never rounded up: `45 s`, `12 min`, `5 h`, `2 d 23 h`, `12 days`."""
    length = abs(seconds)
    for size, unit in ((MINUTE, "s"), (HOUR, "min"), (DAY, "h")):
        if length < size:
            return f"{length // UNITS[unit]:.0f} {unit}"
    days, rest = divmod(length, DAY)
    return f"{days:.0f} d {rest // HOUR:.0f} h" if days < EXACT_DAYS else f"{days:.0f} days"


def left(days: float) -> str:
    """`3 days left`, `expired 5 days ago`, `no end`."""
    if days == math.inf:
        return "no end"
    return f"{span(days * DAY)} left" if days > 0 else f"expired {span(days * DAY)} ago"
