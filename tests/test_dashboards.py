"""The dashboards as files: made from their sources, well formed, and laid out without overlaps."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations

import build
import pytest
from dashboard_reading import FOLDER, UIDS, Json, annotations, committed, panels, targets, variables

COLUMNS = 24
# Of another Grafana, where an export was made, or asked for at an import: provisioned ones have
# neither.
OF_EXPORTS = ("__inputs", "__requires", "__elements")
# The palette of Okabe and Ito, which people who are colour-blind tell apart too; grey and plain
# text for what needs no attention.
COLOURS = frozenset({"#009E73", "#C77F00", "#D55E00", "#CC79A7", "#56B4E9", "#999999", "text"})
COLOUR_KEYS = frozenset({"color", "fixedColor", "iconColor"})
SENTENCE = re.compile(r"[A-Z'].*[.?]", re.DOTALL)
Place = tuple[int, int, int, int]


@pytest.fixture(params=UIDS)
def dashboard(request: pytest.FixtureRequest) -> Json:
    """Each of the dashboards."""
    return committed(request.param)


def everything(node: object) -> Iterator[Json]:
    """Every object within a dashboard."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from everything(value)
    if isinstance(node, list):
        for value in node:
            yield from everything(value)


def drawn(dashboard: Json) -> list[Json]:
    """Every panel but the rows."""
    return [panel for panel in panels(dashboard) if panel["type"] != "row"]


def test_committed_files_are_what_their_sources_make() -> None:
    made = build.dashboards()
    lying = {file.name: file.read_text(encoding="utf-8") for file in FOLDER.glob("*.json")}
    assert set(made) == {f"{uid}.json" for uid in UIDS} == set(lying)
    for name, text in made.items():
        assert lying[name] == text, f"{name}: make it anew"


def test_uids_are_those_that_alerts_link_to() -> None:
    assert [committed(uid)["uid"] for uid in UIDS] == list(UIDS)


def test_titles_differ() -> None:
    assert len({committed(uid)["title"] for uid in UIDS}) == len(UIDS)


def test_dashboard_belongs_to_no_grafana(dashboard: Json) -> None:
    text = json.dumps(dashboard)
    assert dashboard.get("id") is None
    assert not [key for key in OF_EXPORTS if key in dashboard]
    assert "${DS_" not in text


def test_every_panel_has_an_id_of_its_own(dashboard: Json) -> None:
    ids = Counter(panel.get("id") or 0 for panel in panels(dashboard))
    assert min(ids) > 0
    assert [one for one, count in ids.items() if count > 1] == []


def test_every_query_of_a_panel_has_a_name_of_its_own(dashboard: Json) -> None:
    names = Counter((panel["id"], target.get("refId")) for panel, target in targets(dashboard))
    assert [name for name, count in names.items() if count > 1 or not name[1]] == []


def places(group: list[Json]) -> list[tuple[str, Place]]:
    """Title and left, top, right and bottom of panels."""
    return [
        (
            panel.get("title", ""),
            (grid["x"], grid["y"], grid["x"] + grid["w"], grid["y"] + grid["h"]),
        )
        for panel in group
        for grid in [panel["gridPos"]]
    ]


def overlap(one: Place, other: Place) -> bool:
    """Tell whether two rectangles share anything."""
    left, top, right, bottom = one
    return left < other[2] and other[0] < right and top < other[3] and other[1] < bottom


def test_no_panel_covers_another_or_leaves_the_grid(dashboard: Json) -> None:
    # A collapsed row keeps its panels, which take their place when it is opened.
    rows = [panel["panels"] for panel in dashboard["panels"] if panel.get("panels")]
    for group in (dashboard["panels"], *rows):
        found = places(group)
        for title, (left, top, right, bottom) in found:
            assert 0 <= left < right <= COLUMNS, title
            assert 0 <= top < bottom, title
        assert [(a[0], b[0]) for a, b in combinations(found, 2) if overlap(a[1], b[1])] == []


def test_every_panel_says_in_a_sentence_or_a_question_what_it_answers(dashboard: Json) -> None:
    odd = {
        panel["title"]: panel.get("description")
        for panel in drawn(dashboard)
        if not SENTENCE.fullmatch(panel.get("description") or "")
        or len(panel["description"].split()) < 4
    }
    assert odd == {}


def test_titles_of_panels_differ(dashboard: Json) -> None:
    titles = Counter(panel["title"] for panel in drawn(dashboard))
    assert [title for title, count in titles.items() if count > 1] == []


def test_dashboard_says_what_it_is_for(dashboard: Json) -> None:
    assert SENTENCE.fullmatch(dashboard.get("description") or "")


def colours(dashboard: Json) -> set[str]:
    """Every colour that a dashboard names."""
    return {
        value
        for found in everything(dashboard)
        for key, value in found.items()
        if key in COLOUR_KEYS and isinstance(value, str)
    }


def test_colours_are_of_the_palette(dashboard: Json) -> None:
    assert colours(dashboard) - COLOURS == set()


def test_every_colour_of_the_palette_is_used() -> None:
    assert set().union(*(colours(committed(uid)) for uid in UIDS)) == COLOURS


def test_every_value_that_decides_a_colour_is_in_order(dashboard: Json) -> None:
    for found in everything(dashboard):
        if isinstance(found.get("steps"), list):
            first, *values = [step["value"] for step in found["steps"]]
            assert first is None
            assert values == sorted(set(values))


def test_variables_and_annotations_have_names_of_their_own(dashboard: Json) -> None:
    for names in (
        [one["name"] for one in variables(dashboard)],
        [name for name, _ in annotations(dashboard)],
    ):
        assert len(set(names)) == len(names)
