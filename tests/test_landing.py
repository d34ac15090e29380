"""The landing page, read as a browser would."""

from dataclasses import replace
from html.parser import HTMLParser

import msgspec
import pytest
from builders import (
    APP_ID,
    DAY,
    KEY_ID,
    NOW,
    application,
    credential,
    failure,
    signing,
    snapshot,
    tenant,
)

from exporter import __version__
from exporter.model import FailureReason, ObjectType
from exporter.snapshot import Snapshot
from exporter.web import landing
from exporter.web.assets import asset
from exporter.web.listing import indexed
from exporter.web.query import Mistake, Query

HOSTILE = "<script>alert(1)</script>\"'&\x1b[31m\u202egnp\u2066\x00\n\u200b"
VISIBLE = r"""<script>alert(1)</script>"'&\x1b[31m\u202egnp\u2066\x00\n\u200b"""


class Reader(HTMLParser):
    """The tags of a page, and its text with single spaces between the pieces."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.pieces: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag; those without an end do not stay open."""
        self.tags.append(tag)
        self.elements.append((tag, dict(attrs)))
        self.links.extend(value or "" for name, value in attrs if name == "href")
        self.pieces.append(" ")
        if tag not in {"meta", "link", "br", "input"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost tag, which must be this one."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.pieces.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every element of that name."""
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self) -> str:
        """All that a person reads."""
        return " ".join("".join(self.pieces).split())


def page(
    what: Snapshot,
    now: float = NOW,
    telemetry_path: str = "/metrics",
    query: Query | None = None,
    mistakes: tuple[Mistake, ...] = (),
) -> str:
    """The page as HTML."""
    return landing.page(indexed(what, now), query or Query(), telemetry_path, mistakes)


def read(what: Snapshot, query: Query | None = None, now: float = NOW) -> Reader:
    """The page; every tag that it opens must be closed."""
    reader = Reader(page(what, now, query=query))
    assert reader.open == []
    return reader


def shown(what: Snapshot, now: float = NOW, query: Query | None = None) -> str:
    """The page's text."""
    return read(what, query, now).text


def test_page_is_html_with_a_title_and_links_that_work_below_any_path() -> None:
    html = page(snapshot(), NOW, "/metrics")
    reader = Reader(html)
    assert html.startswith("<!doctype html>")
    assert f"Version {__version__}" in reader.text
    assert reader.links == [
        "data:,",
        asset("style.css"),
        "#main",
        "runbooks/",
        "metrics",
        "-/ready",
        "-/healthy",
    ]


def test_page_loads_nothing_from_elsewhere() -> None:
    html = page(snapshot(tenant(application(credential(3)))), NOW, "/metrics")
    assert "//" not in html
    assert [script["src"] for script in Reader(html).all("script")] == [asset("copy.js")]


def test_metrics_are_linked_where_they_are() -> None:
    assert "deep/metrics" in Reader(page(snapshot(), NOW, "/deep/metrics")).links


def test_credential_is_listed_with_all_that_finds_it() -> None:
    assert (
        f"3 d 0 h left billing application {APP_ID} "
        f"secret deploy key id {KEY_ID} 2026-09-24 contoso Runbook for billing, deploy"
    ) in shown(snapshot(tenant(application(credential(3)))))


def test_names_from_the_tenant_are_text_with_control_characters_made_visible() -> None:
    what = snapshot(
        tenant(
            application(credential(3, name=HOSTILE), name=HOSTILE),
            failure=failure(detail=HOSTILE),
        )
    )
    html = page(what, NOW, "/metrics")
    assert "<script>" not in html
    assert not {"\x1b", "\x00", "\u202e", "\u2066", "\u200b"} & set(html)
    assert shown(what).count(VISIBLE) == 5


def test_key_and_application_ids_are_escaped_too() -> None:
    what = snapshot(tenant(application(credential(3, key_id="<u>k</u>"), app_id="<i>a</i>")))
    assert not {"u", "i"} & set(Reader(page(what, NOW, "/metrics")).tags)


def test_missing_names_are_said_to_be_missing() -> None:
    assert (
        shown(snapshot(tenant(application(credential(3, name=""), name="")))).count("no name") == 2
    )


def test_kind_and_object_are_said_in_words() -> None:
    holds = application(signing(3, active=True), object_type=ObjectType.SERVICE_PRINCIPAL)
    text = shown(snapshot(tenant(holds)))
    assert "service principal" in text
    assert "saml signing" in text


def test_superseded_credential_says_that_a_newer_one_is_there() -> None:
    old, new = credential(3, key_id="a"), credential(99)
    assert "a newer one is there" in shown(snapshot(tenant(application(old, new))))
    assert "a newer one is there" not in shown(snapshot(tenant(application(old))))


def test_credential_that_never_ends_says_never() -> None:
    endless = msgspec.structs.replace(credential(), expires=float("inf"))
    watchful = replace(tenant(application(endless)), expiring_within=float("inf"))
    text = shown(snapshot(watchful))
    assert "no end" in text
    assert "never" in text


def test_most_urgent_is_listed_first() -> None:
    objects = [application(credential(days), name=f"in{days}") for days in (20, -2, 5)]
    text = shown(snapshot(tenant(*objects)))
    assert text.index("in-2") < text.index("in5") < text.index("in20")


def test_fifty_are_on_a_page_and_the_others_on_the_next() -> None:
    objects = [
        application(credential(1 + position / 100, key_id=f"k-{position:02}"))
        for position in range(52)
    ]
    what = snapshot(tenant(*objects))
    first, second = shown(what), shown(what, query=Query(page=2))
    assert ("k-49" in first, "k-50" in first) == (True, False)
    assert ("k-49" in second, "k-50" in second) == (False, True)
    assert "1 to 50 of 52, the most urgent first." in first
    assert "51 to 52 of 52" in second


def test_list_that_fits_on_one_page_has_no_pager() -> None:
    objects = [application(credential(1, key_id=f"k-{position}")) for position in range(50)]
    assert "nav" not in read(snapshot(tenant(*objects))).tags


def test_nothing_expires_soon_is_said_when_something_was_read() -> None:
    assert "Nothing expires soon." in shown(snapshot(tenant(application(credential(300)))))


@pytest.mark.parametrize(
    "what",
    [
        pytest.param(snapshot(), id="no tenants"),
        pytest.param(snapshot(tenant(read=False)), id="before the first poll"),
        pytest.param(snapshot(tenant(read=False, failure=failure())), id="first poll failed"),
        pytest.param(snapshot(tenant(read=False, polled=False)), id="never to be read"),
    ],
)
def test_nothing_expires_soon_is_not_said_when_nothing_was_read(what: Snapshot) -> None:
    assert "Nothing expires soon" not in shown(what)
    assert "No tenant has been read yet" in shown(what)


def test_failing_tenant_comes_first_with_reason_code_and_next_step() -> None:
    good = tenant(application(credential(3)), name="alpha")
    bad = tenant(name="zulu", read=False, failure=failure(at=NOW - 125))
    text = shown(snapshot(good, bad))
    told = text.index("The last poll failed 2 min ago: login, AADSTS7000222.")
    step = text.index("Next step: give the exporter a new secret.")
    assert text.index("Could not be read") < text.rindex("zulu") < told < step
    assert step < text.rindex("Needs attention") < text.index("3 d 0 h left")
    assert text.index("Tenants") < text.rindex("alpha")
    assert text.count("zulu") == 2  # once as a filter
    assert "It has never been read: there is no data of this tenant." in text


def test_failing_tenant_without_a_code_names_none() -> None:
    bad = failure(FailureReason.NETWORK, aadsts_code=None, detail="no route")
    text = shown(snapshot(tenant(read=False, failure=bad)))
    assert "ago: network." in text
    assert "AADSTS" not in text


def test_failing_tenant_that_was_read_shows_how_old_its_data_is() -> None:
    what = snapshot(tenant(application(credential(90)), failure=failure(at=NOW + 3 * DAY)))
    text = shown(what, NOW + 3 * DAY)
    assert "1 applications and service principals, as of 3 d 0 h ago" in text
    assert "(2026-09-21 12:00:00 UTC)" in text


def test_page_without_failures_has_no_section_for_them() -> None:
    text = shown(snapshot(tenant()))
    assert "Could not be read" not in text
    assert "0 applications and service principals, as of 0 s ago" in text


def test_page_on_which_every_tenant_fails_has_no_empty_section() -> None:
    reader = Reader(page(snapshot(tenant(failure=failure())), NOW, "/metrics"))
    assert reader.tags.count("section") == 2


def test_tenant_before_its_first_poll_says_so() -> None:
    assert "The first poll is under way." in shown(snapshot(tenant(read=False)))


def test_tenant_that_is_only_verified_says_so() -> None:
    text = shown(snapshot(tenant(read=False, polled=False)))
    assert "Not read from Graph: only its secrets are verified." in text
    assert "under way" not in text
