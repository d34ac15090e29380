"""Fixtures of the simulator ring: a simulated tenant, and a tenant's configuration over it."""

import asyncio
import gc
import time
import warnings
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

from exporter import config
from exporter.config import CloudConfig, Config, TenantConfig
from exporter.demo import write_configuration
from exporter.simulator import SimulatedTenant, Simulator, demo_tenants

SETTLING = 0.05

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
    async with Simulator(tenants, page_size=10) as running:
        yield running
    await settle()


async def settle() -> None:
    """
    Let connections close, which takes TLS several turns of the loop, and collect those whose
    handshake was cancelled: httpcore leaves them to the garbage collector.
    """
    await asyncio.sleep(SETTLING)
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
