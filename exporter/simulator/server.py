"""
The simulator's TLS listener: takes requests to the pure endpoints and makes faults happen.
Listens on loopback only, and records requests without their headers or forms.
"""

import asyncio
import ipaddress
import secrets
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from exporter.simulator.answer import Answer, json_answer
from exporter.simulator.directory import SimulatedTenant
from exporter.simulator.faults import Fault, Faults, replacement, spoilt
from exporter.simulator.graph_endpoint import ROOT, GraphEndpoint, GraphRequest
from exporter.simulator.key_vault import ROOT as VAULT_ROOT
from exporter.simulator.key_vault import VaultRequest, VaultSecret
from exporter.simulator.key_vault import answer as vault_answer
from exporter.simulator.login_metadata import (
    instance_discovery,
    managed_identity,
    openid_configuration,
    same,
)
from exporter.simulator.tls import server_context
from exporter.simulator.token_endpoint import TokenRequest
from exporter.simulator.token_endpoint import answer as token_answer
from exporter.simulator.tokens import Tokens
from exporter.simulator.wordings import PRESENT, Wording

MAXIMUM_RECORDED = 20_000
TOKEN_PATH = "/oauth2/v2.0/token"  # noqa: S105 - a path, not a token
OPENID_PATH = "/v2.0/.well-known/openid-configuration"
# How long an answer under way is waited for when the simulator stops.
GOODBYE = 0.05


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """One request that was answered; `status` is 0 when it never was."""

    method: str
    path: str
    query: Mapping[str, str]
    status: int


class Simulator:
    """
    A Microsoft login service and Graph over some tenants: `async with Simulator(tenants) as s`.

    `url` is the authority and Graph's root; `ca_file` is what clients must trust. `wording` is of
    which years the login service's words are.
    """

    def __init__(  # noqa: PLR0913 - every one is a property of the service
        self,
        tenants: Sequence[SimulatedTenant],
        *,
        page_size: int = 999,
        host: str = "127.0.0.1",
        port: int = 0,
        clock: Callable[[], float] = time.time,
        wording: Wording = PRESENT,
    ) -> None:
        self.host, self.port, self.clock = loopback(host), port, clock
        self.wording: Wording = wording
        self.tenants = {tenant.tenant_id: tenant for tenant in tenants}
        self.graph = GraphEndpoint(page_size)
        self.tokens = Tokens()
        self.faults = Faults()
        self.vault_secrets: dict[str, Sequence[VaultSecret]] = {}
        self.requests: list[RecordedRequest] = []
        self.msi_header = secrets.token_hex(16)
        self.url = ""
        self.ca_file = Path()
        self.stopping = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Listen; a simulator that is started again has the same address as before."""
        self.stopping.clear()
        # Removed at exit; it holds the authority's certificate, and no key.
        self.directory = tempfile.TemporaryDirectory(prefix="simulated-tenant-")
        context, self.ca_file = server_context(Path(self.directory.name), self.host)
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self.handle)
        self.runner = web.AppRunner(
            application, access_log=None, shutdown_timeout=GOODBYE, handler_cancellation=True
        )
        try:
            await self.runner.setup()
            site = web.TCPSite(self.runner, self.host, self.port, ssl_context=context)
            await site.start()
        except BaseException:
            await self.stop()
            raise
        self.port = self.runner.addresses[0][1]
        name = f"[{self.host}]" if ":" in self.host else self.host
        self.url = f"https://{name}:{self.port}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop, without waiting for anybody."""
        await self.stop()

    async def stop(self) -> None:
        """Wake what hangs, close the connections, and remove the directory."""
        self.stopping.set()
        await self.runner.cleanup()
        self.directory.cleanup()

    def replace_tenant(self, tenant: SimulatedTenant) -> None:
        """Change the directory while it is being read."""
        self.tenants[tenant.tenant_id] = tenant
        self.graph.forget()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request, and record it."""
        fault = self.faults.strike(request.path, await client_of(request))
        status = 0
        try:
            if fault is not None:
                await self.linger(fault)
                if fault.drop:
                    return hung_up(request)
                if fault.raw is not None:
                    return await self.utter(request, fault)
            answer = await self.answer(request, fault)
            status = answer.status
            if fault is not None and fault.truncate:
                return await send_half(request, answer)
            return web.Response(status=status, body=answer.body, headers=answer.headers)
        finally:
            self.record(request, status)

    async def linger(self, fault: Fault) -> None:
        """Be slow or hang, until the simulator stops."""
        timeout = None if fault.hang else fault.delay
        if timeout == 0:
            return
        try:
            await asyncio.wait_for(self.stopping.wait(), timeout)
        except TimeoutError:
            return
        raise web.HTTPServiceUnavailable

    async def utter(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        """Write what a fault says to the wire, past all rules of HTTP."""
        raw = fault.raw or b""
        pieces = [raw] if not fault.pace else [raw[at : at + 1] for at in range(len(raw))]
        for piece in pieces:
            if request.transport is None or request.transport.is_closing():
                break
            request.transport.write(piece)
            await asyncio.sleep(fault.pace)
        if fault.stall:
            await self.stopping.wait()
        if request.transport is not None:
            request.transport.close()
        return web.Response()

    async def answer(self, request: web.Request, fault: Fault | None) -> Answer:
        """Make the true answer, or what a fault puts in its place."""
        if fault is None:
            return await self.true_answer(request)
        if fault.replaces():
            made = replacement(fault, request.path, self.clock(), self.wording)
        else:
            made = await self.true_answer(request)
        return spoilt(fault, made, f"{self.url}{request.raw_path}")

    async def true_answer(self, request: web.Request) -> Answer:
        """Choose the endpoint by path."""
        path, tenants, now = request.path, tuple(self.tenants.values()), self.clock()
        if path == ROOT or path.startswith(f"{ROOT}/"):
            return self.graph.answer(self.graph_request(request), self.tenants, self.tokens, now)
        if path.endswith(TOKEN_PATH) and request.method == "POST":
            asked = await token_request(request)
            return token_answer(asked, tenants, self.tokens, now, self.wording)
        if path.endswith(OPENID_PATH) and request.method == "GET":
            tenant = path.removesuffix(OPENID_PATH).strip("/")
            return openid_configuration(self.url, tenant, tenants, now, self.wording)
        return self.other_answer(request, tenants, now)

    def other_answer(
        self, request: web.Request, tenants: Sequence[SimulatedTenant], now: float
    ) -> Answer:
        """Answer as the services around Graph and the login service do."""
        path = request.path
        if path == "/common/discovery/instance":
            return instance_discovery(self.url, tenants[0].tenant_id)
        if path.startswith(VAULT_ROOT):
            return vault_answer(self.vault_request(request), self.vault_secrets, self.tokens, now)
        if path == "/msi/token":
            right = same(request.headers.get("X-IDENTITY-HEADER"), self.msi_header)
            return managed_identity(request.query, right, tenants, self.tokens, now)
        return json_answer(404, {"error": f"The simulator has nothing at {path}."})

    def graph_request(self, request: web.Request) -> GraphRequest:
        """Take from a request what Graph looks at."""
        return GraphRequest(
            method=request.method,
            path=request.path,
            query=dict(request.query),
            authorization=request.headers.get("Authorization"),
            url=self.url,
            eventual=request.headers.get("ConsistencyLevel", "").lower() == "eventual",
            client_request_id=request.headers.get("client-request-id"),
        )

    def vault_request(self, request: web.Request) -> VaultRequest:
        """Take from a request what Key Vault looks at; the vault is the first tenant's."""
        authorization = request.headers.get("Authorization")
        tenant_id = next(iter(self.tenants))
        return VaultRequest(request.method, request.path, self.url, tenant_id, authorization)

    def record(self, request: web.Request, status: int) -> None:
        """Remember a request; of very many, the older half is dropped."""
        if len(self.requests) >= MAXIMUM_RECORDED:
            del self.requests[: MAXIMUM_RECORDED // 2]
        self.requests.append(
            RecordedRequest(request.method, request.path, dict(request.query), status)
        )


def loopback(host: str) -> str:
    """Refuse to listen where others could reach a service that hands out tokens."""
    if host == "localhost":
        return host
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local:
        raise ValueError(
            f"the simulator listens on loopback only: {host!r} is not 127.0.0.0/8, ::1 or localhost"
        )
    return host


async def client_of(request: web.Request) -> str:
    """Tell which application asks for a token; nobody, when none is asked for."""
    if request.method != "POST" or not request.path.endswith(TOKEN_PATH):
        return ""
    return str((await request.post()).get("client_id", ""))


async def token_request(request: web.Request) -> TokenRequest:
    """Take from a request what the token endpoint looks at."""
    form = await request.post()
    return TokenRequest(
        tenant=request.path.removesuffix(TOKEN_PATH).strip("/"),
        form={name: value for name, value in form.items() if isinstance(value, str)},
        authorization=request.headers.get("Authorization"),
        correlation_id=request.headers.get("client-request-id"),
    )


def hung_up(request: web.Request) -> web.StreamResponse:
    """Close the connection without a word; what is returned goes nowhere."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def send_half(request: web.Request, answer: Answer) -> web.StreamResponse:
    """Promise the whole body, send half of it, and hang up."""
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    response.content_length = len(answer.body)
    await response.prepare(request)
    await response.write(answer.body[: len(answer.body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response
