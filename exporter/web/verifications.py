"""The targets of a snapshot by how they were verified, and which of them a query finds. Pure."""

from collections.abc import Mapping

from exporter.model import CredentialKind
from exporter.snapshot import TargetView
from exporter.web.listing import Index
from exporter.web.query import Query

STATES = ("refused", "could_not_tell", "not_tried", "works")
"""What is wrong first: the order of the list."""


def choices(tenants: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    """The values that each filter accepts."""
    return {"tenant": tenants, "state": STATES, "kind": tuple(CredentialKind)}


def state_of(view: TargetView) -> str:
    """How the last verification went."""
    if view.verdict is None:
        return "not_tried"
    if view.verdict.works:
        return "works"
    return "could_not_tell" if view.verdict.could_not_tell else "refused"


def found(index: Index, query: Query) -> list[TargetView]:
    """The targets that the query finds, what does not work first."""
    views = [view for view in index.snapshot.targets if matches(view, query)]
    return sorted(views, key=lambda view: (STATES.index(state_of(view)), view.target.name))


def matches(view: TargetView, query: Query) -> bool:
    """Whether a target has what each filter that is set asks for."""
    target, wanted = view.target, query.q.casefold()
    held = view.holds.key_id if view.holds else ""
    return (
        query.tenant in {"", target.tenant}
        and query.kind in {"", target.kind.value}
        and query.state in {"", state_of(view)}
        and any(wanted in text.casefold() for text in (target.name, target.client_id, held))
    )
