"""Families that say whether what is known of each tenant outlives a restart."""

from collections.abc import Iterator

from exporter.metrics.family import Family, Sample
from exporter.metrics.text import label_block
from exporter.metrics.view import View
from exporter.snapshot import Saved

TENANT = ("tenant",)


def saved(view: View) -> Iterator[tuple[str, Saved]]:
    """The tenants whose state is kept; none without `state.dir`."""
    for tenant in view.snapshot.tenants:
        if tenant.saved is not None:
            yield tenant.name, tenant.saved


def last_write(view: View) -> Iterator[Sample]:
    """When the file was last written; 0 before the first time."""
    for name, found in saved(view):
        yield label_block(TENANT, (name,)), round(found.at, 3)


def failures(view: View) -> Iterator[Sample]:
    """How often it could not be."""
    for name, found in saved(view):
        yield label_block(TENANT, (name,)), found.failures


SAVING_FAMILIES = (
    Family(
        "entra_state_last_write_success_timestamp_seconds",
        "gauge",
        "Unix time when the tenant's state file was last written, 0 before the first time; absent "
        "without state.dir.",
        TENANT,
        last_write,
    ),
    Family(
        "entra_state_write_failures_total",
        "counter",
        "State files that could not be written; absent without state.dir.",
        TENANT,
        failures,
    ),
)
