"""Small values for tests, each with what a test does not care about filled in."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import msgspec
from prometheus_client import Metric
from prometheus_client.openmetrics import parser as openmetrics_parser
from prometheus_client.parser import text_string_to_metric_families as text_families

from exporter.metrics.exposition import Renderer
from exporter.metrics.process import process_openmetrics
from exporter.model import (
    Cause,
    Credential,
    CredentialKind,
    DirectoryObject,
    FailureReason,
    Inventory,
    ObjectType,
)
from exporter.snapshot import (
    PollFailure,
    ReloadStatus,
    Snapshot,
    Target,
    TargetView,
    TenantView,
)
from exporter.verdict import Diagnosis, Verdict

NOW = datetime(2026, 9, 21, 12, 0, tzinfo=UTC).timestamp()
DAY = 86_400.0
APP_ID = "aaaaaaaa-0000-4000-8000-000000000001"
KEY_ID = "bbbbbbbb-0000-4000-8000-000000000001"
TENANT_ID = "cccccccc-0000-4000-8000-000000000001"

openmetrics_families: Callable[[str], Iterable[Metric]] = (
    openmetrics_parser.text_string_to_metric_families
)

Labels = dict[str, str]
Series = tuple[str, frozenset[tuple[str, str]]]


def credential(
    days: float = 90,
    *,
    kind: CredentialKind = CredentialKind.SECRET,
    key_id: str = KEY_ID,
    name: str = "deploy",
    starts: float = -90,
) -> Credential:
    """One that ends `days` after NOW and began `starts` days after it (before it, if negative)."""
    return Credential(kind, key_id, name, NOW + starts * DAY, NOW + days * DAY)


def signing(days: float, *, key_id: str = KEY_ID, active: bool = False) -> Credential:
    """A SAML signing certificate."""
    found = credential(days, kind=CredentialKind.SAML_SIGNING, key_id=key_id)
    return msgspec.structs.replace(found, active=active)


def application(
    *credentials: Credential,
    app_id: str = APP_ID,
    name: str = "billing",
    object_type: ObjectType = ObjectType.APPLICATION,
    tags: tuple[str, ...] = (),
) -> DirectoryObject:
    """An application, or a service principal, that holds the credentials."""
    return DirectoryObject(object_type, f"object of {app_id}", app_id, name, credentials, tags)


def inventory(
    *objects: DirectoryObject,
    taken_at: float = NOW,
    unreadable: Mapping[ObjectType, int] | None = None,
) -> Inventory:
    """What a poll found."""
    return Inventory(taken_at, objects, MappingProxyType(dict(unreadable or {})))


def failure(
    reason: FailureReason = FailureReason.LOGIN,
    *,
    at: float = NOW,
    detail: str = "AADSTS7000222: the provided client secret keys are expired",
    remedy: str = "give the exporter a new secret",
    aadsts_code: int | None = 7000222,
) -> PollFailure:
    """Why a poll failed."""
    return PollFailure(reason, at, detail, remedy, aadsts_code)


def tenant(
    *objects: DirectoryObject,
    name: str = "contoso",
    read: bool = True,
    **fields: Any,  # noqa: ANN401 - fields of TenantView
) -> TenantView:
    """A tenant with the objects, 30 days counting as soon; nothing was read if `read` is false."""
    found = inventory(*objects) if read else None
    view = TenantView(name, TENANT_ID, "public", 30 * DAY, inventory=found, polls=1, tried=1)
    return replace(view, **fields)


def snapshot(*tenants: TenantView, external_url: str = "https://exporter.example.com") -> Snapshot:
    """Everything known: the tenants, and a configuration that was accepted ten days ago."""
    return Snapshot(
        tenants, ReloadStatus(successful=True, last_success=NOW - 10 * DAY), external_url
    )


def render_text(shown: Snapshot, now: float = NOW, renderer: Renderer | None = None) -> bytes:
    """The exposition in the Prometheus text format, without the process metrics."""
    return b"".join((renderer or Renderer())(shown, now).text.plain())


def render_openmetrics(
    shown: Snapshot, now: float = NOW, renderer: Renderer | None = None
) -> bytes:
    """The whole exposition in OpenMetrics, with the process metrics that end it."""
    exposition = (renderer or Renderer())(shown, now)
    return b"".join(exposition.openmetrics.plain()) + process_openmetrics()


def samples_of_text(exposition: bytes) -> dict[Series, float]:
    """Every series of an exposition in the text format; no series may be there twice."""
    found = [
        ((sample.name, frozenset(sample.labels.items())), float(sample.value))
        for family in text_families(exposition.decode())
        for sample in family.samples
    ]
    assert len(dict(found)) == len(found)
    return dict(found)


def samples_of_openmetrics(exposition: bytes) -> dict[Series, float]:
    """Every `entra_` series of an exposition in OpenMetrics; no series may be there twice."""
    found = [
        ((sample.name, frozenset(sample.labels.items())), float(sample.value))
        for family in openmetrics_families(exposition.decode())
        for sample in family.samples
        if sample.name.startswith("entra_")
    ]
    assert len(dict(found)) == len(found)
    return dict(found)


def values(
    shown: Snapshot, name: str, now: float = NOW, renderer: Renderer | None = None
) -> list[tuple[Labels, float]]:
    """The samples of one family with their labels, in the order of the exposition."""
    return [
        (dict(sample.labels), float(sample.value))
        for family in text_families(render_text(shown, now, renderer).decode())
        for sample in family.samples
        if sample.name == name
    ]


def value(shown: Snapshot, name: str, now: float = NOW, **labels: str) -> float:
    """The value of the one sample of a family that has these labels, others aside."""
    [found] = [number for has, number in values(shown, name, now) if labels.items() <= has.items()]
    return found


def target(
    name: str = "billing-api",
    **fields: Any,  # noqa: ANN401 - fields of Target
) -> Target:
    """A target that holds a secret of the usual application."""
    resource = "https://management.azure.com"
    made = Target(name, "contoso", TENANT_ID, "public", APP_ID, CredentialKind.SECRET, resource)
    return replace(made, **fields)


def diagnosis(
    cause: Cause = Cause.EXPIRED,
    **fields: Any,  # noqa: ANN401 - fields of Diagnosis
) -> Diagnosis:
    """Why a verification failed."""
    made = Diagnosis(cause, 7000222, "The secret has expired", ("It ended yesterday.",), "proven")
    return replace(made, **fields)


def verdict(cause: Cause | None = None, at: float = NOW, **fields: Any) -> Verdict:  # noqa: ANN401 - fields of Verdict
    """A verification at a moment; what was tried works if there is no cause."""
    return replace(Verdict(at, diagnosis(cause) if cause else None), **fields)


def target_view(
    cause: Cause | None = None,
    **fields: Any,  # noqa: ANN401 - fields of TargetView
) -> TargetView:
    """A target that was verified now."""
    return replace(TargetView(target(), verdict(cause)), **fields)


def with_targets(*views: TargetView) -> Snapshot:
    """One tenant and the targets."""
    return replace(snapshot(tenant(application())), targets=views)
