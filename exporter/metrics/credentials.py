"""Families that say what expires, and when, as of each tenant's last good inventory."""

from collections import Counter
from collections.abc import Iterator
from itertools import product

from exporter.metrics.family import Family, Sample
from exporter.metrics.rows import APPLICATION_LABELS, CREDENTIAL_LABELS
from exporter.metrics.text import label_block
from exporter.metrics.view import View
from exporter.model import CredentialKind, CredentialState, ObjectType
from exporter.validity import days_left, state

AS_OF = "as of the last successful poll"
COUNT_LABELS = ("tenant", "object", "kind", "state")
OBJECT_LABELS = ("tenant", "object")


def expiry(view: View) -> Iterator[Sample]:
    """Each credential's end of validity."""
    for rows in view.rows.values():
        yield from rows.credentials


def days(view: View) -> Iterator[Sample]:
    """Days left of each credential."""
    for rows in view.rows.values():
        for labels, expires in rows.credentials:
            yield labels, rounded_days(expires, view.now)


def application_days(view: View) -> Iterator[Sample]:
    """Days left of each object's last line of defence, by kind."""
    for rows in view.rows.values():
        for labels, expires in rows.last_lines:
            yield labels, rounded_days(expires, view.now)


def rounded_days(expires: float, now: float) -> float:
    """Days to five decimals: finer than a second, and far shorter on the wire."""
    return round(days_left(expires, now), 5)


def counts(view: View) -> Iterator[Sample]:
    """How many credentials are in each state; every combination, 0 included."""
    for tenant, inventory in view.inventories():
        found = Counter(
            (item.type, credential.kind, state(credential, view.now, tenant.expiring_within))
            for item in inventory.objects
            for credential in item.credentials
        )
        for key in product(ObjectType, CredentialKind, CredentialState):
            yield label_block(COUNT_LABELS, (tenant.name, *key)), found[key]


def objects(view: View) -> Iterator[Sample]:
    """How many objects were read."""
    for tenant, inventory in view.inventories():
        found = Counter(item.type for item in inventory.objects)
        for kind in ObjectType:
            yield label_block(OBJECT_LABELS, (tenant.name, kind)), found[kind]


def objects_without(view: View) -> Iterator[Sample]:
    """How many objects hold no credential."""
    for tenant, inventory in view.inventories():
        found = Counter(item.type for item in inventory.objects if not item.credentials)
        for kind in ObjectType:
            yield label_block(OBJECT_LABELS, (tenant.name, kind)), found[kind]


def unreadable(view: View) -> Iterator[Sample]:
    """How many entries Graph answered with nonsense."""
    for tenant, inventory in view.inventories():
        for kind in ObjectType:
            yield label_block(OBJECT_LABELS, (tenant.name, kind)), inventory.unreadable.get(kind, 0)


CREDENTIAL_FAMILIES = (
    Family(
        "entra_credential_expiry_timestamp_seconds",
        "gauge",
        f"End of validity as Unix time, +Inf when there is none, {AS_OF}.",
        CREDENTIAL_LABELS,
        expiry,
    ),
    Family(
        "entra_credential_days_until_expiry",
        "gauge",
        f"Days until expiry, negative afterwards, {AS_OF}.",
        CREDENTIAL_LABELS,
        days,
    ),
    Family(
        "entra_application_days_until_expiry",
        "gauge",
        "Days until the credential of that kind that is not superseded expires, "
        f"negative afterwards, {AS_OF}.",
        APPLICATION_LABELS,
        application_days,
    ),
    Family(
        "entra_credentials",
        "gauge",
        f"Number of credentials by state, {AS_OF}.",
        COUNT_LABELS,
        counts,
    ),
    Family(
        "entra_applications",
        "gauge",
        f"Applications or service principals watched, {AS_OF}.",
        OBJECT_LABELS,
        objects,
    ),
    Family(
        "entra_applications_without_credentials",
        "gauge",
        f"Applications or service principals that hold no credential at all, {AS_OF}.",
        OBJECT_LABELS,
        objects_without,
    ),
    Family(
        "entra_unreadable_entries",
        "gauge",
        "Objects and credentials of which Graph sent what cannot be read: they are as they were "
        f"known before, or left out, {AS_OF}.",
        OBJECT_LABELS,
        unreadable,
    ),
)
