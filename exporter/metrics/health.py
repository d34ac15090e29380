"""
Families about how the exporter itself does, of the moment of the scrape: unlike the others they are
never rendered ahead, so they move even when rendering does not.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from prometheus_client import Metric

from exporter.health import BOUNDS, Health, Task
from exporter.metrics.exposition import Exposition

Sample = tuple[str, Mapping[str, str], float]
"""What follows the family's name, the labels, and the value."""


@dataclass(frozen=True, slots=True)
class HealthFamily:
    """One family; `labels` are those of its series, without a histogram's `le`."""

    name: str
    type: Literal["gauge", "counter", "histogram"]
    help: str
    labels: tuple[str, ...]
    samples: Callable[[Health, Exposition], Iterable[Sample]]

    def metric(self, health: Health, exposition: Exposition) -> Metric:
        """As prometheus_client writes it."""
        name = self.name.removesuffix("_total") if self.type == "counter" else self.name
        metric = Metric(name, self.help, self.type)
        for suffix, labels, value in self.samples(health, exposition):
            metric.add_sample(self.name + suffix, dict(labels), value)
        return metric


def by_task(counts: Mapping[Task, int]) -> Iterator[Sample]:
    """One series for each task."""
    return (("", {"task": task.value}, count) for task, count in counts.items())


def loop_lag(health: Health, _exposition: Exposition) -> Iterator[Sample]:
    """The buckets, each with what is in those before it."""
    bounds = [*map(str, BOUNDS), "+Inf"]
    for bound, count in zip(bounds, accumulate(health.late), strict=True):
        yield "_bucket", {"le": bound}, count
    yield "_count", {}, sum(health.late)
    yield "_sum", {}, health.late_seconds


def failures(health: Health, _exposition: Exposition) -> Iterator[Sample]:
    """How often each kind of task failed."""
    return by_task(health.failures)


def tasks(health: Health, _exposition: Exposition) -> Iterator[Sample]:
    """How many of each kind there are."""
    return by_task(health.running)


def sizes(_health: Health, exposition: Exposition) -> Iterator[Sample]:
    """How large what was rendered is."""
    yield "", {"format": "text"}, exposition.text.size
    yield "", {"format": "openmetrics"}, exposition.openmetrics.size


def rendered(_health: Health, exposition: Exposition) -> Iterator[Sample]:
    """When it was rendered."""
    yield "", {}, round(exposition.rendered_at, 3)


HEALTH_FAMILIES = (
    HealthFamily(
        "entra_exporter_event_loop_lag_seconds",
        "histogram",
        "How late a timer of the event loop was.",
        (),
        loop_lag,
    ),
    HealthFamily(
        "entra_exporter_task_failures_total",
        "counter",
        "How often a bug ended what a task of the exporter was doing.",
        ("task",),
        failures,
    ),
    HealthFamily(
        "entra_exporter_tasks",
        "gauge",
        "How many tasks of the exporter are running.",
        ("task",),
        tasks,
    ),
    HealthFamily(
        "entra_exporter_exposition_bytes",
        "gauge",
        "Uncompressed size of what was rendered last, without the process's metrics after it.",
        ("format",),
        sizes,
    ),
    HealthFamily(
        "entra_exporter_exposition_timestamp_seconds",
        "gauge",
        "Unix time when the metrics about credentials, polls and targets were rendered last.",
        (),
        rendered,
    ),
)


def health_metrics(health: Health, exposition: Exposition) -> list[Metric]:
    """All of them, at this moment."""
    return [family.metric(health, exposition) for family in HEALTH_FAMILIES]
