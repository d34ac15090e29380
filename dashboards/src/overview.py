"""The dashboard Overview: will anything break this month, and what is to be done about it."""

from frame import OVERVIEW, VERIFICATION, application, drill_down, frame, key_id
from grafana_foundation_sdk.builders import barchart, stat, table, timeseries
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.models import common, dashboard
from look import (
    BAD,
    GOOD,
    PLAIN,
    UNKNOWN,
    WARNING,
    Steps,
    as_words,
    bars,
    cell,
    colour,
    columns,
    graph,
    hidden,
    link,
    listing,
    query,
    rows,
    setting,
    sorted_by,
    stacked,
    steps_of,
    tile,
    wide,
    words,
)
from queries import (
    IMMINENT,
    OF_APPLICATION,
    OF_TENANT,
    OLDEST,
    SOON,
    ZERO_IF_VERIFIED,
    counted,
    expiry,
    freshest,
    last_lines,
    refused,
    weeks,
    with_pages,
)

LINKS = ("runbook", "portal")
MOST = 200
"""Rows of a table: a browser shows no more in good time, and nobody reads them."""
HORIZONS = "7,14,30,60,90,180,365,730"
LEFT: Steps = ((None, BAD), (IMMINENT, WARNING), (SOON, PLAIN))
NONE_IS_GOOD: Steps = ((None, GOOD), (1, BAD))
FEW_ARE_GOOD: Steps = ((None, GOOD), (1, WARNING))

IDS = "tenant=${__data.fields.tenant:percentencode}&app_id=${__data.fields.app_id:percentencode}"
KEY = "&key_id=${__data.fields.key_id:percentencode}"
PAGES = "${__data.fields.external_url:raw}"


def overview() -> builders.Dashboard:
    """The layout."""
    variables = [application(), key_id(), horizon()]
    return (
        frame(OVERVIEW, "Will anything break this month?", "now-7d", variables)
        .with_panel(failing().span(4))
        .with_panel(expired().span(4))
        .with_panel(ends_within(7, IMMINENT, NONE_IS_GOOD).span(4))
        .with_panel(ends_within(30, SOON, FEW_ARE_GOOD).span(4))
        .with_panel(oldest_data().span(4))
        .with_panel(tenants_up().span(4))
        .with_panel(next_to_expire().span(24).height(12))
        .with_panel(weekly().span(24))
        .with_panel(nothing_left().span(12))
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
    drill = builders.DashboardLink("Which, and why").url(drill_down(VERIFICATION))
    panel = tile("Refused right now", question, asked, NONE_IS_GOOD)
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
    share = query(f"avg(max by (tenant) (entra_poll_success{{{OF_TENANT}}}))", instant=True)
    panel = tile("Tenants up", question, share, steps)
    return panel.unit("percentunit").no_value("no tenant read")


def next_to_expire() -> table.Panel:
    """The credentials that end next."""
    question = (
        "What ends next, and what is to be done? From what expired within the last 30 days to the "
        f"days ahead chosen above, {MOST} at most. What a newer one covers is quieter: only a "
        "consumer that still has the old one would notice."
    )
    soonest = f"{expiry()} < time() + $within * 86400 > time() - {SOON}"
    left = f"sort(bottomk({MOST}, {soonest}) - time())"
    shown = columns(
        Value="Time left",
        app_name="Application",
        kind="Kind",
        credential_name="Credential",
        superseded="Newer one",
        runbook="Runbook",
        portal="Entra portal",
        object="Object",
        tenant="Tenant",
        app_id="App id",
        key_id="Key id",
        external_url="external_url",
    )
    panel = listing("Next to expire", question, rows(with_pages(left, *LINKS)))
    panel = in_words(panel.transformations(shown).no_value("nothing ends in the days ahead"))
    return pages(time_left(panel, "Time left", LEFT), IDS + KEY)


def nothing_left() -> table.Panel:
    """The applications of which every credential has expired."""
    question = (
        "Which applications have no valid credential left, those first that ended last? They "
        "cannot sign in. Expired long ago and nobody complained: it may be time to delete them."
    )
    expires = "entra_credential_expiry_timestamp_seconds"
    last = freshest(expires, OF_APPLICATION, "tenant, object, app_id, app_name")
    ended = f"sort_desc(topk({MOST}, {last} <= time()) - time())"
    shown = columns(
        Value="Ended",
        app_name="Application",
        runbook="Runbook",
        portal="Entra portal",
        tenant="Tenant",
        app_id="App id",
        external_url="external_url",
    )
    panel = listing("Nothing valid left", question, rows(with_pages(ended, *LINKS)))
    panel = in_words(panel.transformations(shown).no_value("every application has one"))
    return pages(time_left(panel, "Ended", ((None, BAD),), descending=True), IDS)


def time_left(
    panel: table.Panel, title: str, steps: Steps, *, descending: bool = False
) -> table.Panel:
    """The column with a time: coloured, and what the table is sorted by."""
    look = [setting("unit", "dtdhms"), steps_of(steps), cell("color-text"), wide(150)]
    return panel.override_by_name(title, look).sort_by(sorted_by(title, descending=descending))


def in_words(panel: table.Panel) -> table.Panel:
    """Labels as people say them."""
    newer = words(false=("no", PLAIN), true=("yes", GOOD))
    kinds = words(
        secret=("secret", PLAIN),
        certificate=("certificate", PLAIN),
        saml_signing=("SAML signing", PLAIN),
    )
    objects = words(
        application=("application", PLAIN), service_principal=("service principal", PLAIN)
    )
    return (
        panel.override_by_name(
            "Newer one", [setting("mappings", [newer]), cell("color-text"), wide(130)]
        )
        .override_by_name("Kind", [setting("mappings", [kinds]), wide(110)])
        .override_by_name("Object", [setting("mappings", [objects]), wide(130)])
        .override_by_name("Tenant", [wide(110)])
    )


def pages(panel: table.Panel, asked: str) -> table.Panel:
    """The two columns that are links."""
    runbook, portal = [as_words("what to do"), wide(100)], [as_words("open"), wide(110)]
    panel = panel.override_by_name("external_url", [hidden()])
    return panel.override_by_name(
        "Runbook", [*runbook, link("What to do about it", f"{PAGES}/runbooks/?{asked}")]
    ).override_by_name(
        "Entra portal", [*portal, link("Show it in the Entra portal", f"{PAGES}/portal?{asked}")]
    )


def weekly() -> barchart.Panel:
    """What ends in each of the coming weeks."""
    question = (
        "How much work is coming? Credentials that end in each of the next 26 weeks, which begin "
        "on Mondays at 0:00 UTC."
    )
    panel = bars(
        "What ends in the coming weeks",
        question,
        rows(weeks(last_lines()), "A"),
        rows(weeks(expiry('superseded="true"')), "B"),
    )
    return (
        panel.transformations(joined_weeks())
        .x_field("Week")
        .stacking(common.StackingMode.NORMAL)
        .x_tick_label_spacing(80)
        .override_by_name("Week", [setting("unit", "time:MMM D")])
        .override_by_name("nothing newer", [colour(BAD)])
        .override_by_name("a newer one is there", [colour("#999999")])
    )


def joined_weeks() -> list[dashboard.DataTransformerConfig]:
    """Two counts for each week, by date."""
    kinds = [
        {"targetField": "week", "destinationType": "number"},
        {"targetField": "week", "destinationType": "time"},
    ]
    names = {"week": "Week", "Value #A": "nothing newer", "Value #B": "a newer one is there"}
    organize = {"excludeByName": {}, "indexByName": {}, "renameByName": names}
    return [
        dashboard.DataTransformerConfig(id_val=name, options=options)
        for name, options in (
            ("filterFieldsByName", {"include": {"names": list(names)}}),
            ("joinByField", {"byField": "week", "mode": "outer"}),
            ("convertFieldType", {"conversions": kinds, "fields": {}}),
            ("sortBy", {"sort": [{"field": "week"}]}),
            ("organize", organize),
        )
    ]


def states() -> timeseries.Panel:
    """Whether there is more or less to do than some time ago."""
    question = "Is it getting better? How many credentials there are in each state, over time."
    by_state = (
        f"sum by (state) (max by (tenant, object, kind, state) (entra_credentials{{{OF_TENANT}}}))"
    )
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
