"""
Starts the exporter with a probe on its event loop: `loop_probe.py REPORT serve --config.file ...`.
At the end it writes to REPORT (JSON) how late a sleeping task woke, which step of the loop took
longest, and how long the garbage collector stopped everything.
"""

import asyncio
import gc
import json
import sys
import time
from asyncio import base_events, events
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import click
from table import ms

NAP = 0.002
"""Seconds that the probe sleeps; it notices a block of the loop to within this and a timer tick."""
NAME_LENGTH = 100
COMMAND = (sys.executable, str(Path(__file__)))


@dataclass(slots=True)
class Step:
    """The longest callback that the loop ran: in wall time, and how much of that was its own."""

    wall: float = 0.0
    cpu: float = 0.0
    what: str = ""


@dataclass(slots=True)
class Probe:
    """What is measured while the exporter runs."""

    late: list[float] = field(default_factory=list)
    wall: Step = field(default_factory=Step)
    cpu: Step = field(default_factory=Step)
    collections: list[float] = field(default_factory=list)
    collection_began: float = 0.0

    async def nap(self) -> None:
        """Sleep again and again, and note by how much each sleep was too long."""
        while True:
            began = time.perf_counter()
            await asyncio.sleep(NAP)
            self.late.append(time.perf_counter() - began - NAP)

    def time_steps(self) -> None:
        """Time every callback of the loop."""
        original = events.Handle._run  # noqa: SLF001 - the one place that every step passes

        def timed(handle: events.Handle) -> None:
            wall, cpu = time.perf_counter(), time.thread_time()
            original(handle)
            self.note(handle, time.perf_counter() - wall, time.thread_time() - cpu)

        setattr(events.Handle, "_run", timed)  # noqa: B010 - typed as if nobody could replace it

    def note(self, handle: events.Handle, wall: float, cpu: float) -> None:
        """Keep the step if it is the longest so far."""
        if wall > self.wall.wall:
            self.wall = Step(wall, cpu, describe(handle))
        if cpu > self.cpu.cpu:
            self.cpu = Step(wall, cpu, describe(handle))

    def time_collections(self, phase: str, _details: dict[str, int]) -> None:
        """Time the garbage collector, which stops every thread."""
        if phase == "start":
            self.collection_began = time.perf_counter()
        else:
            self.collections.append(time.perf_counter() - self.collection_began)

    def report(self) -> dict[str, Any]:
        """All of it, in seconds."""
        return {
            "nap": NAP,
            "late": sorted(self.late),
            "longest": [asdict(self.wall), asdict(self.cpu)],
            "collections": sorted(self.collections),
        }


def describe(handle: events.Handle) -> str:
    """The task or callback of a step, as asyncio names it in its own debug messages."""
    formatted = base_events._format_handle(handle)  # type: ignore[attr-defined]  # noqa: SLF001
    return str(formatted)[:NAME_LENGTH]


async def run(app: Any, probe: Probe) -> None:  # noqa: ANN401 - exporter.app.App, imported late
    """Run the exporter beside the probe."""
    probe.time_steps()
    gc.callbacks.append(probe.time_collections)
    napping = asyncio.create_task(probe.nap())
    await app.run()
    napping.cancel()


def tell(found: dict[str, Any]) -> None:
    """Print what else the probe noticed."""
    late, collections = found["late"], found["collections"]
    percentiles = ", ".join(f"p{percent} {ms(late, percent):.1f} ms" for percent in (50, 99))
    print(f"event loop: {len(late)} naps of {found['nap'] * 1000:g} ms woke late by {percentiles}")
    for by, step in zip(("wall time", "own CPU"), found["longest"], strict=True):
        spent = f"{step['wall'] * 1000:.1f} ms, {step['cpu'] * 1000:.1f} ms of it its own CPU"
        print(f"longest step by {by}: {spent}: {step['what']}")
    print(f"garbage collector: {ms(collections, 100):.1f} ms at most, {sum(collections):.2f} s all")


@click.command()
@click.argument("report", type=click.Path(path_type=Path))
@click.argument("_command")
@click.option("--config.file", "config_file", type=click.Path(path_type=Path))
@click.option("--web.listen-address", "address")
@click.option("--log.level", "level")
def main(report: Path, _command: str, config_file: Path, address: str, level: str) -> None:
    """Do as the exporter's `serve` does, with the probe."""
    from exporter import log  # noqa: PLC0415 - as serve imports: when it runs
    from exporter.address import parse_address  # noqa: PLC0415
    from exporter.app import App, Settings  # noqa: PLC0415

    log.configure(level)
    probe = Probe()
    asyncio.run(run(App(Settings(config_file, (parse_address(address),))), probe))
    report.write_text(json.dumps(probe.report()))


if __name__ == "__main__":
    sys.exit(main())
