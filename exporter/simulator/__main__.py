"""
`python -m exporter.simulator`: the simulator on its own, for benchmarks and for trying things out.
Prints one line of JSON when it listens; stops on a signal, or when its standard input closes.
"""

import argparse
import asyncio
import gc
import json
import os
import signal
import time
from collections.abc import Sequence

from exporter.simulator.directory import SimulatedTenant
from exporter.simulator.generate import generated_tenant
from exporter.simulator.scenarios import demo_tenants
from exporter.simulator.server import Simulator
from exporter.simulator.wordings import PRESENT, WORDINGS

STDIN = 0


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m exporter.simulator", description=__doc__)
    parser.add_argument("--applications", type=int, help="size; without it, the demo's tenants")
    parser.add_argument("--credentials-per-application", type=int, default=2)
    parser.add_argument("--service-principals", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--page-size", type=int, default=999)
    parser.add_argument("--wording", choices=WORDINGS, default=PRESENT, help="the login service's")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    return parser.parse_args(arguments)


def tenants_of(options: argparse.Namespace) -> tuple[SimulatedTenant, ...]:
    """Choose the tenants to serve."""
    if options.applications is None:
        return demo_tenants(time.time())
    generated = generated_tenant(
        applications=options.applications,
        credentials_per_application=options.credentials_per_application,
        service_principals=options.service_principals,
        seed=options.seed,
    )
    return (generated,)


def announcement(simulator: Simulator) -> str:
    """Say how to reach the simulator and sign in, as one line of JSON."""
    tenants = [
        {
            "name": tenant.name,
            "tenant_id": tenant.tenant_id,
            "client_id": tenant.exporter_client_id,
            "client_secret": tenant.exporter_client_secret,
        }
        for tenant in simulator.tenants.values()
    ]
    return json.dumps({"url": simulator.url, "ca_file": str(simulator.ca_file), "tenants": tenants})


async def serve(options: argparse.Namespace) -> None:
    """Listen until a signal comes or standard input closes."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    tenants = tenants_of(options)
    # A large directory is a million objects that live for ever: do not walk them in mid-request.
    gc.freeze()
    async with Simulator(
        tenants,
        page_size=options.page_size,
        host=options.host,
        port=options.port,
        wording=options.wording,
    ) as simulator:
        print(announcement(simulator), flush=True)  # noqa: T201 - this line is the output
        watch_input(stop)
        await stop.wait()


def watch_input(stop: asyncio.Event) -> None:
    """Stop when whoever started the simulator has gone and its pipe is closed."""
    loop = asyncio.get_running_loop()

    def readable() -> None:
        if not os.read(STDIN, 4096):
            loop.remove_reader(STDIN)
            stop.set()

    try:
        loop.add_reader(STDIN, readable)
    except (OSError, ValueError):
        # A file or a closed descriptor cannot be watched; the signals remain.
        return


if __name__ == "__main__":
    asyncio.run(serve(parse()))
