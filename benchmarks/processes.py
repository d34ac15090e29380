"""
The simulated tenant and the exporter as processes of their own on loopback, ended by their handles,
and what the kernel says about them.
"""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

HOST = "127.0.0.1"
COMMAND = (str(Path(sys.executable).with_name("entra-credential-exporter")),)
SECRET_VARIABLE = "BENCHMARK_CLIENT_SECRET"  # noqa: S105 - a variable's name
PATIENCE = 60.0
TICKS = os.sysconf("SC_CLK_TCK")
QUIET_LOOK = 0.1
QUIET_SPAN = 2.5
"""Seconds without work: longer than the pause that the exporter makes between two renders."""
QUIET_CPU = 0.02
POLLS_A_MINUTE = 2
"""The exporter keeps to Graph's 150 requests a minute: in a third poll it would mostly wait."""
MINUTE = 63.0
TENANT = "large"
NOTHING: Mapping[str, Any] = MappingProxyType({})
Verify = Mapping[str, Any]
"""A configuration's section `verify`."""


@dataclass(frozen=True, slots=True)
class Tenant:
    """The simulated tenant: where it is and how the exporter signs in."""

    url: str
    ca_file: str
    tenant_id: str
    client_id: str
    client_secret: str


@dataclass(slots=True)
class Exporter:
    """A running exporter; `began` is when it was made to poll, first by its start."""

    process: subprocess.Popen[bytes]
    port: int
    config: Path
    tenant: Tenant
    began: list[float] = field(default_factory=lambda: [time.monotonic()])

    @property
    def cpu(self) -> float:
        """Seconds of CPU that it has used, in user and kernel mode."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    @property
    def peak_memory(self) -> float:
        """The most memory that it ever had, in MB."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024

    def get(self, path: str, method: str = "GET") -> tuple[int, bytes]:
        """One request on a connection of its own; status 0 when nobody answers."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            try:
                connection.request(method, path)
                response = connection.getresponse()
                return response.status, response.read()
            except ConnectionError:
                return 0, b""

    def poll_now(self) -> None:
        """Have one poll begin: a tenant whose settings changed is polled at once after a reload."""
        if len(self.began) >= POLLS_A_MINUTE:
            time.sleep(max(0.0, self.began[-POLLS_A_MINUTE] + MINUTE - time.monotonic()))
        self.began.append(time.monotonic())
        write_config(self.config, self.tenant, timeout=60 + len(self.began))
        status, said = self.get("/-/reload", "POST")
        if status != http.client.OK:
            raise RuntimeError(f"the exporter did not reload: {said.decode()}")

    def wait_for(self, path: str, pause: float) -> None:
        """Until a path answers 200."""
        limit = time.monotonic() + PATIENCE
        while self.get(path)[0] != http.client.OK:
            if self.process.poll() is not None or time.monotonic() > limit:
                raise RuntimeError(f"the exporter never answered 200 to {path}")
            time.sleep(pause)

    def wait_until_idle(self) -> float:
        """Until it used no CPU to speak of for a while; gives the moment since when."""
        limit, since, before = time.monotonic() + PATIENCE, time.monotonic(), self.cpu
        while time.monotonic() - since < QUIET_SPAN:
            time.sleep(QUIET_LOOK)
            if (now := self.cpu) - before > QUIET_CPU:
                since, before = time.monotonic(), now
            if since > limit:
                raise RuntimeError("the exporter is never idle")
        return since


def of_size(applications: int, service_principals: int) -> tuple[str, ...]:
    """The command of a simulated tenant of that size, two credentials for each application."""
    size = ("--applications", str(applications), "--service-principals", str(service_principals))
    return (sys.executable, "-m", "exporter.simulator", *size)


@contextlib.contextmanager
def simulated(command: Sequence[str]) -> Iterator[Tenant]:
    """The simulated tenant that a command starts."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            said = json.loads(process.stdout.readline() if process.stdout else b"")
            (only,) = said["tenants"]
            only.pop("name")
            yield Tenant(url=said["url"], ca_file=said["ca_file"], **only)
        finally:
            end(process)


@contextlib.contextmanager
def exporting(
    tenant: Tenant,
    folder: Path,
    command: Sequence[str] = COMMAND,
    verify: Verify = NOTHING,
    *,
    kept: bool = False,
) -> Iterator[Exporter]:
    """
    An exporter over the tenant, healthy; `command` is what stands before `serve`, and what is
    `kept` outlives it.
    """
    config, port = folder / "config.yaml", free_port()
    write_config(config, tenant, timeout=60, verify=verify, kept=kept)
    address = f"{HOST}:{port}"
    options = (
        "--config.file",
        str(config),
        "--web.listen-address",
        address,
        "--log.level",
        "error",
    )
    environment = {**os.environ, SECRET_VARIABLE: tenant.client_secret}
    with subprocess.Popen((*command, "serve", *options), env=environment) as process:
        try:
            exporter = Exporter(process, port, config, tenant)
            exporter.wait_for("/-/healthy", pause=0.005)
            yield exporter
        finally:
            end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process that this benchmark started."""
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server((HOST, 0)) as taken:
        return int(taken.getsockname()[1])


def write_config(
    file: Path, tenant: Tenant, timeout: int, verify: Verify = NOTHING, *, kept: bool = False
) -> None:
    """A configuration that polls the tenant when it is read, then not for an hour."""
    secret = {"env": SECRET_VARIABLE}
    identity = {"type": "client_secret", "client_id": tenant.client_id, "client_secret": secret}
    cloud = {"authority": tenant.url, "graph": tenant.url, "ca_file": tenant.ca_file}
    watched = {
        "name": TENANT,
        "tenant_id": tenant.tenant_id,
        "cloud": "simulated",
        "identity": identity,
        "poll": {"interval": "1h", "timeout": f"{timeout}s"},
    }
    whole = {
        "clouds": {"simulated": cloud},
        "tenants": [watched],
        "verify": dict(verify),
        "state": {"dir": "state"} if kept else {},
    }
    file.write_text(yaml.safe_dump(whole))
