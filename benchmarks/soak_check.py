"""
Whether one scrape is consistent with what was true: each tenant's credentials, how fresh they are,
what is configured, how the exporter does. Pure but for `Past`, which remembers former scrapes;
`soak_verdicts` judges the targets.
"""

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from soak_credentials import ROUNDING, listing
from soak_read import Scrape
from soak_truth import Truth

OBJECTS = ("application", "service_principal")
FRESH = 4.0
"""Seconds: an interval of one, a poll, a render, and a machine that is busy."""

ALLOWANCE, WINDOW = 130, 65.0
"""Requests in seconds near which the exporter waits, as Graph allows no more than 150 a minute."""

LAST_SUCCESS = "entra_poll_last_success_timestamp_seconds"


@dataclass(slots=True)
class TenantPast:
    """What scrapes showed of a tenant; `read_until` is when its last good poll had ended."""

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
