"""A few seconds of `make soak`, so that it stays alive. What it finds in minutes, this may not."""

from soak import soak
from soak_report import Plan

PLAN = Plan(seconds=17, seed=3, calm=5, storm=7)


async def test_nothing_served_during_changes_faults_and_reloads_was_ever_untrue() -> None:
    report = await soak(PLAN)

    assert report.violations == []
    assert report.done["scrapes checked"] > 10
    assert report.done["faults"]
    assert report.done["changes of a tenant"]
    assert report.done["changes of a stored value"]
    assert report.readings
