"""
What was true when, as far as an exporter could have known it: the values that a soak remembers of
the simulated tenants, the stored secrets and the configuration. Pure; times are Unix seconds.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

Value = TypeVar("Value")

SETTLED = 12.0
"""Seconds after which a poll that met a fault has been tried again, however the SDK waits."""


@dataclass(slots=True)
class Span(Generic[Value]):
    """A value, and the moments between which it may have been seen."""

    value: Value
    since: float
    until: float = math.inf


@dataclass(slots=True)
class Timeline(Generic[Value]):
    """Values one after another. Where a change took time, the old and the new one may be seen."""

    spans: list[Span[Value]] = field(default_factory=list)

    def put(self, value: Value, began: float, ended: float) -> None:
        """It became this one between two moments."""
        if self.spans:
            self.spans[-1].until = ended
        self.spans.append(Span(value, began))

    def during(self, begin: float, end: float) -> list[Span[Value]]:
        """What may have been seen, the latest first."""
        found = []
        for span in reversed(self.spans):
            if span.until < begin:
                break
            if span.since <= end:
                found.append(span)
        return found

    @property
    def now(self) -> Value:
        """The last one."""
        return self.spans[-1].value


class Shown(NamedTuple):
    """A credential by everything that its series says of it, `superseded` aside."""

    app_id: str
    app_name: str
    kind: str
    key_id: str
    name: str
    expires: float


@dataclass(frozen=True, slots=True)
class Listing:
    """
    One of a tenant's two listings: what each credential's series must say and when the credential
    begins, how many objects there are, and how many of them hold nothing.
    """

    credentials: Mapping[Shown, float]
    objects: int
    empty: int


@dataclass(frozen=True, slots=True)
class Known:
    """A secret that the login service knows."""

    value: str = field(repr=False)
    key_id: str
    starts: float
    ends: float


@dataclass(frozen=True, slots=True)
class Account:
    """What the login service knows of an application."""

    application: bool
    principal: bool
    enabled: bool
    secrets: tuple[Known, ...]


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a configuration file asks for."""

    tenants: frozenset[str]
    targets: frozenset[str]
    url: str


@dataclass(slots=True)
class Trouble:
    """The login service did not answer as usual; with a `client_id`, to this application only."""

    client_id: str
    began: float
    ended: float = math.inf


@dataclass(slots=True)
class Truth:
    """
    Everything that was true. `listings` are by tenant and object, `stored` and `accounts` by target
    and client id; `ever` holds each secret of a client id that there ever was, `hints` the first
    characters of all secrets of a tenant with their client ids, `ends` each credential's end.
    """

    listings: dict[tuple[str, str], Timeline[Listing]] = field(default_factory=dict)
    stored: dict[str, Timeline[bytes | None]] = field(default_factory=dict)
    accounts: dict[str, Timeline[Account]] = field(default_factory=dict)
    configurations: Timeline[Configuration] = field(default_factory=Timeline)
    ever: dict[str, dict[str, Known]] = field(default_factory=lambda: defaultdict(dict))
    hints: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    ends: dict[str, float] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)
    faulty_until: float = -math.inf
    """When the last fault of any kind ended; +inf during one."""

    def troubled(self, client_id: str, begin: float, end: float) -> bool:
        """Whether the login service may have answered this application oddly."""
        return any(
            one.client_id in ("", client_id) and one.began <= end and one.ended >= begin
            for one in reversed(self.troubles)
        )

    def configured(self, begin: float, end: float) -> Iterator[Configuration]:
        """The configurations that may have been in force."""
        return (span.value for span in self.configurations.during(begin, end))

    def stands(self, name: str, begin: float, end: float) -> bool:
        """Whether a tenant or target stood in every configuration all the while."""
        there = all(name in one.tenants | one.targets for one in self.configured(begin, end))
        return there and self.configurations.spans[0].since < begin

    def quiet(self, now: float) -> bool:
        """Whether nothing was wrong for so long that everything must be fresh again."""
        return now - self.faulty_until > SETTLED

    def is_secret(self, content: bytes) -> bool:
        """Whether it is exactly a secret that there ever was, of whatever application."""
        return any(content.decode(errors="replace") in known for known in self.ever.values())
