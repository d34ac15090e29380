"""
What stays as it was because it cannot be read any more: an entry that makes no sense today is no
proof that what stood there yesterday is gone, and nobody's alert may end by it. Pure.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from exporter.graph.wire import Unreadable
from exporter.model import Credential, CredentialKind, DirectoryObject

ById = Mapping[str, DirectoryObject]


def kept(known: ById, found: ById, lost: Iterable[Unreadable]) -> Iterator[DirectoryObject]:
    """
    The objects of which something was lost that is still known from the last inventory, with that.
    What was lost without an id may be any that is missing.
    """
    keys_lost = defaultdict[str, set[str]](set)
    for entry in lost:
        keys_lost[entry.object_id].add(entry.key_id)
    for object_id, old in known.items():
        new = found.get(object_id)
        if new is None:
            if "" in keys_lost or object_id in keys_lost:
                yield old
        elif object_id in keys_lost and (more := [*missing(old, new, keys_lost[object_id])]):
            found_whole = (one for one in new.credentials if not half(one, more))
            yield replace(new, credentials=(*found_whole, *more))


def missing(old: DirectoryObject, new: DirectoryObject, lost: set[str]) -> Iterator[Credential]:
    """The credentials that the old one has, and the new one may have lost."""
    there = {(credential.kind, credential.key_id) for credential in new.credentials}
    for credential in old.credentials:
        # Of repeated key ids all but the first have a number.
        key_id = credential.key_id.partition("#")[0]
        known = (credential.kind, credential.key_id) in there
        if not known and ("" in lost or key_id in lost):
            yield credential


def half(found: Credential, kept_ones: Iterable[Credential]) -> bool:
    """Whether it is but the password or public half of a signing certificate that is kept."""
    return found.kind is not CredentialKind.SAML_SIGNING and any(
        one.kind is CredentialKind.SAML_SIGNING
        and (found.key_id == one.key_id or found.thumbprint == one.thumbprint != "")
        for one in kept_ones
    )
