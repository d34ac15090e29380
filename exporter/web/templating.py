"""
The one jinja2 environment of all pages: what comes from a tenant is text, and what could rewrite a
line is made visible.
"""

import jinja2

from exporter import __version__, wording
from exporter.validity import days_left
from exporter.web.assets import asset

TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("exporter.web"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.filters["printable"] = wording.printable
TEMPLATES.globals.update(asset=asset, days_left=days_left, version=__version__, wording=wording)
