"""`verify`: try one secret as its application would, and say why it does not work."""

import asyncio
import os
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from exporter import log
from exporter.cli import options
from exporter.cli.exits import COULD_NOT_TELL, FAILS, NOTHING, CouldNotTell
from exporter.errors import UsageError

if TYPE_CHECKING:
    from exporter.config import CloudConfig
    from exporter.sources import Secret


AN_ID = "11111111-2222-3333-4444-555555555555"
CLIENT = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
TENANT = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]*")  # a domain of the tenant names it as well


@click.command(cls=CouldNotTell)
@options.option("--tenant-id", required=True, help="The tenant (directory) id.")
@options.option("--client-id", required=True, help="The application (client) id.")
@options.option(
    "--secret-env",
    metavar="NAME",
    help="The environment variable that holds the secret; without it: stdin, or a hidden prompt.",
)
@options.option(
    "--resource",
    show_default="Microsoft Graph of the cloud",
    help="What the application asks a token for.",
)
@options.option("--cloud", default="public", help="public, usgov, usgov-dod, china, or one's own.")
@options.option(
    "--config.file", type=click.Path(path_type=Path), help="Where a cloud of one's own is defined."
)
@options.option(
    "--output", type=click.Choice(["text", "json"]), default="text", help="What is printed."
)
def verify(  # noqa: PLR0913 - one parameter an option
    *,
    tenant_id: str,
    client_id: str,
    secret_env: str | None,
    resource: str | None,
    cloud: str,
    config_file: Path | None,
    output: str,
) -> None:
    """
    Try a secret as its application would, and say why it does not work.

    Needs no permission and no configuration. The secret is read from a hidden prompt, from stdin or
    from an environment variable, never from the command line; it is sent to Microsoft's login
    service only. Exit code 0: it works. 2: it does not. 3: could not tell.
    """
    from exporter.identity.trial import Applicant  # noqa: PLC0415 - see serve
    from exporter.report import as_json, as_text  # noqa: PLC0415
    from exporter.verify.once import verify_secret  # noqa: PLC0415

    log.configure("error")
    for option, value, accepted in (
        ("--tenant-id", tenant_id, TENANT),
        ("--client-id", client_id, CLIENT),
    ):
        if not accepted.fullmatch(value):
            raise UsageError(f"{option} {value!r}; accepted: an id such as {AN_ID}")
    there = cloud_named(cloud, config_file)
    # Graph is in every tenant of every cloud; another resource would be refused where it is not.
    applicant = Applicant(tenant_id, client_id, resource or there.graph, there)
    verdict = asyncio.run(verify_secret(applicant, stored_secret(secret_env), time.time()))
    click.echo(as_json(verdict) if output == "json" else as_text(verdict))
    if verdict.diagnosis is None:
        sys.exit(NOTHING)
    sys.exit(COULD_NOT_TELL if verdict.could_not_tell else FAILS)


def stored_secret(variable: str | None) -> "Secret":
    """The value from the first place that applies, with its spaces and newlines."""
    from exporter.sources import Secret  # noqa: PLC0415 - see serve

    if variable is not None:
        if variable not in os.environ:
            raise UsageError(f"environment variable {variable} is not set")
        return Secret(os.environ[variable])
    if sys.stdin.isatty():
        return Secret(click.prompt("Secret (not shown)", hide_input=True, err=True))
    return Secret(sys.stdin.buffer.read().decode("utf-8", "surrogateescape"))


def cloud_named(name: str, file: Path | None) -> "CloudConfig":
    """The addresses of a cloud: built in, or of a configuration file."""
    from exporter import config  # noqa: PLC0415 - see serve
    from exporter.config.clouds import BUILT_IN  # noqa: PLC0415

    clouds = {**BUILT_IN, **(config.load(file).clouds if file else {})}
    if name not in clouds:
        raise UsageError(f"there is no cloud {name!r}; accepted: {', '.join(clouds)}")
    return clouds[name]
