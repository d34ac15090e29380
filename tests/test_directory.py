"""One inventory as verification looks things up in it, and how often it is made ready for that."""

import asyncio
import time
from dataclasses import replace

import msgspec
import pytest
from builders import APP_ID, application, credential, inventory, tenant

from exporter.model import Credential, CredentialKind, DirectoryObject, Inventory, ObjectType
from exporter.snapshot import TenantView
from exporter.verify import directory
from exporter.verify.directory import NO_DIRECTORY, Directories, Directory, directory_of

MARK = "Q~9"
PRINT = "A1" * 20
OTHER_APP = "aaaaaaaa-0000-4000-8000-000000000002"
PRINCIPAL = ObjectType.SERVICE_PRINCIPAL


def secret(hint: str = MARK, key_id: str = "a") -> Credential:
    """A secret that begins with the hint."""
    return msgspec.structs.replace(credential(key_id=key_id), hint=hint)


def certificate(kind: CredentialKind = CredentialKind.CERTIFICATE) -> Credential:
    """A certificate of the usual thumbprint."""
    return msgspec.structs.replace(credential(kind=kind, key_id="c"), thumbprint=PRINT)


def made(*objects: DirectoryObject) -> Directory:
    """The directory that holds the objects."""
    return directory_of(inventory(*objects))


def test_application_is_found_with_its_service_principal() -> None:
    app, principal = application(), application(object_type=PRINCIPAL)
    found = made(application(app_id=OTHER_APP), principal, app)
    assert found.objects(APP_ID) == (app, principal)


@pytest.mark.parametrize("present", list(ObjectType))
def test_object_that_is_not_there_is_none(present: ObjectType) -> None:
    item = application(object_type=present)
    expected = (item, None) if present is ObjectType.APPLICATION else (None, item)
    assert made(item).objects(APP_ID) == expected
    assert made(item).objects(OTHER_APP) == (None, None)


@pytest.mark.parametrize("mark", [MARK, PRINT], ids=["hint", "thumbprint"])
def test_holders_of_a_mark_are_the_objects_of_other_applications(mark: str) -> None:
    held = secret() if mark == MARK else certificate()
    own = application(held), application(held, object_type=PRINCIPAL)
    others = (
        application(held, app_id=OTHER_APP),
        application(held, app_id=OTHER_APP, object_type=PRINCIPAL),
    )
    assert made(*own, *others).others(APP_ID, mark) == others
    assert made(*own).others(APP_ID, mark) == ()


def test_object_that_holds_a_mark_twice_is_named_once() -> None:
    twice = application(secret(), secret(key_id="b"), app_id=OTHER_APP)
    assert made(twice).others(APP_ID, MARK) == (twice,)


@pytest.mark.parametrize("mark", ["", "xyz", MARK.lower(), PRINT.lower()])
def test_nobody_holds_a_mark_that_is_no_ones(mark: str) -> None:
    nameless = msgspec.structs.replace(secret(), hint="")
    found = made(application(secret(), nameless, certificate(), app_id=OTHER_APP))
    assert found.others(APP_ID, mark) == ()


def test_certificates_for_saml_are_held_by_nobody() -> None:
    saml = certificate(CredentialKind.SAML_SIGNING)
    assert made(application(saml, app_id=OTHER_APP)).others(APP_ID, PRINT) == ()


def test_hints_are_counted_as_often_as_they_are_there_and_thumbprints_are_not() -> None:
    found = made(
        application(secret(), secret(key_id="b"), secret("", key_id="c"), certificate()),
        application(secret("xyz"), app_id=OTHER_APP),
    )
    assert found.hints == 3


def test_where_nothing_was_read_nothing_is_found() -> None:
    assert NO_DIRECTORY.inventory is None
    assert NO_DIRECTORY.objects(APP_ID) == (None, None)
    assert NO_DIRECTORY.others(APP_ID, MARK) == ()


class Makings:
    """Counts how often a directory is made of which inventory, each slowly."""

    def __init__(self) -> None:
        self.of: list[Inventory] = []

    def __call__(self, found: Inventory) -> Directory:
        """A directory, as before."""
        self.of.append(found)
        time.sleep(0.01)
        return directory_of(found)


@pytest.fixture
def makings(monkeypatch: pytest.MonkeyPatch) -> Makings:
    counting = Makings()
    monkeypatch.setattr(directory, "directory_of", counting)
    return counting


def read_again(view: TenantView) -> TenantView:
    """The tenant after another poll that found the same."""
    return replace(view, inventory=inventory(application()))


async def test_directory_of_the_same_inventory_is_made_once(makings: Makings) -> None:
    known, view = Directories(), tenant(application())
    first = await known.of(view)
    assert await known.of(replace(view, polls=9)) is first
    assert len(makings.of) == 1


async def test_directory_that_many_ask_for_at_once_is_made_once(makings: Makings) -> None:
    known, view = Directories(), tenant(application())
    found = await asyncio.gather(*(known.of(view) for _ in range(20)))
    assert len(makings.of) == 1
    assert all(one is found[0] for one in found)


async def test_directory_is_made_by_the_next_when_who_asked_first_went_away() -> None:
    known, view = Directories(), tenant(application())
    first = asyncio.create_task(known.of(view))
    await asyncio.sleep(0)
    first.cancel()
    async with asyncio.timeout(2):
        assert (await known.of(view)).inventory is view.inventory


async def test_new_inventory_replaces_the_directory(makings: Makings) -> None:
    known, view = Directories(), tenant(application())
    again = read_again(view)
    first, second = await known.of(view), await known.of(again)
    assert (first.inventory, second.inventory) == (view.inventory, again.inventory)
    assert list(known.kept.values()) == [second]
    assert len(makings.of) == 2


async def test_tenants_do_not_share_a_directory(makings: Makings) -> None:
    known = Directories()
    one, two = tenant(application(), name="one"), tenant(application(), name="two")
    for view in (one, two, one, two):
        assert (await known.of(view)).inventory is view.inventory
    assert len(makings.of) == 2


async def test_tenant_that_was_never_read_has_no_directory(makings: Makings) -> None:
    assert await Directories().of(tenant(read=False)) is NO_DIRECTORY
    assert makings.of == []


async def test_tenants_that_are_not_verified_any_more_are_forgotten(makings: Makings) -> None:
    known = Directories()
    one, two = tenant(application(), name="one"), tenant(application(), name="two")
    await known.of(one)
    await known.of(two)
    known.keep_only({"two", "three"})
    assert set(known.kept) == {"two"}
    await known.of(two)
    assert len(makings.of) == 2
