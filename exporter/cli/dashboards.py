"""`dashboards`: the Grafana dashboards as files. Copies what is shipped; makes nothing."""

from pathlib import Path

import click

import exporter
from exporter.cli import options
from exporter.errors import UsageError

PACKAGE = Path(exporter.__file__).parent
SHIPPED = (PACKAGE / "grafana", PACKAGE.parent / "dashboards")
"""Where they are in an installed package, and in a checkout."""


@click.command()
@options.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    metavar="DIR",
    help="Where to write them; the directory is made if it is not there.",
)
def dashboards(*, out: Path) -> None:
    """
    Write the Grafana dashboards as JSON files.

    They are for Grafana 11 and later. Files of the same name are written anew.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        for file in shipped():
            (out / file.name).write_bytes(file.read_bytes())
            click.echo(out / file.name)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(f"cannot write to {out}: {reason}; choose another with --out") from error


def shipped() -> list[Path]:
    """The files as they are shipped."""
    return next(found for folder in SHIPPED if (found := sorted(folder.glob("*.json"))))
