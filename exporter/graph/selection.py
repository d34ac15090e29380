"""Which objects are watched: the choice of service principals, and the filters. Pure."""

from collections.abc import Sequence

from exporter.config import FilterConfig, PollConfig
from exporter.graph.wire import ObjectEntry
from exporter.model import DirectoryObject, ObjectType

# Tenants in which Microsoft registers its own applications.
# Source: learn.microsoft.com/troubleshoot/entra/entra-id/governance/verify-first-party-apps-sign-in
MICROSOFT_TENANTS = frozenset(
    {"f8cdef31-a31e-4b4a-93e4-5f571e91255a", "72f988bf-86f1-41af-91ab-2d7cd011db47"}
)


def owned(entry: ObjectEntry) -> bool:
    """Whether people here look after its credentials: the platform rotates managed identities'."""
    return (
        entry.service_principal_type != "ManagedIdentity"
        and (entry.app_owner_organization_id or "").lower() not in MICROSOFT_TENANTS
    )


def considered(entry: ObjectEntry, object_type: ObjectType, poll: PollConfig) -> bool:
    """Whether an object is of the sort that is read at all."""
    if object_type is ObjectType.SERVICE_PRINCIPAL and poll.service_principals == "own":
        return owned(entry)
    return True


def selected(item: DirectoryObject, poll: PollConfig) -> bool:
    """Whether the filters let an object through: included (or nothing is), and not excluded."""
    return (not poll.include or any_matches(poll.include, item)) and not any_matches(
        poll.exclude, item
    )


def any_matches(rules: Sequence[FilterConfig], item: DirectoryObject) -> bool:
    """Whether some rule fits; a rule fits when all it names does."""
    return any(matches(rule, item) for rule in rules)


def matches(rule: FilterConfig, item: DirectoryObject) -> bool:
    """Whether all that a rule names fits the object."""
    return (
        (rule.app_id is None or rule.app_id.lower() == item.app_id.lower())
        and (rule.name is None or rule.name.search(item.name) is not None)
        and (rule.tag is None or rule.tag in item.tags)
    )
