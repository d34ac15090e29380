"""`check`: poll every tenant once and say what needs attention."""

import asyncio
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from exporter import log
from exporter.cli import options
from exporter.cli.exits import COULD_NOT_TELL, EXPIRED, EXPIRES_SOON, NOTHING, CouldNotTell
from exporter.cli.polling import poll_all

if TYPE_CHECKING:
    from exporter.snapshot import Snapshot


@click.command(cls=CouldNotTell)
@options.config_file
@options.option(
    "--output",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    help="What is printed.",
)
@options.log_format
def check(*, config_file: Path, output: str, log_format: str) -> None:
    """
    Poll once and print what needs attention, most urgent first.

    Exit code 0: nothing. 1: something expires soon. 2: something has expired and nothing newer is
    there. 3: nothing has, as far as could be told: a tenant, or something in it, could not be read,
    or the command itself failed. What has expired but is covered by a newer credential is listed,
    and changes nothing.
    """
    from exporter import config  # noqa: PLC0415 - see serve

    log.configure("error", log_format)
    snapshot = asyncio.run(poll_all(config.load(config_file)))
    now = time.time()
    show(snapshot, now, output)
    sys.exit(exit_code(snapshot, now))


def show(snapshot: "Snapshot", now: float, output: str) -> None:
    """Print the snapshot as asked."""
    from rich.console import Console  # noqa: PLC0415 - see serve

    from exporter import table  # noqa: PLC0415

    if output == "table":
        Console(highlight=False).print(table.as_table(snapshot, now))
    else:
        click.echo(
            table.as_json(snapshot, now) if output == "json" else table.as_csv(snapshot, now)
        )


def exit_code(snapshot: "Snapshot", now: float) -> int:
    """The worst that is known for certain, then what could not be told, then what comes soon."""
    from exporter import table  # noqa: PLC0415 - see serve
    from exporter.attention import Urgency, due  # noqa: PLC0415
    from exporter.model import CredentialState  # noqa: PLC0415

    rows = [row for row in due(snapshot, now) if row.urgency is not Urgency.LEFTOVER]
    if any(row.state is CredentialState.EXPIRED for row in rows):
        return EXPIRED
    if not any(view.inventory for view in snapshot.tenants):
        return COULD_NOT_TELL
    if any(view.failure or table.unreadable(view) for view in snapshot.tenants):
        return COULD_NOT_TELL
    return EXPIRES_SOON if rows else NOTHING
