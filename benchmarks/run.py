"""
Measures the exporter's speed and memory over a simulated tenant of 50,000 applications that hold
100,000 credentials, and prints a table with the targets. docs/performance.md explains the figures.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import scrape
from processes import COMMAND, Exporter, Tenant, exporting, simulated

APPLICATIONS, SERVICE_PRINCIPALS, PAGE = 50_000, 20_000, 999
REQUESTS = -(-APPLICATIONS // PAGE) + -(-SERVICE_PRINCIPALS // PAGE)
STARTS = 7
QUIET_POLLS = 3
SCRAPED_POLLS = 5
PROBE = (sys.executable, str(Path(__file__).with_name("loop_probe.py")))


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured figure and the target it has to keep."""

    name: str
    measured: float
    target: float
    unit: str
    at_least: bool = False

    def row(self) -> str:
        """The figure as a row of the table."""
        sign, kept = (
            ("≥", self.measured >= self.target)
            if self.at_least
            else ("≤", self.measured <= self.target)
        )
        measured = f"{self.measured:,.4g} {self.unit}"
        target = f"{sign} {self.target:g} {self.unit}"
        return f"{self.name:<52} {measured:>14} {target:>14}  {'ok' if kept else 'missed'}"


def main() -> None:
    """Measure everything and print the table."""
    began = time.monotonic()
    print(machine())
    with (
        tempfile.TemporaryDirectory(prefix="entra-benchmark-") as folder,
        simulated(APPLICATIONS, SERVICE_PRINCIPALS) as tenant,
    ):
        place = Path(folder)
        figures = [*start(tenant, place), *poll_and_scrape(tenant, place), *loop(tenant, place)]
    print(f"\n{'figure':<52} {'measured':>14} {'target':>14}")
    print("\n".join(figure.row() for figure in figures))
    print(f"\nTook {time.monotonic() - began:.0f} s; load now {os.getloadavg()[0]:.2f}")


def machine() -> str:
    """What this runs on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "?")
    python, load = platform.python_version(), os.getloadavg()[0]
    return f"{model}, {os.cpu_count()} cores, Python {python}, load before {load:.2f}"


def start(tenant: Tenant, folder: Path) -> list[Figure]:
    """How long the command takes to answer, and the exporter to be healthy."""

    def ask_help() -> None:
        subprocess.run((*COMMAND, "--help"), check=True, stdout=subprocess.DEVNULL)

    def become_healthy() -> float:
        began = time.perf_counter()
        with exporting(tenant, folder):
            return time.perf_counter() - began

    healthy = statistics.median(become_healthy() for _ in range(STARTS))
    answered = statistics.median(seconds(ask_help) for _ in range(STARTS))
    return [
        Figure(f"--help, median of {STARTS}", answered, 0.4, "s"),
        Figure(f"healthy after start, median of {STARTS}", healthy, 1.5, "s"),
    ]


def seconds(action: Callable[[], None]) -> float:
    """How long something takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def poll_and_scrape(tenant: Tenant, folder: Path) -> list[Figure]:
    """The figures of one exporter from its start on: polls alone, then polls and scrapes."""
    with exporting(tenant, folder) as exporter:
        exporter.wait_for("/-/ready", pause=0.1)
        exporter.wait_until_idle()
        polls = [quiet_poll(exporter) for _ in range(QUIET_POLLS)]
        cpu, wall, requests = (statistics.median(column) for column in zip(*polls, strict=True))
        idle = sorted(s.seconds for s in scrape.scrape_for(exporter, 3).scrapes)
        busy = sorted(t for _ in range(SCRAPED_POLLS) for t in poll_under_scrapes(exporter, wall))
        body, memory = scrape.one(exporter), exporter.peak_memory
    print(f"{scrape.series(body):,} series, {len(body) / 1e6:.1f} MB gzip")
    print(f"one poll: {wall:.1f} s from reload to idle (median of {QUIET_POLLS}, ± 0.5 s)")
    print(f"scrapes while idle: {len(idle)}, p50 {percentile(idle, 50):.1f} ms")
    speedup = scrape.generate_latest_seconds(body) * 1000 / percentile(busy, 50)
    return [
        Figure("exporter's CPU for one poll and its renders", cpu, 6, "s"),
        Figure("requests for one poll", requests, REQUESTS, ""),
        Figure(f"scrape during polls, p50 of {len(busy)}", percentile(busy, 50), 20, "ms"),
        Figure(f"scrape during polls, p99 of {len(busy)}", percentile(busy, 99), 60, "ms"),
        Figure("that p50 against prometheus_client", speedup, 50, "x", at_least=True),
        Figure("peak memory", memory, 400, "MB"),
    ]


def quiet_poll(exporter: Exporter) -> tuple[float, float, float]:
    """CPU, wall time and requests of exactly one poll that nobody scrapes."""
    before, cpu, began = scrape.one(exporter), exporter.cpu, time.monotonic()
    exporter.poll_now()
    exporter.wait_until_idle()
    used, took, after = exporter.cpu - cpu, time.monotonic() - began, scrape.one(exporter)
    polls, requests = (
        scrape.value(after, name) - scrape.value(before, name)
        for name in ("entra_polls_total", "entra_graph_requests_total")
    )
    if polls != 1:
        raise RuntimeError(f"{polls:g} polls were made instead of one")
    return used, took, requests


def poll_under_scrapes(exporter: Exporter, usual: float) -> list[float]:
    """Seconds of the scrapes from the start of a poll to the first that shows its result."""
    before = scrape.value(scrape.one(exporter), scrape.LAST_SUCCESS)
    exporter.poll_now()
    made = scrape.scrape_for(exporter, 2 * usual + 2)
    exporter.wait_until_idle()
    return made.until_poll_shows(before)


def percentile(ordered: list[float], percent: int) -> float:
    """Of sorted seconds, in milliseconds."""
    return ordered[min(len(ordered) * percent // 100, len(ordered) - 1)] * 1000


def loop(tenant: Tenant, folder: Path) -> list[Figure]:
    """How long the event loop is blocked, over polls, renders and scrapes."""
    report = folder / "probe.json"
    with exporting(tenant, folder, (*PROBE, str(report))) as exporter:
        exporter.wait_for("/-/ready", pause=0.1)
        for _ in range(2):
            exporter.poll_now()
            scrape.scrape_for(exporter, 6)
    found = json.loads(report.read_text())
    print(f"loop: {found['naps']} naps of {found['nap'] * 1000:g} ms, late by", end=" ")
    print(", ".join(f"{k} {found[f'late_{k}'] * 1000:.1f} ms" for k in ("p50", "p99", "max")))
    for name in ("step_wall", "step_cpu"):
        wall, cpu, what = found[name]
        print(f"longest {name}: {wall * 1000:.1f} ms, {cpu * 1000:.1f} ms of it CPU: {what}")
    print(f"garbage collector: longest pause {found['collection_max'] * 1000:.1f} ms", end=", ")
    print(f"{found['collections']:.2f} s in all")
    return [Figure("event loop blocked, longest", found["late_max"] * 1000, 50, "ms")]


if __name__ == "__main__":
    main()
