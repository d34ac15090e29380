"""Whatever a snapshot holds: both formats parse back to it, and say the same."""

import math
from dataclasses import replace
from types import MappingProxyType

from builders import (
    Series,
    application,
    diagnosis,
    render_openmetrics,
    render_text,
    samples_of_openmetrics,
    samples_of_text,
    snapshot,
    target,
    target_view,
    tenant,
    verdict,
)
from hostile import TEXTS, texts
from hypothesis import example, given
from hypothesis import strategies as st

from exporter.metrics.text import number
from exporter.model import Cause, Credential, CredentialKind, FailureReason, ObjectType
from exporter.snapshot import Held, Snapshot, TargetView, TenantView

EXPIRY = "entra_credential_expiry_timestamp_seconds"
moments = st.floats() | st.sampled_from(
    [math.inf, -math.inf, math.nan, 0.0, -0.0, 1e300, -1e300, 5e-324, 253402300800.0, 2.0**63]
)
counts = st.integers(0, 10**18)


def as_sent(text: str) -> str:
    """A text as it arrives: what UTF-8 cannot say is replaced."""
    return text.encode(errors="replace").decode()


names = st.lists(texts, max_size=3, unique_by=as_sent)
credentials = st.builds(
    Credential,
    kind=st.sampled_from(CredentialKind),
    key_id=texts,
    name=texts,
    starts=moments,
    expires=moments,
    active=st.booleans(),
    encrypts=st.booleans(),
)


@st.composite
def tenants(draw: st.DrawFn) -> TenantView:
    """A tenant with objects of different ids, and credentials of different ids."""
    several = st.lists(
        credentials, max_size=4, unique_by=lambda each: (each.kind, as_sent(each.key_id))
    )
    objects = [
        application(*draw(several), app_id=app_id, name=draw(texts), object_type=draw(object_types))
        for app_id in draw(names)
    ]
    view = tenant(*objects, name=draw(texts), read=draw(st.booleans()))
    return replace(
        view,
        tenant_id=draw(texts),
        cloud=draw(texts),
        polled=draw(st.booleans()),
        polls=draw(counts),
        duration=draw(st.none() | moments),
        requests=MappingProxyType(draw(st.dictionaries(plain, counts, max_size=3))),
        failures=MappingProxyType(draw(st.dictionaries(reasons, counts, max_size=3))),
    )


object_types = st.sampled_from(ObjectType)
reasons = st.sampled_from(FailureReason)
plain = st.sampled_from(["200", "404", "error", *TEXTS[1:3]])
verdicts = st.builds(
    lambda cause, at, code: verdict(None, at, diagnosis=cause and diagnosis(cause, code=code)),
    st.none() | st.sampled_from(Cause),
    moments,
    st.integers(0, 10**9 - 1),
)
targets = st.builds(
    lambda name, found, held, success, duration: TargetView(
        target(name, tenant=name, client_id=name),
        found,
        held,
        last_success=success,
        duration=duration,
    ),
    texts,
    st.none() | verdicts,
    st.none() | st.builds(Held, texts, moments),
    st.none() | moments,
    st.none() | moments,
)
snapshots = st.builds(
    lambda views, targets, url: replace(snapshot(*views, external_url=url), targets=tuple(targets)),
    st.lists(tenants(), max_size=3, unique_by=lambda view: as_sent(view.name)),
    st.lists(targets, max_size=3, unique_by=lambda view: as_sent(view.target.name)),
    texts,
)


def comparable(samples: dict[Series, float]) -> dict[Series, float | str]:
    """With something that is equal to itself for NaN."""
    return {key: "NaN" if math.isnan(value) else value for key, value in samples.items()}


def expected(shown: Snapshot) -> dict[tuple[str, ...], float | str]:
    """The end of each credential by its labels."""
    return {
        (
            *(as_sent(text) for text in (view.name, owner.app_id, owner.name)),
            owner.type.value,
            each.kind.value,
            as_sent(each.key_id),
            as_sent(each.name),
        ): "NaN" if math.isnan(each.expires) else each.expires
        for view in shown.tenants
        if view.inventory is not None
        for owner in view.inventory.objects
        for each in owner.credentials
    }


LABELS = ("tenant", "app_id", "app_name", "object", "kind", "key_id", "credential_name")


@given(snapshots, moments)
@example(snapshot(tenant(name=TEXTS[11])), math.nan)
@example(replace(snapshot(), targets=(target_view(Cause.UNKNOWN, duration=math.nan),)), 0.0)
def test_any_snapshot_parses_back_to_itself_in_both_formats(shown: Snapshot, now: float) -> None:
    text = comparable(samples_of_text(render_text(shown, now)))
    openmetrics = comparable(samples_of_openmetrics(render_openmetrics(shown, now)))
    assert text == openmetrics
    read = {
        tuple(dict(labels)[name] for name in LABELS): value
        for (family, labels), value in text.items()
        if family == EXPIRY
    }
    assert read == expected(shown)


@given(moments | st.integers(-(10**300), 10**300) | st.booleans())
def test_any_number_is_read_as_it_was_meant(value: float) -> None:
    read = float(number(value))
    assert read == value or (math.isnan(read) and math.isnan(value)) or float(value) == read
