"""
Whether one scrape is consistent with what was true: each tenant's credentials, how fresh they are,
what is configured, how the exporter does. Pure but for `Past`, which remembers former scrapes;
`soak_verdicts` judges the targets.
"""

import math
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

from soak_read import Scrape
from soak_truth import Listing, Shown, Truth

DAY = 86_400.0
OBJECTS = ("application", "service_principal")
ROUNDING = 0.002
"""Seconds: times are exported as whole milliseconds."""

FRESH = 4.0
"""Seconds: an interval of one, a poll, a render, and a machine that is busy."""

DAYS_LAG = 60.0
EXPIRING_WITHIN = 30 * DAY
ALLOWANCE, WINDOW = 130, 65.0
"""Requests in seconds near which the exporter waits, as Graph allows no more than 150 a minute."""

LAST_SUCCESS = "entra_poll_last_success_timestamp_seconds"
NAMED = 4
"""Differences that are told one by one."""


@dataclass(slots=True)
class TenantPast:
    """What earlier scrapes showed of a tenant: `read_until` is when its last good poll had ended."""

    success: float = 0.0
    read_until: float = math.inf
    requests: float = 0.0
    spent: deque[tuple[float, float]] = field(default_factory=deque)

    def saw_requests(self, at: float, total: float) -> None:
        """Count the requests of the last while."""
        self.spent.append((at, total if total < self.requests else total - self.requests))
        self.requests = total
        while self.spent[0][0] < at - WINDOW:
            self.spent.popleft()

    @property
    def waits(self) -> bool:
        """Whether it may wait as it has sent as many requests as Graph allows."""
        return sum(count for _, count in self.spent) >= ALLOWANCE


@dataclass(slots=True)
class Past:
    """What earlier scrapes of the same process showed."""

    rendered: float = 0.0
    tenants: dict[str, TenantPast] = field(default_factory=dict)
    targets: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Each target's last attempt and how long it took."""


def check(scrape: Scrape, truth: Truth, past: Past) -> Iterator[str]:
    """What is wrong with the exporter's own state and the tenants of a scrape, in sentences."""
    yield from exporter(scrape, truth)
    shown = {one.labels["tenant"] for one in scrape.of("entra_tenant_info")}
    yield from strays(scrape, shown)
    for gone in past.tenants.keys() - always(truth, past.rendered, scrape.rendered, shown):
        past.tenants.pop(gone)
    for tenant in sorted(shown):
        remembered = past.tenants.setdefault(tenant, TenantPast())
        yield from checked_tenant(scrape, truth, tenant, remembered)
    past.rendered = scrape.rendered


def always(truth: Truth, begin: float, end: float, shown: set[str]) -> set[str]:
    """The tenants that stood in every configuration since the last scrape."""
    return shown.intersection(*(one.tenants for one in truth.configured(begin, end)))


def exporter(scrape: Scrape, truth: Truth) -> Iterator[str]:
    """What is configured is what is shown, and no bug ended anything."""
    for one in scrape.of("entra_exporter_task_failures_total"):
        if one.value:
            yield f"{one.value:g} failures of the task {one.labels['task']}"
    shown = {one.labels["tenant"] for one in scrape.of("entra_tenant_info")}
    urls = {one.labels["external_url"] for one in scrape.of("entra_exporter_info")}
    rendered = scrape.rendered
    asked = list(truth.configured(rendered - ROUNDING, rendered + ROUNDING))
    if not any(shown == one.tenants and urls == {one.url} for one in asked):
        yield f"tenants {sorted(shown)} at {urls}: no configuration of that moment says so"


def strays(scrape: Scrape, shown: set[str]) -> Iterator[str]:
    """Nothing is said of a tenant that is not there."""
    for name, samples in scrape.samples.items():
        if others := {one.labels.get("tenant") for one in samples} - shown - {None}:
            yield f"{name} is about {others}, which no entra_tenant_info names"


def checked_tenant(scrape: Scrape, truth: Truth, tenant: str, past: TenantPast) -> Iterator[str]:
    """One tenant: its last success never goes back, is recent, and all else is as of then."""
    success = scrape.value(LAST_SUCCESS, tenant=tenant)
    if success is None:
        yield f"{tenant}: {LAST_SUCCESS} is missing"
        return
    requests = sum(one.value for one in scrape.of("entra_graph_requests_total", tenant=tenant))
    past.saw_requests(scrape.answered, requests)
    if success < past.success:
        yield f"{tenant}: the last success went back from {past.success} to {success}"
    past.read_until = min(
        past.read_until if success == past.success else math.inf, ended(scrape, tenant, success)
    )
    past.success = success
    yield from stale(scrape, truth, tenant, past)
    for kind in OBJECTS:
        yield from listing(scrape, truth, (tenant, kind), (success, past.read_until))


def ended(scrape: Scrape, tenant: str, success: float) -> float:
    """When the last good poll had ended at the latest."""
    took = scrape.value("entra_poll_duration_seconds", tenant=tenant)
    good = scrape.value("entra_poll_success", tenant=tenant)
    return success + took if good and took is not None else scrape.rendered


def stale(scrape: Scrape, truth: Truth, tenant: str, past: TenantPast) -> Iterator[str]:
    """While nothing is wrong the last success is recent."""
    now = scrape.answered
    long_there = truth.stands(tenant, now - 2 * FRESH, now)
    if past.success < scrape.asked - FRESH and truth.quiet(now) and long_there and not past.waits:
        yield f"{tenant}: last success {now - past.success:.1f} s ago though nothing was wrong"


def listing(
    scrape: Scrape, truth: Truth, which: tuple[str, str], window: tuple[float, float]
) -> Iterator[str]:
    """The credentials of one listing: those of one moment of the poll, every one, exactly."""
    tenant, kind = which
    where = f"{tenant}, {kind}"
    series = list(scrape.of(EXPIRY, tenant=tenant, object=kind))
    shown = {shown_by(one.labels, one.value): one.labels["superseded"] for one in series}
    if not window[0]:
        if series:
            yield f"{where}: credentials before the first success"
        return
    if len(shown) != len(series):
        yield f"{where}: {len(series) - len(shown)} credentials twice"
    spans = truth.listings[which].during(window[0] - ROUNDING, window[1] + ROUNDING)
    found = [span.value for span in spans]
    fitting = next((one for one in found if one.credentials.keys() == shown.keys()), None)
    if fitting is None:
        yield from difference(where, shown.keys() | set(), found)
        return
    yield from derived(scrape, fitting, which, shown)
    if not any(counted(scrape, which) == (one.objects, one.empty) for one in found):
        yield f"{where}: {counted(scrape, which)} objects, and without credentials: never so"


EXPIRY = "entra_credential_expiry_timestamp_seconds"
DAYS = "entra_credential_days_until_expiry"


def shown_by(labels: "dict[str, str] | object", expires: float) -> Shown:
    """The credential that a series is of."""
    given = dict(labels)  # type: ignore[call-overload]
    return Shown(
        given["app_id"],
        given["app_name"],
        given["kind"],
        given["key_id"],
        given["credential_name"],
        expires,
    )


def counted(scrape: Scrape, which: tuple[str, str]) -> tuple[float | None, float | None]:
    """How many objects a scrape says there are, and how many of them hold nothing."""
    tenant, kind = which
    return (
        scrape.value("entra_applications", tenant=tenant, object=kind),
        scrape.value("entra_applications_without_credentials", tenant=tenant, object=kind),
    )


def difference(where: str, shown: set[Shown], found: list[Listing]) -> Iterator[str]:
    """How a listing differs from the most similar one that there was."""
    if not found:
        yield f"{where}: nothing is known of that moment"
        return
    nearest = min(found, key=lambda one: len(one.credentials.keys() ^ shown))
    for one in sorted(shown - nearest.credentials.keys())[:NAMED]:
        yield f"{where}: shown but not true in the poll: {one}"
    for one in sorted(nearest.credentials.keys() - shown)[:NAMED]:
        yield f"{where}: true during the poll but missing: {one}"


def derived(
    scrape: Scrape, true: Listing, which: tuple[str, str], shown: dict[Shown, str]
) -> Iterator[str]:
    """What follows from the credentials and the moment of rendering."""
    tenant, kind = which
    where, now = f"{tenant}, {kind}", scrape.rendered
    days = {
        shown_by(one.labels, 0.0)._replace(expires=0.0): one.value
        for one in scrape.of(DAYS, tenant=tenant, object=kind)
    }
    for one in shown:
        left = days.pop(one._replace(expires=0.0), math.nan)
        if not agrees(left, one.expires, scrape):
            yield f"{where}: {left} days left of {one}"
    if days:
        yield f"{where}: days of {len(days)} credentials that have no end"
    yield from states(scrape, true, which)
    unclear = any(abs(starts - now) < ROUNDING for starts in true.credentials.values())
    for group in groups(true):
        last = max((rank(one) for one, starts in group if starts <= now), default=(-math.inf, ""))
        for one, _ in group:
            if shown[one] != ("true" if rank(one) < last else "false") and not unclear:
                yield f"{where}: superseded is {shown[one]} of {one}, rendered {now}: {group}"
        yield from last_line(scrape, which, group, now)


def agrees(left: float, expires: float, scrape: Scrape) -> bool:
    """Whether days are those until an end, counted at most a minute ago."""
    if math.isinf(expires):
        return left == expires
    return (expires - scrape.answered - 1) <= left * DAY <= (expires - scrape.asked + DAYS_LAG)


def states(scrape: Scrape, true: Listing, which: tuple[str, str]) -> Iterator[str]:
    """The counts by state are those of the very credentials that the scrape shows."""
    tenant, kind = which
    now = scrape.rendered
    counts = {
        (one.labels["kind"], one.labels["state"]): one.value
        for one in scrape.of("entra_credentials", tenant=tenant, object=kind)
    }
    edges = [moment for one, starts in true.credentials.items() for moment in (one.expires, starts)]
    if any(abs(edge - now) < ROUNDING for edge in edges):
        return
    found = Counter(
        (one.kind, state(starts, one.expires, now)) for one, starts in true.credentials.items()
    )
    if {key: count for key, count in counts.items() if count} != found:
        yield f"{tenant}, {kind}: counts by state {counts}, and its credentials are {dict(found)}"


def state(starts: float, expires: float, now: float) -> str:
    """A credential's state."""
    if expires <= now:
        return "expired"
    if starts > now:
        return "not_yet_valid"
    return "expiring" if expires - now <= EXPIRING_WITHIN else "valid"


def groups(true: Listing) -> Iterator[list[tuple[Shown, float]]]:
    """The credentials that can take each other's place."""

    def place(item: tuple[Shown, float]) -> tuple[str, str]:
        return item[0].app_id, item[0].kind

    for _, group in groupby(sorted(true.credentials.items(), key=place), place):
        yield list(group)


def rank(one: Shown) -> tuple[float, str]:
    """The greatest that has begun covers the rest."""
    return one.expires, one.key_id


def last_line(
    scrape: Scrape, which: tuple[str, str], group: list[tuple[Shown, float]], now: float
) -> Iterator[str]:
    """The object's own days are those of the credential that counts."""
    tenant, kind = which
    last = max(group, key=lambda item: (item[1] <= now, rank(item[0])))[0]
    labels = {"tenant": tenant, "object": kind, "app_id": last.app_id, "kind": last.kind}
    left = scrape.value("entra_application_days_until_expiry", **labels)
    if left is None or not agrees(left, last.expires, scrape):
        yield f"{tenant}, {kind}: {left} days left of the application of {last}"
