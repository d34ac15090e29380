"""The simulated Graph over TLS: pages, single objects, refusals, and every fault on its own."""

import asyncio
import json
import re
import ssl
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.simulator import (
    Fault,
    KeyCredential,
    SimulatedTenant,
    Simulator,
    demo_tenants,
    generated_tenant,
)
from exporter.simulator.tokens import Grant

NOW = 1_790_000_000.0
GRAPH = "https://graph.microsoft.com"
APPLICATIONS = "/v1.0/applications"
CERTIFICATE = KeyCredential(
    "eeeeeeee-0000-4000-8000-000000000001",
    "CN=exporter",
    "2026-01-01T00:00:00Z",
    "2027-01-01T00:00:00Z",
    "F9D4365AFC13FC27446AD529035997B32991AE85",
    certificate=b"DER",
)


def tenant_of(applications: int, principals: int = 3) -> SimulatedTenant:
    return generated_tenant(applications=applications, service_principals=principals, now=NOW)


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator((tenant_of(25),), page_size=10, clock=lambda: NOW) as running:
        yield running


@pytest.fixture
async def graph(simulator: Simulator) -> AsyncIterator[httpx.AsyncClient]:
    async with client(simulator) as signed_in:
        yield signed_in


def tenant(simulator: Simulator) -> SimulatedTenant:
    return next(iter(simulator.tenants.values()))


def client(simulator: Simulator, **changes: Any) -> httpx.AsyncClient:  # noqa: ANN401 - of Grant
    whose = tenant(simulator)
    grant = Grant(
        whose.tenant_id,
        whose.exporter_client_id,
        GRAPH,
        ("Application.Read.All",),
        NOW + 3599,
    )
    token = simulator.tokens.issue(replace(grant, **changes), NOW - 10)
    return httpx.AsyncClient(
        verify=ssl.create_default_context(cafile=simulator.ca_file),
        base_url=simulator.url,
        headers={"Authorization": f"Bearer {token}"},
    )


async def read_all(graph: httpx.AsyncClient, url: str) -> tuple[list[str], list[str]]:
    ids, links = [], []
    while url:
        body = (await graph.get(url)).json()
        ids += [item["id"] for item in body["value"]]
        url = body.get("@odata.nextLink", "")
        links.append(url)
    return ids, links[:-1]


# --- lists and pages


async def test_every_object_is_on_exactly_one_page(
    simulator: Simulator, graph: httpx.AsyncClient
) -> None:
    ids, links = await read_all(graph, APPLICATIONS)
    assert ids == [app.id for app in tenant(simulator).applications]
    assert len(links) == 2
    assert all("$skiptoken=RFNwdAoAAQAAAA" in link for link in links)


async def test_next_link_is_absolute_and_repeats_the_options(
    simulator: Simulator, graph: httpx.AsyncClient
) -> None:
    _, links = await read_all(graph, f"{APPLICATIONS}?$count=true&$select=id,appId&$top=20")
    start = f"{simulator.url}/v1.0/applications?$count=true&$select=id,appId&$top=20&$skiptoken="
    assert len(links) == 2
    assert all(link.startswith(start) for link in links)


@pytest.mark.parametrize(
    ("page_size", "query", "length"),
    [(999, "", 100), (999, "?$top=999", 150), (999, "?$top=7", 7), (30, "?$top=999", 30)],
)
async def test_page_length_is_the_smaller_of_top_and_page_size(
    page_size: int, query: str, length: int
) -> None:
    async with (
        Simulator((tenant_of(150),), page_size=page_size, clock=lambda: NOW) as simulator,
        client(simulator) as graph,
    ):
        body = (await graph.get(APPLICATIONS + query)).json()
    assert len(body["value"]) == length
    assert ("@odata.nextLink" in body) is (length < 150)


async def test_whole_objects_have_the_services_order_of_properties(
    graph: httpx.AsyncClient,
) -> None:
    application = (await graph.get(APPLICATIONS)).json()["value"][0]
    principal = (await graph.get("/v1.0/servicePrincipals")).json()["value"][0]
    assert list(application)[:9] == [
        "id",
        "deletedDateTime",
        "appId",
        "applicationTemplateId",
        "disabledByMicrosoftStatus",
        "createdDateTime",
        "displayName",
        "description",
        "groupMembershipClaims",
    ]
    assert len(application) == 39
    assert list(application)[-4:] == ["verifiedPublisher", "web", "spa", "futureProperty"]
    assert list(principal)[:4] == ["id", "deletedDateTime", "accountEnabled", "alternativeNames"]
    assert len(principal) == 37


async def test_password_entry_has_all_seven_fields_and_no_secret(
    graph: httpx.AsyncClient,
) -> None:
    entry = (await graph.get(APPLICATIONS)).json()["value"][0]["passwordCredentials"][0]
    assert list(entry) == [
        "customKeyIdentifier",
        "displayName",
        "endDateTime",
        "hint",
        "keyId",
        "secretText",
        "startDateTime",
    ]
    assert entry["secretText"] is None
    assert len(entry["hint"]) == 3


async def test_selected_properties_come_alone_but_for_the_unknown_one(
    simulator: Simulator, graph: httpx.AsyncClient
) -> None:
    body = (await graph.get(f"{APPLICATIONS}?$select=displayName,id")).json()
    context = f"{simulator.url}/v1.0/$metadata#applications(displayName,id)"
    assert body["@odata.context"] == context
    assert list(body["value"][0]) == ["id", "displayName", "futureProperty"]


async def test_no_answer_holds_a_secrets_value(
    simulator: Simulator, graph: httpx.AsyncClient
) -> None:
    body = (await graph.get(APPLICATIONS)).text
    assert tenant(simulator).exporter_client_secret not in body


async def test_replaced_tenant_is_what_the_next_request_sees(
    simulator: Simulator, graph: httpx.AsyncClient
) -> None:
    before = await read_all(graph, APPLICATIONS)
    whole = tenant(simulator)
    simulator.replace_tenant(replace(whole, applications=whole.applications[:3]))
    after = await read_all(graph, APPLICATIONS)
    assert (len(before[0]), len(after[0])) == (25, 3)


# --- single objects


async def test_certificate_is_sent_only_for_a_single_object_that_selects_it(
    simulator: Simulator, graph: httpx.AsyncClient
) -> None:
    whole = tenant(simulator)
    first = replace(whole.applications[0], key_credentials=(CERTIFICATE,))
    simulator.replace_tenant(replace(whole, applications=(first,)))
    select = "$select=id,keyCredentials"
    keys = []
    for url in (
        f"{APPLICATIONS}?{select}",
        f"{APPLICATIONS}/{first.id}",
        f"{APPLICATIONS}/{first.id}?{select}",
        f"{APPLICATIONS}(appId='{first.app_id}')?{select}",
    ):
        body = (await graph.get(url)).json()
        keys.append(body.get("value", [body])[0]["keyCredentials"][0]["key"])
    assert keys == [None, None, "REVS", "REVS"]


async def test_single_object_has_a_context_of_its_own(
    simulator: Simulator, graph: httpx.AsyncClient
) -> None:
    principal = tenant(simulator).service_principals[1]
    by_id = await graph.get(f"/v1.0/servicePrincipals/{principal.id}")
    by_app_id = await graph.get(
        f"/v1.0/servicePrincipals(appId='{principal.app_id}')?$select=id,appId"
    )
    base = f"{simulator.url}/v1.0/$metadata#servicePrincipals"
    assert by_id.json()["@odata.context"] == f"{base}/$entity"
    assert by_app_id.json()["@odata.context"] == f"{base}(id,appId)/$entity"
    assert by_id.json()["id"] == by_app_id.json()["id"] == principal.id


# --- refusals


@pytest.mark.parametrize(
    ("method", "url", "status", "code"),
    [
        ("GET", "?$top=1000", 400, "Request_UnsupportedQuery"),
        ("GET", "?$top=0", 400, "Request_UnsupportedQuery"),
        ("GET", "?$top=x", 400, "Request_UnsupportedQuery"),
        ("GET", "?$filter=passwordCredentials/any()", 400, "Request_UnsupportedQuery"),
        ("GET", "?$search=%22displayName:a%22", 400, "Request_UnsupportedQuery"),
        ("GET", "?$orderby=displayName", 400, "Request_UnsupportedQuery"),
        ("GET", "?$select=nonsense", 400, "BadRequest"),
        ("GET", "?$skiptoken=RFNwdAoAAQAAAAxyz", 400, "Directory_ExpiredPageToken"),
        ("GET", "/$count", 400, "Request_BadRequest"),
        ("GET", "s", 400, "BadRequest"),
        ("GET", "/a/owners", 400, "BadRequest"),
        ("GET", "/aaaaaaaa-9999-4000-8000-000000000009", 404, "Request_ResourceNotFound"),
        ("GET", "(appId='nobody')", 404, "Request_ResourceNotFound"),
        ("POST", "", 405, "Request_BadRequest"),
        ("DELETE", "/a", 405, "Request_BadRequest"),
    ],
)
async def test_request_that_graph_does_not_serve_is_refused_with_its_code(
    graph: httpx.AsyncClient, method: str, url: str, status: int, code: str
) -> None:
    response = await graph.request(method, APPLICATIONS + url)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)


async def test_count_without_consistency_level_is_ignored(graph: httpx.AsyncClient) -> None:
    counted = {"ConsistencyLevel": "eventual"}
    without = (await graph.get(f"{APPLICATIONS}?$count=true")).json()
    with_level = (await graph.get(f"{APPLICATIONS}?$count=true", headers=counted)).json()
    assert "@odata.count" not in without
    assert with_level["@odata.count"] == 25


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"roles": ()}, 403, "Authorization_RequestDenied"),
        ({"expires_at": NOW}, 401, "InvalidAuthenticationToken"),
        ({"resource": "https://vault.azure.net"}, 401, "InvalidAuthenticationToken"),
    ],
    ids=["permission missing", "token expired", "token of another resource"],
)
async def test_token_that_does_not_suffice_is_refused(
    simulator: Simulator, changes: dict[str, Any], status: int, code: str
) -> None:
    async with client(simulator, **changes) as graph:
        response = await graph.get(APPLICATIONS)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer unknown", "Basic YTpi"])
async def test_missing_or_unknown_token_is_challenged(
    graph: httpx.AsyncClient, header: str
) -> None:
    response = await graph.get(APPLICATIONS, headers={"Authorization": header})
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith('Bearer realm="", authorization_uri=')


async def test_error_body_has_a_date_without_zone_and_the_request_id_twice(
    graph: httpx.AsyncClient,
) -> None:
    response = await graph.get(f"{APPLICATIONS}/nobody")
    error = response.json()["error"]
    assert error["message"] == (
        "Resource 'nobody' does not exist or one of its queried reference-property objects are"
        " not present."
    )
    assert list(error["innerError"]) == ["date", "request-id", "client-request-id"]
    assert error["innerError"]["date"] == "2026-09-21T14:13:20"
    assert error["innerError"]["request-id"] == response.headers["request-id"]
    assert error["innerError"]["client-request-id"] == response.headers["request-id"]
    assert "odata-version" not in response.headers


async def test_headers_are_graphs(graph: httpx.AsyncClient) -> None:
    headers = {"client-request-id": "22222222-2222-2222-2222-222222222222"}
    response = await graph.get(APPLICATIONS, headers=headers)
    assert response.headers["odata-version"] == "4.0"
    assert response.headers["content-type"] == (
        "application/json;odata.metadata=minimal;odata.streaming=true;"
        "IEEE754Compatible=false;charset=utf-8"
    )
    assert response.headers["client-request-id"] == headers["client-request-id"]


@pytest.mark.parametrize(
    ("path", "units"),
    [
        ("applications", "2"),
        ("applications?$select=id", "1"),
        ("applications?$top=5", "1"),
        ("applications?$top=5&$select=id", "1"),
        ("servicePrincipals", "1"),
    ],
)
async def test_resource_units_are_counted_as_graph_counts_them(
    graph: httpx.AsyncClient, path: str, units: str
) -> None:
    response = await graph.get(f"/v1.0/{path}")
    assert response.headers["x-ms-resource-unit"] == units


async def test_requests_are_recorded_with_their_query_and_status(
    simulator: Simulator, graph: httpx.AsyncClient
) -> None:
    await graph.get(f"{APPLICATIONS}?$top=5")
    await graph.get("/elsewhere")
    first, second = simulator.requests
    assert (first.method, first.path, first.status) == ("GET", APPLICATIONS, 200)
    assert first.query == {"$top": "5"}
    assert (second.path, second.status) == ("/elsewhere", 404)


# --- faults


async def test_throttling_says_when_to_come_back(
    simulator: Simulator, graph: httpx.AsyncClient
) -> None:
    simulator.faults.add(Fault.throttled(retry_after=2, times=1))
    throttled, after = await graph.get(APPLICATIONS), await graph.get(APPLICATIONS)
    assert (throttled.status_code, throttled.headers["retry-after"]) == (429, "2")
    assert throttled.json()["error"]["code"] == "TooManyRequests"
    assert after.status_code == 200


async def test_fault_lets_the_first_requests_through_and_ends_after_its_times(
    simulator: Simulator, graph: httpx.AsyncClient
) -> None:
    simulator.faults.add(Fault(path=APPLICATIONS, after=1, times=2, status=500))
    applications = [(await graph.get(APPLICATIONS)).status_code for _ in range(4)]
    principals = (await graph.get("/v1.0/servicePrincipals")).status_code
    assert (applications, principals) == ([200, 500, 500, 200], 200)


async def test_faults_count_independently_of_one_another(
    simulator: Simulator, graph: httpx.AsyncClient
) -> None:
    simulator.faults.add(Fault.server_error(times=1))
    simulator.faults.add(Fault.permission_missing(after=1, times=1))
    statuses = [(await graph.get(APPLICATIONS)).status_code for _ in range(3)]
    assert statuses == [503, 403, 200]


async def test_cleared_faults_are_gone(simulator: Simulator, graph: httpx.AsyncClient) -> None:
    simulator.faults.add(Fault.server_error())
    simulator.faults.clear()
    assert (await graph.get(APPLICATIONS)).status_code == 200


async def test_fault_path_may_be_an_expression(
    simulator: Simulator, graph: httpx.AsyncClient
) -> None:
    simulator.faults.add(Fault(path=re.compile(r"/v1\.0/[a-z]+"), status=504))
    statuses = [
        (await graph.get(path)).status_code for path in (APPLICATIONS, "/v1.0/servicePrincipals")
    ]
    assert statuses == [504, 200]


@pytest.mark.parametrize("body", [{"a": 1}, '{"a":1}', b'{"a":1}'], ids=["json", "text", "bytes"])
async def test_fault_may_bring_its_own_body(
    simulator: Simulator, graph: httpx.AsyncClient, body: dict[str, int] | str | bytes
) -> None:
    simulator.faults.add(Fault(status=502, body=body, headers={"X-Seen": "yes"}))
    response = await graph.get(APPLICATIONS)
    assert (response.status_code, response.json()) == (502, {"a": 1})
    assert response.headers["x-seen"] == "yes"


async def test_slow_answer_is_true_and_late(simulator: Simulator, graph: httpx.AsyncClient) -> None:
    simulator.faults.add(Fault.slow(0.05))
    begun = time.perf_counter()
    response = await graph.get(APPLICATIONS)
    assert time.perf_counter() - begun >= 0.05
    assert (response.status_code, len(response.json()["value"])) == (200, 10)


async def test_truncated_answer_ends_before_its_promised_length(
    simulator: Simulator, graph: httpx.AsyncClient
) -> None:
    simulator.faults.add(Fault(truncate=True))
    with pytest.raises(httpx.RemoteProtocolError):
        await graph.get(APPLICATIONS)


async def test_malformed_answer_is_whole_but_no_json(
    simulator: Simulator, graph: httpx.AsyncClient
) -> None:
    simulator.faults.add(Fault(malformed=True))
    response = await graph.get(APPLICATIONS)
    assert response.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        response.json()


async def test_proxy_page_is_html_with_status_200(
    simulator: Simulator, graph: httpx.AsyncClient
) -> None:
    simulator.faults.add(Fault.proxy_page())
    response = await graph.get(APPLICATIONS)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "Corporate proxy" in response.text


async def test_next_link_can_lead_elsewhere(simulator: Simulator, graph: httpx.AsyncClient) -> None:
    simulator.faults.add(Fault.next_link_elsewhere(times=1))
    body = (await graph.get(APPLICATIONS)).json()
    assert body["@odata.nextLink"].startswith("https://graph.elsewhere.invalid/v1.0/")


async def test_next_link_can_lead_back_to_its_own_page(
    simulator: Simulator, graph: httpx.AsyncClient
) -> None:
    simulator.faults.add(Fault.next_link_loop())
    first = (await graph.get(f"{APPLICATIONS}?$top=5")).json()
    second = (await graph.get(first["@odata.nextLink"])).json()
    assert first == second


async def test_login_can_be_refused_whatever_is_sent(
    simulator: Simulator, graph: httpx.AsyncClient
) -> None:
    simulator.faults.add(Fault.login_refused(53003))
    refused = await graph.post(f"/{tenant(simulator).tenant_id}/oauth2/v2.0/token")
    assert (refused.status_code, refused.json()["error_codes"]) == (400, [53003])
    assert (await graph.get(APPLICATIONS)).status_code == 200


async def test_failing_login_service_answers_in_its_own_form(
    simulator: Simulator, graph: httpx.AsyncClient
) -> None:
    path = f"/{tenant(simulator).tenant_id}/oauth2/v2.0/token"
    simulator.faults.add(Fault.server_error(503, path=path))
    failed = await graph.post(path)
    assert (failed.status_code, failed.json()["error"]) == (503, "temporarily_unavailable")


async def test_hanging_answer_does_not_hold_up_the_end(simulator: Simulator) -> None:
    async with client(simulator) as graph:
        simulator.faults.add(Fault.hanging())
        with pytest.raises(httpx.ReadTimeout):
            await graph.get(APPLICATIONS, timeout=0.05)
        pending = asyncio.create_task(graph.get(APPLICATIONS))
        await asyncio.sleep(0.05)
        assert not pending.done()
        begun = time.perf_counter()
        await simulator.stop()
        assert time.perf_counter() - begun < 0.3
        await asyncio.gather(pending, return_exceptions=True)


# --- the listener


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com", ""])  # noqa: S104 - refused
def test_any_address_but_loopback_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match=r"listens on loopback only: .* is not 127\.0\.0\.0/8"):
        Simulator((), host=host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "localhost"])
async def test_certificate_is_valid_for_the_address(host: str) -> None:
    async with Simulator((tenant_of(1),), host=host) as simulator:
        assert simulator.url == f"https://{host}:{simulator.port}"
        async with client(simulator) as graph:
            assert (await graph.get("/")).status_code == 404


async def test_no_private_key_is_left_on_disk() -> None:
    async with Simulator((tenant_of(1),)) as simulator:
        folder = simulator.ca_file.parent
        assert [file.name for file in folder.iterdir()] == ["ca.pem"]
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert "PRIVATE" not in simulator.ca_file.read_text()
    assert not folder.exists()


async def test_restarted_simulator_has_the_same_address() -> None:
    simulator = Simulator((tenant_of(1),))
    urls = []
    for _ in range(2):
        async with simulator, client(simulator) as graph:
            assert (await graph.get("/")).status_code == 404
            urls.append(simulator.url)
    assert urls[0] == urls[1]


# --- generated tenants and the command


def test_generated_tenant_is_the_same_for_the_same_seed() -> None:
    def make(seed: int) -> SimulatedTenant:
        return generated_tenant(applications=20, service_principals=30, seed=seed, now=NOW)

    assert make(0) == make(0)
    assert make(0) != make(1)


def test_generated_tenant_has_the_size_that_was_asked_for() -> None:
    made = generated_tenant(
        applications=20, credentials_per_application=3, service_principals=30, now=NOW
    )
    assert (len(made.applications), len(made.service_principals)) == (20, 30)
    assert {len(app.password_credentials) for app in made.applications[1:]} == {3}
    assert len({app.app_id for app in made.applications}) == 20


def test_command_announces_itself_and_stops_when_its_input_closes() -> None:
    command = [sys.executable, "-m", "exporter.simulator", "--applications", "5"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        said = json.loads(process.stdout.readline())
        existed = Path(said["ca_file"]).exists()
        process.stdin.close()
        assert process.wait(10) == 0
    assert set(said) == {"url", "ca_file", "tenants"}
    assert set(said["tenants"][0]) == {"name", "tenant_id", "client_id", "client_secret"}
    assert (existed, Path(said["ca_file"]).exists()) == (True, False)


async def test_each_tenant_of_the_demo_is_seen_by_its_own_token_only() -> None:
    contoso, fabrikam = demo_tenants(NOW)
    async with (
        Simulator((contoso, fabrikam), clock=lambda: NOW) as simulator,
        client(simulator, tenant_id=fabrikam.tenant_id) as graph,
    ):
        body = (await graph.get(APPLICATIONS)).json()
    assert [item["displayName"] for item in body["value"]] == [
        "fabrikam-credential-exporter",
        "fabrikam-shop",
        "fabrikam-loyalty",
    ]
