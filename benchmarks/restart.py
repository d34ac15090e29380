"""
Measures how soon an exporter that was killed shows again what it knew, while Graph cannot be
reached: over simulated tenants of 5,000 and of 50,000 applications, two secrets each.
"""

import gzip
import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import scrape
from processes import TENANT, Tenant, exporting, of_size, simulated
from table import Figure, machine, show

SIZES = (5_000, 50_000)
STARTS = 5
KNOWN = re.compile(
    rb"^entra_(?:credential_expiry|poll_last_success)_timestamp_seconds.*$", re.MULTILINE
)


def measure() -> Iterator[Figure]:
    """The figures of each size."""
    for applications in SIZES:
        with tempfile.TemporaryDirectory(prefix="entra-benchmark-") as folder:
            yield after_kill(applications, Path(folder))


def after_kill(applications: int, folder: Path) -> Figure:
    """Seconds from the start to the end of the first scrape, which must show what was known."""
    with simulated(of_size(applications, 0)) as running:
        # The tenant's own goes away with it.
        authority = shutil.copy(running.ca_file, folder / "ca.pem")
        tenant = replace(running, ca_file=str(authority))
        known = learnt(tenant, folder)
    times = [first_scrape(tenant, folder, known) for _ in range(STARTS)]
    size = (folder / "state" / f"{TENANT}.state").stat().st_size / 1e6
    print(f"{applications:,} applications: {len(known):,} samples known, {size:.1f} MB of state")
    name = f"first scrape after kill -9, {2 * applications:,} secrets, median of {STARTS}"
    return Figure(name, statistics.median(times), 2, "s")


def learnt(tenant: Tenant, folder: Path) -> frozenset[bytes]:
    """What an exporter shows that was killed once it had written its state."""
    with exporting(tenant, folder, kept=True) as exporter:
        exporter.wait_for("/-/ready", pause=0.1)
        exporter.wait_until_idle()
        known = shown(scrape.one(exporter))
        exporter.process.kill()
        exporter.process.wait()
    return known


def shown(body: bytes) -> frozenset[bytes]:
    """The samples that must be the same after the restart."""
    return frozenset(KNOWN.findall(gzip.decompress(body)))


def first_scrape(tenant: Tenant, folder: Path, known: frozenset[bytes]) -> float:
    """The next one, which is killed as well."""
    began = time.perf_counter()
    with exporting(tenant, folder, kept=True) as exporter:
        found = scrape.one(exporter)
        took = time.perf_counter() - began
        exporter.process.kill()
        exporter.process.wait()
    if shown(found) != known:
        raise RuntimeError("the first scrape does not show what was known")
    return took


if __name__ == "__main__":
    print(machine())
    show(measure())
