"""`demo`: the exporter over a simulated tenant."""

import asyncio

import click

from exporter import log
from exporter.cli import options
from exporter.cli.leave import then_leave


@click.command()
@options.option(
    "--web.listen-address",
    metavar="ADDRESS",
    default="",
    show_default=f"127.0.0.1:{options.DEFAULT_PORT}, or a free port if that is taken",
    help="Where to listen: HOST:PORT.",
)
@options.option(
    "--log.level", type=click.Choice(log.LEVELS), default="warn", help="What is logged."
)
@options.log_format
def demo(*, web_listen_address: str, log_level: str, log_format: str) -> None:
    """
    Watch a simulated Entra tenant: no account, network or configuration is needed.

    Everything is real but the tenant: sign-in, paging and TLS go through Microsoft's SDKs. Ctrl-C
    ends it and leaves nothing behind.
    """
    from exporter.address import parse_address  # noqa: PLC0415 - see serve
    from exporter.demo import run  # noqa: PLC0415 - see serve

    log.configure(log_level, log_format)
    address = parse_address(web_listen_address) if web_listen_address else None
    asyncio.run(then_leave(run(address)))
