"""What becomes of a directory between two polls, and of the exporter's right to read it."""

import dataclasses
from typing import Any

import pytest
from conftest import Lab
from test_identity import change_exporter
from test_poller import keys, polling

from exporter.model import FailureReason, ObjectType
from exporter.simulator import Application, Fault, SimulatedTenant

PAYROLL = "payroll-sync"


def change(lab: Lab, **fields: object) -> None:
    """Change contoso's directory."""
    [tenant] = [t for t in lab.simulator.tenants.values() if t.name == "contoso"]
    changes: dict[str, Any] = fields
    lab.simulator.replace_tenant(dataclasses.replace(tenant, **changes))


def change_payroll(lab: Lab, **fields: object) -> Application:
    """Change one application of contoso; returns it as it was."""
    tenant: SimulatedTenant = lab.tenants[0]
    changes: dict[str, Any] = fields
    [payroll] = [a for a in tenant.applications if a.display_name == PAYROLL]
    odd = dataclasses.replace(payroll, **changes)
    change(lab, applications=tuple(odd if a is payroll else a for a in tenant.applications))
    return payroll


async def test_tenant_that_becomes_empty_is_shown_empty(lab: Lab) -> None:
    async with polling(lab) as poller:
        await poller.poll()
        lab.simulator.faults.add(Fault(status=200, body={"value": []}))
        await poller.poll()

        assert poller.view.failure is None
        assert keys(poller.view) == set()


async def test_half_of_the_applications_gone_is_shown_as_it_is_and_calls_no_secret_removed(
    lab: Lab,
) -> None:
    half = lab.tenants[0].applications[::2]
    kept = {a.id for a in half} | {p.id for p in lab.tenants[0].service_principals}
    async with polling(lab) as poller:
        await poller.poll()
        change(lab, applications=half)
        await poller.poll()
        inventory = poller.view.inventory

        assert inventory is not None
        assert {item.object_id for item in inventory.objects} <= kept
        assert {i.object_id for i in inventory.objects if i.type is ObjectType.APPLICATION} == {
            a.id for a in half
        }
        assert poller.view.failure is None
        # An object that is not there may be hidden: its secrets may work as ever.
        assert poller.view.gone == {}


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"app_id": None}, id="no app id"),
        pytest.param({"display_name": 5, "tags": 7}, id="fields of another type"),
        pytest.param({"id": None}, id="no id at all"),
    ],
)
async def test_object_that_cannot_be_read_any_more_stays_as_it_was(
    lab: Lab, fields: dict[str, object]
) -> None:
    async with polling(lab) as poller:
        await poller.poll()
        before = poller.view.inventory
        payroll = change_payroll(lab, **fields)
        await poller.poll()
        after, gone = poller.view.inventory, poller.view.gone
        change_payroll(lab)
        await poller.poll()

        assert before is not None
        assert after is not None
        [was] = [item for item in before.objects if item.object_id == payroll.id]
        assert [item for item in after.objects if item.object_id == payroll.id] == [was]
        assert {i.object_id for i in after.objects} == {i.object_id for i in before.objects}
        assert after.unreadable[ObjectType.APPLICATION] == 2  # one is never readable
        assert gone == {}
        assert poller.view.inventory is not None
        assert poller.view.inventory.unreadable[ObjectType.APPLICATION] == 1


@pytest.mark.parametrize("end", ["not-a-date", "0000-00-00T00:00:00Z", "2026-02-30T00:00:00Z", 7])
async def test_credential_whose_end_cannot_be_read_any_more_keeps_the_last_one(
    lab: Lab, end: object
) -> None:
    [payroll] = [a for a in lab.tenants[0].applications if a.display_name == PAYROLL]
    odd: Any = end
    broken = tuple(dataclasses.replace(p, end=odd) for p in payroll.password_credentials)
    async with polling(lab) as poller:
        await poller.poll()
        before = poller.view.inventory
        change_payroll(lab, password_credentials=broken)
        await poller.poll()

        assert before is not None
        assert poller.view.inventory is not None
        [was] = [item for item in before.objects if item.object_id == payroll.id]
        [now] = [i for i in poller.view.inventory.objects if i.object_id == payroll.id]
        assert set(now.credentials) == set(was.credentials)
        assert poller.view.gone == {}
        assert poller.view.inventory.unreadable[ObjectType.APPLICATION] > 1


async def test_secret_that_is_removed_beside_one_that_cannot_be_read_goes_away_and_is_called_gone(
    lab: Lab,
) -> None:
    two = next(a for a in lab.tenants[0].applications if len(a.password_credentials) > 1)
    first, removed, *_ = two.password_credentials
    broken = dataclasses.replace(first, end="not-a-date")
    left = dataclasses.replace(two, password_credentials=(broken,))
    async with polling(lab) as poller:
        await poller.poll()
        others = [a for a in lab.tenants[0].applications if a is not two]
        change(lab, applications=(*others, left))
        await poller.poll()

        assert first.key_id in keys(poller.view)
        assert removed.key_id not in keys(poller.view)
        gone = {one.credential.key_id for one in poller.view.gone.get(two.app_id, ())}
        assert removed.key_id in gone
        assert first.key_id not in gone


async def test_applications_that_are_deleted_go_away_while_another_has_no_id(lab: Lab) -> None:
    nameless: Any = None
    apps = lab.tenants[0].applications
    odd = dataclasses.replace(apps[0], id=nameless)
    async with polling(lab) as poller:
        change(lab, applications=(odd, *apps[1:]))
        for _ in range(2):
            await poller.poll()
        change(lab, applications=(odd, *apps[1:3]))
        await poller.poll()

        assert poller.view.inventory is not None
        assert {
            i.object_id for i in poller.view.inventory.objects if i.type is ObjectType.APPLICATION
        } == {a.id for a in apps[1:3]}


async def test_application_that_a_filter_hides_does_not_stay_for_want_of_one_date(
    lab: Lab,
) -> None:
    lab.rewrite("interval: 5s", "interval: 5s\n    include:\n    - name: ^payroll")
    [payroll] = [a for a in lab.tenants[0].applications if a.display_name == PAYROLL]
    odd: Any = "not-a-date"
    broken = tuple(dataclasses.replace(p, end=odd) for p in payroll.password_credentials)
    async with polling(lab) as poller:
        await poller.poll()
        change_payroll(lab, password_credentials=broken, display_name="renamed")
        await poller.poll()

        assert keys(poller.view) == set()


async def test_own_secret_that_expires_in_the_middle_keeps_the_data_and_says_so(lab: Lab) -> None:
    async with polling(lab) as poller:
        await poller.poll()
        good = poller.view.inventory
        [own] = [
            a for a in lab.tenants[0].applications if a.app_id == lab.tenants[0].exporter_client_id
        ]
        over = tuple(
            dataclasses.replace(p, end="2020-01-01T00:00:00Z") for p in own.password_credentials
        )
        change_exporter(lab, password_credentials=over)
        await poller.sign_in.forget()
        await poller.poll()
        failed = poller.view
        change_exporter(lab, password_credentials=own.password_credentials)
        await poller.poll()

        assert failed.inventory is good
        assert failed.failure is not None
        assert (failed.failure.reason, failed.failure.aadsts_code) == (FailureReason.LOGIN, 7000222)
        assert "the exporter's own secret has expired" in failed.failure.remedy
        assert poller.view.failure is None


@pytest.mark.parametrize(
    ("fault", "reason", "code", "words"),
    [
        pytest.param(
            Fault.permission_missing(after=2),
            FailureReason.PERMISSION,
            None,
            "Application.Read.All",
            id="permission withdrawn between two pages",
        ),
        pytest.param(
            Fault.login_refused(90002),
            FailureReason.LOGIN,
            90002,
            "there is no tenant",
            id="tenant deleted",
        ),
        pytest.param(
            Fault.login_refused(7000112),
            FailureReason.LOGIN,
            7000112,
            "is disabled",
            id="application disabled",
        ),
        pytest.param(
            Fault.login_refused(53003),
            FailureReason.LOGIN,
            53003,
            "conditional access",
            id="blocked by a policy",
        ),
    ],
)
async def test_right_that_is_withdrawn_keeps_the_data_and_says_what_to_do(
    lab: Lab, fault: Fault, reason: FailureReason, code: int | None, words: str
) -> None:
    async with polling(lab) as poller:
        await poller.poll()
        good = poller.view.inventory
        await poller.sign_in.forget()
        lab.simulator.faults.add(fault)
        await poller.poll()
        failed = poller.view
        lab.simulator.faults.clear()
        await poller.poll()

        assert failed.inventory is good
        assert failed.failure is not None
        assert (failed.failure.reason, failed.failure.aadsts_code) == (reason, code)
        assert words in failed.failure.remedy
        assert poller.view.failure is None
