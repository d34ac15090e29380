"""Writes the runbooks as Markdown: `python -m exporter.runbooks --out alerts/runbooks`."""

from pathlib import Path

import click

from exporter.runbooks import RUNBOOKS
from exporter.runbooks.markdown import files


@click.command()
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path))
def main(out: Path) -> None:
    """Write every runbook, and the index, to a folder."""
    out.mkdir(parents=True, exist_ok=True)
    for name, text in files(RUNBOOKS.values()).items():
        (out / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
