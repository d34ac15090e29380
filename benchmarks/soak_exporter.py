"""
The exporter of a soak: a process of its own with a configuration that is rewritten while it runs,
what the kernel says of it, and what it logs.
"""

import contextlib
import json
import os
import random
import re
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from processes import COMMAND, HOST, end, free_port
from soak_truth import Configuration
from soak_world import World

from exporter.state.envelope import UnusableError, unsealed
from exporter.state.record import decode

POLL_INTERVAL, POLL_TIMEOUT, VERIFY_INTERVAL = "1s", "2s", "2s"
COMES_AND_GOES = "gamma"
STATE = "state"
"""The directory of `state.dir`, in that of the configuration."""

MISTAKES = ("tenants: [", "tenants: []\n", "tenants:\n- name: 1\n  nonsense: true\n", "\x00", "")
SECRET = re.compile(rb"[A-Za-z0-9_~.-]{3}8Q~[A-Za-z0-9_~.-]{20,}|eyJ[A-Za-z0-9_-]{40,}")
"""The form of the simulated tenants' secrets, which nothing else has, and of their tokens."""

EXPECTED_ERRORS = {"configuration not reloaded"}


@dataclass(frozen=True, slots=True)
class Choice:
    """What a configuration says that another may say otherwise."""

    gamma: bool = True
    left_out: frozenset[str] = frozenset()
    path: str = ""

    def other(self, chance: random.Random, targets: list[str]) -> "Choice":
        """One that differs, or the same again."""
        draw = chance.choice(("same", "gamma", "targets", "path"))
        return Choice(
            not self.gamma if draw == "gamma" else self.gamma,
            frozenset(chance.sample(targets, 2)) if draw == "targets" else self.left_out,
            f"/{chance.randrange(100)}" if draw == "path" else self.path,
        )


@dataclass(frozen=True, slots=True)
class Reading:
    """The process at one moment: MB of memory, file descriptors, threads, tasks by kind."""

    at: float
    memory: float
    descriptors: int
    threads: int
    tasks: dict[str, float]


@dataclass(slots=True)
class Running:
    """The exporter's process, where it listens, and what it was told."""

    process: subprocess.Popen[bytes]
    port: int
    config: Path
    log: Path
    world: World
    choice: Choice = field(default_factory=Choice)
    log_read: int = 0
    readings: list[Reading] = field(default_factory=list)

    def reading(self, tasks: dict[str, float]) -> Reading:
        """What the kernel says now."""
        place = Path(f"/proc/{self.process.pid}")
        status = dict(
            line.split(":", 1)
            for line in (place / "status").read_text().splitlines()
            if ":" in line
        )
        return Reading(
            time.time(),
            int(status["VmRSS"].split()[0]) / 1024,
            len(os.listdir(place / "fd")),  # noqa: PTH208 - a count, of what vanishes meanwhile
            int(status["Threads"]),
            tasks,
        )

    def write(self, choice: Choice) -> Configuration:
        """Write the configuration file, and tell what it asks for."""
        whole = configuration(self.world, choice)
        replace_file(self.config, yaml.safe_dump(whole))
        return asked_by(whole)

    def write_mistake(self, text: str) -> None:
        """Write a file that must be refused."""
        replace_file(self.config, text)

    def new_log(self) -> bytes:
        """The whole lines that it has logged since the last time."""
        with self.log.open("rb") as stream:
            stream.seek(self.log_read)
            found = stream.read()
        found = found[: found.rfind(b"\n") + 1]
        self.log_read += len(found)
        return found


def configuration(world: World, choice: Choice) -> dict[str, Any]:
    """The whole configuration."""
    simulator, tenants = world.simulator, list(world.simulator.tenants.values())
    cloud = {
        "authority": simulator.url,
        "graph": simulator.url,
        "ca_file": str(simulator.ca_file),
    }
    shown = [tenant for tenant in tenants if choice.gamma or tenant.name != COMES_AND_GOES]
    names = {tenant.name for tenant in shown}
    targets = [
        {
            "name": one.name,
            "tenant": one.tenant,
            "client_id": one.client_id,
            "secret": {"file": one.file.name},
            "resource": "https://management.azure.com",
        }
        for one in world.consumers
        if one.tenant in names and one.name not in choice.left_out
    ]
    return {
        "web": {"external_url": f"http://exporter.test{choice.path}"},
        "clouds": {"simulated": cloud},
        "tenants": [section(world, tenant.name) for tenant in shown],
        "verify": {"interval": VERIFY_INTERVAL, "targets": targets},
        "state": {"dir": STATE},
    }


def section(world: World, name: str) -> dict[str, Any]:
    """A tenant's section; writes the secret that the exporter signs in with."""
    tenant = world.tenant(name)
    file = world.folder / f"{name}.secret"
    file.touch(0o600)
    file.write_text(tenant.exporter_client_secret)
    secret = {"file": file.name}
    client_id = tenant.exporter_client_id
    identity = {"type": "client_secret", "client_id": client_id, "client_secret": secret}
    return {
        "name": name,
        "tenant_id": tenant.tenant_id,
        "cloud": "simulated",
        "identity": identity,
        "poll": {"interval": POLL_INTERVAL, "timeout": POLL_TIMEOUT},
    }


def asked_by(whole: dict[str, Any]) -> Configuration:
    """What must be shown under it."""
    return Configuration(
        frozenset(one["name"] for one in whole["tenants"]),
        frozenset(one["name"] for one in whole["verify"]["targets"]),
        whole["web"]["external_url"],
    )


def replace_file(file: Path, text: str) -> None:
    """Write a file in one go."""
    fresh = file.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(file)


@contextlib.contextmanager
def exporting(world: World) -> Iterator[Running]:
    """The exporter over a world, until the block ends."""
    config, log, port = world.folder / "config.yaml", world.folder / "log", free_port()
    replace_file(config, yaml.safe_dump(whole := configuration(world, Choice())))
    world.truth.configurations.put(asked_by(whole), time.time(), time.time())
    address = f"{HOST}:{port}"
    options = ("--config.file", str(config), "--web.listen-address", address)
    command = (*COMMAND, "serve", *options, "--log.format", "json")
    with log.open("wb") as errors, subprocess.Popen(command, stderr=errors) as process:
        try:
            yield Running(process, port, config, log, world)
        finally:
            end(process)


def leaks(text: bytes) -> Iterator[str]:
    """Secrets and tokens in what the exporter gave out; the first characters tell which."""
    for found in SECRET.findall(text):
        yield f"a secret or token was given out: {found[:6].decode()}..."


def wrong_in_state(folder: Path, tenants: Sequence[str]) -> Iterator[str]:
    """What must never be in the state files, and one that a restart could not use."""
    for file in (folder / STATE).iterdir():
        yield from (f"in {file.name}: {found}" for found in leaks(file.read_bytes()))
    for name in tenants:
        try:
            decode(unsealed((folder / STATE / f"{name}.state").read_bytes()))
        except (OSError, UnusableError) as error:
            yield f"the state of {name} would not outlive a restart: {error}"


def wrong_in_log(text: bytes) -> Iterator[str]:
    """What must never be logged."""
    yield from (f"in the log: {found}" for found in leaks(text))
    for line in text.split(b"\n"):
        if b"Traceback" in line or (line and not line.startswith(b"{")):
            yield f"in the log: {line[:600].decode(errors='replace')}"
        elif line:
            event = json.loads(line)
            if event["level"] == "error" and event["msg"] not in EXPECTED_ERRORS:
                yield f"in the log: {line[:600].decode(errors='replace')}"
