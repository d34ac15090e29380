"""
Whether what a scrape says of each target is consistent with what was stored and what the login
service knew while it was tried. Pure; says nothing of how the exporter comes to a cause.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from soak_check import FRESH, Past
from soak_credentials import ROUNDING, agrees
from soak_read import Scrape
from soak_truth import Account, Known, Span, Truth

READING = 1.0
"""Seconds that pass between reading a value and asking with it, at most."""

SLOW = 5.0
"""Seconds that an attempt takes at most while the login service is slow."""

INTERVAL = 2.0
HINT = 3
AROUND = ' \n"\ufeff'
"""What `World.spoilt` puts around a value."""

NEW = 660.0
"""Seconds in which a new credential may not be known everywhere, and a minute."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt: what may have been stored, and what the login service may have known."""

    client_id: str
    begin: float
    end: float
    contents: tuple[bytes | None, ...]
    accounts: tuple[Span[Account], ...]
    truth: Truth

    def clean(self) -> list[str]:
        """The values that may have been tried, without what is around them."""
        return [one.decode(errors="replace").strip(AROUND) for one in self.contents if one]

    def like(self) -> list[Known]:
        """The application's secrets, of whatever time, that begin as the value does."""
        hints = {value[:HINT] for value in self.clean()}
        return [one for one in self.ever() if one.value[:HINT] in hints]

    def ever(self) -> list[Known]:
        """Every secret that the application ever had."""
        return list(self.truth.ever.get(self.client_id, {}).values())

    def troubled(self) -> bool:
        """Whether the login service may have been in trouble."""
        return self.truth.troubled(self.client_id, self.begin - READING, self.end)


def may_work(content: bytes | None, span: Span[Account], begin: float, end: float) -> bool:
    """Whether a token may have been given for a value at some moment."""
    account, begin, end = span.value, max(begin, span.since), min(end, span.until)
    if content is None or not (account.principal and account.enabled):
        return False
    return any(one.starts <= end and one.ends > begin for one in fitting(content, account))


def may_fail(content: bytes | None, span: Span[Account], begin: float, end: float) -> bool:
    """Whether it may have been refused at some moment."""
    account, begin, end = span.value, max(begin, span.since), min(end, span.until)
    if content is None or not (account.principal and account.enabled):
        return True
    fits = fitting(content, account)
    return all(one.starts > begin or one.ends <= end + ROUNDING for one in fits)


def fitting(content: bytes, account: Account) -> list[Known]:
    """The application's secrets that the value is."""
    return [one for one in account.secrets if one.value.encode() == content]


def check_targets(
    scrape: Scrape, truth: Truth, past: Past, clients: dict[str, str]
) -> Iterator[str]:
    """What is wrong with the targets of a scrape; `clients` has their client ids."""
    shown = {one.labels["target"]: one.value for one in scrape.of("entra_verify_success")}
    asked = list(truth.configured(scrape.rendered - ROUNDING, scrape.rendered + ROUNDING))
    if not any(shown.keys() <= one.targets for one in asked):
        yield f"targets {sorted(shown)}: no configuration of that moment has them"
    kept = past.targets.keys() & truth.configurations.now.targets
    since = truth.configurations.spans[-1].since
    for lost in kept - shown.keys() if scrape.rendered > since else ():
        # Another configuration may have taken it away and brought it back unverified.
        if past.targets[lost][0] > since:
            yield f"{lost}: shown before, and not any more"
    for target, works in shown.items():
        yield from check_target(scrape, truth, past, (target, clients[target]), works=bool(works))
    for gone in past.targets.keys() - shown.keys():
        past.targets.pop(gone)


def check_target(
    scrape: Scrape, truth: Truth, past: Past, which: tuple[str, str], *, works: bool
) -> Iterator[str]:
    """One target."""
    target, _ = which
    at = scrape.value("entra_verify_timestamp_seconds", target=target) or 0.0
    took = scrape.value("entra_verify_duration_seconds", target=target) or 0.0
    before, longer = past.targets.get(target, (0.0, 0.0))
    # A value that can be read again shows its former verdict beside the time of the last reading.
    took = max(took, longer) if at == before else took
    past.targets[target] = at, took
    tried = attempt(truth, which, at, took)
    causes = [
        one.labels["cause"] for one in scrape.of("entra_verify_cause", target=target) if one.value
    ]
    pairs = [(content, span) for content in tried.contents for span in tried.accounts]
    if len(causes) != (not works):
        yield f"{target}: success {works:d} with the causes {causes}"
    elif works:
        if not any(may_work(content, span, tried.begin, tried.end) for content, span in pairs):
            yield f"{target}: works, but no value that was stored then was good ({at})"
        yield from old(scrape, truth, target, at)
    else:
        fails = any(may_fail(content, span, tried.begin, tried.end) for content, span in pairs)
        yield from told(target, causes[0], tried, fails=fails)
    yield from held(scrape, target, tried, works=works)


def attempt(truth: Truth, which: tuple[str, str], at: float, took: float) -> Attempt:
    """What was true during an attempt that ended at a moment."""
    target, client_id = which
    slow = truth.troubled(client_id, at - SLOW, at)
    begin, end = at - max(took, SLOW if slow else 0.0) - READING, at + ROUNDING
    contents = dict.fromkeys(span.value for span in truth.stored[target].during(begin, end))
    accounts = truth.accounts[client_id].during(begin, end)
    return Attempt(client_id, begin, end, tuple(contents), tuple(accounts), truth)


def old(scrape: Scrape, truth: Truth, target: str, at: float) -> Iterator[str]:
    """What works is tried each interval while nothing is wrong."""
    now = scrape.answered
    long_there = truth.stands(target, now - 2 * FRESH, now)
    if at < scrape.asked - FRESH - INTERVAL and truth.quiet(now) and long_there:
        yield f"{target}: works, but was tried {now - at:.1f} s ago"


def told(target: str, cause: str, tried: Attempt, *, fails: bool) -> Iterator[str]:
    """A cause is one that there was."""
    says_nothing = cause in COULD_NOT_TELL
    if not fails and not says_nothing and not tried.troubled():
        yield f"{target}: {cause} ({tried.end:.3f}), but what was stored then was good throughout"
    if cause not in CLAIMS:
        yield f"{target}: {cause}, which nothing here can cause"
    elif not CLAIMS[cause](tried):
        yield f"{target}: {cause} ({tried.end:.3f}), and nothing then accounts for that"


def held(scrape: Scrape, target: str, tried: Attempt, *, works: bool) -> Iterator[str]:
    """The days of what is stored are those of a credential, and of the one that works."""
    for one in scrape.of("entra_verify_days_until_expiry", target=target):
        key_id = one.labels["key_id"]
        if not agrees(one.value, tried.truth.ends.get(key_id, math.nan), scrape):
            yield f"{target}: {one.value} days left of {key_id or 'nothing'}"
        values = {content.decode(errors="replace") for content in tried.contents if content}
        stored = {known.key_id for known in tried.ever() if known.value in values}
        if works and key_id not in stored:
            yield f"{target}: works with {stored} and is said to hold {key_id}"


def has_expired(tried: Attempt) -> bool:
    """Something like it has ended."""
    return any(one.ends <= tried.end for one in tried.like())


def was_removed(tried: Attempt) -> bool:
    """Something like it is missing."""
    lists = [span.value.secrets for span in tried.accounts]
    return any(one not in secrets for one in tried.like() for secrets in lists)


def is_no_secret(tried: Attempt) -> bool:
    """Something was stored that is no secret as it stands."""
    contents = [content for content in tried.contents if content is not None]
    return any(not tried.truth.is_secret(content) for content in contents)


def is_elsewhere(tried: Attempt) -> bool:
    """Another application has something like it."""
    owners = (tried.truth.hints.get(value[:HINT], set()) for value in tried.clean())
    return any(found - {tried.client_id} for found in owners)


def is_new(tried: Attempt) -> bool:
    """The application has or had something that began a short while ago."""
    return any(abs(one.starts - tried.end) <= NEW for one in tried.ever())


def missing(tried: Attempt) -> bool:
    """The application or its principal was not there."""
    return not all(span.value.application and span.value.principal for span in tried.accounts)


COULD_NOT_TELL = frozenset(
    {"propagating", "throttled", "login_unavailable", "network", "source_unreadable"}
)
CLAIMS: dict[str, Callable[[Attempt], bool]] = {
    "expired": has_expired,
    "revoked": was_removed,
    "rotation_mismatch": was_removed,
    "format_error": is_no_secret,
    "invalid_secret": lambda _: True,
    "wrong_application": is_elsewhere,
    "application_not_found": missing,
    "no_service_principal": missing,
    "application_disabled": lambda tried: any(not s.value.enabled for s in tried.accounts),
    "blocked_by_policy": Attempt.troubled,
    "propagating": is_new,
    "throttled": Attempt.troubled,
    "login_unavailable": Attempt.troubled,
    "network": Attempt.troubled,
    "source_unreadable": lambda tried: None in tried.contents,
}
"""What must have been so for a cause to be told."""
