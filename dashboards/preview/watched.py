"""Runs the demo and a Prometheus that scrapes it, with our alert rules loaded."""

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

CONFIGURATION = """\
global: {{scrape_interval: 2s, evaluation_interval: 2s}}
rule_files: ["{rules}"]
scrape_configs:
- job_name: entra
  static_configs: [{{targets: ["{target}"]}}]
"""


@contextmanager
def watched_demo(folder: Path, rules: Path) -> Iterator[str]:
    """The address of a Prometheus that watches a demo, until the block ends."""
    target, address = free_address(), free_address()
    file = folder / "prometheus.yml"
    file.write_text(CONFIGURATION.format(target=target, rules=rules), encoding="utf-8")
    demo = Path(sys.executable).parent / "entra-credential-exporter"
    prometheus = shutil.which("prometheus")
    if prometheus is None:
        raise click.ClickException("prometheus is missing; on Debian: apt-get install prometheus")
    with ExitStack() as stack:
        stack.enter_context(running(folder, str(demo), "demo", "--web.listen-address", target))
        storage = f"--storage.tsdb.path={folder / 'tsdb'}"
        listen = f"--web.listen-address={address}"
        stack.enter_context(running(folder, prometheus, f"--config.file={file}", storage, listen))
        yield f"http://{address}"


def free_address() -> str:
    """An address on loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"127.0.0.1:{taken.getsockname()[1]}"


@contextmanager
def running(folder: Path, *command: str) -> Iterator[None]:
    """Run a command until the block ends; it has to be running still by then."""
    log = folder / f"{Path(command[0]).name}.log"
    with log.open("wb") as said:
        process = subprocess.Popen(command, cwd=folder, stdout=said, stderr=said)  # noqa: S603 - ours
    try:
        yield
        if process.poll() is not None:
            raise click.ClickException(f"{command[0]} ended early:\n{log.read_text()[-2000:]}")
    finally:
        process.terminate()
        process.wait()
