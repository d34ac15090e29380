"""`verify` for one secret or certificate that no configuration names: who asks, and with what."""

import asyncio
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from exporter.errors import UsageError

if TYPE_CHECKING:
    from exporter.config import CloudConfig
    from exporter.identity.trial import Applicant
    from exporter.snapshot import TargetView
    from exporter.sources import Secret
    from exporter.verify.once import Value

AN_ID = "11111111-2222-3333-4444-555555555555"
CLIENT = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
TENANT = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]*")  # a domain of the tenant names it as well


def applicant(
    tenant_id: str | None,
    client_id: str | None,
    resource: str | None,
    cloud: str,
    config_file: Path | None,
) -> "Applicant":
    """Who asks; raises UsageError."""
    from exporter.identity.trial import Applicant  # noqa: PLC0415 - see serve

    for option, value, accepted in (
        ("--tenant-id", tenant_id, TENANT),
        ("--client-id", client_id, CLIENT),
    ):
        if value is None:
            raise UsageError(f"{option} is missing; accepted: an id such as {AN_ID}")
        if not accepted.fullmatch(value):
            raise UsageError(f"{option} {value!r}; accepted: an id such as {AN_ID}")
    there = cloud_named(cloud, config_file)
    # Graph is in every tenant of every cloud; another resource would be refused where it is not.
    return Applicant(tenant_id or "", client_id or "", resource or there.graph, there)


def cloud_named(name: str, file: Path | None) -> "CloudConfig":
    """The addresses of a cloud: built in, or of a configuration file."""
    from exporter import config  # noqa: PLC0415 - see serve
    from exporter.config.clouds import BUILT_IN  # noqa: PLC0415

    clouds = {**BUILT_IN, **(config.load(file).clouds if file else {})}
    if name not in clouds:
        raise UsageError(f"there is no cloud {name!r}; accepted: {', '.join(clouds)}")
    return clouds[name]


def stored_value(
    secret_env: str | None, certificate: Path | None, password_env: str | None
) -> "Value":
    """What is to be tried; raises UsageError."""
    if certificate is None:
        return stored_secret(secret_env)
    from exporter.config import CertificateConfig, SourceConfig  # noqa: PLC0415 - see serve
    from exporter.sources import SourceUnreadable, read_certificate  # noqa: PLC0415

    password = SourceConfig.model_construct(env=password_env) if password_env else None
    where = CertificateConfig.model_construct(file=certificate, password=password)
    try:
        return asyncio.run(read_certificate(where))
    except SourceUnreadable as error:
        raise UsageError(str(error)) from None


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


async def verified(who: "Applicant", stored: "Value", cloud: str, now: float) -> "TargetView":
    """The verdict on a value of which nothing else is known: no inventory, no history."""
    from exporter.model import CredentialKind  # noqa: PLC0415 - see serve
    from exporter.snapshot import Target, TargetView  # noqa: PLC0415
    from exporter.sources import Secret  # noqa: PLC0415
    from exporter.verify.held import held  # noqa: PLC0415
    from exporter.verify.once import NOTHING, ask, conclude, told_by  # noqa: PLC0415

    verdict = conclude(who.client_id, stored, await ask(who, stored, now), NOTHING, now)
    secret = isinstance(stored, Secret)
    kind = CredentialKind.SECRET if secret else CredentialKind.CERTIFICATE
    target = Target("", "", who.tenant_id, cloud, who.client_id, kind, who.resource)
    holds = held(told_by(stored, verdict), verdict, (), None, now)
    return TargetView(target, verdict, holds)
