"""The group of commands, with `serve` as the default, and how an operator's mistake is shown."""

import sys
from typing import Any

import click

from exporter import __version__
from exporter.cli.check import check
from exporter.cli.dashboards import dashboards
from exporter.cli.demo import demo
from exporter.cli.healthcheck import healthcheck
from exporter.cli.rules import rules
from exporter.cli.serve import serve
from exporter.cli.verify import verify
from exporter.errors import ExporterError

MISTAKE = 2
OWN_OPTIONS = frozenset({"--help", "-h", "--version"})


class DefaultToServe(click.Group):
    """A group that runs `serve` when no command is named, as exporters do."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `serve` in front of options that are not the group's own."""
        if not args or (args[0].startswith("-") and args[0] not in OWN_OPTIONS):
            args = ["serve", *args]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's signature
        """Run the command; an operator's mistake is one message and exit code 2."""
        try:
            return super().invoke(ctx)
        except ExporterError as error:
            click.echo(f"error: {error}", err=True)
            sys.exit(MISTAKE)


@click.group(cls=DefaultToServe, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="entra-credential-exporter")
def main() -> None:
    """
    Prometheus exporter for Microsoft Entra ID application credentials.

    Without a command it runs `serve`. Every option can be set by the environment variable that its
    help names.
    """


for command in (serve, demo, check, verify, rules, dashboards, healthcheck):
    main.add_command(command)
