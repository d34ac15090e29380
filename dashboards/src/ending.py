"""Panels about what ends: the tables with what is to be done, and the weeks to come."""

from grafana_foundation_sdk.builders import barchart, table
from grafana_foundation_sdk.models import common, dashboard
from look import (
    BAD,
    GOOD,
    PLAIN,
    WARNING,
    Steps,
    as_words,
    bars,
    cell,
    colour,
    columns,
    hidden,
    link,
    listing,
    rows,
    setting,
    sorted_by,
    steps_of,
    wide,
    words,
)
from queries import (
    EXPIRY,
    IMMINENT,
    NOTHING,
    OF_APPLICATION,
    SOON,
    expiry,
    freshest,
    last_lines,
    weeks,
    with_pages,
)

LINKS = ("runbook", "portal")
MOST = 200
"""Rows of a table: a browser shows no more in good time, and nobody reads them."""
LEFT: Steps = ((None, BAD), (IMMINENT, WARNING), (SOON, PLAIN))

IDS = "tenant=${__data.fields.tenant:percentencode}&app_id=${__data.fields.app_id:percentencode}"
KEY = "&key_id=${__data.fields.key_id:percentencode}"
PAGES = "${__data.fields.external_url:raw}"


def next_to_expire() -> table.Panel:
    """The credentials that end next."""
    question = (
        "What ends next, and what is to be done? From what expired within the last 30 days to the "
        f"days ahead chosen above, {MOST} at most. What a newer one covers is quieter: only a "
        "consumer that still has the old one would notice."
    )
    ahead = "< time() + $within * 86400"
    # What has ended and is covered is a leftover: enough of those would hide what ends next.
    covered = expiry('superseded="true"')
    soonest = f"{last_lines()} {ahead} > time() - {SOON}\nor\n{covered} {ahead} > time()"
    left = f"(bottomk({MOST}, {soonest}) - time())"
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
    panel = in_words(panel.transformations(shown).no_value(NOTHING))
    return pages(time_left(panel, "Time left", LEFT), IDS + KEY)


def nothing_left() -> table.Panel:
    """The applications of which every credential has expired."""
    question = (
        "Which applications have no valid secret or certificate left, on themselves or on their "
        "service principal, those first that ended last? Federated credentials do not count here. "
        "Expired long ago and nobody complained: it may be time to delete them."
    )
    last = freshest(EXPIRY, OF_APPLICATION, "tenant, app_id, app_name")
    over = f"max by (tenant, app_id) ({last}) <= time()"
    ended = f"(topk({MOST}, {last} and on (tenant, app_id) ({over})) - time())"
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
    panel = in_words(panel.transformations(shown).no_value(NOTHING))
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
