"""What Graph's refusals mean for a poll."""

import httpx
import pytest
from builders import NOW

from exporter.graph.answers import REMEDIES, describe, failure, refused
from exporter.model import FailureReason
from exporter.schedule import retry_after

FORBIDDEN = (
    b'{"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges to '
    b'complete the operation.","innerError":{"date":"2025-02-20T10:52:24","request-id":"x"}}}'
)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (401, "login"),
        (403, "permission"),
        (429, "throttled"),
        (500, "server"),
        (501, "server"),
        (502, "server"),
        (503, "server"),
        (504, "server"),
        (509, "server"),
        (520, "server"),
        (599, "server"),
        (204, "malformed"),
        (206, "malformed"),
        (299, "malformed"),
        (302, "malformed"),
        (400, "malformed"),
        (404, "malformed"),
        (407, "malformed"),
        (420, "malformed"),
        (499, "malformed"),
    ],
)
def test_status_becomes_a_reason_with_its_remedy(status: int, reason: str) -> None:
    error = refused(httpx.Response(status), NOW)
    assert error.reason == reason
    assert error.remedy == REMEDIES[FailureReason(reason)]
    assert error.detail == f"Graph answered {status}"
    assert error.retry_after == 0.0


def test_detail_quotes_graphs_code_and_message() -> None:
    assert refused(httpx.Response(403, content=FORBIDDEN), NOW).detail == (
        "Graph answered 403: Authorization_RequestDenied "
        "Insufficient privileges to complete the operation."
    )


def test_remedy_for_a_missing_permission_names_it() -> None:
    assert "Application.Read.All" in refused(httpx.Response(403), NOW).remedy


def test_wait_that_graph_asks_for_is_kept() -> None:
    assert refused(httpx.Response(429, headers={"Retry-After": "17"}), NOW).retry_after == 17.0


def test_detail_is_cut_to_what_a_log_line_bears() -> None:
    body = b'{"error":{"code":"x","message":"' + b"y" * 10_000 + b'"}}'
    assert len(refused(httpx.Response(400, content=body), NOW).detail) == 300
    assert len(failure(FailureReason.SERVER, "z" * 10_000).detail) == 300


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(b'{"error":{"code":"a","message":"b c"}}', "a b c", id="both"),
        pytest.param(b'{"error":{"code":"","message":"b"}}', "b", id="no code"),
        pytest.param(b'{"error":{"code":"a"}}', "a", id="no message"),
        pytest.param(b'{"error":{"code":null,"message":null}}', "", id="nulls"),
        pytest.param(b'{"error":{"message":"two\\r\\n  lines\\t"}}', "two lines", id="one line"),
        pytest.param(b'{"error":"invalid_grant"}', "", id="error of another shape"),
        pytest.param(b"", "", id="nothing"),
        pytest.param(b"<html><h1>502 Bad Gateway</h1></html>", "", id="a page of a proxy"),
        pytest.param(b"null", "", id="null"),
        pytest.param(b'{"error":{"message":"\xff"}}', "", id="not UTF-8"),
        pytest.param(b'{"error":{"message":', "", id="cut off"),
        pytest.param(b'{"x":' + b"[" * 100_000, "", id="nested without end"),
    ],
)
def test_error_body_is_told_in_one_line_or_not_at_all(body: bytes, expected: str) -> None:
    assert describe(body) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param("120", 120.0, id="seconds"),
        pytest.param("0", 0.0, id="none"),
        pytest.param("1.5", 1.5, id="decimals"),
        pytest.param(" 10 ", 10.0, id="spaces"),
        pytest.param("-5", 0.0, id="negative"),
        pytest.param("Mon, 21 Sep 2026 12:01:30 GMT", 90.0, id="date"),
        pytest.param("Mon, 21 Sep 2026 14:01:30 +0200", 90.0, id="date in another zone"),
        pytest.param("Mon, 21 Sep 2026 11:00:00 GMT", 0.0, id="date in the past"),
        pytest.param("", 0.0, id="nothing"),
        pytest.param("soon", 0.0, id="a word"),
        pytest.param("10, 20", 0.0, id="two headers"),
        pytest.param("nan", 0.0, id="no number"),
        pytest.param("inf", 0.0, id="without end"),
        pytest.param("1e999", 0.0, id="beyond all numbers"),
        pytest.param("Mon, 21 Sep 99999 12:01:30 GMT", 0.0, id="year 99999"),
        pytest.param("\x00\xff;=,", 0.0, id="garbage"),
    ],
)
def test_retry_after_is_read_in_every_form(header: str, expected: float) -> None:
    assert retry_after(header, NOW) == expected
