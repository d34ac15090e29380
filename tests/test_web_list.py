"""What search and filters find, and what each row leads to."""

from dataclasses import replace
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from builders import (
    APP_ID,
    DAY,
    KEY_ID,
    NOW,
    application,
    credential,
    snapshot,
    target,
    target_view,
    tenant,
    with_targets,
)
from test_landing import HOSTILE, page, read, shown

from exporter.model import Cause, Credential, CredentialKind, DirectoryObject, ObjectType
from exporter.simulator import ExpectedSeries, expected_series
from exporter.snapshot import Held, Snapshot
from exporter.web.links import alert_of, alert_of_target, runbook_of
from exporter.web.listing import STATES, found, indexed
from exporter.web.query import Mistake, Query

SERIES = expected_series(NOW)


def simulated() -> Snapshot:
    """The simulated tenant as the exporter must show it."""
    objects = {(series.tenant, series.object, series.app_id, series.app_name) for series in SERIES}
    views = []
    for name in sorted({series.tenant for series in SERIES}):
        owned = sorted(key for key in objects if key[0] == name)
        views.append(tenant(*(owner(key) for key in owned), name=name))
    return snapshot(*views)


def owner(key: tuple[str, str, str, str]) -> DirectoryObject:
    """The object with its credentials."""
    held = [s for s in SERIES if (s.tenant, s.object, s.app_id, s.app_name) == key]
    made = [credential_of(series) for series in held]
    return application(*made, app_id=key[2], name=key[3], object_type=ObjectType(key[1]))


def credential_of(series: ExpectedSeries) -> Credential:
    """One credential."""
    starts = 1 if series.state == "not_yet_valid" else -1000
    made = credential(
        series.days,
        kind=CredentialKind(series.kind),
        key_id=series.key_id,
        name=series.credential_name,
        starts=starts,
    )
    active = series.kind == "saml_signing" and not series.superseded
    return msgspec.structs.replace(made, expires=series.expires_at, active=active)


def plainly(query: Query) -> set[str]:
    """The same found in the plainest way: key ids of the series that fit."""
    return {
        s.key_id
        for s in SERIES
        if query.tenant in {"", s.tenant}
        and query.kind in {"", s.kind}
        and query.superseded in {"", "true" if s.superseded else "false"}
        and (not query.state or fits(query.state, s))
        and (
            not query.q
            or query.q.lower()
            in f"{s.app_name}\n{s.app_id}\n{s.key_id}\n{s.credential_name}".lower()
        )
    }


def fits(state: str, series: ExpectedSeries) -> bool:
    """Whether a series is in a state that one filters by."""
    if state == "attention":
        return series.state in {"expired", "expiring"}
    if state.startswith("under"):
        return 0 < series.days < int(state.split("_")[1])
    return series.state == state


QUERIES = [
    Query(),
    *(Query(state=state) for state in STATES),
    *(Query(state=state, superseded="false") for state in STATES),
    *(Query(kind=kind) for kind in CredentialKind),
    Query(superseded="true"),
    Query(tenant="contoso"),
    Query(tenant="fabrikam"),
    Query(q="BILLING"),
    Query(q=SERIES[0].app_id.upper()),
    Query(q=SERIES[3].key_id[:13]),
    Query(q="e", tenant="contoso", state="expired", kind="secret", superseded="false"),
    Query(q="<script>"),
    Query(q="nothing has this name"),
]


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_what_is_found_is_what_a_plain_comparison_finds(query: Query) -> None:
    rows = found(indexed(simulated(), NOW), query)
    assert {row.credential.key_id for row in rows} == plainly(query)
    assert [row.order for row in rows] == sorted(row.order for row in rows)


def test_pages_of_a_list_are_the_list_once() -> None:
    index = indexed(simulated(), NOW)
    every = found(index, Query())
    turned = [row for number in range(1, 20) for row in every[Query(page=number, limit=7).window]]
    assert turned == every


def test_name_of_a_target_finds_the_credentials_of_its_application() -> None:
    views = (target_view(target=target("nightly-job", client_id=APP_ID.upper())),)
    other = application(credential(9, key_id="k"), app_id="other", name="other")
    held = snapshot(tenant(application(credential(9)), other))
    index = indexed(replace(held, targets=views), NOW)
    assert [row.owner.app_id for row in found(index, Query(q="Nightly"))] == [APP_ID]


@pytest.mark.parametrize(
    ("days", "covered", "alert"),
    [
        (-1, False, "EntraCredentialExpired"),
        (-31, False, "EntraExpiredCredentialLeftover"),
        (3, False, "EntraCredentialExpiryImminent"),
        (20, False, "EntraCredentialExpiresSoon"),
        (3, True, "EntraSupersededCredentialExpiresSoon"),
        (20, True, "EntraSupersededCredentialExpiresSoon"),
        (-1, True, "EntraExpiredCredentialLeftover"),
        (90, False, ""),
    ],
)
def test_row_leads_to_the_runbook_of_its_alert(days: float, covered: bool, alert: str) -> None:  # noqa: FBT001 - a case
    newer = [credential(900, key_id="newer")] if covered else []
    index = indexed(snapshot(tenant(application(credential(days), *newer))), NOW)
    [row] = [row for row in index.rows if row.credential.key_id == KEY_ID]
    assert alert_of(row) == alert
    wanted = f"runbooks/{alert}?tenant=contoso&app_id={APP_ID}&key_id={KEY_ID}" if alert else ""
    assert runbook_of(row) == wanted


@pytest.mark.parametrize(
    ("cause", "alert"),
    [
        (Cause.EXPIRED, "EntraVerifyExpired"),
        (Cause.REVOKED, "EntraVerifyRevoked"),
        (Cause.ROTATION_MISMATCH, "EntraVerifyRotationMismatch"),
        (Cause.FORMAT_ERROR, "EntraVerifyFormatError"),
        (Cause.NETWORK, "EntraVerifyNotPossible"),
        (Cause.WRONG_CLOUD, "EntraVerifyFailed"),
        (None, ""),
    ],
)
def test_target_leads_to_the_runbook_of_its_alert(cause: Cause | None, alert: str) -> None:
    assert alert_of_target(target_view(cause), NOW) == alert


def test_target_that_works_with_what_ends_soon_leads_to_that_runbook() -> None:
    view = target_view(holds=Held(KEY_ID, NOW + 3 * DAY))
    assert alert_of_target(view, NOW) == "EntraStoredCredentialExpiryImminent"
    wanted = f"tenant=contoso&target=billing-api&app_id={APP_ID}"
    assert (
        f"runbooks/EntraStoredCredentialExpiryImminent?{wanted}" in read(with_targets(view)).links
    )


def test_ids_in_a_runbooks_address_are_quoted() -> None:
    what = snapshot(tenant(application(credential(3, key_id='k&x="#'), app_id="a b/?")))
    [link] = [link for link in read(what).links if link.startswith("runbooks/E")]
    assert parse_qs(urlsplit(link).query)["key_id"] == ['k&x="#']
    assert parse_qs(urlsplit(link).query)["app_id"] == ["a b/?"]
    assert " " not in link


def test_figures_are_what_their_links_find() -> None:
    what = simulated()
    figures = [link for link in read(what).links if link.startswith("./?state=")]
    assert len(figures) == 3
    for link in figures:
        values = {name: value[0] for name, value in parse_qs(urlsplit(link).query).items()}
        count = len(found(indexed(what, NOW), Query(**values)))  # type: ignore[arg-type]
        label = STATES[values["state"]][0].lower()
        assert f"{count} {label}" in shown(what)


def test_failing_verifications_are_counted_on_top() -> None:
    views = (target_view(Cause.EXPIRED), target_view(Cause.NETWORK), target_view())
    assert "1 verifications failing" in shown(with_targets(*views))


def test_filters_stay_as_they_were_set() -> None:
    query = Query("a<b>", "contoso", "expired", "secret", "true")
    reader = read(simulated(), query)
    chosen = [
        option.get("value", "contoso") for option in reader.all("option") if "selected" in option
    ]
    assert chosen == ["contoso", "expired", "secret", "true"]
    assert reader.all("input")[0]["value"] == "a<b>"


def test_pager_marks_where_one_is_and_keeps_the_filters() -> None:
    what = snapshot(tenant(*(application(credential(1, key_id=f"k{n}")) for n in range(500))))
    reader = read(what, Query(state="expiring", page=5))
    links = [a["href"] for a in reader.all("a") if "page=" in (a["href"] or "")]
    assert [a["href"] for a in reader.all("a") if a.get("aria-current") == "page"] == [
        "./?state=expiring&page=5#credentials"
    ]
    assert [link.split("page=")[1].split("#")[0] for link in links if link] == [
        *("4", "1", "3", "4", "5", "6", "7", "10", "6")
    ]


def test_page_beyond_the_last_says_so_and_leads_to_the_last() -> None:
    what = snapshot(tenant(*(application(credential(1, key_id=f"k{n}")) for n in range(60))))
    assert "There is no page 9; the last one is 2" in shown(what, query=Query(page=9))
    assert "There is no page 9" not in shown(snapshot(tenant()), query=Query(page=9))


def test_mistakes_are_shown_as_text() -> None:
    mistake = Mistake("tenant", 'cannot be "<b>x</b>"', ("contoso",))
    html = page(snapshot(), mistakes=(mistake,))
    assert "tenant cannot be &#34;&lt;b&gt;x&lt;/b&gt;&#34;; accepted: contoso." in html.replace(
        "<code>tenant</code>", "tenant"
    )


def test_search_shows_targets_too_but_no_filter_of_credentials_does() -> None:
    what = with_targets(target_view(Cause.EXPIRED))
    assert "Does not work now" in shown(what, query=Query(q="BILLING-A"))
    assert "Does not work now" not in shown(what, query=Query(q="other"))
    assert "Does not work now" not in shown(what, query=Query(state="valid"))


@pytest.mark.parametrize("query", [Query(), Query(q="e"), Query(page=7)], ids=str)
def test_pages_hold_no_inline_style_and_no_script(query: Query) -> None:
    what = snapshot(tenant(application(credential(3, name=HOSTILE), name=HOSTILE)))
    for tag, attributes in read(what, query).elements:
        assert tag != "style"
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]


def test_every_control_has_a_label_and_every_id_is_there_once() -> None:
    reader = read(simulated(), Query(q="e"))
    labelled = {label["for"] for label in reader.all("label")}
    for tag in ("input", "select"):
        assert {control["id"] for control in reader.all(tag)} <= labelled
    ids = [attributes["id"] for _, attributes in reader.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_headings_are_in_order_and_landmarks_are_there() -> None:
    reader = read(with_targets(target_view(Cause.EXPIRED), target_view()))
    levels = [int(tag[1]) for tag in reader.tags if tag in {"h1", "h2", "h3"}]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert {"header", "main", "form"} <= set(reader.tags)
    assert [form["role"] for form in reader.all("form")] == ["search"]


def test_100_000_credentials_are_searched_and_paged() -> None:
    objects = (
        application(
            credential(n % 900 - 200, key_id=f"{n:06}-a"),
            credential(n % 700 - 100, key_id=f"{n:06}-b"),
            app_id=f"{n:08}",
            name=f"app-{n}",
        )
        for n in range(50_000)
    )
    index = indexed(snapshot(tenant(*objects)), NOW)
    assert len(index.rows) == 100_000
    assert [row.credential.key_id for row in found(index, Query(q="049999-B"))] == ["049999-b"]
    assert len(found(index, Query(page=2000))[Query(page=2000).window]) == 50


def test_what_pages_somebody_needs_attention_however_short_the_setting_is() -> None:
    soon = replace(tenant(application(credential(5))), expiring_within=3 * DAY)

    assert [row.days for row in found(indexed(snapshot(soon), NOW), Query(state="attention"))] == [
        5
    ]
