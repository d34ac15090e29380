"""
Measures the exporter's speed and memory over a simulated tenant of 50,000 applications that hold
100,000 credentials, after a restart without Graph, and with 1,000 stored secrets to verify, and
prints a table with the targets. docs/performance.md explains the figures.
"""

import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import loop_probe
import restart
import scrape
import verify
from processes import COMMAND, Exporter, Tenant, exporting, of_size, simulated
from table import Figure, machine, ms, show

APPLICATIONS, SERVICE_PRINCIPALS, PAGE = 50_000, 20_000, 999
REQUESTS = -(-APPLICATIONS // PAGE) + -(-SERVICE_PRINCIPALS // PAGE)
STARTS = 7
QUIET_POLLS = 3
SCRAPED_POLLS = 3
PROBED_POLLS = 3
IDLE_SECONDS = 3.0
PROBED_SECONDS = 6.0


def main() -> None:
    """Measure everything and print the table."""
    began = time.monotonic()
    print(machine())
    with (
        tempfile.TemporaryDirectory(prefix="entra-benchmark-") as folder,
        simulated(of_size(APPLICATIONS, SERVICE_PRINCIPALS)) as tenant,
    ):
        place = Path(folder)
        parts = (start(tenant, place), poll_and_scrape(tenant, place), loop(tenant, place))
        figures = [figure for part in parts for figure in part]
    show([*figures, *restart.measure(), *verify.measure()])
    print(f"\ntook {time.monotonic() - began:.0f} s; load at the end {os.getloadavg()[0]:.2f}")


def start(tenant: Tenant, folder: Path) -> Iterator[Figure]:
    """How long the command takes to answer, and the exporter to be healthy."""
    answered = statistics.median(seconds(ask_help) for _ in range(STARTS))
    healthy = statistics.median(until_healthy(tenant, folder) for _ in range(STARTS))
    yield Figure(f"--help, median of {STARTS}", answered, 0.4, "s")
    yield Figure(f"healthy after start, median of {STARTS}", healthy, 1.5, "s")


def ask_help() -> None:
    """Run the command for its help."""
    subprocess.run((*COMMAND, "--help"), check=True, stdout=subprocess.DEVNULL)


def until_healthy(tenant: Tenant, folder: Path) -> float:
    """Seconds from the start of a process to its first good answer."""
    began = time.perf_counter()
    with exporting(tenant, folder):
        return time.perf_counter() - began


def seconds(action: Callable[[], None]) -> float:
    """How long something takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def poll_and_scrape(tenant: Tenant, folder: Path) -> Iterator[Figure]:
    """The figures of one exporter from its start on: polls alone, then polls and scrapes."""
    with exporting(tenant, folder) as exporter:
        exporter.wait_for("/-/ready", pause=0.1)
        exporter.wait_until_idle()
        polls = [quiet_poll(exporter) for _ in range(QUIET_POLLS)]
        cpu, wall, requests = map(statistics.median, zip(*polls, strict=True))
        idle = sorted(one.seconds for one in scrape.scrape_for(exporter, IDLE_SECONDS).scrapes)
        busy = sorted(t for _ in range(SCRAPED_POLLS) for t in poll_under_scrapes(exporter, wall))
        body, memory = scrape.one(exporter), exporter.peak_memory
    print(f"exposition: {scrape.series(body):,} series, {len(body) / 1e6:.1f} MB as gzip")
    print(f"one poll: {wall:.1f} s until idle again; scrape while idle: p50 {ms(idle, 50):.1f} ms")
    yield Figure("exporter's CPU for one poll and its renders", cpu, 6, "s")
    yield Figure("requests for one poll", requests, REQUESTS, "")
    yield from scrape_figures(busy, scrape.generate_latest_seconds(body))
    yield Figure("peak memory", memory, 400, "MB")


def scrape_figures(busy: list[float], client_library: float) -> Iterator[Figure]:
    """The figures of scrapes made during polls."""
    median = ms(busy, 50)
    print(f"prometheus_client.generate_latest: {client_library * 1000:.0f} ms for the same")
    yield Figure(f"scrape during polls, p50 of {len(busy)}", median, 20, "ms")
    yield Figure(f"scrape during polls, p99 of {len(busy)}", ms(busy, 99), 60, "ms")
    times = client_library * 1000 / median
    yield Figure("that p50 against prometheus_client", times, 50, "x", at_least=True)


def quiet_poll(exporter: Exporter) -> tuple[float, float, float]:
    """CPU, wall time and requests of exactly one poll that nobody scrapes."""
    before, cpu, began = scrape.one(exporter), exporter.cpu, time.monotonic()
    exporter.poll_now()
    took = exporter.wait_until_idle() - began
    used, after = exporter.cpu - cpu, scrape.one(exporter)
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


def loop(tenant: Tenant, folder: Path) -> Iterator[Figure]:
    """How long the event loop is blocked, over polls, renders, scrapes and the landing page."""
    report = folder / "probe.json"
    with exporting(tenant, folder, (*loop_probe.COMMAND, str(report))) as exporter:
        exporter.wait_for("/-/ready", pause=0.1)
        for _ in range(PROBED_POLLS):
            exporter.poll_now()
            scrape.scrape_for(exporter, PROBED_SECONDS)
            exporter.get("/")
    found = json.loads(report.read_text())
    loop_probe.tell(found)
    yield Figure("event loop blocked, longest", ms(found["late"], 100), 50, "ms")


if __name__ == "__main__":
    main()
