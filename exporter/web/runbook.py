"""
The runbook pages: what an alert means and the commands that mend it, filled in for what its link
names. Pure; the link's parameters are anybody's text.
"""

from collections.abc import Mapping

from exporter.runbooks import RUNBOOKS
from exporter.runbooks.markdown import LISTS
from exporter.runbooks.situation import situation
from exporter.snapshot import Snapshot
from exporter.web.templating import TEMPLATES

ROOT = "../"
"""The pages live one level below the exporter's root, wherever that is."""


def runbook_page(
    snapshot: Snapshot, now: float, name: str, parameters: Mapping[str, str]
) -> str | None:
    """The page of an alert as HTML; None when there is no such alert."""
    book = RUNBOOKS.get(name)
    if book is None:
        return None
    found = situation(book, parameters, snapshot, now)
    return TEMPLATES.get_template("runbook.html").render(found=found, book=book, root=ROOT)


def runbooks_page() -> str:
    """The list of all runbooks."""
    lists = [
        (title, [book for book in RUNBOOKS.values() if book.about is about])
        for about, title in LISTS.items()
    ]
    return TEMPLATES.get_template("runbooks.html").render(lists=lists, root=ROOT)
