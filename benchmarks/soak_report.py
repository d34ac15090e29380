"""What came of a soak: the violations, the readings of the process, and how they are printed."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

from soak_exporter import Reading
from table import line, verdict

CALM, STORM = 25.0, 15.0
GROWTH_FROM = 240.0
"""Seconds that a soak must last for growth to mean something."""

MEMORY_GROWTH, MEMORY_SHARE = 10.0, 0.05
DESCRIPTOR_GROWTH, THREAD_GROWTH = 4, 2
TOLD = 60
QUARTERS = 4


@dataclass(frozen=True, slots=True)
class Plan:
    """How long a soak is, from which seed, and how long nothing fails and things fail in turns."""

    seconds: float
    seed: int
    calm: float = CALM
    storm: float = STORM


@dataclass(slots=True)
class Report:
    """What came of a soak so far."""

    began: float = field(default_factory=time.time)
    violations: list[tuple[float, str]] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    readings: list[Reading] = field(default_factory=list)
    slowest: float = 0.0
    told: set[str] = field(default_factory=set)

    def tell(self, what: str) -> None:
        """Something is wrong; each thing is told once."""
        if what not in self.told:
            self.told.add(what)
            self.violations.append((time.time() - self.began, what))


def grown(report: Report) -> list[tuple[str, float, float, float]]:
    """What must not grow: its name, second and last quarter, and how much it may have grown."""
    measured: list[tuple[str, Callable[[Reading], float], float]] = [
        ("descriptors", lambda one: one.descriptors, DESCRIPTOR_GROWTH),
        ("threads", lambda one: one.threads, THREAD_GROWTH),
    ]
    memory = growth(report.readings, lambda one: one.memory)
    allowed = min(MEMORY_GROWTH, MEMORY_SHARE * memory[0])
    others = [(name, *growth(report.readings, of), most) for name, of, most in measured]
    return [("memory, MB", *memory, allowed), *others]


def show(plan: Plan, report: Report) -> bool:
    """Print everything; returns whether all is well."""
    print(f"\nseed {plan.seed}, {plan.seconds:g} s; slowest answer {report.slowest:.2f} s")
    for name, count in sorted(report.done.items()):
        print(f"{name:<48} {count:>12,}")
    if plan.seconds >= GROWTH_FROM:
        print("\n" + line("median of the second and the last quarter", "second", "last", "result"))
        for name, second, last, allowed in grown(report):
            kept = last - second <= allowed
            print(line(name, f"{second:,.1f}", f"{last:,.1f}", verdict(kept=kept)))
            if not kept:
                report.tell(f"{name} grew from {second:.1f} to {last:.1f}, allowed {allowed:.1f}")
    print(f"\nviolations: {len(report.violations)}")
    for at, what in report.violations[:TOLD]:
        print(f"seed {plan.seed}, {at:7.2f} s: {what}")
    if len(report.violations) > TOLD:
        print(f"and {len(report.violations) - TOLD} more")
    return not report.violations


def growth(readings: list[Reading], of: Callable[[Reading], float]) -> tuple[float, float]:
    """The medians of the second and of the last quarter."""
    size = len(readings) // QUARTERS
    second, last = readings[size : 2 * size], readings[-size:]
    return median(map(of, second)), median(map(of, last))
