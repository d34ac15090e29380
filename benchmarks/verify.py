"""
Measures what it costs to verify a thousand stored secrets, over a simulated tenant of their own.
Prints a table as `run.py` does, of which it is a part.

All values lie behind one link. Turning it changes every value at once, upon which the exporter
verifies them all as fast as it is allowed to.
"""

import gzip
import json
import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import loop_probe
import scrape
import stored_secrets
from processes import TENANT, Exporter, Tenant, exporting, simulated
from stored_secrets import SLOTS, TARGETS
from table import Figure, machine, ms, show

LINK = "..data"
INTERVAL = "1h"
"""Longer than this runs: nothing is verified but what is meant to be."""
QUIET_ROUNDS = 3
FIRST_ROUND = 120.0
ROUND = 60.0
LOOK_AGAIN = 0.5
UNDER_WAY = 1.0
PROBED_SECONDS = 10.0
ATTEMPT = re.compile(rb"^entra_verify_timestamp_seconds\{.*\} (\S+)$", re.MULTILINE)
SUCCESS = "entra_verify_success"


@dataclass(slots=True)
class Consumers:
    """The stored values as a mounted Kubernetes Secret: each file leads over the link to a slot."""

    folder: Path
    slot: int = 0

    def write(self) -> None:
        """Store everything, and point to the first slot."""
        for slot in SLOTS:
            (self.folder / slot).mkdir()
        (self.folder / LINK).symlink_to(SLOTS[self.slot])
        for one in stored_secrets.stored():
            for slot, value in zip(SLOTS, one.values, strict=True):
                (self.folder / slot / one.name).write_text(value)
            (self.folder / one.name).symlink_to(Path(LINK, one.name))

    def turn(self) -> None:
        """Change every value at once."""
        self.slot = 1 - self.slot
        fresh = self.folder / f"{LINK}_tmp"
        fresh.symlink_to(SLOTS[self.slot])
        fresh.replace(self.folder / LINK)

    def section(self) -> dict[str, Any]:
        """The configuration's section `verify`."""
        targets = [
            {
                "name": one.name,
                "tenant": TENANT,
                "client_id": one.client_id,
                "secret": {"file": str(self.folder / one.name)},
                "resource": "https://management.azure.com",
            }
            for one in stored_secrets.stored()
        ]
        return {"interval": INTERVAL, "targets": targets}


def measure() -> Iterator[Figure]:
    """Every figure, with a tenant and a folder of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="entra-benchmark-") as folder,
        simulated(stored_secrets.COMMAND) as tenant,
    ):
        values = Path(folder, "mounted")
        values.mkdir()
        consumers = Consumers(values)
        consumers.write()
        yield from verified(tenant, consumers, Path(folder))
        yield from loop(tenant, consumers, Path(folder))


def verified(tenant: Tenant, consumers: Consumers, place: Path) -> Iterator[Figure]:
    """The figures of one exporter, from its start on."""
    began = time.time()
    with exporting(tenant, place, verify=consumers.section()) as exporter:
        first = first_round(exporter) - began
        exporter.wait_until_idle()
        rounds = [quiet_round(exporter, consumers) for _ in range(QUIET_ROUNDS)]
        rate, cpu = map(statistics.median, zip(*rounds, strict=True))
        busy = scraped_round(exporter, consumers, stored_secrets.requests() / rate)
        working, memory = scrape.value(scrape.one(exporter), SUCCESS), exporter.peak_memory
        ended = end_while_verifying(exporter, consumers)
    print(
        f"verified: {working:g} of {TARGETS} stored secrets work; median of {QUIET_ROUNDS} rounds"
    )
    print(f"scrape while verifying: p50 {ms(busy, 50):.1f} ms")
    yield Figure("1,000 targets: every one has a verdict after", first, 75, "s")
    yield Figure("token requests a second, 10 at a time", rate, 50, "/s", at_least=True)
    yield Figure("exporter's CPU for one verification", cpu * 1000, 20, "ms")
    yield Figure(f"scrape while verifying, p99 of {len(busy)}", ms(busy, 99), 60, "ms")
    yield Figure("peak memory with 1,000 targets", memory, 200, "MB")
    yield Figure("end after SIGTERM while verifying", ended, 1, "s")


def attempts(exporter: Exporter) -> list[float]:
    """When each target was tried last, in order."""
    body = gzip.decompress(scrape.one(exporter))
    return sorted(float(found) for found in ATTEMPT.findall(body))


def first_round(exporter: Exporter) -> float:
    """Wait until every target was tried; gives the moment of the last one, in Unix time."""
    limit = time.monotonic() + FIRST_ROUND
    while len(tried := attempts(exporter)) < TARGETS:
        if time.monotonic() > limit:
            raise RuntimeError(f"only {len(tried)} of {TARGETS} targets have a verdict")
        time.sleep(LOOK_AGAIN)
    return tried[-1]


def quiet_round(exporter: Exporter, consumers: Consumers) -> tuple[float, float]:
    """Token requests a second, and seconds of CPU for a verification, while nobody scrapes."""
    cpu, began = exporter.cpu, time.time()
    consumers.turn()
    exporter.wait_until_idle()
    used = exporter.cpu - cpu
    tried = shown(exporter, began)
    return stored_secrets.requests() / (tried[-1] - tried[0]), used / TARGETS


def shown(exporter: Exporter, began: float) -> list[float]:
    """The attempts once all are on show: what is no news waits for the next rendering."""
    limit = time.monotonic() + ROUND
    while (tried := attempts(exporter))[0] < began:
        if time.monotonic() > limit:
            raise RuntimeError("not every target was verified after its value had changed")
        time.sleep(LOOK_AGAIN)
    return tried


def scraped_round(exporter: Exporter, consumers: Consumers, usual: float) -> list[float]:
    """Seconds of the scrapes while everything is verified."""
    consumers.turn()
    made = scrape.scrape_for(exporter, usual)
    exporter.wait_until_idle()
    return sorted(one.seconds for one in made.scrapes)


def end_while_verifying(exporter: Exporter, consumers: Consumers) -> float:
    """How long it takes to end in the middle of a round."""
    consumers.turn()
    time.sleep(UNDER_WAY)
    began = time.perf_counter()
    exporter.process.terminate()
    exporter.process.wait(ROUND)
    return time.perf_counter() - began


def loop(tenant: Tenant, consumers: Consumers, place: Path) -> Iterator[Figure]:
    """How long the event loop is blocked, from the start over a first and a second round."""
    report = place / "probe.json"
    command = (*loop_probe.COMMAND, str(report))
    with exporting(tenant, place, command, consumers.section()) as exporter:
        first_round(exporter)
        consumers.turn()
        scrape.scrape_for(exporter, PROBED_SECONDS)
    found = json.loads(report.read_text())
    loop_probe.tell(found)
    yield Figure("event loop blocked while verifying, longest", ms(found["late"], 100), 50, "ms")


if __name__ == "__main__":
    print(machine())
    show(measure())
