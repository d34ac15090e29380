"""
The status page: what does not work and what needs attention first, whether each tenant's data is
fresh, and every credential to be searched. A function of an index and a query; everything from a
tenant is text that the template escapes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from exporter.model import CredentialKind
from exporter.remedy.of_target import remedy_of
from exporter.snapshot import TargetView
from exporter.web import links, listing, verifications
from exporter.web.chart import chart
from exporter.web.listing import Index
from exporter.web.query import Mistake, Query
from exporter.web.templating import TEMPLATES

MOST = 25
"""Targets of a section: a start for the day, not all of them."""
AROUND = 2

TEMPLATES.globals.update(
    STATES={name: label for name, (label, _) in listing.STATES.items()},
    KINDS=tuple(kind.value for kind in CredentialKind),
    runbook_of=links.runbook_of,
    runbook_of_target=links.runbook_of_target,
    remedy_of=remedy_of,
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A count on top of the page, and the address of what it counts."""

    count: int
    label: str
    address: str
    bad: bool = False


def page(index: Index, query: Query, telemetry_path: str, mistakes: Sequence[Mistake] = ()) -> str:
    """The page as HTML; without any filter its list is of what needs attention."""
    asked = query if query.filtered else replace(query, state="attention")
    rows = listing.found(index, asked)
    return TEMPLATES.get_template("landing.html").render(
        root="",
        index=index,
        now=index.now,
        telemetry_path=telemetry_path.lstrip("/"),
        query=query,
        mistakes=mistakes,
        figures=[*figures(index)],
        chart=chart(index.rows, index.now) if first(query) else None,
        rows=rows[query.window],
        count=len(rows),
        last=pages(len(rows), query),
        targets=sections(index, query),
        tenants=[view for view in index.snapshot.tenants if query.tenant in {"", view.name}],
        pager=pager(query, pages(len(rows), query)),
    )


def first(query: Query) -> bool:
    """Whether this is the page that one comes in by."""
    return not query.filtered and query.page == 1


def figures(index: Index) -> Iterator[Figure]:
    """What stands on top: last lines of defence by state, and the verifications that fail."""
    for name, count in index.last_lines.items():
        label, bad = listing.STATES[name][0].lower(), name != "under_30_days"
        yield Figure(count, label, f"./?state={name}&superseded=false", bad)
    states = [verifications.state_of(view) for view in index.snapshot.targets]
    yield Figure(states.count("refused"), "verifications failing", "./#refused", bad=True)


def sections(index: Index, query: Query) -> dict[str, list[TargetView]]:
    """The targets that the query is about, by state; none on further pages of the list."""
    about_credentials = query.state or query.superseded or query.page > 1
    views = [] if about_credentials else verifications.found(index, query)
    split: dict[str, list[TargetView]] = {state: [] for state in verifications.STATES}
    for view in views:
        split[verifications.state_of(view)].append(view)
    return split


def pages(count: int, query: Query) -> int:
    """How many pages so many rows fill: one at least."""
    return max(1, -(-count // query.limit))


def pager(query: Query, last: int) -> list[int | None]:
    """The pages to link to: the first, the last, those around this one; None for a gap."""
    near = range(query.page - AROUND, query.page + AROUND + 1)
    shown = sorted({1, last, *(number for number in near if 1 <= number <= last)})
    linked: list[int | None] = []
    for number in shown:
        if linked and number - (linked[-1] or 0) > 1:
            linked.append(None)
        linked.append(number)
    return linked if last > 1 else []
