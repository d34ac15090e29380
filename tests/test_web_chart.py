"""The chart of what expires in the coming weeks, and the table of the same numbers."""

import pytest
from builders import DAY, NOW, application, credential, snapshot, tenant
from test_landing import read
from test_web_list import SERIES, simulated

from exporter.web.chart import chart, rounded, weeks
from exporter.web.listing import indexed


def test_chart_counts_each_coming_week_once() -> None:
    rows = indexed(simulated(), NOW).rows
    counted = weeks(rows, NOW)
    today = NOW - NOW % DAY
    soon = [s for s in SERIES if s.days > 0 and s.expires_at < today + 26 * 7 * DAY]
    assert len(counted) == 26
    assert sum(week.superseded for week in counted) == sum(s.superseded for s in soon)
    for number, week in enumerate(counted):
        begins = today + number * 7 * DAY
        within = [s for s in soon if begins <= s.expires_at < begins + 7 * DAY]
        assert week.last_lines + week.superseded == len(within)


def test_bars_stand_on_the_axis_and_stay_inside() -> None:
    drawn = chart(indexed(simulated(), NOW).rows, NOW)
    assert drawn
    for bar in drawn.bars:
        assert bar.last_y + bar.last_height == pytest.approx(drawn.base, abs=0.02)
        assert bar.superseded_y >= drawn.top - 0.02
        assert bar.x + drawn.bar <= drawn.width


@pytest.mark.parametrize(
    ("count", "scale"), [(0, 0), (1, 1), (3, 4), (6, 10), (10, 10), (11, 20), (2600, 4000)]
)
def test_scale_ends_at_an_easy_number(count: int, scale: int) -> None:
    assert rounded(count) == scale


def test_chart_is_told_to_who_cannot_see_it() -> None:
    reader = read(simulated())
    [svg] = reader.all("svg")
    ids = {attributes.get("id") for _, attributes in reader.elements}
    assert svg["role"] == "img"
    assert set((svg["aria-labelledby"] or "").split()) <= ids
    assert "Week Without a successor Covered by a newer one 2026-09-21 to 2026-09-27" in reader.text


def test_nothing_to_draw_is_not_drawn() -> None:
    assert "svg" not in read(snapshot(tenant(application(credential(900))))).tags
