"""
The demo: simulated tenants and the exporter over them, in one process, with all of their files in a
temporary directory that goes when it ends.
"""

import asyncio
import contextlib
import socket
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from exporter.address import Address
from exporter.app import App, Settings
from exporter.demo.configuration import store_value, write_configuration
from exporter.errors import UsageError
from exporter.simulator import VERIFICATIONS, SimulatedTenant, Simulator, demo_tenants
from exporter.simulator.story import LIVING, play

USUAL = Address("127.0.0.1", 10147)
PAGE_SIZE = 10
LOOK_AGAIN = 0.1

GREETING = """\
Watching simulated Entra tenants: {tenants}. Ctrl-C ends it and leaves nothing behind.

  What needs attention   {url}/
  Metrics                {url}/metrics

Try in another terminal:
  curl -s {url}/metrics | grep ^entra_application_days
  {command} check --config.file {config}
  {command} verify --config.file {config}

The warnings below are part of the show: in fabrikam the exporter's own secret has expired, and of
the secrets that are verified some do not work. In a few seconds one of them is revoked, and one is
replaced while its consumer keeps the old one. The secret of {living} is replaced again and
again, and its consumer follows.
"""


async def run(address: Address | None) -> None:
    """Run until a signal; without an address on the usual port, or a free one if it is taken."""
    place = address if address and address.port else free_address(address or USUAL)
    tenants = demo_tenants(time.time())
    with temporary_directory() as folder:
        async with Simulator(tenants, page_size=PAGE_SIZE) as simulator:
            shown = [one for one in VERIFICATIONS if one.demo]
            file = write_configuration(
                Path(folder), simulator, tenants, place.url, shown, state_dir="state"
            )
            app = App(Settings(file, (place,)))
            story = asyncio.create_task(tell(simulator, app, Path(folder)))
            try:
                await app.run(lambda taken: greet(taken, tenants, file))
            finally:
                story.cancel()


async def tell(simulator: Simulator, app: App, folder: Path) -> None:
    """Let the story happen, once everything was seen as it is before."""
    while not seen(app):  # noqa: ASYNC110 - no event tells
        await asyncio.sleep(LOOK_AGAIN)
    await play(simulator, partial(store_value, folder))


def seen(app: App) -> bool:
    """Whether every tenant was polled and every target verified."""
    snapshot = app.store.snapshot
    verified = all(view.verdict is not None for view in snapshot.targets)
    return bool(snapshot.tenants) and not snapshot.waiting and verified


def temporary_directory() -> tempfile.TemporaryDirectory[str]:
    """Where the demo's files are; raises UsageError where there is no such place."""
    try:
        return tempfile.TemporaryDirectory(prefix="entra-demo-")
    except OSError as error:
        raise UsageError(
            f"the demo needs a directory for its files: {error.strerror or error}; "
            "name one that can be written in the environment variable TMPDIR"
        ) from error


def free_address(wanted: Address) -> Address:
    """The address with a free port: its own if that can be had."""
    for port in (wanted.port, 0):
        with (
            contextlib.suppress(OSError),
            socket.create_server((wanted.host or "", port)) as free,
        ):
            return Address(wanted.host, free.getsockname()[1])
    return wanted


def greet(taken: Sequence[Address], tenants: Sequence[SimulatedTenant], file: Path) -> None:
    """Say where to look."""
    names = ", ".join(tenant.name for tenant in tenants)
    text = GREETING.format(
        tenants=names, url=taken[0].url, command=sys.argv[0], config=file, living=LIVING
    )
    print(text, flush=True)  # noqa: T201 - the demo's output
