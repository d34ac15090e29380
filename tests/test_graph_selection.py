"""Which objects are watched."""

from typing import Literal

import pytest
from builders import APP_ID, application

from exporter.config import FilterConfig, PollConfig
from exporter.graph.selection import considered, selected
from exporter.graph.wire import ObjectEntry
from exporter.model import DirectoryObject, ObjectType

MICROSOFT = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"
OWN_TENANT = "22222222-0000-4000-8000-000000000001"
BILLING = application(name="Billing API", tags=("prod", "HideApp"))
OTHER_ID = "dddddddd-0000-4000-8000-000000000001"


def principal(kind: str | None, owner: str | None) -> ObjectEntry:
    return ObjectEntry(
        "object-1", "app-1", service_principal_type=kind, app_owner_organization_id=owner
    )


@pytest.mark.parametrize(
    ("kind", "owner", "own"),
    [
        pytest.param("Application", OWN_TENANT, True, id="of this tenant"),
        pytest.param("Application", "33333333-0000-4000-8000-000000000001", True, id="of a vendor"),
        pytest.param("Legacy", None, True, id="legacy"),
        pytest.param(None, None, True, id="nothing known"),
        pytest.param("ManagedIdentity", OWN_TENANT, False, id="managed identity"),
        pytest.param("ManagedIdentity", None, False, id="managed identity of no tenant"),
        pytest.param("Application", MICROSOFT, False, id="Microsoft's"),
        pytest.param("Application", MICROSOFT.upper(), False, id="Microsoft's, upper case"),
        pytest.param(
            "Application", "72f988bf-86f1-41af-91ab-2d7cd011db47", False, id="Microsoft's corporate"
        ),
    ],
)
def test_own_principals_are_neither_managed_identities_nor_microsofts(
    kind: str | None, owner: str | None, *, own: bool
) -> None:
    given = principal(kind, owner)
    assert considered(given, ObjectType.SERVICE_PRINCIPAL, PollConfig()) is own
    assert considered(given, ObjectType.SERVICE_PRINCIPAL, PollConfig(service_principals="all"))


@pytest.mark.parametrize("choice", ["own", "all", "none"])
def test_applications_are_considered_whatever_is_said_of_principals(
    choice: Literal["own", "all", "none"],
) -> None:
    given = principal("ManagedIdentity", MICROSOFT)
    assert considered(given, ObjectType.APPLICATION, PollConfig(service_principals=choice))


NAMED, OTHER = FilterConfig(name="^Billing"), FilterConfig(name="^Payroll")


@pytest.mark.parametrize(
    ("poll", "expected"),
    [
        pytest.param(PollConfig(), True, id="no filter"),
        pytest.param(PollConfig(include=(NAMED,)), True, id="included"),
        pytest.param(PollConfig(include=(OTHER,)), False, id="another included"),
        pytest.param(PollConfig(include=(OTHER, NAMED)), True, id="included by one of two"),
        pytest.param(PollConfig(exclude=(NAMED,)), False, id="excluded"),
        pytest.param(PollConfig(exclude=(OTHER,)), True, id="another excluded"),
        pytest.param(PollConfig(exclude=(OTHER, NAMED)), False, id="excluded by one of two"),
        pytest.param(PollConfig(include=(NAMED,), exclude=(NAMED,)), False, id="both"),
    ],
)
def test_object_is_watched_when_included_and_not_excluded(
    poll: PollConfig, *, expected: bool
) -> None:
    assert selected(BILLING, poll) is expected


@pytest.mark.parametrize(
    ("rule", "item", "expected"),
    [
        pytest.param(FilterConfig(app_id=APP_ID), BILLING, True, id="id"),
        pytest.param(
            FilterConfig(app_id=APP_ID),
            application(app_id=APP_ID.upper()),
            True,
            id="id in another case",
        ),
        pytest.param(FilterConfig(app_id=OTHER_ID), BILLING, False, id="another id"),
        pytest.param(FilterConfig(name="ing A"), BILLING, True, id="part of the name"),
        pytest.param(FilterConfig(name="^billing"), BILLING, False, id="name in another case"),
        pytest.param(FilterConfig(name="(?i)^billing"), BILLING, True, id="in any case"),
        pytest.param(FilterConfig(name="^$"), application(name=""), True, id="no name"),
        pytest.param(FilterConfig(tag="prod"), BILLING, True, id="tag"),
        pytest.param(FilterConfig(tag="pro"), BILLING, False, id="part of a tag"),
        pytest.param(FilterConfig(tag="PROD"), BILLING, False, id="tag in another case"),
        pytest.param(FilterConfig(app_id=APP_ID, tag="prod"), BILLING, True, id="both fit"),
        pytest.param(FilterConfig(app_id=APP_ID, tag="test"), BILLING, False, id="one fits"),
        pytest.param(FilterConfig(app_id=OTHER_ID, name="B"), BILLING, False, id="the other fits"),
    ],
)
def test_rule_fits_when_all_that_it_names_does(
    rule: FilterConfig, item: DirectoryObject, *, expected: bool
) -> None:
    assert selected(item, PollConfig(include=(rule,))) is expected
    assert selected(item, PollConfig(exclude=(rule,))) is not expected
