"""
What may be wrong with the characters of a stored client secret. Pure; each function says what kind
of character it saw, where and how often, and never shows one of the value's own.
"""

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable

from exporter.verify.repairs import MARKED, MODERN, is_edge, known, old, quoted, split_ends
from exporter.verify.stored import Look, Stored

LETTERS = frozenset(string.ascii_letters + string.digits + "_~.-")
PRINTABLE = frozenset(map(chr, range(0x20, 0x7F)))
USUAL = range(16, 65)
FAR_TOO_LONG = 256
TWICE = 2
MODERN_LENGTHS = range(37, 41)
MOST_LOST = 6
TODAY = "37 to 40"
MOST_KINDS = 3
NAMES = {
    " ": "space",
    "\t": "tab",
    "\n": "line break",
    "\r": "carriage return",
    "\ufeff": "byte order mark",
}
UNDECODABLE = range(0xD800, 0xE000)
OUTSIDE_ASCII = "character outside ASCII"
INNOCENT = frozenset({"Cf", "Zs", "Zl", "Zp", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps"})
LAST_NAMED = "\uffff"
"""Beyond it are invisible characters whose names tell a letter."""


def kind(character: str) -> str:
    """What a character is called; letters and digits keep to themselves which they are."""
    if character in NAMES:
        return NAMES[character]
    if ord(character) in UNDECODABLE:
        return "undecodable byte"
    group = unicodedata.category(character)
    if group == "Cc":
        return "control character"
    says_no_letter = character.isascii() or group in INNOCENT
    outside = not says_no_letter or character > LAST_NAMED
    return OUTSIDE_ASCII if outside else unicodedata.name(character, "character").lower()


def counted(number: int, noun: str) -> str:
    """`a tab`, `an ampersand`, `2 tabs`."""
    if number == 1:
        return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
    plural = noun.replace("character ", "characters ", 1) if " outside " in noun else f"{noun}s"
    return f"{number} {plural}"


def kinds(text: str) -> str:
    """`2 spaces and a tab`; of many kinds the most frequent."""
    common = Counter(map(kind, text)).most_common()
    words = [counted(number, noun) for noun, number in common[:MOST_KINDS]]
    return " and ".join(words) + (" and others" if len(common) > MOST_KINDS else "")


def core(stored: Stored) -> str:
    """The value without its ends."""
    return split_ends(stored.value)[1]


def at_ends(*nouns: str) -> Look:
    """A look for characters of these kinds at both ends; without nouns for all other kinds."""

    def wanted(character: str) -> bool:
        return kind(character) in nouns if nouns else character not in NAMES

    def look(stored: Stored) -> str | None:
        words: list[str] = []
        for before in stored.before("ends") if core(stored) else ():
            start, _, end = split_ends(before)
            for text, place in ((start, "start"), (end, "end")):
                if foreign := "".join(filter(wanted, text)):
                    words.append(f"{kinds(foreign)} at the {place}")
        return ", ".join(dict.fromkeys(words)) or None

    return look


def inside(wanted: Callable[[Stored, str], bool]) -> Look:
    """A look for characters within the value."""

    def look(stored: Stored) -> str | None:
        places = [i for i, c in enumerate(stored.text) if wanted(stored, c)]
        if not places:
            return None
        first = f"after character {places[0]}" if places[0] else "at the start"
        words = kinds("".join(stored.text[i] for i in places))
        return f"{words}{', the first' if len(places) > 1 else ''} {first}"

    return look


def is_foreign(stored: Stored, character: str) -> bool:
    """No letter of a modern secret; of any secret, where it is not a modern one."""
    allowed = LETTERS if MARKED.match(stored.final) else PRINTABLE
    return character not in allowed and not (is_edge(character) and character != " ")


def byte_order_mark(stored: Stored) -> str | None:
    """The mark itself, or its bytes read in another encoding."""
    if stored.before("mark"):
        return "a byte order mark, read in a Western code page, at the start"
    return at_ends("byte order mark")(stored)


def quotes(stored: Stored) -> str | None:
    """One pair, or several."""
    pairs = [pair[1] for before in stored.before("quotes") if (pair := quoted(before))]
    return ", within them ".join(f"{pair} at both ends" for pair in pairs) or None


def mended_by(name: str, words: str) -> Look:
    """A look for something that a mend has undone, and how often."""

    def look(stored: Stored) -> str | None:
        times = len(stored.before(name))
        often = {0: "", 1: "", TWICE: ", twice"}.get(times, f", {times} times")
        return f"{words}{often}" if times else None

    return look


def within(stored: Stored) -> str | None:
    """A modern secret as a part of something else."""
    found = None if known(stored.final) else MODERN.search(stored.final)
    if found is None or found.start() == 0:
        return None
    around = ((found.start(), "before"), (len(stored.final) - found.end(), "behind"))
    words = " and ".join(f"{characters(number)} {place}" for number, place in around if number)
    return f"something with the shape of a secret, but {words} it"


def modern_length(stored: Stored) -> str | None:
    """A secret of the modern kind, cut off or with something added."""
    if known(stored.final) or not MARKED.match(stored.final) or stored.text != stored.final:
        return None
    length = len(stored.final)
    if length in MODERN_LENGTHS:
        return None
    wrong = "the end is missing" if length < MODERN_LENGTHS.start else "there is too much of it"
    return f"{characters(length)}, where a secret of its kind has {TODAY}: {wrong}"


def headless(stored: Stored) -> str | None:
    """A secret of the modern kind without its first characters."""
    place = next((i for i in range(3) if re.match("[0-9]Q~", stored.final[i : i + 3])), None)
    lost = MODERN_LENGTHS.stop - 1 - len(stored.final)
    whole = LETTERS.issuperset(stored.final) and 0 < lost <= MOST_LOST
    if place is None or not whole or known(stored.final):
        return None
    return f"{characters(3 - place)} missing at the start, and {characters(len(stored.final))} left"


def far_too_long(stored: Stored) -> str | None:
    """Longer than any password."""
    length = len(stored.final)
    if length <= FAR_TOO_LONG or MARKED.match(stored.final):
        return None
    return f"{characters(length)}, far more than any secret has"


def unusual(stored: Stored) -> str | None:
    """None of the shapes that are known, or one of former years."""
    length = len(stored.final)
    if old(stored.final):
        return f"{characters(length)}, the shape of secrets made before 2022"
    if known(stored.final) or MARKED.match(stored.final) or length > FAR_TOO_LONG:
        return None
    otherwise = "its description" if " " in stored.final else "something else than its value"
    return (
        f"{characters(length)} in a shape that is not generated today"
        f" ({TODAY} characters): self-made, or {otherwise}"
    )


def characters(number: int) -> str:
    """`1 character`, `2 characters`."""
    return f"{number} character{'' if number == 1 else 's'}"
