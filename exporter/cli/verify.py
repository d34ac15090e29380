"""`verify`: try stored secrets as their applications would, and say why one does not work."""

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from exporter import log
from exporter.cli import ad_hoc, options
from exporter.cli.exits import COULD_NOT_TELL, EXPIRES_SOON, FAILS, NOTHING, CouldNotTell
from exporter.cli.polling import poll_all
from exporter.errors import UsageError

if TYPE_CHECKING:
    from exporter.config import Config
    from exporter.snapshot import Snapshot, TargetView
    from exporter.verify.job import Job
    from exporter.verify.look import Look


SOON = 30 * 86_400.0
"""Seconds: what `expiring_within` is unless it is configured."""


@click.command(cls=CouldNotTell)
@options.option("--tenant-id", help="Ad hoc: the tenant (directory) id.")
@options.option("--client-id", help="Ad hoc: the application (client) id.")
@options.option(
    "--secret-env",
    metavar="NAME",
    help="The environment variable that holds the secret; without it: stdin, or a hidden prompt.",
)
@options.option(
    "--certificate",
    type=click.Path(path_type=Path),
    help="A certificate with its private key, PEM or PKCS#12, in place of a secret.",
)
@options.option(
    "--password-env", metavar="NAME", help="The environment variable with its password."
)
@options.option(
    "--resource",
    show_default="Microsoft Graph of the cloud",
    help="What the application asks a token for.",
)
@options.option("--cloud", default="public", help="public, usgov, usgov-dod, china, or one's own.")
@options.option(
    "--config.file",
    type=click.Path(path_type=Path),
    show_default="config.yaml",
    help="The configuration file: its targets, or ad hoc the clouds of one's own.",
)
@options.option(
    "--target", multiple=True, metavar="NAME", help="Only this target. Can be repeated."
)
@options.option(
    "--output", type=click.Choice(["text", "json"]), default="text", help="What is printed."
)
def verify(  # noqa: PLR0913 - one parameter an option
    *,
    tenant_id: str | None,
    client_id: str | None,
    secret_env: str | None,
    certificate: Path | None,
    password_env: str | None,
    resource: str | None,
    cloud: str,
    config_file: Path | None,
    target: Sequence[str],
    output: str,
) -> None:
    """
    Try stored secrets as their applications would, and say why one does not work.

    With --tenant-id and --client-id it tries one secret, with no permission and no configuration.
    The secret is read from a hidden prompt, from stdin or from an environment variable, never from
    the command line; it is sent to Microsoft's login service only. Without them it tries the
    targets of the configuration, and reads the inventories of their tenants to say more.

    Exit code 0: everything works. 1: it does, but something that is stored expires soon. 2:
    something does not work. 3: could not tell.
    """
    log.configure("error")
    if tenant_id is not None or client_id is not None:
        who = ad_hoc.applicant(tenant_id, client_id, resource, cloud, config_file)
        stored = ad_hoc.stored_value(secret_env, certificate, password_env)
        view = asyncio.run(ad_hoc.verified(who, stored, cloud, time.time()))
        show([view], output, one=True)
        sys.exit(exit_code([view], {view.target.tenant: SOON}))
    from exporter import config  # noqa: PLC0415 - see serve

    loaded = config.load(config_file or Path("config.yaml"))
    views, snapshot = asyncio.run(verified(loaded, target))
    show(views, output)
    tell_unread(snapshot)
    sys.exit(exit_code(views, {tenant.name: tenant.expiring_within for tenant in snapshot.tenants}))


async def verified(loaded: "Config", names: Sequence[str]) -> "tuple[list[TargetView], Snapshot]":
    """Every target that is asked for, tried while the inventories of their tenants are read."""
    from exporter.verify.directory import Directories  # noqa: PLC0415 - see serve
    from exporter.verify.job import jobs  # noqa: PLC0415
    from exporter.verify.look import judged  # noqa: PLC0415

    chosen = chosen_of(jobs(loaded), names)
    tenants = {job.tenant.name for job in chosen}
    involved = tuple(tenant for tenant in loaded.tenants if tenant.name in tenants)
    polling = asyncio.create_task(poll_all(loaded.model_copy(update={"tenants": involved})))
    looks = await look_at(chosen)
    snapshot, directories = await polling, Directories()
    views = [judged(one, await directories.named(one.job.tenant.name, snapshot)) for one in looks]
    return views, snapshot


async def look_at(chosen: "Sequence[Job]") -> "list[Look]":
    """What is stored at each, and what the login service says to it."""
    from exporter.verify.gate import Gate  # noqa: PLC0415 - see serve
    from exporter.verify.look import look  # noqa: PLC0415
    from exporter.verify.reader import Reader  # noqa: PLC0415

    reader, gate = Reader(), Gate()
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(look(job, reader, gate, time.time)) for job in chosen]
    finally:
        await reader.aclose()
    return [task.result() for task in tasks]


def chosen_of(configured: "Sequence[Job]", names: Sequence[str]) -> "list[Job]":
    """The targets of these names; without names all."""
    known = [job.target.name for job in configured]
    if not known:
        raise UsageError(
            "the configuration has no targets; add them under verify.targets, or verify one secret"
            " with --tenant-id and --client-id"
        )
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UsageError(f"there is no target {unknown[0]!r}; accepted: {', '.join(known)}")
    return [job for job in configured if not names or job.target.name in names]


def show(views: "Sequence[TargetView]", output: str, *, one: bool = False) -> None:
    """Print the verdicts as asked."""
    from exporter import report  # noqa: PLC0415 - see serve

    if output == "text":
        click.echo(report.as_text(views, time.time()))
        return
    documents = [report.as_json(view) for view in views]
    click.echo(report.dumped(documents[0] if one else {"targets": documents}))


def tell_unread(snapshot: "Snapshot") -> None:
    """Say which inventories could not be read: without them less can be said."""
    for tenant in snapshot.tenants:
        if tenant.failure is not None:
            words = f"{tenant.failure.detail}; {tenant.failure.remedy}"
            click.echo(f"The inventory of {tenant.name} could not be read: {words}", err=True)


def exit_code(views: "Sequence[TargetView]", expiring_within: dict[str, float]) -> int:
    """The worst that is known for certain, then what could not be told, then what comes soon."""
    verdicts = [view.verdict for view in views if view.verdict is not None]
    if any(not verdict.works and not verdict.could_not_tell for verdict in verdicts):
        return FAILS
    if any(verdict.could_not_tell for verdict in verdicts):
        return COULD_NOT_TELL
    soon = (
        view.holds.expires - time.time() <= expiring_within.get(view.target.tenant, 0.0)
        for view in views
        if view.holds is not None
    )
    return EXPIRES_SOON if any(soon) else NOTHING
