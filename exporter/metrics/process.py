"""
The process's own metrics, `process_*` and `python_*`, which prometheus_client reads, and what else
is of the moment of a scrape.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from prometheus_client import GCCollector, Metric, PlatformCollector, ProcessCollector
from prometheus_client.exposition import generate_latest as text_of
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector, CollectorRegistry

openmetrics_of: Callable[[Collector], bytes] = openmetrics.generate_latest

REGISTRY = CollectorRegistry()
for make in (ProcessCollector, PlatformCollector, GCCollector):
    make(registry=REGISTRY)


@dataclass(frozen=True, slots=True)
class Process(Collector):
    """The process's metrics, and others after them."""

    others: Iterable[Metric]

    def collect(self) -> Iterator[Metric]:
        """One after the other."""
        yield from REGISTRY.collect()
        yield from self.others


def process_text(others: Iterable[Metric] = ()) -> bytes:
    """In the Prometheus text format."""
    return text_of(Process(others))


def process_openmetrics(others: Iterable[Metric] = ()) -> bytes:
    """In OpenMetrics, with the line that ends an exposition."""
    return openmetrics_of(Process(others))
