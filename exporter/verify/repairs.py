"""
What can be mended about a stored secret, one step after the other. Pure: it asks nobody whether the
result works, shows no value, and leaves alone what already has the shape of a generated secret.
"""

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

Mend = Callable[[str], str | None]

LETTER = "[A-Za-z0-9_~.-]"
MODERN = re.compile(rf"{LETTER}{{3}}[0-9]Q~{LETTER}{{31,34}}")
MARKED = re.compile(r".{3}[0-9]Q~", re.DOTALL)
OLD = re.compile(rf"{LETTER}{{34}}|[!-~]{{32}}|[A-Za-z0-9+/]{{43}}=")
"""Of 2020 to 2021, of 2019 to 2020, and from before."""

MOST_STEPS = 10
LONGEST = 4096
"""No secret is so long, whatever it is wrapped in: beyond it only the ends are looked at."""

SHORTEST_TEXT = 16
MARK_AS_LATIN = "\u00ef\u00bb\u00bf"
"""The three bytes of a byte order mark, read in a Western code page."""

QUOTES = (
    ('\\"', '\\"', "a backslash and a double quote"),
    ('"', '"', "a double quote"),
    ("'", "'", "a single quote"),
    ("`", "`", "a backtick"),
    ("\u201c\u201d\u201e\u201f", "\u201c\u201d\u201f", "a curly double quote"),
    ("\u2018\u2019\u201a\u201b", "\u2018\u2019\u201b", "a curly single quote"),
    ("\u00ab\u00bb", "\u00ab\u00bb", "an angle quote"),
)
BRACKETS = (("{", "}", "a brace"), ("<", ">", "an angle bracket"), ("[", "]", "a bracket"))
NAMED = re.compile(
    r"(?:(?:export|set)[ \t]+|\$env:)?(?P<name>[A-Za-z_][\w.:-]{0,127})[ \t]{0,8}(?:=|:[ \t])[ \t]*"
    r"(?P<rest>[^=\s].*)",
    re.ASCII | re.DOTALL,
)
NAME_OF_A_SECRET = re.compile("secret|passw|pwd", re.IGNORECASE)
PERCENT = re.compile("(?:%[0-9A-Fa-f]{2}|[A-Za-z0-9_.~!*'()/:+=-])+")
"""What an encoder leaves: random characters with a `%` among them are none of its work."""

ENTITY = re.compile("&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,10});")
BASE64 = re.compile("[A-Za-z0-9+/_-]{20,}={0,2}")


@dataclass(frozen=True, slots=True, repr=False)
class Step:
    """One thing that was mended, by the name of the mend, and the text as it was before."""

    name: str
    before: str


def known(value: str) -> bool:
    """Whether this is the shape of a generated secret, of today or of former years."""
    return MODERN.fullmatch(value) is not None or old(value)


def old(value: str) -> bool:
    """Whether it is of former years: neither a cut modern one nor readable base64."""
    whole = OLD.fullmatch(value) is not None
    return whole and MARKED.match(value) is None and from_base64(value) is None


def is_edge(character: str) -> bool:
    """White space, control and invisible characters: what belongs to no end of a secret."""
    return character.isspace() or unicodedata.category(character) in {"Cf", "Cc"}


def split_ends(value: str) -> tuple[str, str, str]:
    """What is before the value, the value, and what is behind it."""
    start = next((i for i, c in enumerate(value) if not is_edge(c)), len(value))
    last = (i for i in range(len(value), start, -1) if not is_edge(value[i - 1]))
    end = next(last, start)
    return value[:start], value[start:end], value[end:]


def without_ends(value: str) -> str:
    """Without white space and the like at both ends."""
    return split_ends(value)[1]


def from_utf16(value: str) -> str | None:
    """A file of UTF-16, as PowerShell's `>` writes it, that was read as UTF-8."""
    if 2 * value.count("\0") < len(value) - 2 or "\0" not in value:
        return None
    try:
        data = value.encode("utf-8", "surrogateescape")
        marked = data[:2] in {b"\xff\xfe", b"\xfe\xff"}
        return data.decode("utf-16" if marked else "utf-16-le")
    except UnicodeError:
        return None


def quoted(value: str) -> tuple[str, str] | None:
    """What one pair of quotes encloses, and what kind they are."""
    for first, last, kind in QUOTES:
        pairs = [(first, last)] if first == '\\"' else [(a, b) for a in first for b in last]
        for a, b in pairs:
            if len(value) >= len(a) + len(b) and value.startswith(a) and value.endswith(b):
                return value[len(a) : -len(b)], kind
    return bracketed(value)


def bracketed(value: str) -> tuple[str, str] | None:
    """The same for brackets, but only around a whole modern secret: older ones may have them."""
    for first, last, kind in BRACKETS:
        if value.startswith(first) and value.endswith(last) and MODERN.fullmatch(value[1:-1]):
            return value[1:-1], kind
    return None


def without_quotes(value: str) -> str | None:
    """Without one pair of quotes."""
    found = quoted(value)
    return found[0] if found else None


def without_name(value: str) -> str | None:
    """The value of a `NAME=value` or `name: value` line."""
    found = NAMED.fullmatch(value)
    if found is None:
        return None
    inner = without_ends(found["rest"])
    sure = NAME_OF_A_SECRET.search(found["name"]) or known(without_quotes(inner) or inner)
    return found["rest"] if sure else None


def from_percent(value: str) -> str | None:
    """Percent-decoded, when that gives text."""
    decoded = unquote(value) if PERCENT.fullmatch(value) else ""
    return decoded if is_text(decoded) else None


def from_entities(value: str) -> str | None:
    """With characters for HTML entities."""
    return ENTITY.sub(lambda found: html.unescape(found[0]), value)


def from_base64(value: str) -> str | None:
    """The text of base64, with or without its padding; None when random bytes come out."""
    joined = "".join(value.split())
    if BASE64.fullmatch(joined) is None:
        return None
    padded = joined.rstrip("=") + "=" * (-len(joined.rstrip("=")) % 4)
    try:
        data = base64.b64decode(padded.translate(str.maketrans("-_", "+/")), validate=True)
        text = data.decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    text = from_utf16(text) or text
    return text if is_text(text) else None


def is_text(value: str) -> bool:
    """Long enough, and readable but for its ends and curly quotes."""
    core = without_ends(value.removeprefix(MARK_AS_LATIN))
    inner = without_ends(without_quotes(core) or core)
    readable = all(" " <= c <= "~" or c in "\t\r\n" for c in inner)
    return readable and len(core) >= SHORTEST_TEXT


def joined_up(value: str) -> str | None:
    """Without what breaks a modern secret in the middle."""
    whole = "".join(c for c in value if not is_edge(c))
    return whole if MODERN.fullmatch(whole) else None


MENDS: tuple[tuple[str, Mend], ...] = (
    ("utf16", from_utf16),
    ("ends", without_ends),
    ("mark", lambda value: value.removeprefix(MARK_AS_LATIN)),
    ("quotes", without_quotes),
    ("name", without_name),
    ("percent", from_percent),
    ("entities", from_entities),
    ("base64", from_base64),
    ("join", joined_up),
)


def mended(value: str) -> tuple[tuple[Step, ...], str]:
    """The steps that were taken, outermost first, and what is left after them."""
    steps: list[Step] = []
    while len(steps) < MOST_STEPS and not known(value):
        found = next_mend(value)
        if found is None:
            break
        steps.append(Step(found[0], value))
        value = found[1]
    return tuple(steps), value


def next_mend(value: str) -> tuple[str, str] | None:
    """The first mend that changes something."""
    for name, mend in MENDS:
        if len(value) <= LONGEST or name == "ends":
            result = mend(value)
            if result is not None and result != value:
                return name, result
    return None
