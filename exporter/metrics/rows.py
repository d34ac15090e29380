"""
An inventory as label blocks with the end of validity beside each: the part of the exposition that
costs time, made once for an inventory and again when a credential begins. Pure.
"""

import math
from collections.abc import Iterator

from exporter.metrics.text import label_block
from exporter.metrics.view import Column, Rows
from exporter.model import Credential, DirectoryObject, Inventory
from exporter.validity import by_kind, last_line, superseded

APPLICATION_LABELS = ("tenant", "object", "app_id", "app_name", "kind")
CREDENTIAL_LABELS = (*APPLICATION_LABELS, "key_id", "credential_name", "superseded")

Row = tuple[bytes, float]


def make_rows(tenant: str, inventory: Inventory, now: float) -> Rows:
    """The rows of one tenant's inventory, good from `now` until `Rows.valid_until`."""
    credentials: list[Row] = []
    last_lines: list[Row] = []
    for item in inventory.objects:
        for group in by_kind(item.credentials).values():
            credentials.extend(credential_rows(tenant, item, group, now))
            last_lines.append(last_line_row(tenant, item, group, now))
    return Rows(column(credentials), column(last_lines), next_start(inventory, now))


def column(rows: list[Row]) -> Column:
    """The rows as two tuples."""
    return Column(tuple(labels for labels, _ in rows), tuple(expires for _, expires in rows))


def credential_rows(
    tenant: str, item: DirectoryObject, group: list[Credential], now: float
) -> Iterator[Row]:
    """One row for each credential of an object and kind."""
    for credential, covered in zip(group, superseded(group, now), strict=True):
        values = (
            *application_values(tenant, item, credential),
            credential.key_id,
            credential.name,
            "true" if covered else "false",
        )
        yield label_block(CREDENTIAL_LABELS, values), credential.expires


def last_line_row(tenant: str, item: DirectoryObject, group: list[Credential], now: float) -> Row:
    """The row of the object and kind itself, with the end of its last line of defence."""
    last = last_line(group, now)
    return label_block(APPLICATION_LABELS, application_values(tenant, item, last)), last.expires


def application_values(
    tenant: str, item: DirectoryObject, credential: Credential
) -> tuple[str, str, str, str, str]:
    """The values of `APPLICATION_LABELS`."""
    return tenant, item.type, item.app_id, item.name, credential.kind


def next_start(inventory: Inventory, now: float) -> float:
    """When the next credential begins, and may supersede another; +inf when none is to come."""
    starts = (credential.starts for item in inventory.objects for credential in item.credentials)
    return min((start for start in starts if start > now), default=math.inf)
