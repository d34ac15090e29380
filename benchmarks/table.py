"""The table that the benchmarks print: figures beside their targets, and the machine."""

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path


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
        low, high = sorted((self.measured, self.target))
        kept = (low if self.at_least else high) == self.target
        target = f"{'≥' if self.at_least else '≤'} {self.target:g} {self.unit}"
        return line(self.name, f"{self.measured:,.3g} {self.unit}", target, verdict(kept=kept))


def verdict(*, kept: bool) -> str:
    """How the table says it."""
    return "ok" if kept else "missed"


def line(name: str, measured: str, target: str, result: str) -> str:
    """A line of the table."""
    return f"{name:<48} {measured:>12} {target:>12}  {result}"


def show(figures: Iterable[Figure]) -> None:
    """Print the table."""
    rows = [figure.row() for figure in figures]
    print("", line("figure", "measured", "target", "result"), *rows, sep="\n")


def machine() -> str:
    """What this runs on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "?")
    python, load = platform.python_version(), os.getloadavg()[0]
    return f"{model}, {os.cpu_count()} cores, Python {python}; load at the start {load:.2f}"


def ms(ordered: Sequence[float], percent: int) -> float:
    """A percentile of sorted seconds, in milliseconds."""
    return ordered[min(len(ordered) * percent // 100, len(ordered) - 1)] * 1000
