"""
What is asked of a list: search, filters and page, read from the parameters of an address however
odd they are. What cannot be read is a mistake with what is accepted, and counts as not given. Pure.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from multidict import MultiMapping

from exporter import wording

LONGEST = 200
SHOWN = 60
NUMBER = re.compile(r"[1-9][0-9]{0,8}")
CONTROL = {"Cc", "Cs"}

Choices = Mapping[str, Sequence[str]]
"""The values that each filter accepts."""


@dataclass(frozen=True, slots=True)
class Query:
    """Search, filters and page; an empty text is a filter that is not set. `limit` rows a page."""

    q: str = ""
    tenant: str = ""
    state: str = ""
    kind: str = ""
    superseded: str = ""
    page: int = 1
    limit: int = 50

    @property
    def filtered(self) -> bool:
        """Whether anything narrows the list."""
        return bool(self.q or self.tenant or self.state or self.kind or self.superseded)

    @property
    def window(self) -> slice:
        """The rows of this page."""
        return slice((self.page - 1) * self.limit, self.page * self.limit)

    def turned(self, page: int) -> str:
        """The parameters of another page of the same list."""
        named = {name: getattr(self, name) for name in FILTERS if getattr(self, name)}
        return urlencode({**named, "page": page}, errors="replace")


FILTERS = ("q", "tenant", "state", "kind", "superseded")


@dataclass(frozen=True, slots=True)
class Mistake:
    """A parameter that cannot be read: what of, why, and what is accepted, if that is a list."""

    parameter: str
    message: str
    accepted: tuple[str, ...] = ()


def read(
    parameters: MultiMapping[str], choices: Choices, default: Query, most: int = 0
) -> tuple[Query, tuple[Mistake, ...]]:
    """
    The query, and what of it could not be read. `choices` names the filters that there are; a
    `limit` may be given when `most` is the highest.
    """
    query, mistakes = default, list[Mistake]()
    names = ("q", *choices, "page", *(("limit",) if most else ()))
    for name in dict.fromkeys(parameters):
        found = value_of(name, parameters.getall(name), names, choices, most)
        if isinstance(found, Mistake):
            mistakes.append(found)
        elif found:
            query = with_value(query, name, found)
    return query, tuple(mistakes)


def with_value(query: Query, name: str, value: str | int) -> Query:
    """The query with one parameter set."""
    return replace(query, **{name: value})  # type: ignore[arg-type]  # value_of gives the right type


def value_of(
    name: str, values: Sequence[str], names: Sequence[str], choices: Choices, most: int
) -> str | int | Mistake:
    """What one parameter says; empty when it says nothing."""
    if name not in names:
        return Mistake(shortened(name), "there is no such parameter", tuple(names))
    if len(values) > 1:
        return Mistake(name, "may be given once only")
    value = values[0].strip()
    if name == "q":
        return text(value)
    if name in {"page", "limit"}:
        return number(name, value, most if name == "limit" else 0)
    return value if not value or value in choices[name] else unknown(name, value, choices[name])


def text(value: str) -> str | Mistake:
    """What is searched for."""
    if len(value) > LONGEST:
        return Mistake("q", f"may have {LONGEST} characters at most, and has {len(value)}")
    if any(unicodedata.category(character) in CONTROL for character in value):
        return Mistake("q", "may not hold control characters")
    return value


def number(name: str, value: str, most: int) -> int | str | Mistake:
    """A page, or rows on it."""
    if not value:
        return ""
    if not NUMBER.fullmatch(value) or (most and int(value) > most):
        end = f"from 1 to {most}" if most else "from 1"
        return Mistake(name, f'must be a whole number {end}, not "{shortened(value)}"')
    return int(value)


def unknown(name: str, value: str, accepted: Sequence[str]) -> Mistake:
    """A value that no filter knows."""
    return Mistake(name, f'cannot be "{shortened(value)}"', tuple(accepted))


def shortened(value: str) -> str:
    """A stranger's text, fit to be shown."""
    return wording.printable(value[:SHOWN]) + ("…" if len(value) > SHOWN else "")


def only_known(mistakes: Sequence[Mistake], choices: Choices) -> Iterator[Mistake]:
    """Without the parameters that a page overlooks: programs that pass links on add their own."""
    return (mistake for mistake in mistakes if mistake.parameter in {"q", "page", *choices})
