"""
One tenant: read it, and put what came of it into the store. A failure replaces the failure, never
the data; what fails is logged when it starts and when it ends, not each time.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from time import perf_counter
from types import MappingProxyType
from typing import Any

from exporter import log
from exporter.config import CloudConfig, TenantConfig
from exporter.errors import PollError, where
from exporter.graph import Allowance, Graph, Progress, Unreadable, failure, read_inventory
from exporter.history import departed
from exporter.identity import SignIn
from exporter.model import FailureReason, Inventory
from exporter.schedule import backoff, wanted
from exporter.snapshot import PollFailure, TenantView
from exporter.store import Store
from exporter.tasks import closed
from exporter.work import aside

STALE_TOKEN_REASONS = frozenset({FailureReason.LOGIN, FailureReason.PERMISSION})
"""After these a new token is asked for: the old one does not hold what was granted since."""

LONGEST_POLL = 3600.0
"""Seconds for a whole poll: each request has a timeout of its own, but there may be thousands."""

REPORT_A_BUG = "this is a bug in the exporter: report it with the traceback from the log"


class Poller:
    """Polls one tenant; `aclose` it when done."""

    def __init__(
        self,
        tenant: TenantConfig,
        cloud: CloudConfig,
        store: Store[Any],
        *,
        progress: Progress = lambda _count: None,
        allowance: Allowance | None = None,
    ) -> None:
        self.tenant = tenant
        self.store = store
        self.progress = progress
        self.allowance = allowance or Allowance()
        self.sign_in = SignIn(tenant, cloud)
        self.cloud = cloud
        self.graph: Graph | None = None
        self.failures = 0
        self.reported: tuple[FailureReason, int | None, str] | None = None
        self.known_unreadable = frozenset[Unreadable]()
        self.last_view = TenantView(
            tenant.name, tenant.tenant_id, tenant.cloud, tenant.poll.expiring_within
        )

    async def aclose(self) -> None:
        """End all connections."""
        await self.hang_up()
        await self.sign_in.forget()

    async def hang_up(self) -> None:
        """End the connections to Graph: until the next poll they would cost memory and files."""
        graph, self.graph = self.graph, None
        if graph is not None:
            await closed(graph.close())

    async def poll(self) -> float:
        """Poll once; returns the seconds until the next poll is due."""
        # Worth no render of its own: it is seen with the next one, within half a minute.
        self.update(soon=False, polls=self.view.polls + 1)
        began, counted = perf_counter(), self.requests
        try:
            outcome, pause = await self.outcome(began)
        finally:
            sent = added(self.view.requests, counted, self.requests)
            self.update(soon=False, requests=sent)
        self.update(tried=self.view.tried + 1, duration=perf_counter() - began, **outcome)
        await self.hang_up()
        return pause

    async def outcome(self, began: float) -> tuple[dict[str, Any], float]:
        """What a poll changes in the tenant's view, and the seconds until the next."""
        try:
            async with asyncio.timeout(LONGEST_POLL):
                return await self.attempt(), self.until_next(began)
        except PollError as error:
            return await self.failed(error)
        except TimeoutError:
            return await self.failed(too_long(self.allowance.resting()))
        except BaseException as error:
            if wanted(error):
                raise
            what = f"{type(error).__name__} in the exporter"
            bug = PollError(FailureReason.INTERNAL, what, REPORT_A_BUG)
            bug.__cause__ = error
            return await self.failed(bug)

    async def attempt(self) -> dict[str, Any]:
        """What a poll that succeeds changes in the tenant's view."""
        inventory, unreadable = await read_inventory(
            self.opened(),
            self.tenant.poll,
            self.view.inventory,
            self.store.clock(),
            self.progress,
        )
        return await self.succeeded(inventory, unreadable)

    def until_next(self, began: float) -> float:
        """Seconds until the interval since a poll's start is over; a breath at least."""
        interval = self.tenant.poll.interval
        return max(interval - (perf_counter() - began), min(interval, 1.0))

    async def succeeded(
        self, inventory: Inventory, unreadable: tuple[Unreadable, ...]
    ) -> dict[str, Any]:
        """The new inventory takes the place of the old one; what went with that is remembered."""
        self.report_unreadable(frozenset(unreadable))
        gone = await aside(departed, self.view.inventory, inventory, self.view.gone)
        if self.failures:
            self.log.info("poll succeeded again", failures=self.failures)
        self.failures, self.reported = 0, None
        return {"inventory": inventory, "gone": gone, "failure": None, "rest_until": 0.0}

    async def failed(self, error: PollError) -> tuple[dict[str, Any], float]:
        """The failure stands beside the last good inventory."""
        self.failures += 1
        failure = PollFailure(
            error.reason, self.store.clock(), error.detail, error.remedy, error.aadsts_code
        )
        self.report(failure, error.__cause__)
        self.allowance.rest(error.retry_after)
        if error.reason in STALE_TOKEN_REASONS:
            await self.sign_in.forget()
        counts = {**self.view.failures}
        counts[error.reason] = counts.get(error.reason, 0) + 1
        pause = max(backoff(self.failures, self.tenant.poll.interval), error.retry_after)
        rest_until = failure.at + error.retry_after if error.retry_after else 0.0
        changes = {"failure": failure, "failures": MappingProxyType(counts)}
        return {**changes, "rest_until": rest_until}, pause

    def report(self, failure: PollFailure, cause: BaseException | None) -> None:
        """Log a failure that was not there, or was another, the last time."""
        bug = failure.reason is FailureReason.INTERNAL
        kind = (failure.reason, failure.aadsts_code, where(cause) if bug and cause else "")
        if kind == self.reported:
            return
        self.reported = kind
        code = {"aadsts": failure.aadsts_code} if failure.aadsts_code else {}
        self.log.warning(
            "poll failed",
            reason=failure.reason.value,
            **code,
            detail=failure.detail,
            next_step=failure.remedy,
            exc_info=cause if bug else None,
        )

    def report_unreadable(self, unreadable: frozenset[Unreadable]) -> None:
        """Log the entries that were left out for the first time, by id."""
        for entry in sorted(unreadable - self.known_unreadable, key=str):
            self.log.warning(
                "entry left out",
                object_id=entry.object_id,
                key_id=entry.key_id,
                problem=entry.problem,
            )
        self.known_unreadable = unreadable

    def opened(self) -> Graph:
        """The tenant's Graph; raises PollError while the cloud's CA file cannot be used."""
        if self.graph is None:
            timeout = self.tenant.poll.timeout
            self.graph = Graph(self.sign_in, self.cloud, timeout, self.store.clock, self.allowance)
        return self.graph

    @property
    def requests(self) -> Mapping[str, int]:
        """Requests sent to Graph so far."""
        return self.graph.requests if self.graph else {}

    @property
    def view(self) -> TenantView:
        """The tenant as the store has it, or had it before a reload took it away."""
        found = self.store.snapshot.tenant(self.tenant.name)
        if found is not None and self.is_mine(found):
            self.last_view = found
        return self.last_view

    def is_mine(self, view: TenantView) -> bool:
        """Whether it is this tenant, not another one that has got its name meanwhile."""
        return (view.tenant_id, view.cloud) == (self.tenant.tenant_id, self.tenant.cloud)

    @property
    def log(self) -> log.Log:
        """The program's logger, with the tenant's name on each line."""
        return log.get().bind(tenant=self.tenant.name)

    def update(self, *, soon: bool = True, **changes: Any) -> None:  # noqa: ANN401 - fields
        """Change fields of the tenant's view."""

        def change(view: TenantView) -> TenantView:
            return replace(view, **changes) if self.is_mine(view) else view

        self.store.update_tenant(self.tenant.name, change, soon=soon)


def too_long(resting: float) -> PollError:
    """A poll that did not end; because Graph wants to be left alone, or because it is so slow."""
    detail = f"the tenant was not read to its end within {LONGEST_POLL / 60:g} minutes"
    if resting:
        return failure(FailureReason.THROTTLED, f"{detail}; Graph asked to wait", resting)
    return failure(FailureReason.NETWORK, detail)


def added(
    total: Mapping[str, int], before: Mapping[str, int], after: Mapping[str, int]
) -> Mapping[str, int]:
    """The total with what was counted between two readings of a counter."""
    difference = Counter(after)
    difference.subtract(before)
    return MappingProxyType(dict(Counter(total) + difference))
