"""Exit codes of the commands that look once, and how such a command ends when it cannot."""

import sys
from typing import Any

import click

from exporter.errors import ExporterError
from exporter.trace import told

NOTHING, EXPIRES_SOON, EXPIRED, COULD_NOT_TELL = range(4)
FAILS = EXPIRED


class CouldNotTell(click.Command):
    """A command whose exit code is 3 whenever it could not do its work, whatever the reason."""

    def make_context(self, *args: Any, **extra: Any) -> click.Context:  # noqa: ANN401 - click's
        """Parse the options; a mistake there tells nothing about any credential."""
        try:
            return super().make_context(*args, **extra)
        except click.UsageError as error:
            error.show()
            sys.exit(COULD_NOT_TELL)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's
        """Run; a bug shows its traceback, a person's mistake its message."""
        try:
            return super().invoke(ctx)
        except (ExporterError, KeyboardInterrupt) as error:
            click.echo(f"error: {error}" if isinstance(error, ExporterError) else "", err=True)
        except SystemExit:
            raise
        except BaseException as error:  # noqa: BLE001 - its code would be that of "expires soon"
            click.echo(told((type(error), error, error.__traceback__)), err=True)
        sys.exit(COULD_NOT_TELL)
