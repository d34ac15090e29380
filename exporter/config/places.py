"""
Looking at places in data whose shape is not known yet: what is not there, or is something else, is
passed over. Judges nothing.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from exporter.config.yaml_lines import Loc


class Mistake(NamedTuple):
    """One mistake, its place still as a sequence of keys."""

    loc: Loc
    found: str
    accepted: str


def select(data: object, *pattern: str, loc: Loc = ()) -> Iterator[tuple[Loc, object]]:
    """What is at a place, `*` standing for each item of a list; nothing where the data differs."""
    if not pattern:
        if data is not None:
            yield loc, data
    elif pattern[0] == "*" and isinstance(data, list):
        for index, item in enumerate(data):
            yield from select(item, *pattern[1:], loc=(*loc, index))
    elif isinstance(data, dict) and pattern[0] in data:
        yield from select(data[pattern[0]], *pattern[1:], loc=(*loc, pattern[0]))


def mappings(data: object, *pattern: str) -> Iterator[tuple[Loc, dict[str, object]]]:
    """The mappings at a place."""
    return ((loc, item) for loc, item in select(data, *pattern) if isinstance(item, dict))


def texts(data: object, *pattern: str) -> Iterator[tuple[Loc, str]]:
    """The texts at a place."""
    return ((loc, item) for loc, item in select(data, *pattern) if isinstance(item, str))


def given(section: Mapping[str, object], *names: str) -> list[str]:
    """Those of the fields that a section gives; one with nothing after it is not given."""
    return [name for name in names if section.get(name) is not None]
