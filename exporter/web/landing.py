"""
The landing page: what does not work and what needs attention first, whether each tenant's data is
fresh, where the rest is. Reads one snapshot; everything from a tenant is text that the template
escapes.
"""

import heapq
from importlib.resources import files
from operator import attrgetter

import jinja2

from exporter import __version__, wording
from exporter.attention import Urgency, due
from exporter.remedy import Step
from exporter.remedy.of_target import remedy_of
from exporter.snapshot import Snapshot, TargetView
from exporter.validity import days_left

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
TEMPLATES.globals.update(wording=wording, version=__version__, Urgency=Urgency, days_left=days_left)


def page(snapshot: Snapshot, now: float, telemetry_path: str) -> str:
    """The page as HTML."""
    rows = list(due(snapshot, now))
    failing = [view for view in snapshot.targets if view.verdict and not view.verdict.works]
    return TEMPLATES.get_template("landing.html").render(
        tenants=snapshot.tenants,
        rows=heapq.nsmallest(MOST, rows, key=attrgetter("order")),
        count=len(rows),
        refused=[with_remedy(view) for view in failing if not could_not_tell(view)],
        untold=[with_remedy(view) for view in failing if could_not_tell(view)],
        working=[view for view in snapshot.targets if not view.verdict or view.verdict.works],
        now=now,
        telemetry_path=telemetry_path,
    )


def could_not_tell(view: TargetView) -> bool:
    """Whether the last verdict says nothing about what is stored."""
    return view.verdict is not None and view.verdict.could_not_tell


def with_remedy(view: TargetView) -> tuple[TargetView, tuple[Step, ...]]:
    """A target that fails, and what mends it."""
    return view, remedy_of(view)
