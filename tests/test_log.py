"""The program's log: one event a line, whatever the fields hold."""

import json
import logging
import re
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import PurePosixPath

import pytest
import structlog

from exporter import log

HOSTILE = "a\nlevel=error msg=forged\r\x1b[31mred\x9b32m\u202egnp\x00"
Captured = pytest.CaptureFixture[str]
both_formats = pytest.mark.parametrize("form", ["logfmt", "json"])


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    azure = logging.getLogger("azure").level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("azure").setLevel(azure)
    structlog.reset_defaults()


def logged(captured: Captured) -> list[str]:
    """The lines on stderr; nothing may be on stdout."""
    out, err = captured.readouterr()
    assert out == ""
    assert err == "" or err.endswith("\n")
    return err.splitlines()


def crash() -> None:
    raise ValueError(HOSTILE)


def test_logfmt_event_begins_with_time_level_and_message(capsys: Captured) -> None:
    log.configure("info", "logfmt")
    log.get().info("poll succeeded again", tenant="contoso", failures=3, cached=True)
    [line] = logged(capsys)
    assert re.fullmatch(
        r"time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z level=info "
        r'msg="poll succeeded again" tenant=contoso failures=3 cached=true',
        line,
    )


def test_json_event_is_one_object(capsys: Captured) -> None:
    log.configure("info", "json")
    log.get().info("poll succeeded again", tenant="contoso", failures=3, cached=True)
    [line] = logged(capsys)
    event = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", event.pop("time"))
    assert event == {
        "level": "info",
        "msg": "poll succeeded again",
        "tenant": "contoso",
        "failures": 3,
        "cached": True,
    }


def test_logfmt_escapes_quotes_in_a_value(capsys: Captured) -> None:
    log.configure("info", "logfmt")
    log.get().info("x", detail='he said "no" level=error')
    [line] = logged(capsys)
    assert line.endswith(r' msg=x detail="he said \"no\" level=error"')


def test_bound_fields_are_on_every_event(capsys: Captured) -> None:
    log.configure("info", "json")
    bound = log.get().bind(tenant="contoso")
    bound.info("one")
    bound.info("two")
    assert [json.loads(line)["tenant"] for line in logged(capsys)] == ["contoso", "contoso"]


@both_formats
@pytest.mark.parametrize(
    "value",
    [
        pytest.param(HOSTILE, id="text"),
        pytest.param(ValueError(HOSTILE), id="exception"),
        pytest.param(PurePosixPath(HOSTILE), id="path"),
        pytest.param([HOSTILE], id="list"),
        pytest.param({"name": HOSTILE}, id="mapping"),
    ],
)
def test_field_cannot_start_a_line_or_write_on_a_terminal(
    value: object, form: str, capsys: Captured
) -> None:
    log.configure("info", form)
    log.get().warning("entry left out", name=value)
    [line] = logged(capsys)
    assert {unicodedata.category(c) for c in line}.isdisjoint({"Cc", "Cf", "Cs"})


@both_formats
def test_message_cannot_start_a_line_or_write_on_a_terminal(form: str, capsys: Captured) -> None:
    log.configure("info", form)
    log.get().warning(HOSTILE)
    [line] = logged(capsys)
    assert {unicodedata.category(c) for c in line}.isdisjoint({"Cc", "Cf", "Cs"})


@both_formats
def test_lone_surrogate_can_be_logged(form: str, capsys: Captured) -> None:
    log.configure("info", form)
    log.get().warning("x", name="cut \ud83d")
    [line] = logged(capsys)
    assert "ud83d" in line


@both_formats
def test_exception_carries_its_traceback_in_one_event(form: str, capsys: Captured) -> None:
    log.configure("info", form)
    try:
        crash()
    except ValueError:
        log.get().exception("task crashed", task="poll contoso")
    [line] = logged(capsys)
    assert "Traceback (most recent call last)" in line
    assert "in crash" in line
    assert "ValueError (its text is not shown" in line
    assert {unicodedata.category(c) for c in line}.isdisjoint({"Cc", "Cf", "Cs"})


def test_traceback_in_json_keeps_its_lines(capsys: Captured) -> None:
    log.configure("info", "json")
    try:
        crash()
    except ValueError:
        log.get().exception("task crashed")
    [line] = logged(capsys)
    assert json.loads(line)["exception"].split("\n")[0] == "Traceback (most recent call last):"


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("debug", ["debug", "info", "warn", "error"]),
        ("info", ["info", "warn", "error"]),
        ("warn", ["warn", "error"]),
        ("error", ["error"]),
    ],
)
def test_events_below_the_level_are_left_out(
    level: str, expected: list[str], capsys: Captured
) -> None:
    log.configure(level, "json")
    logger = log.get()
    logger.debug("x")
    logger.info("x")
    logger.warning("x")
    logger.error("x")
    assert [json.loads(line)["level"] for line in logged(capsys)] == expected


def test_libraries_are_quiet_below_error_at_any_level(capsys: Captured) -> None:
    log.configure("debug", "logfmt")
    logging.getLogger("msal").debug("request body: secret")
    logging.getLogger("aiohttp.access").info("GET /metrics")
    logging.getLogger("httpx").warning("retrying")
    logging.getLogger("azure.identity").error("ClientSecretCredential.get_token failed")
    assert logged(capsys) == []


@both_formats
def test_library_error_is_one_event_like_any_other(form: str, capsys: Captured) -> None:
    log.configure("info", form)
    try:
        crash()
    except ValueError:
        logging.getLogger("aiohttp.server").exception('Error handling "%s"', "request")
    [line] = logged(capsys)
    assert "aiohttp.server" in line
    assert "Traceback (most recent call last)" in line
    assert {unicodedata.category(c) for c in line}.isdisjoint({"Cc", "Cf", "Cs"})


def test_library_error_is_json_when_the_log_is(capsys: Captured) -> None:
    log.configure("info", "json")
    logging.getLogger("asyncio").error("Task was destroyed but it is pending!")
    [line] = logged(capsys)
    event = json.loads(line)
    assert (event["level"], event["msg"]) == ("error", "Task was destroyed but it is pending!")


def test_configuring_again_does_not_say_things_twice(capsys: Captured) -> None:
    log.configure("info", "json")
    log.configure("info", "json")
    log.get().info("once")
    logging.getLogger("asyncio").error("once")
    assert len(logged(capsys)) == 2


class Full:
    """A stream on a disk that is full, or whose reader has gone."""

    def write(self, _text: str) -> int:
        """Fails."""
        raise OSError(28, "No space left on device")

    def flush(self) -> None:
        """Fails as well."""
        raise BrokenPipeError


@both_formats
def test_log_that_cannot_be_written_stops_nothing(
    form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", Full())
    log.configure("info", form)
    log.get().warning("poll failed", tenant="contoso")
    logging.getLogger("aiohttp.server").error("Error handling request")
