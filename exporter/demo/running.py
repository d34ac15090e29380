"""
The demo: a simulated tenant and the exporter over it, in one process, with a configuration file in
a temporary directory that goes when it ends.
"""

import contextlib
import socket
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from exporter.address import Address
from exporter.app import App, Settings
from exporter.simulator import SimulatedTenant, Simulator, demo_tenants

USUAL = Address("127.0.0.1", 10147)
PAGE_SIZE = 10
INTERVAL = "15s"
PRIVATE = 0o600

GREETING = """\
Watching simulated Entra tenants: {tenants}. Ctrl-C ends it and leaves nothing behind.

  What needs attention   {url}/
  Metrics                {url}/metrics

Try in another terminal:
  curl -s {url}/metrics | grep ^entra_application_days
  {command} check --config.file {config}

The two warnings below are part of the show: one credential cannot be read, and in fabrikam the
exporter's own secret has expired.
"""


async def run(address: Address | None) -> None:
    """Run until a signal; without an address on the usual port, or a free one if it is taken."""
    place = address if address and address.port else free_address(address or USUAL)
    tenants = demo_tenants(time.time())
    with tempfile.TemporaryDirectory(prefix="entra-demo-") as folder:
        async with Simulator(tenants, page_size=PAGE_SIZE) as simulator:
            file = write_configuration(Path(folder), simulator, tenants, place.url)
            app = App(Settings(file, (place,)))
            await app.run(lambda taken: greet(taken, tenants, file))


def free_address(wanted: Address) -> Address:
    """The address with a free port: its own if that can be had."""
    for port in (wanted.port, 0):
        with (
            contextlib.suppress(OSError),
            socket.create_server((wanted.host or "", port)) as free,
        ):
            return Address(wanted.host, free.getsockname()[1])
    return wanted


def write_configuration(
    folder: Path, simulator: Simulator, tenants: Sequence[SimulatedTenant], url: str
) -> Path:
    """A configuration as an operator would write it, with the exporter's secrets in files."""
    configuration: dict[str, Any] = {
        "web": {"external_url": url},
        "clouds": {
            "simulated": {
                "authority": simulator.url,
                "graph": simulator.url,
                "ca_file": str(simulator.ca_file),
            }
        },
        "tenants": [tenant_configuration(folder, tenant) for tenant in tenants],
    }
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump(configuration, sort_keys=False), encoding="utf-8")
    return file


def tenant_configuration(folder: Path, tenant: SimulatedTenant) -> dict[str, Any]:
    """One tenant's section; writes its secret."""
    secret = folder / f"{tenant.name}.secret"
    secret.touch(PRIVATE)
    secret.write_text(tenant.exporter_client_secret, encoding="utf-8")
    return {
        "name": tenant.name,
        "tenant_id": tenant.tenant_id,
        "cloud": "simulated",
        "identity": {
            "type": "client_secret",
            "client_id": tenant.exporter_client_id,
            "client_secret": {"file": secret.name},
        },
        "poll": {"interval": INTERVAL},
    }


def greet(taken: Sequence[Address], tenants: Sequence[SimulatedTenant], file: Path) -> None:
    """Say where to look."""
    names = ", ".join(tenant.name for tenant in tenants)
    text = GREETING.format(tenants=names, url=taken[0].url, command=sys.argv[0], config=file)
    print(text, flush=True)  # noqa: T201 - the demo's output
