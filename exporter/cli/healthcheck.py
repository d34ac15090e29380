"""`healthcheck`: whether the exporter on this machine answers, for container health checks."""

import http.client
import sys

import click

from exporter.address import Address, parse_address
from exporter.cli import options

TIMEOUT = 3.0
HEALTHY, UNAUTHORIZED = 200, 401
GATED = (
    "; an exporter with --web.config.file speaks TLS or wants a password: "
    "start it with --probe.listen-address, and give this command the same"
)


@click.command()
@options.listen_address
@options.probe_address
@options.option("--ready", is_flag=True, help="Ask whether it is ready, not only alive.")
def healthcheck(
    *, web_listen_address: tuple[str, ...], probe_listen_address: str, ready: bool
) -> None:
    """
    Exit 0 when the exporter that listens here is healthy, 1 when not.

    Asks the address for probes where there is one, else the address for scrapes.
    """
    address = parse_address(probe_listen_address or web_listen_address[0])
    said, status = ask(address, "/-/ready" if ready else "/-/healthy")
    hint = GATED if status in {0, UNAUTHORIZED} and not probe_listen_address else ""
    click.echo(said + hint, err=status != HEALTHY)
    sys.exit(0 if status == HEALTHY else 1)


def ask(address: Address, path: str) -> tuple[str, int]:
    """What is said there, and its HTTP status; 0 when there is no answer."""
    connection = http.client.HTTPConnection(
        address.host or "127.0.0.1", address.port, timeout=TIMEOUT
    )
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.read().decode(errors="replace").strip(), answer.status
    except (OSError, http.client.HTTPException) as error:
        return f"no answer from {address.url}: {error}", 0
