"""
The errors that a person may meet, drawn in one place.

    ExporterError       an operator's mistake: shown without a traceback, exit code 2
    ├── ConfigError     the configuration file has mistakes: all of them, each with its place
    └── UsageError      the command line asks for something that cannot be
    ReloadError         a bug was in the way of a reload: answered to whoever asked for it
    PollError           a tenant could not be read: becomes a `model.PollFailure`, ends no task
"""

import re
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from exporter.model import FailureReason

TOKEN = re.compile(r"eyJ[\w.+/=-]*|(?i:(?<=bearer )[^\s'\"]+)")
"""A JSON web token, or whatever an Authorization header carries."""


def without_tokens(text: str) -> str:
    """A library's message, safe to show: some quote the answer or the header they stumbled over."""
    return TOKEN.sub("***", text)


class ExporterError(Exception):
    """An operator's mistake."""


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


class ReloadError(Exception):
    """A bug was in the way of a reload; it was logged, and the text says where it arose."""


class PollError(Exception):
    """
    A tenant could not be read, and why. `detail` says what happened and `remedy` the next step,
    both without secrets; `retry_after` is how long Graph asked to be left alone, in seconds.
    """

    def __init__(
        self,
        reason: FailureReason,
        detail: str,
        remedy: str,
        *,
        aadsts_code: int | None = None,
        retry_after: float = 0.0,
    ) -> None:
        self.reason = reason
        self.detail = without_tokens(detail)
        self.remedy = remedy
        self.aadsts_code = aadsts_code
        self.retry_after = retry_after
        super().__init__(f"{reason}: {self.detail}")


def where(error: BaseException) -> str:
    """
    Which error it was and where it arose, without its text, which may hold anything: `KeyError in
    constructor.py line 235`.
    """
    frames = traceback.extract_tb(error.__traceback__)
    place = f" in {Path(frames[-1].filename).name} line {frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"
