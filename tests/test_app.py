"""The running exporter over the simulated tenant: endpoints, readiness, reload, shutdown."""

import asyncio
import gzip
import re
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

import httpx
import pytest
from conftest import Lab
from prometheus_client import Metric
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from exporter.address import Address
from exporter.app import App, Settings
from exporter.errors import ConfigError, UsageError
from exporter.simulator import Fault, expected_series

OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
TEXT = "text/plain; version=0.0.4; charset=utf-8"
PATIENCE = 10.0

parse_openmetrics: Callable[[str], Iterable[Metric]] = openmetrics.text_string_to_metric_families


class Running:
    """A running exporter and a client that talks to it."""

    def __init__(self, app: App, client: httpx.AsyncClient) -> None:
        self.app = app
        self.client = client

    async def samples(self) -> dict[str, float]:
        """Every sample of /metrics by name and labels."""
        text = (await self.client.get("/metrics")).text
        return {
            f"{s.name}{dict(sorted(s.labels.items()))}": s.value
            for family in text_string_to_metric_families(text)
            for s in family.samples
        }

    async def until(self, condition: Callable[[dict[str, float]], bool]) -> dict[str, float]:
        """The samples once a condition holds for them."""
        async with asyncio.timeout(PATIENCE):
            while not condition(samples := await self.samples()):  # noqa: ASYNC110 - no event tells
                await asyncio.sleep(0.05)
        return samples

    async def until_polled(self) -> dict[str, float]:
        """The samples once contoso's first poll is on show."""
        return await self.until(lambda samples: samples.get(polled("contoso")) == 1)


def polled(tenant: str) -> str:
    """The sample that says whether a tenant's last poll succeeded."""
    return f"entra_poll_success{{'tenant': '{tenant}'}}"


@asynccontextmanager
async def running(
    lab: Lab, telemetry_path: str = "/metrics", clock: Callable[[], float] = time.time
) -> AsyncIterator[Running]:
    """The exporter on a free port, until the block ends."""
    app = App(Settings(lab.file, (Address("127.0.0.1", 0),), telemetry_path), clock)
    taken: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(app.run(lambda places: taken.set_result(places[0].url)))
    async with httpx.AsyncClient(base_url=await taken) as client:
        yield Running(app, client)
    app.stop()
    async with asyncio.timeout(1.0):
        await task


async def test_metrics_show_every_credential_of_every_scenario(lab: Lab) -> None:
    async with running(lab) as exporter:
        await exporter.until_polled()
        text = (await exporter.client.get("/metrics")).text

    families = {family.name: family for family in text_string_to_metric_families(text)}
    shown = {
        tuple(sorted(sample.labels.items())): sample.value
        for sample in families["entra_credential_days_until_expiry"].samples
    }
    expected = expected_series(time.time())
    assert len(shown) == len(expected)
    for series in expected:
        labels = {
            "tenant": series.tenant,
            "object": series.object,
            "app_id": series.app_id,
            "app_name": series.app_name,
            "kind": series.kind,
            "key_id": series.key_id,
            "credential_name": series.credential_name,
            "superseded": "true" if series.superseded else "false",
        }
        assert shown[tuple(sorted(labels.items()))] == pytest.approx(series.days, abs=0.001)


async def test_both_formats_say_the_same(lab: Lab) -> None:
    async with running(lab) as exporter:
        await exporter.until_polled()
        text = await exporter.client.get("/metrics", headers={"Accept": "text/plain"})
        other = await exporter.client.get("/metrics", headers={"Accept": OPENMETRICS})

    assert text.headers["content-type"] == TEXT
    assert other.headers["content-type"] == OPENMETRICS
    own = {
        (s.name, *sorted(s.labels.items())): s.value
        for family in text_string_to_metric_families(text.text)
        for s in family.samples
        if s.name.startswith("entra_")
    }
    assert own == {
        (s.name, *sorted(s.labels.items())): s.value
        for family in parse_openmetrics(other.text)
        for s in family.samples
        if s.name.startswith("entra_")
    }


async def test_process_metrics_follow_the_exporters_own(lab: Lab) -> None:
    async with running(lab) as exporter:
        samples = await exporter.samples()

    assert samples["process_resident_memory_bytes{}"] > 0
    assert any(name.startswith("python_info") for name in samples)


@pytest.mark.parametrize("accept", [TEXT, OPENMETRICS])
async def test_compressed_and_plain_scrapes_hold_the_same_bytes(lab: Lab, accept: str) -> None:
    def own(body: bytes) -> bytes:
        return body[: body.index(b"# HELP process_virtual")]

    async with running(lab) as exporter:
        await exporter.until_polled()
        headers = {"Accept": accept, "Accept-Encoding": "gzip"}
        async with exporter.client.stream("GET", "/metrics", headers=headers) as packed:
            raw = b"".join([piece async for piece in packed.aiter_raw()])
        headers["Accept-Encoding"] = "identity"
        plain = await exporter.client.get("/metrics", headers=headers)

    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) == len(raw)
    assert "content-encoding" not in plain.headers
    assert int(plain.headers["content-length"]) == len(plain.content)
    assert own(gzip.decompress(raw)) == own(plain.content)


async def test_head_has_the_headers_of_get_and_no_body(lab: Lab) -> None:
    async with running(lab) as exporter:
        answer = await exporter.client.head("/metrics")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == TEXT
    assert int(answer.headers["content-length"]) > 1000
    assert answer.content == b""


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept": ";;;q=,,,"},
        {"Accept": 'application/openmetrics-text; version="abc'},
        {"Accept": "x" * 4000},
        {"Accept-Encoding": "gzip;q=banana"},
        {"Accept-Encoding": ";"},
    ],
    ids=str,
)
async def test_nonsense_headers_get_an_exposition(lab: Lab, headers: dict[str, str]) -> None:
    async with running(lab) as exporter:
        answer = await exporter.client.get("/metrics", headers=headers)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == TEXT
    assert "entra_exporter_info" in answer.text


async def test_ready_only_when_every_tenant_was_tried_once(lab: Lab) -> None:
    lab.simulator.faults.add(Fault.slow(0.5, path="/v1.0/applications", times=1))
    async with running(lab) as exporter:
        early = await exporter.client.get("/-/ready")
        healthy = await exporter.client.get("/-/healthy")
        await exporter.until_polled()
        await exporter.until(
            lambda s: s["entra_poll_failures_total{'reason': 'login', 'tenant': 'fabrikam'}"] == 1
        )
        late = await exporter.client.get("/-/ready")

    assert (early.status_code, healthy.status_code, late.status_code) == (503, 200, 200)
    assert "contoso" in early.text


async def test_tenant_that_fails_is_shown_beside_one_that_works(lab: Lab) -> None:
    async with running(lab) as exporter:
        samples = await exporter.until_polled()
        await exporter.until(lambda s: s["entra_polls_total{'tenant': 'fabrikam'}"] == 1)
        page = (await exporter.client.get("/")).text

    assert samples[polled("fabrikam")] == 0
    assert "AADSTS7000222" in page
    assert "az ad app credential reset" in page


async def test_page_shows_hostile_names_as_text(lab: Lab) -> None:
    async with running(lab) as exporter:
        await exporter.until_polled()
        answer = await exporter.client.get("/")

    assert "<script>" not in answer.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in answer.text
    assert "\u202e" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_style_sheet_of_the_page_is_there(lab: Lab) -> None:
    async with running(lab) as exporter:
        page = (await exporter.client.get("/")).text
        link = re.search(r'rel="stylesheet" href="([^"]+)"', page)
        assert link
        style = await exporter.client.get(f"/{link[1]}")

    assert style.status_code == 200
    assert style.headers["content-type"].startswith("text/css")


async def test_telemetry_path_can_be_chosen(lab: Lab) -> None:
    async with running(lab, "/probe/metrics") as exporter:
        there = await exporter.client.get("/probe/metrics")
        usual = await exporter.client.get("/metrics")
        page = await exporter.client.get("/")

    assert (there.status_code, usual.status_code) == (200, 404)
    assert 'href="probe/metrics"' in page.text


async def test_reload_needs_a_post(lab: Lab) -> None:
    async with running(lab) as exporter:
        answer = await exporter.client.get("/-/reload")

    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST, PUT"


async def test_broken_file_changes_nothing_and_shows(lab: Lab) -> None:
    async with running(lab) as exporter:
        before = await exporter.until_polled()
        lab.rewrite("name: contoso", "name: CONTOSO!")
        answer = await exporter.client.post("/-/reload")
        after = await exporter.until(
            lambda s: s["entra_exporter_config_last_reload_successful{}"] == 0
        )

    assert answer.status_code == 500
    assert "tenants[0].name" in answer.text
    assert before["entra_exporter_config_last_reload_successful{}"] == 1
    stamp = "entra_exporter_config_last_reload_success_timestamp_seconds{}"
    assert after[stamp] == before[stamp]
    assert after[polled("contoso")] == 1


async def test_mended_file_is_taken_and_shows(lab: Lab) -> None:
    async with running(lab) as exporter:
        lab.rewrite("name: contoso", "name: CONTOSO!")
        await exporter.client.post("/-/reload")
        lab.rewrite("name: CONTOSO!", "name: contoso")
        answer = await exporter.client.post("/-/reload")
        await exporter.until(lambda s: s["entra_exporter_config_last_reload_successful{}"] == 1)

    assert answer.status_code == 200


async def test_reload_keeps_the_data_of_a_tenant_whose_settings_change(lab: Lab) -> None:
    async with running(lab) as exporter:
        before = await exporter.until_polled()
        lab.simulator.faults.add(Fault.hanging(path="/"))
        lab.rewrite("interval: 5s", "interval: 20s\n    expiring_within: 1d")
        await exporter.client.post("/-/reload")
        expiring = (
            "entra_credentials{'kind': 'secret', 'object': 'application', 'state': 'expiring', "
            "'tenant': 'contoso'}"
        )
        after = await exporter.until(lambda s: s[expiring] == 0)

    credentials = [name for name in before if name.startswith("entra_credential_expiry")]
    assert credentials
    assert {name: after.get(name) for name in credentials} == {
        name: before[name] for name in credentials
    }


async def test_reload_leaves_the_polls_of_unchanged_tenants_alone(lab: Lab) -> None:
    async with running(lab) as exporter:
        await exporter.until_polled()
        lab.rewrite("external_url: http://exporter.test", "external_url: http://moved.test")
        await exporter.client.post("/-/reload")
        samples = await exporter.until(lambda s: any("http://moved.test" in name for name in s))

    assert samples["entra_polls_total{'tenant': 'contoso'}"] == 1


async def test_removed_tenant_disappears_and_an_added_one_is_polled(lab: Lab) -> None:
    text = lab.file.read_text(encoding="utf-8")
    only_fabrikam = re.sub(r"- name: contoso.*?(?=- name: fabrikam)", "", text, flags=re.DOTALL)
    async with running(lab) as exporter:
        await exporter.until_polled()
        lab.file.write_text(only_fabrikam, encoding="utf-8")
        await exporter.client.post("/-/reload")
        await exporter.until(lambda s: not any("'contoso'" in name for name in s))
        lab.file.write_text(text, encoding="utf-8")
        await exporter.client.post("/-/reload")
        await exporter.until_polled()


async def test_tenant_without_an_identity_is_not_polled(lab: Lab) -> None:
    text = lab.file.read_text(encoding="utf-8")
    lab.file.write_text(
        re.sub(r"identity:\n.*?(?=  poll:)", "identity: {type: none}\n", text, flags=re.DOTALL)
        + "verify:\n  targets:\n  - {name: billing, tenant: contoso, secret: {env: BILLING},"
        " client_id: 00000000-0000-0000-0000-000000000001}\n",
        encoding="utf-8",
    )
    async with running(lab) as exporter:
        ready = await exporter.client.get("/-/ready")
        samples = await exporter.samples()

    assert ready.status_code == 200
    assert polled("contoso") not in samples
    assert not lab.simulator.requests


async def test_start_with_a_broken_file_is_refused(lab: Lab) -> None:
    lab.rewrite("type: client_secret", "type: magic")

    with pytest.raises(ConfigError, match="magic"):
        App(Settings(lab.file, (Address("127.0.0.1", 0),)))


async def test_address_that_is_taken_is_an_operators_mistake(lab: Lab) -> None:
    async with running(lab) as exporter:
        port = exporter.client.base_url.port
        assert port
        second = App(Settings(lab.file, (Address("127.0.0.1", port),)))

        with pytest.raises(UsageError, match=r"--web\.listen-address"):
            await second.run()


async def test_shutdown_in_the_middle_of_a_poll_is_quick(lab: Lab) -> None:
    lab.simulator.faults.add(Fault.hanging())
    async with running(lab) as exporter:
        await exporter.until(
            lambda s: s["entra_poll_failures_total{'reason': 'login', 'tenant': 'fabrikam'}"] == 1
        )
        began = time.monotonic()

    assert time.monotonic() - began < 1
