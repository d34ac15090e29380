"""How a listen address is written and read."""

import pytest

from exporter.address import Address, parse_address
from exporter.errors import UsageError


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        (":10147", None, 10147),
        ("127.0.0.1:10147", "127.0.0.1", 10147),
        ("0.0.0.0:1", "0.0.0.0", 1),  # noqa: S104 - only parsed
        ("localhost:65535", "localhost", 65535),
        ("[::1]:10147", "::1", 10147),
        ("[::]:0", "::", 0),
        ("exporter.example.com:80", "exporter.example.com", 80),
    ],
)
def test_address_is_read_and_written_alike(text: str, host: str | None, port: int) -> None:
    address = parse_address(text)
    assert address == Address(host, port)
    assert str(address) == text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("10147", id="port alone"),
        pytest.param("localhost", id="host alone"),
        pytest.param("localhost:", id="no port"),
        pytest.param(":", id="colon alone"),
        pytest.param(":65536", id="port too great"),
        pytest.param(":" + "9" * 5_000, id="port of 5000 digits"),
        pytest.param(":-1", id="negative port"),
        pytest.param(":80.5", id="fraction"),
        pytest.param(":http", id="name of a port"),
        pytest.param(":\N{SUPERSCRIPT TWO}", id="superscript"),
        pytest.param("::1:10147", id="IPv6 without brackets"),
        pytest.param("::1", id="IPv6 without brackets or port"),
        pytest.param("[::1]", id="IPv6 without port"),
        pytest.param("[::1:10147", id="open bracket"),
        pytest.param("[::1]x:10147", id="text after the bracket"),
        pytest.param("http://localhost:10147", id="URL"),
    ],
)
def test_what_is_no_address_is_refused_with_the_accepted_forms(text: str) -> None:
    with pytest.raises(UsageError) as refusal:
        parse_address(text)
    assert str(refusal.value) == (
        f"cannot listen on {text!r}; accepted: HOST:PORT, [IPV6]:PORT or :PORT for every interface"
    )


@pytest.mark.parametrize(
    ("text", "url"),
    [
        (":10147", "http://127.0.0.1:10147"),
        ("localhost:80", "http://localhost:80"),
        ("[::1]:80", "http://[::1]:80"),
    ],
)
def test_url_is_one_that_a_browser_on_the_machine_finds(text: str, url: str) -> None:
    assert parse_address(text).url == url
