"""The dashboards as JSON. As a program it writes them into the folder that it is given."""

import itertools
import sys
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard
from health import exporter
from overview import overview
from verification import verification

MADE = (overview, verification, exporter)


def dashboards() -> dict[str, str]:
    """File names and contents."""
    made = [make().build() for make in MADE]
    return {f"{one.uid}.json": text(one) for one in made}


def text(one: Dashboard) -> str:
    """The JSON of one, its panels numbered in their order."""
    numbers = itertools.count(1)
    for panel in one.panels or []:
        panel.id_val = next(numbers)
    return JSONEncoder(sort_keys=True, indent=2).encode(one) + "\n"


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for name, content in dashboards().items():
        (folder / name).write_text(content, encoding="utf-8")
