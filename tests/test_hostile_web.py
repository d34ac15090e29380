"""Whatever is asked of the pages: an answer, nothing of it unescaped, and no way off the site."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit

import msgspec
from builders import (
    APP_ID,
    KEY_ID,
    NOW,
    application,
    credential,
    diagnosis,
    failure,
    snapshot,
    target,
    target_view,
    tenant,
)
from hostile import TEXTS, any_character, texts
from hypothesis import example, given
from hypothesis import strategies as st

from exporter.address import Address
from exporter.health import Health
from exporter.metrics.exposition import Renderer
from exporter.model import Cause, ObjectType
from exporter.runbooks import RUNBOOKS
from exporter.runbooks.portal import PORTALS
from exporter.snapshot import Place, Snapshot
from exporter.store import Store
from exporter.verdict import Finding, Refusal, Verdict
from exporter.web import Pages, serving

MARK = "<i>zzq</i>\"'&zzq"
WHAT = snapshot(
    tenant(
        application(credential(3)),
        application(credential(-3, key_id="b"), app_id="b", name=MARK),
        application(
            credential(1), app_id=APP_ID[:-1] + "2", object_type=ObjectType.SERVICE_PRINCIPAL
        ),
        application(credential(2, key_id="//elsewhere.example"), app_id="//elsewhere.example"),
    ),
    tenant(name="zulu", read=False, failure=failure(detail=MARK)),
)
WHAT = Snapshot(
    WHAT.tenants,
    WHAT.reload,
    WHAT.external_url,
    (target_view(Cause.REVOKED), target_view(target=target("fine"))),
)
BOOKS = ("/runbooks/EntraCredentialExpired", "/runbooks/EntraVerifyFailed")
PATHS = [
    "/",
    "/runbooks",
    "/runbooks/",
    "/runbooks/Nothing",
    *(f"/runbooks/{name}" for name in sorted(RUNBOOKS)),
    "/portal",
    "/api/v1/credentials",
    "/api/v1/verifications",
    "/metrics",
    "/static/style.css",
    "/-/healthy",
    "/-/ready",
    "/-/reload",
]
NAMES = [
    "q",
    "tenant",
    "app_id",
    "key_id",
    "target",
    "state",
    "kind",
    "superseded",
    "page",
    "limit",
    "v",
    "cause",
    "reason",
    "object",
]
KNOWN = ["contoso", "zulu", APP_ID, KEY_ID, "billing-api", "fine", "b", "//elsewhere.example", MARK]
ADDRESSES = [
    "//elsewhere.example",
    "https://elsewhere.example",
    "/\\elsewhere.example",
    "\\\\elsewhere.example",
    "javascript:alert(1)",
    "\r\nLocation: https://elsewhere.example",
    "..//elsewhere.example",
    "%2F%2Felsewhere.example",
    "?//elsewhere.example",
    "#@elsewhere.example",
    f"{APP_ID}@elsewhere.example",
    "https:elsewhere.example",
]
values = (
    st.sampled_from(KNOWN) | st.sampled_from(ADDRESSES) | st.sampled_from(["1", "0", "9" * 40])
) | texts
paths = st.sampled_from(PATHS) | texts.map(
    lambda text: f"/runbooks/{quote(text, errors='replace')}"
)
parameters = st.lists(st.tuples(st.sampled_from(NAMES) | texts, values), max_size=5)
queries = parameters.map(lambda pairs: urlencode(pairs, errors="replace")) | st.text(
    any_character, max_size=60
)
requests = st.tuples(paths, queries)


@asynccontextmanager
async def port(what: Snapshot = WHAT) -> AsyncIterator[int]:
    """Where the pages are served."""

    async def reload() -> None:
        """Nothing to read again."""

    store = Store(what, Renderer(), lambda: NOW)
    pages = Pages(store, reload, lambda: NOW, "/metrics", Health())
    async with serving(pages.application(), pages.health) as listen_on:
        yield (await listen_on(Address("127.0.0.1", 0))).port


async def raw(number: int, head: bytes) -> tuple[int, dict[str, str], str]:
    """Status, headers and body for a request that is sent as it is."""
    reader, writer = await asyncio.open_connection("127.0.0.1", number)
    writer.write(head + b"\r\nHost: x\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    top, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = top.decode("latin-1").split("\r\n")
    headers = {line.partition(":")[0].lower(): line.partition(": ")[2] for line in lines}
    return int(first.split()[1]), headers, body.decode()


async def got(number: int, path: str, query: str) -> tuple[int, dict[str, str], str]:
    """What is answered to a GET; only what no address may hold is quoted."""
    asked = re.sub(
        "[\x00-\x20\x7f-\U0010ffff]", lambda c: quote(c[0], errors="replace"), f"{path}?{query}"
    )
    return await raw(number, f"GET {asked} HTTP/1.1".encode())


class Tags(HTMLParser):
    """The elements of a page, and all its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it."""
        self.names.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.links += [value or "" for name, value in attrs if name in {"href", "src", "action"}]


def assert_escaped(headers: dict[str, str], body: str) -> None:
    """That nothing of the request became a part of the page itself."""
    kind = headers.get("content-type", "")
    assert headers["x-content-type-options"] == "nosniff"
    if kind.startswith("application/json"):
        msgspec.json.decode(body.encode())
    elif kind.startswith("text/html"):
        found = Tags(body)
        assert not found.names & {"i", "img", "iframe", "base", "object"}
        assert not [name for name in found.attributes if name.startswith("on")]
        known = (*PORTALS.values(), "https://learn.microsoft.com", "https://github.com", "data:")
        for link in found.links:
            parts = urlsplit(link)
            assert not (parts.scheme or parts.netloc) or link.startswith(known), link
    else:
        assert kind.startswith("text/"), kind


def assert_stays(headers: dict[str, str], path: str) -> None:
    """That a redirect stays on the site, or leads to a portal that is known."""
    location = headers["location"]
    assert location.isprintable()
    where = urlsplit(urljoin(f"http://site.invalid{path}", location))
    assert f"{where.scheme}://{where.netloc}" in {"http://site.invalid", *PORTALS.values()}
    assert not location.startswith(("//", "/\\", "\\"))


@given(st.lists(requests, max_size=6))
@example([(path, f"app_id={quote(text)}&tenant=contoso") for path in PATHS for text in ADDRESSES])
@example([(path, f"q={quote(MARK)}&{quote(MARK)}=1&target={quote(MARK)}") for path in PATHS])
@example(
    [
        (path, urlencode({"tenant": "contoso", "app_id": APP_ID, "key_id": t}, errors="replace"))
        for path in ("/portal", "/runbooks/")
        for t in TEXTS
    ]
)
async def test_any_request_gets_an_answer_without_a_way_out(asked: list[tuple[str, str]]) -> None:
    async with port() as number:
        for path, query in asked:
            status, headers, body = await got(number, path, query)
            assert status < 500, (path, query, body)
            if status in {301, 302}:
                assert_stays(headers, path)
            else:
                assert_escaped(headers, body)


@given(
    st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "x"]),
    st.lists(st.binary(max_size=60).map(lambda b: re.sub(rb"[\r\n]", b"", b)), max_size=4),
)
async def test_any_bytes_get_an_answer(method: str, paths: list[bytes]) -> None:
    async with port() as number:
        for path in paths:
            status, _, body = await raw(number, method.encode() + b" /" + path + b" HTTP/1.1")
            assert status < 500, body
            asked = method.encode() + b" /portal?app_id=" + path + b" HTTP/1.1"
            status, headers, _ = await raw(number, asked)
            assert status < 500
            if status in {301, 302}:
                assert_stays(headers, "/portal")


def one_line(text: str) -> str:
    """Without what would end a header."""
    return re.sub("[\r\n\x00]", "", text)


@given(texts, texts, texts)
async def test_any_header_gets_an_answer(accept: str, encoding: str, etag: str) -> None:
    lines = {"Accept": accept, "Accept-Encoding": encoding, "If-None-Match": etag}
    sent = "".join(f"\r\n{name}: {one_line(value)[:4000]}" for name, value in lines.items())
    async with port() as number:
        for path in (b"/metrics", b"/static/style.css", b"/", b"/api/v1/credentials"):
            reader, writer = await asyncio.open_connection("127.0.0.1", number)
            writer.write(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close")
            writer.write(sent.encode(errors="replace") + b"\r\n\r\n")
            answer = await reader.read()
            writer.close()
            await writer.wait_closed()
            assert int(answer.split()[1]) < 500


@given(texts, texts, st.dictionaries(texts, texts, max_size=2))
async def test_runbooks_without_a_slash_keep_what_was_asked(
    app_id: str, target_name: str, more: dict[str, str]
) -> None:
    query = urlencode({"app_id": app_id, "target": target_name, **more}, errors="replace")
    async with port() as number:
        status, headers, _ = await got(number, "/runbooks", query)
    assert status == 301
    assert_same_query(headers["location"], query)


def assert_same_query(location: str, query: str) -> None:
    """That the address names the same things as the one that was asked for."""
    kept = urlsplit(f"http://site.invalid/{location}")
    assert parse_qsl(kept.query, keep_blank_values=True) == parse_qsl(query, keep_blank_values=True)
    assert not kept.fragment


def everything(text: str) -> Snapshot:
    """A snapshot with the text wherever a tenant's people, or the login service, may write one."""
    made = application(credential(-3, key_id=text, name=text), app_id=text, name=text, tags=(text,))
    said = Refusal(7000222, text, text, 401, text)
    found = (Finding("quotes", text, text),)
    why = diagnosis(Cause.UNKNOWN, summary=text, evidence=(text,), key_id=text, other_app_id=text)
    stored = target(
        client_id=text,
        place=Place("file", env=text, file=text, key=text, vault=text, name=text),
        details={"namespace": text, "name": text, text: text},
    )
    view = target_view(verdict=Verdict(NOW, why, found, said), target=stored)
    failed = tenant(name="zulu", read=False, failure=failure(detail=text, remedy=text))
    return Snapshot((tenant(made), failed), WHAT.reload, "https://x.example", (view,))


@given(texts)
@example(MARK)
async def test_any_text_of_a_tenant_is_escaped_on_every_page(text: str) -> None:
    named = urlencode({"tenant": "contoso", "app_id": text, "key_id": text}, errors="replace")
    of_target = "tenant=contoso&target=billing-api"
    async with port(everything(text)) as number:
        for query in (named, of_target, "tenant=zulu", "state=expired"):
            for path in ("/", "/runbooks/", "/portal", "/api/v1/credentials", "/metrics", *BOOKS):
                status, headers, body = await got(number, path, query)
                assert status < 500, (path, query)
                if status in {301, 302}:
                    assert_stays(headers, path)
                else:
                    assert_escaped(headers, body)
