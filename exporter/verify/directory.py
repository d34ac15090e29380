"""
One inventory, indexed for verification: an application's two objects by its id, and who holds a
credential that looks like a stored one. Made once for an inventory; never fetches.
"""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field

from exporter.model import CredentialKind, DirectoryObject, Inventory, ObjectType
from exporter.snapshot import Snapshot, TenantView
from exporter.work import aside

HINT_LENGTH = 3
"""The first characters of a secret that Graph shows; a thumbprint has forty."""


@dataclass(frozen=True, slots=True)
class Directory:
    """
    `applications` and `principals` by application id; `holders` by the hint of a secret or the
    thumbprint of a certificate; `hints` counts the credentials that have one.
    """

    inventory: Inventory | None
    applications: dict[str, DirectoryObject]
    principals: dict[str, DirectoryObject]
    holders: dict[str, tuple[DirectoryObject, ...]] = field(repr=False)
    hints: int

    @property
    def blind(self) -> bool:
        """Whether its secrets have no hint, as it was kept over a restart."""
        return self.inventory is not None and self.inventory.restored

    def objects(self, app_id: str) -> tuple[DirectoryObject | None, DirectoryObject | None]:
        """The application and its service principal, each None when it is not there."""
        return self.applications.get(app_id), self.principals.get(app_id)

    def others(self, app_id: str, mark: str) -> tuple[DirectoryObject, ...]:
        """The objects of other applications that hold a credential of this hint or thumbprint."""
        return tuple(item for item in self.holders.get(mark, ()) if item.app_id != app_id)


NO_DIRECTORY = Directory(None, {}, {}, {}, 0)
"""Where nothing was read."""


def directory_of(inventory: Inventory) -> Directory:
    """The inventory with its indexes."""
    applications: dict[str, DirectoryObject] = {}
    principals: dict[str, DirectoryObject] = {}
    holders = defaultdict[str, list[DirectoryObject]](list)
    hints = 0
    for item in inventory.objects:
        by_id = applications if item.type is ObjectType.APPLICATION else principals
        by_id[item.app_id] = item
        marks = marks_of(item)
        hints += sum(len(mark) <= HINT_LENGTH for mark in marks)
        for mark in set(marks):
            holders[mark].append(item)
    kept = {mark: tuple(items) for mark, items in holders.items()}
    return Directory(inventory, applications, principals, kept, hints)


def marks_of(item: DirectoryObject) -> list[str]:
    """What tells its credentials: the hints of secrets and the thumbprints of certificates."""
    return [
        mark
        for credential in item.credentials
        if credential.kind is not CredentialKind.SAML_SIGNING
        and (mark := credential.hint or credential.thumbprint)
    ]


class Directories:
    """The directory of each tenant's present inventory; the one before goes when a new one came."""

    def __init__(self) -> None:
        self.kept: dict[str, Directory] = {}
        self.making = asyncio.Lock()

    async def of(self, tenant: TenantView) -> Directory:
        """That of the tenant's last inventory, made beside the event loop when it is a new one."""
        if tenant.inventory is None:
            return NO_DIRECTORY
        async with self.making:  # many ask at once when an inventory is new
            kept = self.kept.get(tenant.name)
            if kept is None or kept.inventory is not tenant.inventory:
                kept = await aside(directory_of, tenant.inventory)
                self.kept[tenant.name] = kept
            return kept

    async def named(self, name: str, snapshot: Snapshot) -> Directory:
        """That of the tenant of this name; of one that is not polled there is none."""
        tenant = snapshot.tenant(name)
        return await self.of(tenant) if tenant is not None and tenant.polled else NO_DIRECTORY

    def keep_only(self, tenants: set[str]) -> None:
        """Forget the tenants that nothing is verified of any more."""
        self.kept = {name: kept for name, kept in self.kept.items() if name in tenants}
