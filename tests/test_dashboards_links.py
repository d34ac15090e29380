"""The links of the dashboards: between each other, and from a row to the exporter's pages."""

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, quote, urlsplit

import msgspec
import pytest
from builders import (
    APP_ID,
    KEY_ID,
    Labels,
    application,
    credential,
    snapshot,
    target,
    target_view,
    tenant,
    values,
)
from dashboard_reading import UIDS, Json, committed, panels, variable
from test_web_server import served

from exporter.model import Cause, ObjectType
from exporter.runbooks import RUNBOOKS

FIELD = re.compile(r"\$\{__data\.fields\.(?P<name>\w+)(?::(?P<format>\w+))?\}")
SAFE_IN_ADDRESSES = ";,/?:@&=+$-_.!~*'()#"
SAFE = {"": SAFE_IN_ADDRESSES, "percentencode": "", "raw": None}
"""What each format of Grafana leaves as it is; None for everything."""

TO_DASHBOARD = re.compile(r"/d/(?P<uid>[\w-]+)(?:\?(?P<query>.*))?")
SET = re.compile(r"var-(\w+)=|\$\{(\w+):queryparam\}")
BASE = "${__data.fields.external_url:raw}"
OTHER = "aaaaaaaa-0000-4000-8000-000000000002"
OBJECT = "dddddddd-0000-4000-8000-000000000002"
HOSTILE = "a&b=c#d?e/f%41 ü\"<'>"
# What Graph sends under one key id twice is numbered with a `#`.
ROWS = snapshot(
    tenant(
        application(credential(3), credential(-2, key_id=f"{KEY_ID}#2"), name=HOSTILE),
        msgspec.structs.replace(
            application(credential(-400), app_id=OTHER, object_type=ObjectType.SERVICE_PRINCIPAL),
            object_id=OBJECT,
        ),
    )
)
TARGETS = tuple(
    target_view(cause, target=target(name))
    for name, cause in (("a b#c&d", Cause.EXPIRED), ("api", Cause.NETWORK), ("shop", None))
)
WHAT = replace(ROWS, targets=TARGETS)


def links(panel: Json) -> Iterator[str]:
    """The addresses on the values of a panel."""
    config = panel.get("fieldConfig", {})
    found = list(config.get("defaults", {}).get("links") or ())
    for override in config.get("overrides", ()):
        for prop in override["properties"]:
            found += prop["value"] if prop["id"] == "links" else ()
    for one in (*found, *panel.get("links", ()), *panel.get("options", {}).get("dataLinks", ())):
        yield one["url"]


LINKS = [
    (uid, panel, url) for uid in UIDS for panel in panels(committed(uid)) for url in links(panel)
]
TO_DASHBOARDS = [link for link in LINKS if link[2].startswith("/")]
TO_PAGES = [link for link in LINKS if link[2].startswith(BASE)]


def named(link: tuple[str, Json, str]) -> str:
    """A link for a person."""
    uid, panel, url = link
    return f"{uid}, {panel['title']}, {urlsplit(FIELD.sub('', url)).path}"


def filled(url: str, row: Labels) -> str:
    """The address as Grafana makes it of a row."""

    def value(match: re.Match[str]) -> str:
        safe, text = SAFE[match["format"] or ""], row[match["name"]]
        return text if safe is None else quote(text, safe=safe)

    return FIELD.sub(value, url)


def rows(url: str) -> list[Labels]:
    """The rows of a table with such a link."""
    of_targets = "${__data.fields.target" in url
    name = "entra_verify_success" if of_targets else "entra_credential_expiry_timestamp_seconds"
    return [labels for labels, _ in values(WHAT, name)]


def test_there_are_links_to_dashboards_and_to_pages_and_to_nothing_else() -> None:
    assert TO_DASHBOARDS
    assert TO_PAGES
    assert len(LINKS) == len(TO_DASHBOARDS) + len(TO_PAGES)


@pytest.mark.parametrize("uid", UIDS)
def test_dashboards_lead_to_each_other_with_what_is_chosen(uid: str) -> None:
    found = committed(uid)["links"]
    assert sorted(link["url"] for link in found) == sorted(
        f"/d/{other}" for other in UIDS if other != uid
    )
    for link in found:
        assert link["type"] == "link"
        assert link["includeVars"] is True
        assert link["keepTime"] is True
        assert link["title"] == committed(link["url"].removeprefix("/d/"))["title"]


@pytest.mark.parametrize("link", TO_DASHBOARDS, ids=named)
def test_value_leads_to_a_dashboard_of_ours_and_sets_variables_that_it_has(
    link: tuple[str, Json, str],
) -> None:
    uid, _, url = link
    match = TO_DASHBOARD.fullmatch(url)
    assert match is not None
    assert match["uid"] in UIDS
    assert "${__url_time_range}" in (match["query"] or "")
    for name, passed in SET.findall(match["query"] or ""):
        assert variable(committed(match["uid"]), name or passed), f"no variable {name or passed}"
        assert not passed or variable(committed(uid), passed)


@pytest.mark.parametrize("link", TO_PAGES, ids=named)
def test_link_takes_only_columns_that_its_table_keeps(link: tuple[str, Json, str]) -> None:
    _, panel, url = link
    wanted = {match["name"] for match in FIELD.finditer(url)}
    for step in panel.get("transformations") or ():
        include = step["options"].get("include", {}).get("names")
        assert include is None or wanted <= set(include)
        excluded = step["options"].get("excludeByName", {})
        assert not wanted & {name for name, left_out in excluded.items() if left_out}


@pytest.mark.parametrize("link", TO_PAGES, ids=named)
def test_link_takes_no_column_that_shows_other_words_than_it_holds(
    link: tuple[str, Json, str],
) -> None:
    _, panel, url = link
    [organize] = [step for step in panel["transformations"] if step["id"] == "organize"]
    titles = organize["options"]["renameByName"]
    wanted = {titles[match["name"]] for match in FIELD.finditer(url)}
    changed = {
        override["matcher"]["options"]
        for override in panel["fieldConfig"]["overrides"]
        if {prop["id"] for prop in override["properties"]} & {"mappings", "unit"}
    }
    assert not wanted & changed


@pytest.mark.parametrize("uid", UIDS)
def test_tables_have_no_unit_that_would_change_names(uid: str) -> None:
    tables = [panel for panel in panels(committed(uid)) if panel["type"] == "table"]
    assert not [one["title"] for one in tables if "unit" in one["fieldConfig"]["defaults"]]


@pytest.mark.parametrize("link", TO_PAGES, ids=named)
def test_what_stands_in_a_row_arrives_as_it_is(link: tuple[str, Json, str]) -> None:
    url = link[2]
    for name, place in re.findall(r"[?&](\w+)=\$\{__data\.fields\.(\w+)", url):
        row = {match["name"]: "x" for match in FIELD.finditer(url)} | {place: HOSTILE}
        address = urlsplit(filled(url, row))
        assert parse_qs(address.query)[name] == [HOSTILE]
        assert not address.fragment


@pytest.mark.parametrize("link", TO_PAGES, ids=named)
async def test_row_leads_to_the_page_about_it(link: tuple[str, Json, str]) -> None:
    async with served(WHAT) as client:
        base = str(client.base_url).rstrip("/")
        for row in rows(link[2]):
            address = filled(link[2], {**row, "external_url": base})
            answer = await client.get(address)
            assert answer.status_code in {302, 303}, address
            if "/portal" in link[2]:
                place = urlsplit(answer.headers["location"])
                assert (place.scheme, place.hostname) == ("https", "entra.microsoft.com")
                assert row["app_id"] in answer.headers["location"]
                continue
            page = await client.get(answer.url.join(answer.headers["location"]))
            assert page.status_code == 200
            # There is nothing to do about what works: the status page shows it.
            assert page.url.path.removeprefix("/runbooks/") in {*RUNBOOKS, "/"}
            assert row.get("target", row["app_id"]) in html.unescape(page.text)


def test_rows_are_of_what_would_break_an_address() -> None:
    found = [row for url in ("", "${__data.fields.target}") for row in rows(url)]
    assert {row["app_id"] for row in found} == {APP_ID, OTHER}
    assert any("#" in row.get("key_id", "") for row in found)
    assert any("#" in row.get("target", "") for row in found)
