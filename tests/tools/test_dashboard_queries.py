"""
Every query of the dashboards, asked of a real Prometheus that scrapes the demo and evaluates the
shipped alerts. Needs prometheus (Debian: package prometheus).
"""

import asyncio
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import promql_parser as promql
import pytest
from builders import DAY, KEY_ID, NOW, snapshot, target_view, tenant
from command import ANY_PORT, started
from dashboard_reading import (
    UIDS,
    Json,
    annotations,
    committed,
    targets,
    variables,
)
from grafana import Server, all_chosen, each_chosen, expand, scraping
from test_dashboards_links import TO_PAGES, filled
from test_dashboards_links import named as link_named
from test_web_server import served

from exporter.simulator import expected_series
from exporter.snapshot import Held

ENDS = "entra_credential_expiry_timestamp_seconds"
SETTLED = (
    'entra_poll_success{tenant="contoso"} == 1',
    *(
        f'entra_verify_cause{{cause="{cause}"}} == 1'
        for cause in ("expired", "revoked", "rotation_mismatch", "format_error")
    ),
    f'last_over_time({ENDS}{{app_name="parcel-tracker"}}[1m]) unless {ENDS}',
    f'count(last_over_time({ENDS}{{app_name="loyalty-points"}}[1m])) > 1',
    "increase(entra_poll_failures_total[20s]) > 0",
    'ALERTS{alertstate="firing",severity="critical"}',
)
"""What has happened once the demo has shown all that its story begins with."""

QUIET = {
    "entra-verification, Stored ones end within 7 days, A, instant": (
        "What the demo stores has ended already, or lasts longer."
    ),
    "entra-exporter, Throttled requests, A, range": "The simulated Graph has enough for all.",
}
"""Queries that rightly find nothing in the demo, or only a 0 for nothing; `TROUBLED` has it."""

TROUBLED = replace(
    snapshot(tenant(requests=MappingProxyType({"200": 7, "429": 2}))),
    targets=(target_view(holds=Held(KEY_ID, NOW + 3 * DAY)),),
)
ENDING = {"Expired": (-30, 0), "End within 7 days": (0, 7), "End within 30 days": (0, 30)}
"""Tiles of the overview, and between which days left they count."""


class Asked(NamedTuple):
    """One query: of which dashboard, where in it, and whether of one moment or of a range."""

    uid: str
    where: str
    expression: str
    instant: bool


def of_panels(uid: str) -> Iterator[Asked]:
    """The queries of the panels; one may be asked both ways."""
    for panel, target in targets(committed(uid)):
        where = f"{panel['title']}, {target['refId']}"
        instant = bool(target.get("instant"))
        if instant:
            yield Asked(uid, where, target["expr"], instant=True)
        if target.get("range") or not instant:
            yield Asked(uid, where, target["expr"], instant=False)


def of_annotations(uid: str) -> Iterator[Asked]:
    """The queries of the annotations."""
    for name, expression in annotations(committed(uid)):
        yield Asked(uid, f"annotation {name}", expression, instant=False)


ASKED = [one for uid in UIDS for one in (*of_panels(uid), *of_annotations(uid))]
VARIABLES = [
    (uid, one) for uid in UIDS for one in variables(committed(uid)) if one["type"] == "query"
]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Prometheus over the demo, once everything was seen that its story begins with."""
    folder = tmp_path_factory.mktemp("watched")
    with started(folder, "demo", "--web.listen-address", ANY_PORT) as demo:
        target = demo.find(r"Metrics +http://([0-9.:]+)/metrics")
        with scraping(folder, target) as server:
            for expression in SETTLED:
                server.wait(expression)
            [seen] = server.wait("count_over_time(up[1m])")
            server.wait(f"count_over_time(up[2m]) > {float(seen['value'][1]) + 2}")
            yield server


def named(one: Asked) -> str:
    """A query for a person."""
    return f"{one.uid}, {one.where}, {'instant' if one.instant else 'range'}"


def telling(one: Asked) -> str:
    """The query as a dashboard begins, without the 0 that it shows in the place of nothing."""
    expression = expand(one.expression, all_chosen(committed(one.uid)))
    tree = promql.parse(expression)
    if isinstance(tree, promql.BinaryExpr) and str(tree.op) == "or":
        return tree.lhs.prettify()
    return expression


@pytest.mark.parametrize("one", ASKED, ids=named)
def test_query_shows_something(one: Asked, watched: Server) -> None:
    found = watched.series(telling(one), instant=one.instant)

    assert bool(found) is (named(one) not in QUIET)


async def test_query_that_is_quiet_in_the_demo_shows_what_it_is_there_for(tmp_path: Path) -> None:
    quiet = [one for one in ASKED if named(one) in QUIET]
    assert len(quiet) == len(QUIET)
    async with served(TROUBLED) as client:
        with scraping(tmp_path, client.base_url.netloc.decode()) as server:
            await asyncio.to_thread(server.wait, "count_over_time(up[1m]) > 2")
            for one in quiet:
                found = await asyncio.to_thread(server.series, telling(one), instant=one.instant)
                assert found, named(one)


@pytest.mark.parametrize("one", ASKED, ids=named)
def test_query_shows_something_with_every_value_chosen_by_itself(
    one: Asked, watched: Server
) -> None:
    expression = expand(one.expression, each_chosen(watched, committed(one.uid)))

    assert watched.series(expression, instant=one.instant)


@pytest.mark.parametrize(
    ("uid", "one"), VARIABLES, ids=[f"{uid}, {one['name']}" for uid, one in VARIABLES]
)
def test_variable_offers_values_that_its_label_has(uid: str, one: Json, watched: Server) -> None:
    offered = watched.options(one, all_chosen(committed(uid)))
    there = watched.ask(f"label/{one['name']}/values")

    assert offered
    assert set(offered) <= set(there)


@pytest.mark.parametrize("title", ENDING)
def test_tile_counts_what_the_demo_holds(title: str, watched: Server) -> None:
    [tile] = [one for one in of_panels("entra-overview") if one.where == f"{title}, A"]
    [found] = watched.series(
        expand(tile.expression, all_chosen(committed("entra-overview"))), instant=True
    )
    low, high = ENDING[title]
    expected = [
        one for one in expected_series(time.time()) if low < one.days < high and not one.superseded
    ]

    assert expected
    assert float(found["value"][1]) == len(expected)


def test_table_narrows_to_the_credential_that_a_link_names(watched: Server) -> None:
    chosen = all_chosen(committed("entra-overview"))
    [table] = [one for one in of_panels("entra-overview") if one.where == "Next to expire, A"]
    rows = watched.series(expand(table.expression, chosen), instant=True)
    names = {name: rows[-1]["metric"][name] for name in ("tenant", "app_id", "key_id")}
    narrowed = watched.series(expand(table.expression, chosen | names), instant=True)

    assert len(rows) > 1
    assert [row["metric"] for row in narrowed] == [rows[-1]["metric"]]


@pytest.mark.parametrize("link", TO_PAGES, ids=link_named)
def test_every_row_leads_to_a_page_of_the_exporter(
    link: tuple[str, Json, str], watched: Server
) -> None:
    uid, panel, url = link
    [target] = panel["targets"]
    rows = watched.series(expand(target["expr"], all_chosen(committed(uid))), instant=True)
    answers = {address: status(address) for row in rows for address in [filled(url, row["metric"])]}

    assert rows
    assert set(answers.values()) == {200}


def status(address: str) -> int:
    """The status of a page, after any redirect."""
    with urllib.request.urlopen(address) as answer:  # noqa: S310 - of the demo
        return int(answer.status)
