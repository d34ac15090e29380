"""Reading a tenant through msgraph-sdk over TLS, and what goes wrong on the way."""

import dataclasses
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from conftest import Lab, settle

from exporter.config import CloudConfig
from exporter.errors import PollError
from exporter.graph import Graph, Unreadable, read_inventory
from exporter.identity import SignIn
from exporter.model import FailureReason, Inventory, ObjectType
from exporter.simulator import Application, Fault, expected_series
from exporter.validity import groups, superseded

APPLICATIONS = "/v1.0/applications"
SERVICE_PRINCIPALS = "/v1.0/servicePrincipals"
TOKEN = re.compile(r".*/token")
TOKEN_ANSWER = {"token_type": "Bearer", "expires_in": 3599, "access_token": "made-up"}


async def read(
    lab: Lab, patience: float = 10.0, cloud: CloudConfig | None = None, **poll: object
) -> tuple[Inventory, tuple[Unreadable, ...]]:
    """Contoso's inventory, with Graph of another cloud or some settings of `poll` changed."""
    settings = lab.contoso.poll.model_copy(update=poll)
    async with opened(lab, patience, cloud) as graph:
        return await read_inventory(graph, settings, None, time.time(), lambda _count: None)


@asynccontextmanager
async def opened(
    lab: Lab, patience: float = 10.0, cloud: CloudConfig | None = None
) -> AsyncIterator[Graph]:
    """Contoso's Graph."""
    sign_in = SignIn(lab.contoso, lab.cloud)
    graph = Graph(sign_in, cloud or lab.cloud, patience, time.time)
    try:
        yield graph
    finally:
        await graph.close()
        await sign_in.forget()


async def failure(
    lab: Lab, patience: float = 10.0, cloud: CloudConfig | None = None, **poll: object
) -> PollError:
    """How reading contoso fails."""
    with pytest.raises(PollError) as raised:
        await read(lab, patience, cloud, **poll)
    return raised.value


def shown(inventory: Inventory) -> set[tuple[object, ...]]:
    """Every credential with all that tells it apart and says when it ends."""
    return {
        (
            item.type.value,
            item.app_id,
            item.name,
            credential.kind.value,
            credential.key_id,
            credential.name,
            covered,
            credential.expires,
        )
        for item in inventory.objects
        for group in groups(item.credentials)
        for credential, covered in zip(group, superseded(group, inventory.taken_at), strict=True)
    }


def expected(*, hidden: bool = False) -> set[tuple[object, ...]]:
    """What the scenarios say must be there; ends move with the moment, so within the second."""
    return {
        (s.object, s.app_id, s.app_name, s.kind, s.key_id, s.credential_name, s.superseded)
        for s in expected_series(time.time(), hidden=hidden)
    }


async def test_every_scenario_is_read_as_it_must_be(lab: Lab) -> None:
    inventory, _ = await read(lab)

    found = shown(inventory)

    assert {row[:-1] for row in found} == expected()
    assert len(found) == len(expected())


async def test_ends_of_validity_are_those_of_the_scenarios(lab: Lab) -> None:
    inventory, _ = await read(lab)

    ends = {
        (item.type.value, item.app_id, credential.kind.value, credential.key_id): credential.expires
        for item in inventory.objects
        for credential in item.credentials
    }

    for series in expected_series(time.time()):
        key = (series.object, series.app_id, series.kind, series.key_id)
        assert ends[key] == pytest.approx(series.expires_at, abs=30)


async def test_service_principals_of_the_platform_are_left_out_unless_all_are_asked_for(
    lab: Lab,
) -> None:
    own, _ = await read(lab)
    everything, _ = await read(lab, service_principals="all")

    assert {row[:-1] for row in shown(everything)} == expected(hidden=True)
    assert len(shown(everything)) > len(shown(own))


async def test_listings_that_are_switched_off_are_not_asked_for(lab: Lab) -> None:
    inventory, _ = await read(lab, service_principals="none")

    assert {item.type for item in inventory.objects} == {ObjectType.APPLICATION}
    assert not [r for r in lab.simulator.requests if r.path == SERVICE_PRINCIPALS]


async def test_each_page_is_asked_for_once_with_only_the_fields_that_are_needed(lab: Lab) -> None:
    await read(lab)

    listing = [r for r in lab.simulator.requests if r.path == APPLICATIONS]
    objects = len(lab.tenants[0].applications)
    assert len(listing) == -(-objects // 10)
    assert listing[0].query["$top"] == "999"
    assert listing[0].query["$select"] == (
        "id,appId,displayName,tags,passwordCredentials,keyCredentials"
    )


async def test_one_sign_in_serves_all_pages(lab: Lab) -> None:
    await read(lab)

    assert len([r for r in lab.simulator.requests if r.path.endswith("/token")]) == 1


async def test_unreadable_date_loses_one_credential_and_nothing_else(lab: Lab) -> None:
    inventory, unreadable = await read(lab)

    [entry] = unreadable
    assert entry.key_id
    assert "not-a-date" in entry.problem
    assert inventory.unreadable == {ObjectType.APPLICATION: 1, ObjectType.SERVICE_PRINCIPAL: 0}


async def test_throttling_is_waited_out_as_long_as_graph_asks(lab: Lab) -> None:
    lab.simulator.faults.add(Fault.throttled(retry_after=1, path=APPLICATIONS, after=1, times=1))

    before = time.monotonic()
    inventory, _ = await read(lab)

    assert time.monotonic() - before >= 1
    assert {row[:-1] for row in shown(inventory)} == expected()


async def test_long_throttling_ends_the_poll_and_says_when_to_come_back(lab: Lab) -> None:
    lab.simulator.faults.add(Fault.throttled(retry_after=600))

    error = await failure(lab)

    assert error.reason is FailureReason.THROTTLED
    assert error.retry_after == 600


@pytest.mark.parametrize(
    ("fault", "reason", "words"),
    [
        pytest.param(
            Fault.permission_missing(),
            FailureReason.PERMISSION,
            "Authorization_RequestDenied",
            id="permission missing",
        ),
        pytest.param(Fault.server_error(500), FailureReason.SERVER, "500", id="server error"),
        pytest.param(
            Fault.server_error(502, path=APPLICATIONS, after=2),
            FailureReason.SERVER,
            "502",
            id="server error in the middle",
        ),
        pytest.param(Fault(truncate=True), FailureReason.NETWORK, "Graph", id="truncated"),
        pytest.param(Fault(malformed=True), FailureReason.MALFORMED, "no page", id="broken JSON"),
        pytest.param(Fault.proxy_page(), FailureReason.MALFORMED, "no page", id="proxy page"),
        pytest.param(
            Fault(status=200, body={}), FailureReason.MALFORMED, "no page", id="no listing"
        ),
        pytest.param(
            Fault.next_link_elsewhere(),
            FailureReason.MALFORMED,
            "another host",
            id="next page elsewhere",
        ),
        pytest.param(
            Fault.next_link_loop(), FailureReason.MALFORMED, "read before", id="next page loops"
        ),
        pytest.param(
            Fault(status=200, body={"value": [], "@odata.nextLink": "https://[bad"}),
            FailureReason.MALFORMED,
            "another host",
            id="next page is no address",
        ),
        pytest.param(
            Fault(status=302, headers={"Location": "/v1.0/applications"}),
            FailureReason.MALFORMED,
            "302",
            id="redirect",
        ),
        pytest.param(
            Fault(status=302, headers={"Location": "http://proxy.invalid/sign-in"}),
            FailureReason.MALFORMED,
            "redirects",
            id="a proxy's sign-in page without TLS",
        ),
        pytest.param(
            Fault(status=308, headers={"Location": "https://elsewhere.invalid/v1.0/applications"}),
            FailureReason.MALFORMED,
            "redirects",
            id="another host",
        ),
        pytest.param(Fault(status=401), FailureReason.LOGIN, "401", id="token refused"),
        pytest.param(Fault(status=404), FailureReason.MALFORMED, "404", id="wrong address"),
    ],
)
async def test_failure_of_graph_has_its_reason(
    lab: Lab, fault: Fault, reason: FailureReason, words: str
) -> None:
    lab.simulator.faults.add(fault)

    error = await failure(lab)

    assert error.reason is reason
    assert words in error.detail
    assert error.remedy


@pytest.mark.parametrize("rest", ["\x00", "applications?$skiptoken=\n", "x" * 70_000])
async def test_next_page_that_no_request_can_name_is_malformed(lab: Lab, rest: str) -> None:
    body = {"value": [], "@odata.nextLink": f"{lab.cloud.graph}/v1.0/{rest}"}
    lab.simulator.faults.add(Fault(path=APPLICATIONS, times=1, body=body))

    error = await failure(lab)

    assert error.reason is FailureReason.MALFORMED
    assert len(error.detail) < 400


async def test_missing_permission_is_named_in_the_next_step(lab: Lab) -> None:
    lab.simulator.faults.add(Fault.permission_missing())

    assert "Application.Read.All" in (await failure(lab)).remedy


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault.hanging(path=APPLICATIONS), id="no answer"),
        pytest.param(Fault.slow(5.0, path=APPLICATIONS, after=1), id="slow in the middle"),
    ],
)
async def test_hanging_answer_is_given_up(lab: Lab, fault: Fault) -> None:
    lab.simulator.faults.add(fault)

    error = await failure(lab, patience=0.3)

    assert error.reason is FailureReason.NETWORK


async def test_slow_answer_within_the_timeout_is_waited_for(lab: Lab) -> None:
    lab.simulator.faults.add(Fault.slow(0.3, path=APPLICATIONS, times=2))

    inventory, _ = await read(lab)

    assert {row[:-1] for row in shown(inventory)} == expected()


async def test_unreachable_graph_is_a_network_failure(lab: Lab) -> None:
    nobody = lab.cloud.model_copy(update={"graph": "https://127.0.0.1:1"})
    # The simulated login service knows no such resource, as Microsoft's would not.
    lab.simulator.faults.add(Fault(path=TOKEN, status=200, body=TOKEN_ANSWER))

    error = await failure(lab, cloud=nobody)

    assert error.reason is FailureReason.NETWORK
    assert "Graph" in error.detail


async def test_untrusted_certificate_is_a_network_failure(lab: Lab) -> None:
    stranger = lab.cloud.model_copy(update={"ca_file": None})

    # One listing: a handshake that is cancelled with the other one is cleaned up only later.
    error = await failure(lab, cloud=stranger, service_principals="none")

    assert error.reason is FailureReason.NETWORK
    assert "CERTIFICATE_VERIFY_FAILED" in error.detail


async def test_requests_are_counted_with_their_retries(lab: Lab) -> None:
    lab.simulator.faults.add(Fault.throttled(retry_after=1, path=APPLICATIONS, times=1))
    async with opened(lab) as graph:
        await read_inventory(graph, lab.contoso.poll, None, time.time(), lambda _count: None)

    pages = [r for r in lab.simulator.requests if r.path in {APPLICATIONS, SERVICE_PRINCIPALS}]
    assert graph.requests == {"200": len([r for r in pages if r.status == 200]), "429": 1}


async def test_progress_counts_every_object(lab: Lab) -> None:
    counts: list[int] = []
    async with opened(lab) as graph:
        await read_inventory(graph, lab.contoso.poll, None, time.time(), counts.append)

    tenant = lab.tenants[0]
    assert sum(counts) == len(tenant.applications) + len(tenant.service_principals)


async def test_object_that_has_not_changed_is_kept_in_memory_once(lab: Lab) -> None:
    async with opened(lab) as graph:
        first, _ = await read_inventory(graph, lab.contoso.poll, None, time.time(), print)
        lab.simulator.replace_tenant(
            dataclasses.replace(lab.tenants[0], applications=renamed(lab.tenants[0].applications))
        )
        second, _ = await read_inventory(graph, lab.contoso.poll, first, time.time(), print)

    before = {item.object_id: item for item in first.objects}
    changed = [item for item in second.objects if item is not before[item.object_id]]
    assert [item.name for item in changed] == ["payroll-sync renamed"]


def renamed(applications: tuple[Application, ...]) -> tuple[Application, ...]:
    """The applications with a new name for one of them."""
    return tuple(
        dataclasses.replace(a, display_name="payroll-sync renamed")
        if a.display_name == "payroll-sync"
        else a
        for a in applications
    )


async def test_closing_leaves_no_connection_open(lab: Lab) -> None:
    def open_files() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = open_files()
    await read(lab)
    await settle()

    assert open_files() == before
