"""Families that say whether each tenant's data is fresh, and if not why."""

from collections.abc import Iterator

from exporter.metrics.family import Family, Sample
from exporter.metrics.text import label_block
from exporter.metrics.view import View
from exporter.model import FailureReason

TENANT = ("tenant",)
TENANT_INFO = ("tenant", "tenant_id", "cloud")
TENANT_REASON = ("tenant", "reason")
TENANT_CODE = ("tenant", "code")
THROTTLED = "429"
"""There from the start: the first of them is an increase that a query can see."""


def tenant_info(view: View) -> Iterator[Sample]:
    """What is watched, verified-only tenants included."""
    for tenant in view.snapshot.tenants:
        yield label_block(TENANT_INFO, (tenant.name, tenant.tenant_id, tenant.cloud)), 1


def success(view: View) -> Iterator[Sample]:
    """1 when the last poll succeeded; 0 also before the first one ends."""
    for tenant in view.polled():
        yield label_block(TENANT, (tenant.name,)), tenant.fresh


def last_success(view: View) -> Iterator[Sample]:
    """When the data on show was read; 0 before there is any."""
    for tenant in view.polled():
        taken_at = tenant.inventory.taken_at if tenant.inventory else 0
        yield label_block(TENANT, (tenant.name,)), round(taken_at, 3)


def duration(view: View) -> Iterator[Sample]:
    """How long the last poll took, good or bad."""
    for tenant in view.polled():
        if tenant.duration is not None:
            yield label_block(TENANT, (tenant.name,)), round(tenant.duration, 6)


def polls(view: View) -> Iterator[Sample]:
    """How many polls have begun."""
    for tenant in view.polled():
        yield label_block(TENANT, (tenant.name,)), tenant.polls


def failures(view: View) -> Iterator[Sample]:
    """How many polls failed, by reason; every reason, 0 included."""
    for tenant in view.polled():
        for reason in FailureReason:
            labels = label_block(TENANT_REASON, (tenant.name, reason))
            yield labels, tenant.failures.get(reason, 0)


def requests(view: View) -> Iterator[Sample]:
    """How many requests went to Graph, by what came back; throttled ones, 0 included."""
    for tenant in view.polled():
        for code, count in sorted({THROTTLED: 0, **tenant.requests}.items()):
            yield label_block(TENANT_CODE, (tenant.name, code)), count


POLLING_FAMILIES = (
    Family("entra_tenant_info", "gauge", "1 for each tenant watched.", TENANT_INFO, tenant_info),
    Family(
        "entra_poll_success",
        "gauge",
        "1 when the last poll of Graph succeeded, 0 when it failed or none has ended yet.",
        TENANT,
        success,
    ),
    Family(
        "entra_poll_last_success_timestamp_seconds",
        "gauge",
        "Unix time of the last successful poll, 0 before the first.",
        TENANT,
        last_success,
    ),
    Family(
        "entra_poll_duration_seconds",
        "gauge",
        "How long the last poll took, whether it succeeded or not.",
        TENANT,
        duration,
    ),
    Family("entra_polls_total", "counter", "Polls begun.", TENANT, polls),
    Family(
        "entra_poll_failures_total", "counter", "Polls failed, by reason.", TENANT_REASON, failures
    ),
    Family(
        "entra_graph_requests_total",
        "counter",
        "Requests sent to Microsoft Graph by HTTP status, or error when no answer came.",
        TENANT_CODE,
        requests,
    ),
)
