"""What a client accepts, from the headers that real clients and odd ones send."""

import pytest

from exporter.web.negotiation import Format, accepts_gzip, exposition_format

TEXT, OPENMETRICS = Format.TEXT, Format.OPENMETRICS
PROMETHEUS_2_42 = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
    "application/openmetrics-text;version=0.0.1;q=0.4,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,"
    "*/*;q=0.1"
)
PROMETHEUS_3_TEXT_FIRST = (
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.5,"
    "application/openmetrics-text;version=1.0.0;q=0.4,*/*;q=0.1"
)
PROMETHEUS_PROTOBUF = (
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;"
    "q=0.6,application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2"
)
FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


def test_content_types_are_exactly_what_prometheus_expects() -> None:
    assert TEXT.value == "text/plain; version=0.0.4; charset=utf-8"
    assert OPENMETRICS.value == "application/openmetrics-text; version=1.0.0; charset=utf-8"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        pytest.param(PROMETHEUS_2_42, OPENMETRICS, id="Prometheus 2.42"),
        pytest.param(PROMETHEUS_3, OPENMETRICS, id="Prometheus 3"),
        pytest.param(PROMETHEUS_3_TEXT_FIRST, TEXT, id="Prometheus 3, text preferred"),
        pytest.param(PROMETHEUS_PROTOBUF, OPENMETRICS, id="Prometheus with protobuf"),
        pytest.param(FIREFOX, TEXT, id="browser"),
        pytest.param("*/*", TEXT, id="curl"),
        pytest.param("", TEXT, id="no header"),
        pytest.param("text/plain", TEXT, id="plain text"),
        pytest.param("text/*", TEXT, id="any text"),
        pytest.param("application/openmetrics-text", OPENMETRICS, id="no version"),
        pytest.param("APPLICATION/OpenMetrics-Text; VERSION=1.0.0", OPENMETRICS, id="upper case"),
        pytest.param(
            ' application/openmetrics-text ; version = "1.0.0" ; charset=utf-8 ',
            OPENMETRICS,
            id="quoted version",
        ),
        pytest.param("application/openmetrics-text;version=2.0.0", TEXT, id="version 2"),
        pytest.param("application/openmetrics-text;version=0.0.1", TEXT, id="version 0.0.1"),
        pytest.param("application/openmetrics-text;version=abc", TEXT, id="version abc"),
        pytest.param('application/openmetrics-text;version="', OPENMETRICS, id="open quote"),
        pytest.param(
            "application/openmetrics-text;version=2.0.0,"
            "application/openmetrics-text;version=1.0.0;q=0.3",
            OPENMETRICS,
            id="version 2, else 1",
        ),
        pytest.param("text/plain;version=1.0.0", TEXT, id="text version 1"),
        pytest.param(
            "text/plain;version=1.0.0,application/openmetrics-text;version=1.0.0;q=0.5",
            OPENMETRICS,
            id="text version 1 that there is not, else OpenMetrics",
        ),
        pytest.param(
            "text/plain;version=0.0.4;q=0.9,application/openmetrics-text;version=1.0.0;q=0.1",
            TEXT,
            id="q prefers text",
        ),
        pytest.param(
            "text/plain;version=0.0.4;q=0.1,application/openmetrics-text;version=1.0.0;q=0.9",
            OPENMETRICS,
            id="q inverts the order",
        ),
        pytest.param(
            "text/plain;q=0.5,application/openmetrics-text;q=0.501", OPENMETRICS, id="three digits"
        ),
        pytest.param("application/openmetrics-text;q=0", TEXT, id="refused with q=0"),
        pytest.param("application/openmetrics-text;q=0.000,*/*;q=0.1", TEXT, id="q=0.000"),
        pytest.param("text/plain;q=0", TEXT, id="everything refused"),
        pytest.param(
            "application/openmetrics-text;q=lots,text/plain;q=0.5", OPENMETRICS, id="q is a word"
        ),
        pytest.param("application/openmetrics-text;q=1.0.0", OPENMETRICS, id="q of a version"),
        pytest.param("application/json", TEXT, id="something else"),
        pytest.param(";;;,,,===;q=;version", TEXT, id="garbage"),
        pytest.param("\x00\xff;q=1", TEXT, id="control characters"),
    ],
)
def test_format_is_the_one_the_client_likes_best(accept: str, expected: Format) -> None:
    assert exposition_format(accept) is expected


@pytest.mark.parametrize(
    "accept",
    [
        pytest.param("a" * 100_000, id="one long name"),
        pytest.param("," * 100_000, id="only commas"),
        pytest.param(";" * 100_000, id="only semicolons"),
        pytest.param("text/html;q=0.5," * 6_250, id="thousands of types"),
        pytest.param("application/openmetrics-text;version=" + "9" * 100_000, id="long version"),
    ],
)
def test_header_of_100_kb_gets_text_and_no_gzip(accept: str) -> None:
    assert exposition_format(accept) is TEXT
    assert accepts_gzip(accept) is False


@pytest.mark.parametrize(
    ("accept_encoding", "expected"),
    [
        pytest.param("gzip", True, id="Prometheus"),
        pytest.param("gzip, deflate, br, zstd", True, id="browser"),
        pytest.param("deflate, GZip;q=0.5", True, id="upper case"),
        pytest.param("gzip;q=0.001", True, id="hardly liked"),
        pytest.param("x-gzip", True, id="old name"),
        pytest.param("*", True, id="anything"),
        pytest.param("identity, *;q=0.5", True, id="anything else"),
        pytest.param("gzip;q=1, *;q=0", True, id="gzip and nothing else"),
        pytest.param("", False, id="no header"),
        pytest.param("identity", False, id="as it is"),
        pytest.param("gzip;q=0", False, id="refused"),
        pytest.param("gzip; q = 0.0", False, id="refused with spaces"),
        pytest.param("gzip;q=0, *", False, id="refused by name"),
        pytest.param("*;q=0", False, id="everything refused"),
        pytest.param("deflate, br", False, id="others"),
        pytest.param("gzipped", False, id="longer name"),
        pytest.param(";;,=,gz ip", False, id="garbage"),
    ],
)
def test_gzip_is_sent_to_those_that_take_it(accept_encoding: str, *, expected: bool) -> None:
    assert accepts_gzip(accept_encoding) is expected
