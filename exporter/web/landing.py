"""
The landing page: what needs attention first, whether each tenant's data is fresh, where the rest
is. Reads one snapshot; everything from a tenant is text that the template escapes.
"""

import heapq
from importlib.resources import files
from operator import attrgetter

import jinja2

from exporter import __version__, wording
from exporter.attention import Urgency, due
from exporter.snapshot import Snapshot

MOST = 25
"""Rows of the list: a start for the day, not the whole inventory."""

STYLE = (files("exporter.web") / "templates" / "style.css").read_text(encoding="utf-8")

TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("exporter.web"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.filters["printable"] = wording.printable
TEMPLATES.globals.update(wording=wording, version=__version__, Urgency=Urgency)


def page(snapshot: Snapshot, now: float, telemetry_path: str) -> str:
    """The page as HTML."""
    rows = list(due(snapshot, now))
    return TEMPLATES.get_template("landing.html").render(
        tenants=snapshot.tenants,
        rows=heapq.nsmallest(MOST, rows, key=attrgetter("order")),
        count=len(rows),
        now=now,
        telemetry_path=telemetry_path,
    )
