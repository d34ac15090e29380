"""How the exporter itself does, as each scrape shows it: its loop, its tasks, its exposition."""

import asyncio
import time

import pytest
from builders import NOW, snapshot, tenant
from conftest import Lab
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families as text_families
from test_app import OPENMETRICS, parse_openmetrics, running

from exporter import health as health_module
from exporter.health import BOUNDS, NAP, Health, Task
from exporter.metrics.exposition import Renderer
from exporter.metrics.health import HEALTH_FAMILIES, health_metrics
from exporter.metrics.process import process_openmetrics, process_text
from exporter.tasks import Tasks

LAG = "entra_exporter_event_loop_lag_seconds"


def families(health: Health) -> dict[str, Metric]:
    """The families of a scrape."""
    exposition = Renderer()(snapshot(tenant()), NOW)
    text = process_text(health_metrics(health, exposition)).decode()
    return {family.name: family for family in text_families(text)}


def by_label(family: Metric, label: str) -> dict[str, float]:
    """The values of a family with one label."""
    return {s.labels[label]: s.value for s in family.samples if label in s.labels}


def late_more_than(samples: dict[str, float], seconds: float) -> float:
    """How many timers were later than one of the buckets' bounds."""
    return samples[f"{LAG}_count{{}}"] - samples[f"{LAG}_bucket{{'le': '{seconds}'}}"]


def test_every_task_is_there_with_0_from_the_start() -> None:
    found = families(Health())
    for name in ("entra_exporter_task_failures", "entra_exporter_tasks"):
        assert by_label(found[name], "task") == dict.fromkeys(Task, 0)


def test_histogram_counts_each_timer_where_it_belongs() -> None:
    health = Health()
    for late in (0.0, 0.005, 0.006, 9.0, 11.0):
        health.woke_late(late)
    shown = by_label(families(health)[LAG], "le")
    assert list(shown) == [*map(str, BOUNDS), "+Inf"]
    assert (shown["0.005"], shown["0.01"], shown["5.0"], shown["10.0"], shown["+Inf"]) == (
        *(2, 3, 3, 4, 5),
    )
    totals = {s.name: s.value for s in families(health)[LAG].samples if not s.labels}
    assert totals == {f"{LAG}_count": 5, f"{LAG}_sum": pytest.approx(20.011)}


def test_openmetrics_has_the_same_and_one_end() -> None:
    health = Health()
    health.woke_late(0.3)
    health.failed(Task.POLLER)
    exposition = Renderer()(snapshot(tenant()), NOW)
    metrics = health_metrics(health, exposition)
    text = process_openmetrics(metrics).decode()
    found = {family.name: family for family in parse_openmetrics(text)}
    assert {family.name.removesuffix("_total") for family in HEALTH_FAMILIES} <= found.keys()
    assert text.count("# EOF") == 1
    for metric in metrics:
        assert {(s.name, *s.labels.items(), s.value) for s in metric.samples} == {
            (s.name, *s.labels.items(), s.value) for s in found[metric.name].samples
        }


def test_sizes_are_those_of_the_uncompressed_exposition() -> None:
    exposition = Renderer()(snapshot(tenant()), NOW)
    [sizes] = [
        metric
        for metric in health_metrics(Health(), exposition)
        if metric.name == "entra_exporter_exposition_bytes"
    ]
    assert by_label(sizes, "format") == {
        "text": len(b"".join(exposition.text.plain())),
        "openmetrics": len(b"".join(exposition.openmetrics.plain())),
    }


def test_task_runs_for_as_long_as_its_block_however_that_ends() -> None:
    health = Health()
    with pytest.raises(ValueError, match="end"), health.runs(Task.POLLER):  # noqa: PT012 - both
        assert health.running[Task.POLLER] == 1
        raise ValueError("end")
    assert health.running[Task.POLLER] == 0


async def test_wall_clock_that_jumps_is_no_lag(monkeypatch: pytest.MonkeyPatch) -> None:
    health = Health()
    looking = asyncio.create_task(health.look_at_the_loop())
    await asyncio.sleep(0)
    monkeypatch.setattr(time, "time", lambda: NOW + 86_400.0)
    async with asyncio.timeout(5):
        while not sum(health.late):  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.01)
    looking.cancel()
    assert health.late_seconds < 60


async def test_block_in_any_turn_of_the_loop_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_module, "NAP", 0.001)
    tasks = Tasks(Health())
    async with tasks.group:
        tasks.keep_going(Task.LOOP_MONITOR, tasks.health.look_at_the_loop)
        for _ in range(20):
            await asyncio.sleep(0)
            await woken(tasks.health)
            before = tasks.health.late_seconds
            time.sleep(0.01)  # noqa: ASYNC251 - blocking the loop is what this is about
            await woken(tasks.health)
            assert tasks.health.late_seconds - before >= 0.005
        tasks.end()


async def woken(health: Health) -> None:
    """Wait for the end of the next nap, not a turn longer."""
    naps = sum(health.late)
    async with asyncio.timeout(5):
        while sum(health.late) == naps:  # noqa: ASYNC110 - the turn itself is waited for
            await asyncio.sleep(0)


async def test_loop_that_is_blocked_shows(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_module, "NAP", 0.05)
    async with running(lab) as exporter:
        before = await exporter.until(lambda found: found[f"{LAG}_count{{}}"] > 0)
        time.sleep(0.3)  # noqa: ASYNC251 - blocking the loop is what this is about
        after = await exporter.until(
            lambda found: late_more_than(found, 0.1) > late_more_than(before, 0.1)
        )

    assert after[f"{LAG}_sum{{}}"] - before[f"{LAG}_sum{{}}"] >= 0.2


def test_block_of_a_third_of_a_second_cannot_fall_between_two_looks() -> None:
    assert NAP < 0.3


async def test_tasks_of_the_running_exporter_are_counted(lab: Lab) -> None:
    async with running(lab) as exporter:
        samples = await exporter.until_polled()

    def of(name: str, task: Task) -> float:
        return samples[f"{name}{{'task': '{task}'}}"]

    assert {task: of("entra_exporter_tasks", task) for task in Task} == {
        **dict.fromkeys(Task, 0),
        Task.POLLER: 2,
        Task.RENDERER: 1,
        Task.FILE_WATCHER: 1,
        Task.LOOP_MONITOR: 1,
        Task.LISTENER: 3,
        Task.STATE_KEEPER: 1,
        Task.PAGE: 1,
    }
    assert {of("entra_exporter_task_failures_total", task) for task in Task} == {0}
    assert exporter.app.health.running == dict.fromkeys(Task, 0)


async def test_poll_that_a_bug_ends_is_counted(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    async def crash(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("exporter.poller.read_inventory", crash)
    failed = "entra_exporter_task_failures_total{'task': 'poller'}"
    shown = "entra_poll_failures_total{'reason': 'internal', 'tenant': 'contoso'}"
    async with running(lab) as exporter:
        await exporter.until(lambda found: found[failed] >= 2 and found[shown] >= 1)


async def test_size_and_age_of_what_was_rendered_are_those_of_the_scrape(lab: Lab) -> None:
    async with running(lab) as exporter:
        await exporter.until_polled()
        text = (await exporter.client.get("/metrics", headers={"Accept": OPENMETRICS})).text
        rendered = exporter.app.store.rendered

    own = {
        (s.name, *s.labels.values()): s.value for f in parse_openmetrics(text) for s in f.samples
    }
    size = own["entra_exporter_exposition_bytes", "openmetrics"]
    assert size == text.encode().index(b"# HELP process_virtual")
    assert own["entra_exporter_exposition_timestamp_seconds",] == round(rendered.rendered_at, 3)
