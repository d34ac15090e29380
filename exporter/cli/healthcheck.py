"""`healthcheck`: whether the exporter on this machine answers, for container health checks."""

import http.client
import sys

import click

from exporter.address import parse_address
from exporter.cli import options

TIMEOUT = 3.0
HEALTHY = 200


@click.command()
@options.listen_address
@options.option("--ready", is_flag=True, help="Ask whether it is ready, not only alive.")
def healthcheck(*, web_listen_address: tuple[str, ...], ready: bool) -> None:
    """Exit 0 when the exporter that listens here is healthy, 1 when not."""
    address = parse_address(web_listen_address[0])
    connection = http.client.HTTPConnection(
        address.host or "127.0.0.1", address.port, timeout=TIMEOUT
    )
    try:
        connection.request("GET", "/-/ready" if ready else "/-/healthy")
        answer = connection.getresponse()
        said, status = answer.read().decode(errors="replace").strip(), answer.status
    except (OSError, http.client.HTTPException) as error:
        said, status = f"no answer from {address.url}: {error}", 0
    click.echo(said, err=status != HEALTHY)
    sys.exit(0 if status == HEALTHY else 1)
