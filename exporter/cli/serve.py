"""`serve`: the exporter itself."""

import asyncio
from pathlib import Path

import click

from exporter import log
from exporter.address import parse_address
from exporter.cli import options
from exporter.cli.leave import then_leave
from exporter.errors import UsageError


@click.command()
@options.config_file
@options.option(
    "--config.check", is_flag=True, help="Check the configuration file, say the result and exit."
)
@options.listen_address
@options.option(
    "--web.telemetry-path", default="/metrics", help="The path under which metrics are exposed."
)
@options.web_config_file
@options.probe_address
@options.log_level
@options.log_format
def serve(  # noqa: PLR0913 - one parameter an option
    *,
    config_file: Path,
    config_check: bool,
    web_listen_address: tuple[str, ...],
    web_telemetry_path: str,
    web_config_file: str,
    probe_listen_address: str,
    log_level: str,
    log_format: str,
) -> None:
    """
    Poll the configured tenants and serve their metrics.

    SIGHUP or a POST to /-/reload reads the configuration again; SIGTERM ends.
    """
    from exporter.app import App, Settings  # noqa: PLC0415 - the SDKs take half a second to load

    log.configure(log_level, log_format)
    if not web_telemetry_path.startswith("/"):
        raise UsageError(f"--web.telemetry-path {web_telemetry_path!r}; accepted: /, /metrics, ...")
    settings = Settings(
        config_file,
        tuple(parse_address(text) for text in web_listen_address),
        web_telemetry_path,
        Path(web_config_file) if web_config_file else None,
        parse_address(probe_listen_address) if probe_listen_address else None,
    )
    app = App(settings)
    if config_check:
        click.echo(f"{config_file}: {len(app.config.tenants)} tenants, no mistakes")
        return
    asyncio.run(then_leave(app.run()))
