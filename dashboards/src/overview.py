"""The dashboard Overview: will anything break this month, and what is to be done about it."""

import ending
from frame import OVERVIEW, VERIFICATION, application, drill_down, frame, key_id
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.builders import stat, timeseries
from grafana_foundation_sdk.models import dashboard
from look import (
    BAD,
    GOOD,
    UNKNOWN,
    WARNING,
    Steps,
    colour,
    graph,
    query,
    stacked,
    tile,
)
from queries import (
    IMMINENT,
    OF_APPLICATION,
    OF_TENANT,
    OLDEST,
    SOON,
    ZERO_IF_VERIFIED,
    could_not_try,
    counted,
    freshest,
    last_lines,
    refused,
)

STATE = "tenant, object, kind, state"
HORIZONS = "7,14,30,60,90,180,365,730"
NONE_IS_GOOD: Steps = ((None, GOOD), (1, BAD))
NOT_TRIED: Steps = ((None, GOOD), (1, UNKNOWN))
FEW_ARE_GOOD: Steps = ((None, GOOD), (1, WARNING))


def overview() -> builders.Dashboard:
    """The layout."""
    variables = [application(), key_id(), horizon()]
    return (
        frame(OVERVIEW, "Will anything break this month?", "now-7d", variables)
        .with_panel(failing().span(4))
        .with_panel(not_tried().span(3))
        .with_panel(expired().span(3))
        .with_panel(ends_within(7, IMMINENT, NONE_IS_GOOD).span(4))
        .with_panel(ends_within(30, SOON, FEW_ARE_GOOD).span(4))
        .with_panel(oldest_data().span(3))
        .with_panel(tenants_up().span(3))
        .with_panel(ending.next_to_expire().span(24).height(12))
        .with_panel(ending.weekly().span(24))
        .with_panel(ending.nothing_left().span(12))
        .with_panel(states().span(12).height(9))
    )


def horizon() -> builders.CustomVariable:
    """How far ahead the table looks, in days."""
    chosen = dashboard.VariableOption(selected=True, text="90", value="90")
    return builders.CustomVariable("within").label("Days ahead").values(HORIZONS).current(chosen)


def failing() -> stat.Panel:
    """Stored secrets that are refused."""
    question = (
        "How many stored secrets and certificates does the login service refuse right now? Each "
        "is an outage, or soon one. It says 'none verified' when no target is configured."
    )
    asked = query(counted(refused(OF_APPLICATION), ZERO_IF_VERIFIED), instant=True)
    return verified(tile("Refused right now", question, asked, NONE_IS_GOOD))


def not_tried() -> stat.Panel:
    """Those of which it could not be told: a refusal may be behind that."""
    question = (
        "Of how many stored secrets and certificates could it not be told whether they work? What "
        "was refused before may still be."
    )
    asked = query(counted(could_not_try(OF_APPLICATION), ZERO_IF_VERIFIED), instant=True)
    return verified(tile("Could not try", question, asked, NOT_TRIED))


def verified(panel: stat.Panel) -> stat.Panel:
    """A tile about stored secrets, which leads to them."""
    drill = builders.DashboardLink("Which, and why").url(drill_down(VERIFICATION))
    return panel.no_value("none verified").data_links([drill])


def expired() -> stat.Panel:
    """Last lines of defence that ended lately."""
    question = (
        "How many credentials have expired within the last 30 days with nothing newer to take "
        "over? Whatever relies on them is refused. What expired earlier counts as a leftover."
    )
    ended = f"{last_lines()} <= time() > time() - {SOON}"
    return tile("Expired", question, query(counted(ended), instant=True), NONE_IS_GOOD)


def ends_within(days: int, seconds: int, steps: Steps) -> stat.Panel:
    """Last lines of defence that end soon."""
    question = f"How many credentials end within {days} days with nothing newer to take over?"
    ending = f"{last_lines()} < time() + {seconds} > time()"
    return tile(f"End within {days} days", question, query(counted(ending), instant=True), steps)


def oldest_data() -> stat.Panel:
    """The age of the oldest of what is known."""
    question = (
        "How long ago was the tenant read that was read longest ago? All that this dashboard says "
        "of it is as old as that; an alert comes at 6 hours. A tenant that was never read since "
        "the exporter started counts under 'Tenants up' alone."
    )
    steps: Steps = ((None, GOOD), (2 * 3600, WARNING), (6 * 3600, BAD))
    age = query(OLDEST, instant=True)
    panel = tile("Oldest data", question, age, steps)
    return panel.unit("dtdurations").no_value("no tenant read")


def tenants_up() -> stat.Panel:
    """The share of the tenants that can be read."""
    question = (
        "Of which share of the tenants did the last poll succeed? The dashboard of the exporter "
        "says which failed."
    )
    steps: Steps = ((None, BAD), (0.000001, WARNING), (1, GOOD))
    share = query(f"avg(min by (tenant) (entra_poll_success{{{OF_TENANT}}}))", instant=True)
    panel = tile("Tenants up", question, share, steps)
    return panel.unit("percentunit").decimals(1).no_value("no tenant read")


def states() -> timeseries.Panel:
    """Whether there is more or less to do than some time ago."""
    question = (
        "Is it getting better? How many credentials of all applications there are in each state, "
        "over time."
    )
    by_state = f"sum by (state) ({freshest('entra_credentials', OF_TENANT, STATE)})"
    panel = stacked(graph("Credentials by state", question, query(by_state, "{{state}}")))
    colours = {
        "valid": GOOD,
        "expiring": WARNING,
        "expired": BAD,
        "not_yet_valid": UNKNOWN,
    }
    for state, fixed in colours.items():
        panel = panel.override_by_name(state, [colour(fixed)])
    return panel.decimals(0)
