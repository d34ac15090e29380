"""
What the answer to a stored value depends on beside the value: which login service is asked, and
what the directory holds of the application. Known by a digest, so that it outlives a restart; hints
do not, and are left out.
"""

import hashlib

import msgspec
from msgspec.structs import replace

from exporter.model import DirectoryObject
from exporter.verify.directory import Directory
from exporter.verify.job import Job

BLIND = b"?"
"""Behind a digest: concluded without hints, so that an inventory that has them says more."""


def surroundings(job: Job, directory: Directory) -> bytes:
    """The digest, marked where the directory has no hints."""
    cloud = (job.cloud.authority, job.cloud.graph, str(job.cloud.ca_file))
    objects = directory.objects(job.target.client_id)
    packed = msgspec.msgpack.encode((cloud, [item and without_hints(item) for item in objects]))
    digest = hashlib.blake2b(packed, digest_size=16).digest()
    return digest + BLIND if directory.blind else digest


def without_hints(item: DirectoryObject) -> DirectoryObject:
    """The object as it would be after a restart."""
    return replace(item, credentials=tuple(replace(one, hint="") for one in item.credentials))


def differ(seen: bytes, present: bytes) -> bool:
    """Whether they are others than the last time; nothing was seen before the first."""
    return bool(seen) and present not in (seen, seen + BLIND)


def complete(present: bytes) -> bytes:
    """The surroundings of a verdict to which hints would add nothing."""
    return present.removesuffix(BLIND)
