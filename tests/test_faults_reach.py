"""Services that cannot be reached, or whose certificate is not trusted, in all kinds of calls."""

import contextlib
import dataclasses
import socket
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import Lab
from cryptography import x509
from test_graph import TOKEN, TOKEN_ANSWER, failure
from test_key_vault import Credential
from test_trial import applicant, good

from exporter.config import SourceConfig
from exporter.errors import PollError
from exporter.identity import SignIn, trial
from exporter.identity.trial import try_secret
from exporter.model import Cause, FailureReason
from exporter.simulator import Fault, SimulatedTenant, Simulator, tls
from exporter.sources import Secret, SourceUnreadable, read
from exporter.verdict import NoAnswer

Tenants = Sequence[SimulatedTenant]


@dataclass(frozen=True)
class Service:
    """Where a service is said to be, and whom its clients trust."""

    url: str
    ca_file: Path


@asynccontextmanager
async def refused(_tenants: Tenants, ca_file: Path) -> AsyncIterator[Service]:
    """Nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    yield Service(f"https://127.0.0.1:{port}", ca_file)


@asynccontextmanager
async def without_address(_tenants: Tenants, ca_file: Path) -> AsyncIterator[Service]:
    """DNS knows no such name."""
    yield Service("https://service.invalid", ca_file)


@asynccontextmanager
async def connecting_for_ever(_tenants: Tenants, ca_file: Path) -> AsyncIterator[Service]:
    """The queue of connections is full, so that nobody's connection comes about."""
    with contextlib.ExitStack() as opened:
        listener = opened.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = opened.enter_context(socket.socket())
            waiting.setblocking(False)  # noqa: FBT003 - the standard library has no name for it
            with contextlib.suppress(BlockingIOError):
                waiting.connect(listener.getsockname())
        yield Service(f"https://127.0.0.1:{listener.getsockname()[1]}", ca_file)


@asynccontextmanager
async def silent(_tenants: Tenants, ca_file: Path) -> AsyncIterator[Service]:
    """Connections come about, and no TLS handshake is ever answered."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield Service(f"https://127.0.0.1:{listener.getsockname()[1]}", ca_file)


@asynccontextmanager
async def of_unknown_authority(tenants: Tenants, ca_file: Path) -> AsyncIterator[Service]:
    """Another authority signed its certificate."""
    async with Simulator(tenants) as simulator:
        yield Service(simulator.url, ca_file)


@asynccontextmanager
async def expired(tenants: Tenants, _ca_file: Path) -> AsyncIterator[Service]:
    """Its certificate ended in 2001."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tls, "END", datetime(2001, 1, 1, tzinfo=UTC))
        async with Simulator(tenants) as simulator:
            yield Service(simulator.url, simulator.ca_file)


@asynccontextmanager
async def of_another_name(tenants: Tenants, _ca_file: Path) -> AsyncIterator[Service]:
    """Its certificate is one of another host."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tls, "ADDRESSES", (x509.DNSName("elsewhere.example.com"),))
        async with Simulator(tenants, host="localhost") as simulator:
            yield Service(simulator.url, simulator.ca_file)


WAYS: tuple[Callable[..., contextlib.AbstractAsyncContextManager[Service]], ...] = (
    refused,
    without_address,
    connecting_for_ever,
    silent,
    of_unknown_authority,
    expired,
    of_another_name,
)


@pytest.fixture(params=WAYS, ids=lambda way: way.__name__)
async def service(
    request: pytest.FixtureRequest, lab: Lab, tenants: Tenants, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Service]:
    """A service that cannot be used, whose clients have little patience."""
    monkeypatch.setattr("exporter.identity.sign_in.SIGN_IN_TIMEOUT", 0.5)
    monkeypatch.setattr(trial, "TIMEOUT", 0.5)
    monkeypatch.setattr("exporter.sources.vault.IN_ALL", 0.5)
    async with request.param(tenants, lab.simulator.ca_file) as there:
        yield there


async def test_graph_that_cannot_be_reached_is_a_network_failure(
    lab: Lab, service: Service
) -> None:
    there = lab.cloud.model_copy(update={"graph": service.url, "ca_file": service.ca_file})
    lab.simulator.faults.add(Fault(path=TOKEN, status=200, body=TOKEN_ANSWER))

    error = await failure(lab, 0.5, there, service_principals="none")

    assert error.reason is FailureReason.NETWORK
    assert error.detail.startswith("Graph: ")


async def test_login_service_that_cannot_be_reached_is_a_network_failure_of_the_poll(
    lab: Lab, service: Service
) -> None:
    there = lab.cloud.model_copy(update={"authority": service.url, "ca_file": service.ca_file})
    sign_in = SignIn(lab.contoso, there)
    with pytest.raises(PollError) as raised:
        await sign_in.get_token(f"{lab.cloud.graph}/.default")
    await sign_in.forget()

    assert raised.value.reason is FailureReason.NETWORK
    assert raised.value.detail.startswith("login service: ")


async def test_login_service_that_cannot_be_reached_says_nothing_about_a_secret(
    lab: Lab, service: Service
) -> None:
    there = lab.cloud.model_copy(update={"authority": service.url, "ca_file": service.ca_file})
    asked = dataclasses.replace(applicant(lab), cloud=there)
    said = await try_secret(asked, Secret(good(lab)), time.time())

    assert isinstance(said, NoAnswer)
    assert said.cause is Cause.NETWORK
    assert good(lab) not in repr(said)


async def test_vault_that_cannot_be_reached_is_an_unreadable_source(
    lab: Lab, service: Service
) -> None:
    source = SourceConfig(key_vault=service.url, name="billing")
    with pytest.raises(SourceUnreadable) as raised:
        await read(
            source, Credential(lab.simulator), ca_file=service.ca_file, verify_resource=False
        )

    assert service.url.removeprefix("https://").partition(":")[0] in str(raised.value)
