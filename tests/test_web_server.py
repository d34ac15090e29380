"""The pages and the JSON as they are served: headers, caching, hostile requests, and a crowd."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import quote

import httpx
import pytest
from builders import NOW, application, credential, failure, snapshot, tenant
from test_landing import HOSTILE, Reader

from exporter.address import Address
from exporter.health import Health
from exporter.metrics.exposition import Exposition, Renderer
from exporter.snapshot import Snapshot
from exporter.store import Store
from exporter.web import Pages, serving
from exporter.web.assets import ASSETS, asset
from exporter.web.making import KEPT, MOST_WAITING, Making

WHAT = snapshot(
    tenant(
        application(credential(3, name=HOSTILE), name=HOSTILE),
        application(credential(300, key_id="b"), app_id="b", name="orders"),
    ),
    tenant(name="zulu", read=False, failure=failure(detail=HOSTILE)),
)
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PAGES = ["/", "/?q=a&state=valid", "/?page=7", "/?tenant=no", "/runbooks/", "/runbooks/Nothing"]
RUNBOOK = "/runbooks/EntraCredentialExpired?tenant=contoso&app_id=x&key_id=%3Cb%3E"
LISTS = ["/api/v1/credentials", "/api/v1/verifications"]
LONG = "x" * 10_240
HOSTILE_QUERIES = [
    f"q={LONG}",
    f"tenant={LONG}",
    f"{LONG}=1",
    "page=-1",
    "page=1e9",
    "page=abc",
    "q=%00",
    "q=%1b%5b31m",
    "q=%ff%fe",
    "q=%ed%a0%80",
    "tenant=nobody",
    "tenant=contoso&tenant=zulu",
    "state=%3Cscript%3E",
    "kind=" + quote(HOSTILE),
    "&".join(f"q={n}" for n in range(500)),
]


def store_of(what: Snapshot) -> Store[Exposition]:
    """A store that shows the snapshot."""
    return Store(what, Renderer(), lambda: NOW)


@asynccontextmanager
async def served(what: Snapshot = WHAT) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the pages over a snapshot."""

    async def reload() -> None:
        """Nothing to read again."""

    pages = Pages(store_of(what), reload, lambda: NOW, "/metrics", Health())
    async with serving(pages) as listen_on:
        address = await listen_on(Address("127.0.0.1", 0))
        async with httpx.AsyncClient(base_url=address.url) as client:
            yield client


@pytest.mark.parametrize("path", [*PAGES, RUNBOOK])
async def test_every_page_has_the_strict_policy_and_nothing_inline(path: str) -> None:
    async with served() as client:
        answer = await client.get(path)

    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    for tag, attributes in Reader(answer.text).elements:
        assert tag != "style"
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
        assert tag != "script" or "static/copy.js" in (attributes["src"] or "")


@pytest.mark.parametrize("path", ["/?q=orders", "/runbooks/", RUNBOOK, "/runbooks/Nothing"])
async def test_links_of_a_page_lead_somewhere(path: str) -> None:
    async with served() as client:
        page = await client.get(path)
        links = {
            link for link in Reader(page.text).links if not link.startswith(("http", "#", "data:"))
        }
        found = {link: (await client.get(page.url.join(link))).status_code for link in links}

    assert links
    assert {status for link, status in found.items() if "ready" not in link} == {200}


async def test_unknown_runbook_says_what_there_is() -> None:
    async with served() as client:
        answer = await client.get("/runbooks/%3Cscript%3E")

    assert answer.status_code == 404
    assert "../runbooks/" in answer.text
    assert "<script>" not in answer.text


async def test_runbooks_without_a_slash_lead_to_the_list() -> None:
    async with served() as client:
        answer = await client.get("/runbooks")

    assert (answer.status_code, answer.headers["location"]) == (301, "runbooks/")


@pytest.mark.parametrize("query", HOSTILE_QUERIES, ids=lambda query: query[:30])
async def test_hostile_parameters_get_a_message_and_never_an_error(query: str) -> None:
    async with served() as client:
        page = await client.get(f"/?{query}")
        lists = [await client.get(f"{path}?{query}") for path in LISTS]

    assert page.status_code in {200, 400}
    assert page.status_code == 200 or "could not be read" in page.text
    assert "<script>" not in page.text
    assert "\u202e" not in page.text
    for answer in lists:
        assert answer.status_code in {200, 400}
        assert answer.status_code == 200 or answer.json()["mistakes"]


async def test_page_overlooks_parameters_that_others_add_and_a_list_does_not() -> None:
    async with served() as client:
        page = await client.get("/?utm_source=chat")
        told = await client.get("/api/v1/credentials?utm_source=chat")

    assert page.status_code == 200
    assert told.status_code == 400
    assert "superseded" in told.json()["mistakes"][0]["accepted"]


@pytest.mark.parametrize("path", LISTS)
async def test_lists_are_json_that_nobody_keeps(path: str) -> None:
    async with served() as client:
        answer = await client.get(path)

    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["page"] == 1


@pytest.mark.parametrize(
    "query", ["", "?q=ORD", "?state=valid", "?tenant=zulu", "?superseded=true"]
)
async def test_list_and_page_find_the_same(query: str) -> None:
    async with served() as client:
        told = (await client.get(f"/api/v1/credentials{query or '?state=attention'}")).json()
        page = (await client.get(f"/{query}")).text

    shown = [
        key for key in ("bbbbbbbb-0000-4000-8000-000000000001", "<code>b</code>") if key in page
    ]
    assert len(shown) == told["total"]


@pytest.mark.parametrize("path", ["/", "/runbooks/", *LISTS, f"/{asset('style.css')}"])
async def test_only_reading_is_allowed(path: str) -> None:
    async with served() as client:
        posted = await client.post(path)
        head = await client.head(path)

    assert (posted.status_code, head.status_code) == (405, 200)
    assert head.content == b""


@pytest.mark.parametrize("name", sorted(ASSETS))
async def test_files_of_a_page_are_kept_by_browsers_until_they_change(name: str) -> None:
    async with served() as client:
        first = await client.get(f"/{asset(name)}")
        etag = {"If-None-Match": first.headers["etag"]}
        again = await client.get(f"/{asset(name)}", headers=etag)
        other = await client.get(f"/static/{name}?v=old")

    assert "immutable" in first.headers["cache-control"]
    assert (again.status_code, again.content) == (304, b"")
    assert other.headers["cache-control"] == "no-cache"
    assert other.content == first.content


async def test_other_files_are_not_served() -> None:
    async with served() as client:
        answers = [
            (await client.get(f"/static/{name}")).status_code
            for name in ("nothing.css", "..%2fserver.py", "%2e%2e/server.py")
        ]

    assert answers == [404] * 3


async def test_page_is_made_once_until_metrics_show_something_else() -> None:
    store = store_of(WHAT)
    making, made = Making(store, lambda: NOW), list[str]()
    make = counted(made)
    await asyncio.gather(*(making.page("a", make) for _ in range(5)))
    assert made == ["made"]
    await store.render_once()
    await making.page("a", make)
    assert made == ["made", "made"]


async def test_few_pages_are_kept_and_the_last_used_longest() -> None:
    making, made = Making(store_of(WHAT), lambda: NOW), list[str]()
    make = counted(made)
    for key in (0, *range(1, KEPT), 0, KEPT, 0):
        await making.page(key, make)
    assert len(made) == KEPT + 1
    assert len(making.kept) == KEPT


def counted(made: list[str]) -> Callable[[object], str]:
    """What notes each page that it makes."""

    def make(_index: object) -> str:
        made.append("made")
        return "page"

    return make


async def test_crowd_is_sent_away_and_the_others_are_served() -> None:
    making = Making(store_of(WHAT), lambda: NOW)
    go = threading.Event()
    first = [
        asyncio.create_task(making.of_snapshot(lambda _snapshot, _now: go.wait(5)))
        for _ in range(MOST_WAITING)
    ]
    await asyncio.sleep(0)
    with pytest.raises(Exception, match="Service Unavailable") as refused:
        await making.of_snapshot(lambda _snapshot, _now: go.wait(5))
    go.set()
    assert await asyncio.gather(*first) == [True] * MOST_WAITING
    assert getattr(refused.value, "status", None) == 503


async def test_runbook_does_not_stand_behind_those_who_search() -> None:
    making = Making(store_of(WHAT), lambda: NOW)
    making.lists.waiting = MOST_WAITING
    async with making.lists.lock:
        assert await making.of_snapshot(lambda _snapshot, now: now) == NOW


async def test_address_without_its_slash_keeps_what_it_asks() -> None:
    async with served() as client:
        answer = await client.get("/runbooks?tenant=contoso")

    assert answer.headers["location"] == "runbooks/?tenant=contoso"
