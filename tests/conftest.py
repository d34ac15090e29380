"""Fixtures of the simulator ring: a simulated tenant, and a tenant's configuration over it."""

import asyncio
import contextlib
import gc
import time
import warnings
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from exporter import config
from exporter.config import CloudConfig, Config, TenantConfig
from exporter.demo import write_configuration
from exporter.simulator import SimulatedTenant, Simulator, demo_tenants

SETTLING = 0.2
"""Seconds that connections get to close, at most."""
TURN = 0.001

# The same examples in each run; `make fuzz` looks for others. No database: a run depends on none.
settings.register_profile("ci", derandomize=True, max_examples=60, deadline=None, database=None)
settings.register_profile("fuzz", max_examples=200, deadline=None, database=None, print_blob=True)
settings.load_profile("ci")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update-golden` writes the golden files instead of comparing with them."""
    parser.addoption("--update-golden", action="store_true")


@pytest.fixture
def tenants() -> tuple[SimulatedTenant, ...]:
    """The demo's tenants as of now."""
    return demo_tenants(time.time())


@pytest.fixture
async def simulator(tenants: Sequence[SimulatedTenant]) -> AsyncIterator[Simulator]:
    """The simulated login service and Graph, with small pages."""
    async with settling(), Simulator(tenants, page_size=10) as running:
        yield running


@contextlib.asynccontextmanager
async def settling() -> AsyncIterator[None]:
    """
    Connections of the block are gone after it. In it nothing is collected but by `settle`: httpcore
    leaves connections whose handshake was cancelled to the garbage collector, and wherever that
    finds them there is a warning. What was there before is frozen, which makes `settle` quick.
    """
    outermost = gc.isenabled()
    gc.disable()
    gc.freeze()
    try:
        yield
        await settle()
    finally:
        if outermost:
            gc.enable()


async def settle() -> None:
    """Wait until all connections are closed, which takes TLS several turns of the loop."""
    loop = asyncio.get_running_loop()
    end = loop.time() + SETTLING
    while connected() and loop.time() < end:
        await asyncio.sleep(TURN)
        collect()
    collect()


def connected() -> bool:
    """Whether any connection of the loop is still open."""
    loop: Any = asyncio.get_running_loop()
    transports = list(loop._transports.values())  # noqa: SLF001 - nothing else knows them all
    return any(one.get_extra_info("socket").fileno() >= 0 for one in transports)


def collect() -> None:
    """End what nobody holds any more."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@dataclass(frozen=True)
class Lab:
    """A configuration file over the simulator, and what is in it."""

    file: Path
    simulator: Simulator
    tenants: Sequence[SimulatedTenant]

    @property
    def config(self) -> Config:
        """The file as it is now."""
        return config.load(self.file)

    @property
    def contoso(self) -> TenantConfig:
        """The tenant that can be read."""
        return self.config.tenants[0]

    @property
    def fabrikam(self) -> TenantConfig:
        """The tenant whose exporter secret has expired."""
        return self.config.tenants[1]

    @property
    def cloud(self) -> CloudConfig:
        """The simulator as a cloud."""
        return self.config.cloud_of(self.contoso)

    def secret_file(self, tenant: str = "contoso") -> Path:
        """Where the exporter's secret for a tenant is stored."""
        return self.file.parent / f"{tenant}.secret"

    def rewrite(self, old: str, new: str) -> None:
        """Change the configuration file."""
        text = self.file.read_text(encoding="utf-8")
        assert old in text
        self.file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def lab(tmp_path: Path, simulator: Simulator, tenants: Sequence[SimulatedTenant]) -> Lab:
    """The demo's configuration, written to a temporary directory."""
    file = write_configuration(tmp_path, simulator, tenants, "http://exporter.test")
    return Lab(file, simulator, tenants)
