"""
A tenant of some thousand applications, and what a thousand consumers have stored of it: most values
work, the others are refused in four ways. Run as a script it is the simulated tenant's process, as
`python -m exporter.simulator` is: one line of JSON when it listens, until a signal comes.

Every application has two good secrets, so that all stored values can change and still work.
"""

import asyncio
import gc
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from exporter.simulator.__main__ import announcement, watch_input
from exporter.simulator.directory import Application, PasswordCredential, SimulatedTenant
from exporter.simulator.generate import generated_tenant
from exporter.simulator.server import Simulator
from exporter.simulator.values import DAY, secret_value, timestamp, uid

APPLICATIONS, TARGETS, WORKING = 3_000, 1_000, 900
SLOTS = ("first", "second")
EXPIRED = "expired"
COMMAND = (sys.executable, str(Path(__file__)))
NOW = 1_767_225_600.0
"""2026-01-01, from which the dates count, so that two processes make the same tenant."""
DECADE = 3650 * DAY


@dataclass(frozen=True, slots=True)
class Stored:
    """What one consumer has: a value for each slot, each of which ends the same way."""

    name: str
    client_id: str
    values: tuple[str, ...] = field(repr=False)


def tenant() -> SimulatedTenant:
    """The tenant; always the same."""
    made = generated_tenant(
        applications=APPLICATIONS, service_principals=TARGETS + 1, now=NOW, name="verified"
    )
    own, *others = made.applications
    kept = [with_secrets(one) for one in others[:TARGETS]]
    return replace(made, applications=(own, *kept, *others[TARGETS:]))


def with_secrets(one: Application) -> Application:
    """The application with two secrets that work and one that has expired."""
    good = (credential(one.app_id, slot, DECADE) for slot in SLOTS)
    past = (credential(one.app_id, f"{EXPIRED} {slot}", -30 * DAY) for slot in SLOTS)
    return replace(one, password_credentials=(*good, *past))


def credential(app_id: str, slot: str, lasts: float) -> PasswordCredential:
    """A secret that ends so many seconds from `NOW`."""
    value = secret_value(app_id, slot)
    return PasswordCredential(
        key_id=uid("key", app_id, slot),
        display_name=slot,
        start=timestamp(NOW - 300 * DAY),
        end=timestamp(NOW + lasts),
        hint=value[:3],
        secret=value,
    )


def stored() -> Iterator[Stored]:
    """What the consumers have: the last ones by turns what is refused in one way and another."""
    apps = [one.app_id for one in tenant().applications[1 : TARGETS + 1]]
    for number, app_id in enumerate(apps):
        values = (value_of(number, app_id, apps[number - 1], slot) for slot in SLOTS)
        yield Stored(f"target-{number:04}", app_id, tuple(values))


def value_of(number: int, app_id: str, other: str, slot: str) -> str:
    """A value that works, or is nobody's, ends in a newline, is another's, or has expired."""
    good = secret_value(app_id, slot)
    refused = (
        secret_value("nobody", app_id, slot),
        f"{good}\n",
        secret_value(other, slot),
        secret_value(app_id, f"{EXPIRED} {slot}"),
    )
    return good if number < WORKING else refused[number % len(refused)]


def requests() -> int:
    """Token requests that one round takes: a value that could be mended is tried mended as well."""
    return TARGETS + sum(one.values[0].endswith("\n") for one in stored())


async def serve() -> None:
    """Be the simulated tenant until a signal comes or standard input closes."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    made = tenant()
    gc.freeze()
    async with Simulator((made,)) as simulator:
        print(announcement(simulator), flush=True)
        watch_input(stop)
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(serve())
