"""
From a number on /metrics to a person and back: the installed exporter over the simulated tenant,
Prometheus with the shipped rules, Alertmanager with the shipped example, a webhook in the place of
the pager, and a browser that follows the link. Needs Prometheus, Alertmanager and Chromium.
"""

import asyncio
import contextlib
import re
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import ClientSession, web
from command import started
from playwright.async_api import Page, async_playwright
from test_prometheus import free_port, tool

from exporter.demo import store_value, write_configuration
from exporter.simulator import (
    VERIFICATIONS,
    Change,
    Simulator,
    carry_out,
    demo_tenants,
    expected_series,
)
from exporter.simulator.values import secret_value

ALERTS = Path(__file__).parent.parent.parent / "alerts"
PATIENCE = 60.0
LIVING = "fleet-monitor"
MUTED = "crm-connector"
TARGETS = (LIVING, "order-intake", MUTED)
IMMINENT, EXPIRED = "payroll-sync", "invoice-archive"

Alert = dict[str, Any]


class Pager:
    """What Alertmanager has sent, to which receiver."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Alert]] = []

    async def take(self, request: web.Request) -> web.Response:
        """One notification."""
        for alert in (await request.json())["alerts"]:
            self.sent.append((request.match_info["receiver"], alert))
        return web.Response()

    async def wait(self, name: str, status: str = "firing", **labels: str) -> Alert:
        """The first alert of this name that the pager got in this state."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for receiver, alert in self.sent:
                    has = {"alertname": name, **labels}.items() <= alert["labels"].items()
                    if receiver == "page" and alert["status"] == status and has:
                        return alert
                await asyncio.sleep(0.1)


@contextlib.contextmanager
def running(folder: Path, *arguments: str) -> Iterator[None]:
    """A program until the block ends; what it says goes to a file."""
    name = Path(arguments[0]).name
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(arguments, stdout=log, stderr=log, cwd=folder)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def prometheus(folder: Path, exporter: str, alertmanager: str) -> tuple[str, ...]:
    """Its command, over the shipped rules with every wait shortened."""
    rules = (ALERTS / "entra.rules.yml").read_text(encoding="utf-8")
    shortened = re.sub(r"^( +(?:for|keep_firing_for)): \w+$", r"\1: 1s", rules, flags=re.MULTILINE)
    (folder / "rules.yml").write_text(shortened, encoding="utf-8")
    configuration = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": ["rules.yml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]},
        "scrape_configs": [{"job_name": "entra", "static_configs": [{"targets": [exporter]}]}],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(configuration), encoding="utf-8")
    return (
        tool("prometheus"),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{free_port()}",
        "--rules.alert.resend-delay=1s",
    )


def alertmanager(folder: Path, address: str, webhook: str) -> tuple[str, ...]:
    """Its command, over the shipped example with webhooks for receivers and no long waits."""
    text = (ALERTS / "alertmanager.example.yml").read_text(encoding="utf-8")
    configuration = yaml.safe_load(re.sub(r"group_(wait|interval): \w+", r"group_\1: 1s", text))
    for receiver in configuration["receivers"]:
        name = receiver["name"]
        hooks = [{"url": f"{webhook}/{name}", "send_resolved": True}]
        receiver.clear()
        receiver.update({"name": name, "webhook_configs": hooks})
    (folder / "alertmanager.yml").write_text(yaml.safe_dump(configuration), encoding="utf-8")
    return (
        tool("prometheus-alertmanager"),
        f"--config.file={folder / 'alertmanager.yml'}",
        f"--storage.path={folder / 'alertmanager'}",
        f"--web.listen-address={address}",
        "--cluster.listen-address=",
    )


class Night:
    """All of it, running."""

    def __init__(
        self, folder: Path, simulator: Simulator, pager: Pager, page: Page, manager: str
    ) -> None:
        self.folder = folder
        self.simulator = simulator
        self.pager = pager
        self.page = page
        self.manager = manager

    async def inhibited(self, name: str, app_id: str) -> list[Alert]:
        """The alerts of an application that others mute, once there are any."""
        async with asyncio.timeout(PATIENCE), ClientSession() as session:
            while True:
                async with session.get(f"http://{self.manager}/api/v2/alerts") as answer:
                    alerts = await answer.json()
                found = [
                    alert
                    for alert in alerts
                    if {"alertname": name, "app_id": app_id}.items() <= alert["labels"].items()
                    and alert["status"]["inhibitedBy"]
                ]
                if found:
                    return found
                await asyncio.sleep(0.1)

    async def commands(self, alert: Alert) -> str:
        """What the page behind an alert's link tells to run."""
        await self.page.goto(alert["annotations"]["runbook_url"])
        assert alert["labels"]["alertname"] in await self.page.inner_text("body")
        return "\n".join(await self.page.locator("pre code").all_inner_texts())


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[Night]:
    """The exporter, Prometheus, Alertmanager, the pager and a browser."""
    exporter, manager = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    tenants = demo_tenants(time.time())
    scenarios = [one for one in VERIFICATIONS if one.name in TARGETS]
    async with AsyncExitStack() as stack:
        simulator = await stack.enter_async_context(Simulator(tenants))
        url = f"http://{exporter}"
        file = write_configuration(tmp_path, simulator, tenants, url, scenarios)
        text = re.sub(r"interval: \d+s", "interval: 2s", file.read_text(encoding="utf-8"))
        file.write_text(text, encoding="utf-8")
        pager = Pager()
        webhook = await stack.enter_async_context(listening(pager))
        processes = stack.enter_context(ExitStack())
        place = ("--config.file", str(file), "--web.listen-address", exporter)
        processes.enter_context(started(tmp_path, "serve", *place))
        processes.enter_context(running(tmp_path, *alertmanager(tmp_path, manager, webhook)))
        processes.enter_context(running(tmp_path, *prometheus(tmp_path, exporter, manager)))
        page = await stack.enter_async_context(browsing())
        yield Night(tmp_path, simulator, pager, page, manager)


@contextlib.asynccontextmanager
async def listening(pager: Pager) -> AsyncIterator[str]:
    """The pager's address."""
    application = web.Application()
    application.router.add_post("/{receiver}", pager.take)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def browsing() -> AsyncIterator[Page]:
    """A page of the system's Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=tool("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        yield await browser.new_page()
        await browser.close()


def id_of(name: str) -> str:
    """The id of a simulated application."""
    return next(one.app_id for one in expected_series(time.time()) if one.app_name == name)


async def test_person_is_paged_finds_the_commands_and_is_left_alone_once_it_is_mended(
    night: Night,
) -> None:
    imminent = await night.pager.wait("EntraCredentialExpiryImminent", app_id=id_of(IMMINENT))
    expired = await night.pager.wait("EntraCredentialExpired", app_id=id_of(EXPIRED))
    failing = await night.pager.wait("EntraVerifyFormatError", target="order-intake")
    for alert in (imminent, expired, failing):
        commands = await night.commands(alert)
        assert f"--id {alert['labels']['app_id']}" in commands
        assert "APP_ID" not in commands
    assert not [a for _, a in night.pager.sent if a["labels"].get("target") == LIVING]

    carry_out(Change(LIVING, "0", "1"), night.simulator)
    rotated = await night.pager.wait("EntraVerifyRotationMismatch", target=LIVING)
    commands = await night.commands(rotated)
    assert f"az ad app credential list --id {id_of(LIVING)}" in commands
    assert "az webapp config appsettings set --resource-group fleet" in commands

    store_value(night.folder, LIVING, secret_value(LIVING, "1"))
    resolved = await night.pager.wait("EntraVerifyRotationMismatch", "resolved", target=LIVING)
    assert resolved["fingerprint"] == rotated["fingerprint"]


async def test_failing_verification_mutes_the_expiry_alerts_of_its_application_alone(
    night: Night,
) -> None:
    await night.pager.wait("EntraVerifyFormatError", target=MUTED)
    await night.pager.wait("EntraCredentialExpiryImminent", app_id=id_of(IMMINENT))

    assert await night.inhibited("EntraCredentialExpiresSoon", id_of(MUTED))
