"""The process's own metrics, `process_*` and `python_*`, which prometheus_client reads."""

from collections.abc import Callable

from prometheus_client import GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.exposition import generate_latest as text_of
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import CollectorRegistry

openmetrics_of: Callable[[CollectorRegistry], bytes] = openmetrics.generate_latest

REGISTRY = CollectorRegistry()
for make in (ProcessCollector, PlatformCollector, GCCollector):
    make(registry=REGISTRY)


def process_text() -> bytes:
    """In the Prometheus text format."""
    return text_of(REGISTRY)


def process_openmetrics() -> bytes:
    """In OpenMetrics, with the line that ends an exposition."""
    return openmetrics_of(REGISTRY)
