"""
The errors that a person may meet, drawn in one place. What happens in the world (a refused sign-in,
a throttled poll) is a value of `model`, not an error here.

    ExporterError
    ├── ConfigError     the configuration file has mistakes: all of them, each with its place
    └── UsageError      the command line asks for something that cannot be
"""

from collections.abc import Sequence
from dataclasses import dataclass


class ExporterError(Exception):
    """An operator's mistake: shown without a traceback, exit code 2."""


class UsageError(ExporterError):
    """The command line asks for something that cannot be."""


@dataclass(frozen=True, slots=True)
class Problem:
    """
    One mistake in a configuration file.

    `path` is as a person would write it (`tenants[0].poll.interval`), empty for the whole file;
    `line` counts from 1, or is None when no line can be named. `found` never holds a secret.
    """

    path: str
    line: int | None
    found: str
    accepted: str

    def __str__(self) -> str:
        """`line 12, tenants[0].poll.interval: found "fast"; accepted: a duration such as 15m`."""
        place = ", ".join(
            part for part in (f"line {self.line}" if self.line else "", self.path) if part
        )
        return f"{place or 'the file'}: found {self.found}; accepted: {self.accepted}"


class ConfigError(ExporterError):
    """Every mistake of one configuration file."""

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        self.file = file
        self.problems = tuple(problems)
        count = f"{len(problems)} mistake{'s' if len(problems) != 1 else ''}"
        super().__init__("\n  ".join([f"{file}: {count}", *map(str, problems)]))
