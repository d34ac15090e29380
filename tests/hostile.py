"""
What strangers may write where the exporter reads: texts, and JSON that is well-formed but means
nothing. Strategies for property-based tests.
"""

import json
import string
from collections.abc import Mapping

from hypothesis import strategies as st

TEXTS = (
    "",
    " ",
    "\x00",
    "a\nb\r\nc",
    "\x1b[2J\x1b]0;title\x07\x9b31m",
    "\u202emoc.live\u202c\u2066",
    "\u2028\u2029\x85\x0b\x0c\ufeff",
    "\ud83d cut off \udca9",
    "\U0010ffff\ufffe👩‍💻",
    "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&",
    "${jndi:x}{{7*7}}{% x %}%s%n{0}",
    'x"} 1\nentra_polls_total{tenant="evil"} 99\n# EOF',
    "'; touch PWNED; '",
    "$(touch PWNED)`touch PWNED`",
    "-rf",
    "@/etc/passwd",
    "~root",
    "../../etc/passwd",
    "//elsewhere.example",
    "https://elsewhere.example/",
    "javascript:alert(1)",
    "a\\b\\n\\",
    '"',
    "x" * 5000,
    "\u0663",
    "null",
    "NaN",
    "1e999",
)

any_character = st.characters(exclude_categories=())
"""Halves of surrogate pairs too, which `text()` leaves out."""

texts = st.sampled_from(TEXTS) | st.text(any_character, max_size=40) | st.text(max_size=40)

DATES = (
    "2026-09-21T12:00:00Z",
    "2026-09-21T12:00:00.1234567Z",
    "2026-09-21T12:00:00+23:59",
    "2026-09-21T12:00:00-24:00",
    "2026-09-21T12:00:00+05:30:59.999999",
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59.9999999Z",
    "9999-12-31T23:59:59-14:00",
    "2016-12-31T23:59:60Z",
    "2026-02-29T00:00:00Z",
    "2024-02-29T24:00:00Z",
    "0000-00-00T00:00:00Z",
    "10000-01-01T00:00:00Z",
    "-0001-01-01T00:00:00Z",
    "2026-09-21",
    "2026-09-21T12:00:00",
    "2026-W39-1T12Z",
    "20260921T120000Z",
    "/Date(1789992000000)/",
    "1789992000",
    "Infinity",
    "-inf",
    "\u0662\u0660\u0662\u0666-\u0660\u0669-\u0662\u0661T12:00:00Z",
    "2026-09-21T12:00:00Z\x00",
)


def as_json(text: str) -> str:
    """A text as JSON, halves of surrogate pairs as escapes."""
    return json.dumps(text)


NUMBERS = ("0", "-0", "1e999", "-1e-999", "1.5", "1" * 400, "1" * 5000, "-" + "9" * 30)

scalars = (
    st.sampled_from(("null", "true", "false", *NUMBERS))
    | st.integers().map(str)
    | st.sampled_from(DATES).map(as_json)
    | texts.map(as_json)
)


def array(items: list[str]) -> str:
    """A JSON array of JSON texts."""
    return f"[{','.join(items)}]"


def document(pairs: list[tuple[str, str]]) -> str:
    """A JSON object of JSON texts; keys may repeat."""
    return f"{{{','.join(f'{as_json(key)}:{value}' for key, value in pairs)}}}"


def objects(
    values: st.SearchStrategy[str], keys: st.SearchStrategy[str] = texts
) -> st.SearchStrategy[str]:
    """JSON objects with such values."""
    return st.lists(st.tuples(keys, values), max_size=5).map(document)


anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=5).map(array) | objects(inner), max_leaves=12
)
"""Any JSON, as text: with numbers that Python could not write, and keys that repeat."""

NESTED = "[" * 3000 + "]" * 3000

dates = (
    st.sampled_from(DATES)
    | st.datetimes(timezones=st.timezones() | st.none()).map(lambda at: at.isoformat())
    | st.text(string.digits + "-:.TZW+", max_size=30)
)


def record(fields: Mapping[str, st.SearchStrategy[str]]) -> st.SearchStrategy[str]:
    """JSON objects with these fields, as JSON texts, of which any may be missing or be anything."""
    pairs = {name: st.none() | usual | usual | usual | anything for name, usual in fields.items()}
    return st.fixed_dictionaries(pairs).map(
        lambda found: document([(name, text) for name, text in found.items() if text is not None])
    )
