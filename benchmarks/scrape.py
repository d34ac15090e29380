"""
Scrapes as Prometheus makes them (gzip, one connection kept open), timed until the last byte of the
body and not decompressed meanwhile; and the same families written by prometheus_client.
"""

import contextlib
import gzip
import http.client
import re
import statistics
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from processes import HOST, PATIENCE, Exporter
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

HEADERS = {"Accept": "text/plain;version=0.0.4", "Accept-Encoding": "gzip"}
PAUSE = 0.02
"""Seconds between scrapes: far more of them than any Prometheus makes, but not a flood."""
LAST_SUCCESS = "entra_poll_last_success_timestamp_seconds"


@dataclass(frozen=True, slots=True)
class Scrape:
    """One scrape: how long it took, and which rendering it was answered with."""

    seconds: float
    rendering: bytes


@dataclass(slots=True)
class Round:
    """Scrapes one after another; `renderings` holds the first body of each, in order."""

    scrapes: list[Scrape] = field(default_factory=list)
    renderings: dict[bytes, bytes] = field(default_factory=dict)

    def add(self, seconds: float, body: bytes) -> None:
        """Note one; the days in the middle of a body differ from rendering to rendering."""
        rendering = body[len(body) // 2 :][:256]
        self.renderings.setdefault(rendering, body)
        self.scrapes.append(Scrape(seconds, rendering))

    def until_poll_shows(self, before: float) -> list[float]:
        """The times of the scrapes up to the first that shows a success later than `before`."""
        fresh = (r for r, body in self.renderings.items() if value(body, LAST_SUCCESS) > before)
        first = next(fresh, None)
        if first is None:
            raise RuntimeError("no scrape showed the poll: it took too long or failed")
        last = next(n for n, scrape in enumerate(self.scrapes) if scrape.rendering == first)
        return [scrape.seconds for scrape in self.scrapes[: last + 1]]


class Held(Collector):
    """A collector of families that are there already."""

    def __init__(self, families: list[Metric]) -> None:
        self.families = families

    def collect(self) -> Iterable[Metric]:
        """The families."""
        return self.families


@contextlib.contextmanager
def connection(exporter: Exporter) -> Iterator[http.client.HTTPConnection]:
    """A connection that is kept open."""
    made = http.client.HTTPConnection(HOST, exporter.port, timeout=PATIENCE)
    with contextlib.closing(made):
        yield made


def scrape(to: http.client.HTTPConnection) -> tuple[float, bytes]:
    """Seconds until the last byte, and the body as it came."""
    began = time.perf_counter()
    to.request("GET", "/metrics", headers=HEADERS)
    response = to.getresponse()
    body = response.read()
    took = time.perf_counter() - began
    if response.status != http.client.OK or response.headers["Content-Encoding"] != "gzip":
        raise RuntimeError(f"a scrape was answered with {response.status}")
    return took, body


def one(exporter: Exporter) -> bytes:
    """The gzip body of one scrape."""
    with connection(exporter) as to:
        return scrape(to)[1]


def scrape_for(exporter: Exporter, seconds: float) -> Round:
    """Scrape again and again."""
    made, end = Round(), time.monotonic() + seconds
    with connection(exporter) as to:
        while time.monotonic() < end:
            made.add(*scrape(to))
            time.sleep(PAUSE)
    return made


def value(body: bytes, name: str) -> float:
    """The sum of a metric's samples in a gzip body."""
    line = re.compile(rb"^%b(?:\{.*\})? (\S+)$" % name.encode(), re.MULTILINE)
    return sum(map(float, line.findall(gzip.decompress(body))))


def series(body: bytes) -> int:
    """How many samples a gzip body holds."""
    return sum(not line.startswith(b"#") for line in gzip.decompress(body).splitlines())


def generate_latest_seconds(body: bytes, times: int = 3) -> float:
    """How long prometheus_client takes for the families of a gzip body, without compressing."""
    families = list(text_string_to_metric_families(gzip.decompress(body).decode()))
    collectors = CollectorRegistry()
    collectors.register(Held(families))
    return statistics.median(timed_generate_latest(collectors) for _ in range(times))


def timed_generate_latest(collectors: CollectorRegistry) -> float:
    """Once."""
    began = time.perf_counter()
    generate_latest(collectors)
    return time.perf_counter() - began
