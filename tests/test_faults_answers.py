"""Bugs in pages and /metrics: the answer says so shortly, the log once, and others are served."""

import asyncio
import threading
from collections.abc import Iterator

import pytest
import structlog
from conftest import Lab
from faults import ERRORS, MARKER, Fault, events, failures, lab, own_log, settled, soon_again
from test_app import polled, running

from exporter.health import Task
from exporter.web import making
from exporter.web.headers import SECURITY_HEADERS

__all__ = ["lab", "own_log", "soon_again"]

ANSWERS = [
    ("exporter.web.landing:page", "/", "text/html"),
    ("exporter.web.making:indexed", "/", "text/html"),
    ("exporter.web.runbook:runbook_page", "/runbooks/EntraCredentialExpired", "text/html"),
    ("exporter.web.runbook:runbooks_page", "/runbooks/", "text/html"),
    ("exporter.web.api:credentials", "/api/v1/credentials", "application/json"),
    ("exporter.web.api:targets", "/api/v1/verifications", "application/json"),
    ("exporter.web.exposition:health_metrics", "/metrics", "text/plain"),
]


@pytest.mark.parametrize(
    ("answer", "error"),
    [*((ANSWERS[0], error) for error in ERRORS), *((one, ERRORS[-1]) for one in ANSWERS[1:])],
    ids=str,
)
async def test_bug_in_an_answer_is_said_shortly_and_logged_once(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, answer: tuple[str, str, str], error: BaseException
) -> None:
    place, path, kind = answer
    fault = Fault(monkeypatch, place, error)
    with structlog.testing.capture_logs() as logs:
        async with running(lab) as exporter:
            fault.broken = True
            spoilt = [await exporter.client.get(path) for _ in range(3)]
            fault.broken = False
            again = await exporter.client.get(path)
            samples = await exporter.samples()

    for got in spoilt:
        assert got.status_code == 500
        assert got.headers["content-type"].split(";")[0] == kind
        assert {k: got.headers[k] for k in SECURITY_HEADERS} == SECURITY_HEADERS
        assert "bug in the exporter" in got.text
        assert "answer not made" in got.text
        assert MARKER not in got.text
        assert len(got.text) < 1000
    assert again.status_code == 200
    assert samples[failures(Task.PAGE)] == 3
    [entry] = events(logs, "answer not made")
    assert entry["path"] == path
    assert entry["exc_info"] is not None
    assert not events(logs, "event loop")


async def test_metrics_that_break_off_are_no_whole_answer(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks_off(_body: object) -> Iterator[bytes]:
        yield b"entra_begun 1\n"
        raise ZeroDivisionError

    monkeypatch.setattr("exporter.metrics.gzip_stream.Body.plain", breaks_off)
    async with running(lab) as exporter:
        with pytest.raises(Exception, match=r"peer|reset|disconnected|closed") as caught:
            await exporter.client.get("/metrics", headers={"Accept-Encoding": "identity"})
        assert "httpx" in type(caught.value).__module__
        healthy = await exporter.client.get("/-/healthy")

    assert healthy.status_code == 200
    assert exporter.app.health.failures[Task.PAGE] == 1


async def test_reader_that_leaves_is_no_bug(lab: Lab) -> None:
    async with settled(lab) as (exporter, _):
        for _ in range(3):
            async with exporter.client.stream("GET", "/metrics") as answer:
                assert answer.status_code == 200
        await asyncio.sleep(0.05)

    assert exporter.app.health.failures == dict.fromkeys(Task, 0)


async def test_page_that_hangs_is_given_up_and_metrics_are_served_meanwhile(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()
    monkeypatch.setattr(making, "PATIENCE", 0.2)
    monkeypatch.setattr("exporter.web.landing.page", lambda *_, **__: str(go.wait(20)))
    async with running(lab) as exporter:
        await exporter.until_polled()
        hanging = asyncio.create_task(exporter.client.get("/"))
        samples = await exporter.until(
            lambda found: found["entra_exporter_tasks{'task': 'page'}"] == 2
        )
        async with asyncio.timeout(5):
            answer = await hanging
        go.set()
        again = await exporter.client.get("/")

    assert samples[polled("contoso")] == 1
    assert (answer.status_code, again.status_code) == (500, 200)
    assert exporter.app.health.failures[Task.PAGE] == 1
