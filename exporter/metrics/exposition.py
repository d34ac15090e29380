"""
The rendered families in both formats, and the renderer that makes them from a snapshot.
Runs beside the event loop, in a thread; serves nothing.
"""

from dataclasses import dataclass

from exporter.metrics import FAMILIES
from exporter.metrics.gzip_stream import Body, BodyWriter
from exporter.metrics.rows import make_rows
from exporter.metrics.view import Rows, View
from exporter.model import Inventory
from exporter.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Exposition:
    """
    Every family as it stood at `rendered_at`, but for the process metrics; `waiting` names the
    tenants that were never tried by then, and of which nothing was kept over a restart.
    """

    rendered_at: float
    waiting: tuple[str, ...]
    text: Body
    openmetrics: Body


class Renderer:
    """
    Renders snapshots, one at a time. Keeps the rows of each tenant's present inventory, which are
    derived from it alone, so that a tick of the clock does not make them again.
    """

    def __init__(self) -> None:
        self.kept: dict[str, tuple[Inventory, Rows]] = {}

    def __call__(self, snapshot: Snapshot, now: float) -> Exposition:
        """Both formats of `snapshot` at `now`."""
        view = View(snapshot, now, self.rows(snapshot, now))
        text, openmetrics = BodyWriter(), BodyWriter()
        for family in FAMILIES:
            text.write(family.text_header())
            openmetrics.write(family.openmetrics_header())
            for chunk in family.lines(view):
                text.write(chunk)
                openmetrics.write(chunk)
        return Exposition(now, snapshot.blank, text.finish(), openmetrics.finish())

    def rows(self, snapshot: Snapshot, now: float) -> dict[str, Rows]:
        """Each tenant's rows: kept ones where they still hold; others go before new ones come."""
        present = {t.name: t.inventory for t in snapshot.tenants if t.inventory is not None}
        self.kept = {
            name: (inventory, rows)
            for name, (inventory, rows) in self.kept.items()
            if present.get(name) is inventory and now < rows.valid_until
        }
        for name in present.keys() - self.kept.keys():
            self.kept[name] = (present[name], make_rows(name, present[name], now))
        return {name: self.kept[name][1] for name in present}
