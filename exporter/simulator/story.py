"""
What happens in the simulated tenant while the demo runs: secrets are removed and replaced, and one
consumer is told of it. Knows nothing of the exporter; changes the directory and the stored values.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

from exporter.simulator.changes import REMOVED, REPLACED, Change, carry_out
from exporter.simulator.server import Simulator
from exporter.simulator.values import secret_value

# The application whose secret is replaced again and again, and the target that stores it.
LIVING = "fleet-monitor"
PERIOD = 120.0


@dataclass(frozen=True, slots=True)
class Moment:
    """
    What happens so many seconds after the start: a change of the directory, or a consumer that is
    told: then the target stores `value`.
    """

    at: float
    what: str
    change: Change | None = None
    target: str = ""
    value: str = field(default="", repr=False)


OPENING: tuple[Moment, ...] = (
    Moment(
        3,
        "Somebody removes the secret of parcel-tracker, and adds none.",
        REMOVED,
    ),
    Moment(
        3,
        "The secret of loyalty-points is replaced; its consumer is never told.",
        REPLACED,
    ),
)


def generation(number: int) -> tuple[Moment, ...]:
    """What happens to the living secret of this number: the next replaces it and is then stored."""
    old, new = str(number), str(number + 1)
    later = number * PERIOD
    return (
        Moment(30 + later, f"The secret of {LIVING} is replaced.", Change(LIVING, old, new)),
        Moment(
            75 + later,
            f"The consumer of {LIVING} is given the new secret.",
            target=LIVING,
            value=secret_value(LIVING, new),
        ),
    )


def moments() -> Iterator[Moment]:
    """All that happens, in the order of time; it never ends."""
    yield from OPENING
    for number in itertools.count():
        yield from generation(number)


async def play(
    simulator: Simulator,
    write: Callable[[str, str], None],
    *,
    pace: float = 1.0,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> None:
    """
    Make it happen until cancelled; `write` stores a value for a target. With a `pace` of 0.1 it
    takes a tenth of the time.
    """
    passed = 0.0
    for moment in moments():
        await sleep((moment.at - passed) * pace)
        passed = moment.at
        if moment.change is not None:
            carry_out(moment.change, simulator)
        if moment.target:
            write(moment.target, moment.value)
