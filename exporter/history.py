"""
What stood in earlier inventories of a tenant and is gone: how one learns that a secret was removed,
since the directory keeps no trace of it. Pure.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from msgspec.structs import replace

from exporter.model import Credential, DirectoryObject, Inventory
from exporter.verdict import Gone

MOST = 10_000
"""Of a tenant; the earliest to go are forgotten first."""

Departed = Mapping[str, tuple[Gone, ...]]
"""By application id."""


def departed(last: Inventory | None, new: Inventory, known: Departed) -> Departed:
    """
    What was gone before and what has gone since the last inventory, without what is there again.
    Nothing is said to be gone of an object that is not there at all: a filter may hide it, and its
    credentials still work. What could not be read is there, as it was.
    """
    found = defaultdict[str, list[Gone]](list, {app: list(gone) for app, gone in known.items()})
    present = {(item.type, item.object_id): item for item in new.objects}
    for item in last.objects if last else ():
        successor = present.get((item.type, item.object_id))
        if last and successor and successor is not item:
            gone = lost(item, successor)
            found[item.app_id].extend(Gone(one, last.taken_at, new.taken_at) for one in gone)
    return newest(without_returned(found, new))


def lost(item: DirectoryObject, successor: DirectoryObject) -> Iterator[Credential]:
    """
    The credentials of an object that its successor lacks. Repeated key ids are numbered (`#2`) by
    their position, which changes when one of them goes: then the rest of it tells.
    """
    key_ids = {credential.key_id for credential in successor.credentials}
    missing = [credential for credential in item.credentials if credential.key_id not in key_ids]
    there = set(map(unnumbered, successor.credentials)) if missing else set()
    return (credential for credential in missing if unnumbered(credential) not in there)


def unnumbered(credential: Credential) -> Credential:
    """The credential without the number of a repeated key id, and without the hint: one that was
    kept over a restart has none.
    """
    key_id, _, _ = credential.key_id.partition("#")
    return replace(credential, key_id=key_id, hint="")


def without_returned(found: Mapping[str, list[Gone]], new: Inventory) -> Iterator[tuple[str, Gone]]:
    """Each that is gone, with its application; a filter of the configuration hides for a while."""
    there = {
        (item.app_id, credential.key_id)
        for item in new.objects
        if item.app_id in found
        for credential in item.credentials
    }
    for app_id, gone in found.items():
        for one in gone:
            if (app_id, one.credential.key_id) not in there:
                yield app_id, one


def newest(found: Iterator[tuple[str, Gone]]) -> Departed:
    """The last to go, by application."""
    kept = heapq.nlargest(MOST, found, key=lambda pair: pair[1].missed_since)
    by_app = defaultdict[str, list[Gone]](list)
    for app_id, gone in kept:
        by_app[app_id].append(gone)
    return MappingProxyType({app_id: tuple(gone) for app_id, gone in by_app.items()})
