"""
Which keys of a file may be shown. A secret alone in a file, or a piece of one that is broken over
lines, also parses as a key and its value: what may be such a piece is left out.
"""

import re
from collections.abc import Mapping, Sized

LONGEST = 32
MOST_LISTED = 20
A_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]*")
RUN = re.compile(r"[A-Za-z0-9]+")
RANDOM = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])")
# What the keys that this program is asked for are made of. No word is so short that a random text
# is likely to hold it.
WORDS = re.compile(
    "account|apikey|application|azure|certificate|client|connection|credential|database|default"
    "|directory|entra|graph|identity|oauth|passw|secret|service|tenant|token"
)


def shown(data: Mapping[object, object], *, lines: bool) -> str:
    """The keys that may be shown, and how many there are beside them; empty if there are none."""
    names = [
        name
        for name, value in data.items()
        if isinstance(name, str) and a_name(name) and filled(value) and (not lines or known(name))
    ][:MOST_LISTED]
    more = len(data) - len(names)
    return ", ".join(names) + (f" (and {more} more, not shown)" if names and more else "")


def a_name(text: str) -> bool:
    """Whether it can be the name of a setting, and does not look like a random token."""
    return (
        len(text) <= LONGEST
        and A_NAME.fullmatch(text) is not None
        and not any(RANDOM.match(run) for run in RUN.findall(text))
    )


def filled(value: object) -> bool:
    """Whether anything is behind the key: nothing is behind a base64 text that ends in `=`."""
    if isinstance(value, str):
        return value.strip("= \t") != ""
    return value is not None and (not isinstance(value, Sized) or len(value) > 0)


def known(name: str) -> bool:
    """Whether a usual word is in it: where each line with a `=` is a key, any text may be one."""
    return WORDS.search("".join(RUN.findall(name)).lower()) is not None
