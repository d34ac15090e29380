"""
An inventory as label blocks with the end of validity beside each: the part of the exposition that
costs time, made once for an inventory and again when a credential begins. Pure.
"""

import math
from collections.abc import Iterator
from operator import attrgetter

from exporter.metrics.text import label_block
from exporter.metrics.view import Column, Rows
from exporter.model import Credential, CredentialKind, DirectoryObject, Inventory
from exporter.validity import groups, last_line, superseded

APPLICATION_LABELS = ("tenant", "object", "app_id", "app_name", "kind")
CREDENTIAL_LABELS = (*APPLICATION_LABELS, "key_id", "credential_name", "superseded")

Row = tuple[bytes, float]


def make_rows(tenant: str, inventory: Inventory, now: float) -> Rows:
    """The rows of one tenant's inventory, good from `now` until `Rows.valid_until`."""
    credentials: list[Row] = []
    last_lines: list[Row] = []
    for item in inventory.objects:
        lines: dict[CredentialKind, Credential] = {}
        for group in groups(item.credentials):
            credentials.extend(credential_rows(tenant, item, group, now))
            last = last_line(group, now)
            lines[last.kind] = min(lines.get(last.kind, last), last, key=attrgetter("expires"))
        last_lines.extend(last_line_row(tenant, item, line) for line in lines.values())
    return Rows(column(credentials), column(last_lines), next_start(inventory, now))


def column(rows: list[Row]) -> Column:
    """The rows as two tuples."""
    return Column(tuple(labels for labels, _ in rows), tuple(expires for _, expires in rows))


def credential_rows(
    tenant: str, item: DirectoryObject, group: list[Credential], now: float
) -> Iterator[Row]:
    """One row for each credential of a group."""
    for credential, covered in zip(group, superseded(group, now), strict=True):
        values = (
            *application_values(tenant, item, credential),
            credential.key_id,
            credential.name,
            "true" if covered else "false",
        )
        yield label_block(CREDENTIAL_LABELS, values), credential.expires


def last_line_row(tenant: str, item: DirectoryObject, last: Credential) -> Row:
    """The row of the object and kind itself, with the end of its last line of defence."""
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
