"""
Whether the credentials that a scrape shows of one listing of a tenant are those of one moment of
the last good poll, every one and no other, and whether all that is derived from them agrees. Pure.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import groupby

from soak_read import Scrape
from soak_truth import Listing, Shown, Truth

DAY = 86_400.0
ROUNDING = 0.002
"""Seconds: times are exported as whole milliseconds."""

DAYS_LAG = 60.0
EXPIRING_WITHIN = 30 * DAY
EXPIRY = "entra_credential_expiry_timestamp_seconds"
DAYS = "entra_credential_days_until_expiry"
NAMED = 4
"""Differences that are told one by one."""


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
        yield from difference(where, set(shown), found)
        return
    yield from derived(scrape, fitting, which, shown)
    if not any(counted(scrape, which) == (one.objects, one.empty) for one in found):
        yield f"{where}: {counted(scrape, which)} objects, and without credentials: never so"


def shown_by(labels: Mapping[str, str], expires: float) -> Shown:
    """The credential that a series is of."""
    app_id, app_name, kind = labels["app_id"], labels["app_name"], labels["kind"]
    return Shown(app_id, app_name, kind, labels["key_id"], labels["credential_name"], expires)


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
