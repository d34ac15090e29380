"""Listings that lead astray: links that loop, never end or lead elsewhere, and odd encodings."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from conftest import Lab
from test_graph import APPLICATIONS, failure, read
from test_poller import polling

from exporter.model import FailureReason
from exporter.simulator import Fault

LINK = "@odata.nextLink"


def page(link: str) -> Fault:
    """An empty page that leads on."""
    return Fault(path=APPLICATIONS, status=200, body={"value": [], LINK: link})


def pages(lab: Lab, links: list[str]) -> None:
    """Pages that lead on one after the other; the last one for ever."""
    for position, link in enumerate(links):
        last = position == len(links) - 1
        lab.simulator.faults.add(
            Fault(
                path=APPLICATIONS,
                times=None if last else 1,
                status=200,
                body={"value": [], LINK: link},
            )
        )


async def test_links_that_lead_in_a_circle_of_two_end_the_poll(lab: Lab) -> None:
    first, second = (f"{lab.cloud.graph}{APPLICATIONS}?$skiptoken={name}" for name in "ab")
    pages(lab, [first, second, first])

    error = await failure(lab)

    assert error.reason is FailureReason.MALFORMED
    assert "leads back to a page read before" in error.detail


async def test_new_links_without_end_end_the_poll(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exporter.graph.client.MOST_PAGES", 20)
    pages(lab, [f"{lab.cloud.graph}{APPLICATIONS}?$skiptoken={number}" for number in range(30)])

    error = await failure(lab)

    assert error.reason is FailureReason.MALFORMED
    assert "do not end after 20 pages" in error.detail
    assert len([r for r in lab.simulator.requests if r.path == APPLICATIONS]) <= 21


@pytest.mark.parametrize(
    "link",
    [
        "https://elsewhere.invalid/v1.0/applications",
        "http://{host}/v1.0/applications",
        "https://127.0.0.1:1/v1.0/applications",
        "https://{host}.elsewhere.invalid/v1.0/applications",
        "https://{host}@elsewhere.invalid/v1.0/applications",
        "//elsewhere.invalid/v1.0/applications",
        "/v1.0/applications",
        "file:///etc/passwd",
        "",
    ],
)
async def test_link_that_leads_away_from_graph_is_not_followed(lab: Lab, link: str) -> None:
    host = lab.cloud.graph.removeprefix("https://")
    lab.simulator.faults.add(page(link.format(host=host)))

    error = await failure(lab)

    assert error.reason is FailureReason.MALFORMED
    assert "leads to another host" in error.detail
    assert len([r for r in lab.simulator.requests if r.path == APPLICATIONS]) == 1


@pytest.mark.parametrize("tail", ["\x00", "\r\nHost: elsewhere", "x" * 70_000, "{+reserved}"])
async def test_link_that_is_no_address_is_malformed_and_no_bug(lab: Lab, tail: str) -> None:
    lab.simulator.faults.add(page(f"{lab.cloud.graph}{APPLICATIONS}?$skiptoken={tail}"))

    assert (await failure(lab)).reason is FailureReason.MALFORMED


@asynccontextmanager
async def stranger(lab: Lab) -> AsyncIterator[tuple[str, list[web.Request]]]:
    """Another server that the exporter's authority vouches for, and what it was asked."""
    asked: list[web.Request] = []

    async def handle(request: web.Request) -> web.Response:
        asked.append(request)
        return web.json_response({"value": []})

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(application)
    await runner.setup()
    [site] = lab.simulator.runner.sites
    context = site._ssl_context  # noqa: SLF001 - the simulator's own certificate
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    try:
        yield f"https://127.0.0.1:{runner.addresses[0][1]}", asked
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirect_to_another_server_takes_no_token_there(lab: Lab, status: int) -> None:
    async with stranger(lab) as (url, asked):
        elsewhere = {"Location": f"{url}/v1.0/applications"}
        lab.simulator.faults.add(
            Fault(path=APPLICATIONS, status=status, headers=elsewhere, body="")
        )
        error = await failure(lab)

    assert error.reason is FailureReason.MALFORMED
    assert str(status) in error.detail
    assert asked == []


async def test_link_to_another_server_takes_no_token_there(lab: Lab) -> None:
    async with stranger(lab) as (url, asked):
        lab.simulator.faults.add(page(f"{url}/v1.0/applications"))
        await failure(lab)

    assert asked == []


async def test_server_that_fails_in_the_middle_of_the_pages_costs_the_poll_and_no_data(
    lab: Lab,
) -> None:
    async with polling(lab) as poller:
        await poller.poll()
        good = poller.view.inventory
        wait = {"Retry-After": "600"}
        lab.simulator.faults.add(Fault(path=APPLICATIONS, after=2, status=503, headers=wait))
        await poller.poll()

        assert poller.view.inventory is good
        assert poller.view.failure is not None
        assert poller.view.failure.reason is FailureReason.SERVER


async def test_poll_that_takes_for_ever_is_given_up(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exporter.poller.LONGEST_POLL", 0.3)
    async with polling(lab) as poller:
        lab.simulator.faults.add(Fault.slow(0.1, path=APPLICATIONS))
        async with asyncio.timeout(5):
            await poller.poll()

        assert poller.view.failure is not None
        assert poller.view.failure.reason is FailureReason.NETWORK
        assert "not read to its end within" in poller.view.failure.detail


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
async def test_page_with_a_byte_order_mark_is_read(lab: Lab, encoding: str) -> None:
    body = '{"value": [{"id": "o1", "appId": "a1", "displayName": "Gebühr"}]}'
    answer: dict[str, Any] = {"status": 200, "body": body.encode(encoding)}
    lab.simulator.faults.add(Fault(path=APPLICATIONS, **answer))
    inventory, _ = await read(lab, service_principals="none")

    assert [item.name for item in inventory.objects] == ["Gebühr"]
