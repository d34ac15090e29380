"""
The kinds of value that a configuration holds: durations, ids, names, times, paths. Each turns text
into a checked value or says what is accepted; none reads a file or the environment (`ExistingFile`
looks whether its file is there).
"""

import re
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, ValidationInfo
from pydantic_core import PydanticCustomError

REFUSED = "refused"
YEAR = 365 * 86_400.0
SECONDS = {"y": YEAR, "w": 604_800.0, "d": 86_400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
DURATION = re.compile("".join(rf"(?:(?P<{unit}>[0-9]{{1,15}}){unit})?" for unit in SECONDS))
SHORTEST = 1.0
LONGEST = 100 * YEAR

A_DURATION = "a duration such as 30s, 15m, 1h30m or 7d, at least 1s"
A_GUID = "an id such as 11111111-2222-3333-4444-555555555555"
A_TENANT_ID = f"{A_GUID} (`az account show --query tenantId` prints it)"
GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def refused(accepted: str, found: str = "") -> PydanticCustomError:
    """The refusal of one value; without `found`, the value is shown as it was written."""
    context = {"accepted": accepted, "found": found}
    return PydanticCustomError(REFUSED, "accepted: {accepted}", context)


def seconds(value: object, info: ValidationInfo) -> float:
    """Prometheus' way of writing a duration, in seconds. A program may give seconds as they are."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        if info.context is None:
            return float(value)
        raise refused(f"{A_DURATION}: add the unit, as in {value:g}s")
    match = DURATION.fullmatch(value) if isinstance(value, str) else None
    if not value or match is None:
        raise refused(A_DURATION)
    total = sum(int(count) * SECONDS[unit] for unit, count in match.groupdict().items() if count)
    if not SHORTEST <= total <= LONGEST:
        raise refused(f"{A_DURATION} and at most 100y")
    return total


def guid(value: str) -> str:
    """The usual form with dashes, in lower case."""
    if not GUID.fullmatch(value):
        raise refused(A_GUID)
    return value.lower()


def tenant_guid(value: str) -> str:
    """The same for a tenant, of which people more often know the domain name."""
    if not GUID.fullmatch(value):
        raise refused(A_TENANT_ID)
    return value.lower()


def written(pattern: str, accepted: str) -> AfterValidator:
    """Text that matches a pattern from end to end."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise refused(accepted)
        return value

    return AfterValidator(check)


def regex(value: object) -> object:
    """Compile a regular expression, or say why it cannot be."""
    if not isinstance(value, str):
        return value
    try:
        return re.compile(value)
    except (re.error, OverflowError, RecursionError) as error:
        raise refused(f"a regular expression that compiles ({error})") from None


def instant(value: object) -> datetime:
    """A date is the beginning of that day, and what names no zone is in UTC."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time(), UTC)
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise refused("a date such as 2027-01-31, or a time such as 2027-01-31T12:00:00Z") from None


def named(value: Path) -> Path:
    """Not the empty path, which would be the directory itself."""
    if not value.name or "\0" in str(value):
        raise refused("the path of a file")
    return value


def located(value: Path, info: ValidationInfo) -> Path:
    """Relative to the directory of the configuration file, not to where the process was started."""
    base = (info.context or {}).get("base_dir")
    return base / value if base else value


def existing(value: Path) -> Path:
    """A file that is there now: without it the first sign-in would fail, much later."""
    try:
        there = value.is_file()
    except OSError:
        there = False
    if not there:
        raise refused(f"a file that exists (looked for {value})")
    return value


Duration = Annotated[float, BeforeValidator(seconds)]
Guid = Annotated[str, AfterValidator(guid)]
TenantGuid = Annotated[str, AfterValidator(tenant_guid)]
Regex = Annotated[re.Pattern[str], BeforeValidator(regex)]
Instant = Annotated[datetime, BeforeValidator(instant)]
Directory = Annotated[Path, AfterValidator(located)]
File = Annotated[Path, AfterValidator(named), AfterValidator(located)]
ExistingFile = Annotated[File, AfterValidator(existing)]
TenantName = Annotated[str, written("[a-z0-9-]+", "a name of lower-case letters, digits and -")]
TargetName = Annotated[str, written("[A-Za-z0-9._-]+", "a name of letters, digits and . _ -")]
Text = Annotated[str, written(r"(?s).*\S.*", "text that is not empty")]
EnvName = Annotated[str, written("[A-Za-z_][A-Za-z0-9_]*", "the name of an environment variable")]
VaultName = Annotated[str, written("[A-Za-z0-9-]{1,127}", "letters, digits and -")]
