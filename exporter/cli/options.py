"""
Options that several commands share. Flags are named as Prometheus names its own, and each has an
environment variable.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from exporter import log

DEFAULT_PORT = 10147

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def option(flag: str, **settings: Any) -> Decorator:  # noqa: ANN401 - click's settings
    """An option `--config.file` with the environment variable ENTRA_EXPORTER_CONFIG_FILE."""
    name = flag.lstrip("-").replace(".", "_").replace("-", "_")
    variable = f"ENTRA_EXPORTER_{name.upper()}"
    settings.setdefault("show_default", True)
    return click.option(flag, name, envvar=variable, show_envvar=True, **settings)


config_file = option(
    "--config.file",
    type=click.Path(path_type=Path),
    default="config.yaml",
    help="The configuration file.",
)
listen_address = option(
    "--web.listen-address",
    multiple=True,
    default=[f":{DEFAULT_PORT}"],
    metavar="ADDRESS",
    help="Where to listen: HOST:PORT, or :PORT for every interface. Can be repeated.",
)
web_config_file = option(
    "--web.config.file",
    default="",
    metavar="FILE",
    help="TLS, client certificates, passwords: the file format that exporters share.",
)
probe_address = option(
    "--probe.listen-address",
    default="",
    metavar="ADDRESS",
    help="Where to serve /-/healthy and /-/ready alone, without TLS or a password.",
)
log_level = option(
    "--log.level", type=click.Choice(log.LEVELS), default="info", help="What is logged."
)
log_format = option(
    "--log.format", type=click.Choice(log.FORMATS), default="logfmt", help="How it is logged."
)
