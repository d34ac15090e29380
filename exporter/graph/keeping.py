"""
What stays as it was because it cannot be read any more: an entry that makes no sense today is no
proof that what stood there yesterday is gone, and nobody's alert may end by it. Nor does it hide
for ever what was removed: each such entry stands for one thing at most. Pure.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from msgspec.structs import replace

from exporter.graph.credentials import with_unique_ids
from exporter.graph.wire import Unreadable
from exporter.history import unnumbered
from exporter.model import Credential, CredentialKind, DirectoryObject, Nameless, ObjectType

ById = Mapping[str, DirectoryObject]


@dataclass(frozen=True, slots=True)
class Places:
    """
    Where entries without an id were lost, as of the poll `before`; `after` collects the same of
    this one, which is made at `now`.
    """

    type: ObjectType
    before: Mapping[str, Nameless]
    now: float
    after: list[Nameless] = field(default_factory=list)

    def standing(
        self, object_id: str, count: int, missing: Mapping[str, Sequence[Credential]]
    ) -> list[str]:
        """
        The ids of what is missing that so many lost entries stand for: what they stood for before,
        then what ends next. Those that stood for nothing known when they were first lost do not:
        what is missing since then was removed. Where that is not known, each may stand for one.
        """
        before = self.before.get(object_id, Nameless(self.type, object_id))
        soonest = sorted(missing, key=lambda one: (next_end(missing[one], self.now), one))
        stood = [one for one in soonest if one in before.kept]
        others = [one for one in soonest if one not in before.kept]
        room = max(0, count - before.blank - len(stood))
        kept_ids = [*stood, *others[:room]][:count]
        if count:
            blank = count - len(kept_ids)
            self.after.append(Nameless(self.type, object_id, blank, tuple(kept_ids)))
        return kept_ids

    def stay(self, object_id: str) -> None:
        """An object that is not read at all tells nothing new of the entries in it."""
        if object_id in self.before:
            self.after.append(self.before[object_id])


def next_end(credentials: Iterable[Credential], now: float) -> float:
    """When the next of them ends; what has ended already was removed sooner than what has not."""
    return min((one.expires for one in credentials if one.expires > now), default=math.inf)


def kept(
    known: ById, found: ById, lost: Iterable[Unreadable], places: Places
) -> Iterator[DirectoryObject]:
    """The objects of which something was lost that the last inventory still has, with that."""
    keys_lost = defaultdict[str, Counter[str]](Counter)
    for entry in lost:
        keys_lost[entry.object_id][entry.key_id] += 1
    missing = {key: old for key, old in known.items() if key not in found and key not in keys_lost}
    credentials = {key: old.credentials for key, old in missing.items()}
    for object_id in places.standing("", keys_lost.pop("", Counter()).total(), credentials):
        places.stay(object_id)
        yield missing[object_id]
    for object_id, lost_here in keys_lost.items():
        old, new = known.get(object_id), found.get(object_id)
        if new is None:
            if old is not None:
                places.stay(object_id)
                yield old
        else:
            more = standing_in(old or new, new, lost_here, places)
            if old is not None and more:
                yield with_kept(old, new, more)


def standing_in(
    old: DirectoryObject, new: DirectoryObject, lost: Counter[str], places: Places
) -> list[Credential]:
    """The credentials of the old one that the new one may have lost, and has not without cause."""
    by_id = defaultdict[str, list[Credential]](list)
    for one in missing_of(old, new):
        key_id = plain(one)
        by_id[key_id if lost[key_id] else ""].append(one)
    unnamed = {f"{one.kind.value} {one.key_id}": (one,) for one in by_id.pop("", [])}
    chosen = places.standing(new.object_id, lost[""], unnamed)
    named = (one for key_id, ones in by_id.items() for one in islice(ones, lost[key_id]))
    return [*named, *(one for key in chosen for one in unnamed[key])]


def missing_of(old: DirectoryObject, new: DirectoryObject) -> Iterator[Credential]:
    """
    The credentials that the new one lacks. One whose key id is its own is there when that is. Of
    repeated ids, and of none, the rest of it tells: another of the same id may be new.
    """
    there = Counter(map(lasting, new.credentials))
    places = {(one.kind, plain(one)) for one in new.credentials}
    shared = Counter((one.kind, plain(one)) for one in old.credentials)
    for one in old.credentials:
        same, place = lasting(one), (one.kind, plain(one))
        own = plain(one) and shared[place] == 1
        if there[same] > 0:
            there[same] -= 1
        elif not (own and place in places):
            yield one


def lasting(credential: Credential) -> Credential:
    """What of a credential never changes, but for its number."""
    return replace(unnumbered(credential), name="", active=False)


def plain(credential: Credential) -> str:
    """The key id without the number of a repeated one."""
    return credential.key_id.partition("#")[0]


def with_kept(
    old: DirectoryObject, new: DirectoryObject, more: Sequence[Credential]
) -> DirectoryObject:
    """The new one and what is kept, in the old order, so that repeated ids keep their numbers."""
    place = {unnumbered(one): at for at, one in enumerate(old.credentials)}
    found = (one for one in new.credentials if not half(one, more))
    both = sorted([*found, *more], key=lambda one: place.get(unnumbered(one), len(place)))
    bare = (replace(one, key_id=plain(one)) for one in both)
    return replace(new, credentials=tuple(with_unique_ids(bare)))


def half(found: Credential, kept_ones: Iterable[Credential]) -> bool:
    """Whether it is but the password or public half of a signing certificate that is kept."""
    return found.kind is not CredentialKind.SAML_SIGNING and any(
        one.kind is CredentialKind.SAML_SIGNING
        and (found.key_id == one.key_id or found.thumbprint == one.thumbprint != "")
        for one in kept_ones
    )
