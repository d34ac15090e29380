"""The dashboard Verification: which stored secrets work, and why the others do not."""

from frame import VERIFICATION, frame, key_id, target, verified_application
from grafana_foundation_sdk.builders import (
    bargauge,
    stat,
    statetimeline,
    table,
    timeseries,
)
from grafana_foundation_sdk.builders import (
    dashboard as builders,
)
from look import (
    BAD,
    GOOD,
    PLAIN,
    UNKNOWN,
    WARNING,
    Steps,
    always,
    as_words,
    cell,
    columns,
    counts,
    graph,
    hidden,
    link,
    listing,
    matching,
    query,
    ranking,
    rows,
    setting,
    sorted_by,
    stacked,
    steps_of,
    strips,
    tile,
    wide,
    words,
)
from queries import (
    IMMINENT,
    OF_KEY,
    OF_TARGET,
    SOON,
    TARGET,
    UNTOLD,
    causes,
    could_not_try,
    counted,
    refused,
    with_pages,
)

MOST = 200
"""Rows of a table."""
ZERO = f"0 * count(entra_verify_success{{{OF_TARGET}}})"
NONE_IS_GOOD: Steps = ((None, GOOD), (1, BAD))
NOT_TRIED: Steps = ((None, GOOD), (1, UNKNOWN))
LEFT: Steps = ((None, BAD), (IMMINENT, WARNING), (SOON, PLAIN))
RUNBOOK = (
    "${__data.fields.external_url:raw}/runbooks/?tenant=${__data.fields.tenant:percentencode}"
    "&app_id=${__data.fields.app_id:percentencode}&target=${__data.fields.target:percentencode}"
)
WHAT_TO_DO = [as_words("what to do"), wide(110), link("What to do about it", RUNBOOK)]


def verification() -> builders.Dashboard:
    """The layout."""
    variables = [verified_application(), target(), key_id()]
    return (
        frame(VERIFICATION, "Which stored secrets work, and why not?", "now-24h", variables)
        .with_panel(refused_now().span(5))
        .with_panel(not_tried().span(5))
        .with_panel(working().span(5))
        .with_panel(ends_soon().span(5))
        .with_panel(oldest_try().span(4))
        .with_panel(failing().span(24))
        .with_panel(timeline().span(24))
        .with_panel(causes_now().span(8))
        .with_panel(causes_over_time().span(16))
        .with_panel(held().span(24))
        .with_panel(share().span(12))
        .with_panel(duration().span(12))
    )


def refused_now() -> stat.Panel:
    """Those that the login service refuses."""
    question = "How many stored secrets and certificates does the login service refuse right now?"
    asked = query(counted(refused(), ZERO), instant=True)
    return tile("Refused", question, asked, NONE_IS_GOOD).no_value("none verified")


def not_tried() -> stat.Panel:
    """Those of which it could not be told."""
    question = (
        "Of how many could it not be told, because the stored value could not be read or the "
        "login service did not answer? They may be as good as ever."
    )
    asked = query(counted(could_not_try(), ZERO), instant=True)
    return tile("Could not try", question, asked, NOT_TRIED).no_value("none verified")


def working() -> stat.Panel:
    """Those that work."""
    question = "How many stored secrets and certificates does the login service accept?"
    accepted = f"min by ({TARGET}) (entra_verify_success{{{OF_TARGET}}}) == 1"
    asked = query(counted(accepted, ZERO), instant=True)
    panel = tile("Work", question, asked, ((None, GOOD),))
    return panel.no_value("none verified")


def ends_soon() -> stat.Panel:
    """Those whose stored credential ends soon, and still works."""
    question = (
        "How many targets hold a credential that ends within 7 days? A newer one that may be "
        "registered does not help until it is stored there."
    )
    days = f"min by ({TARGET}) (entra_verify_days_until_expiry{{{OF_TARGET}}})"
    asked = query(counted(f"{days} < 7 > 0", ZERO), instant=True)
    panel = tile("Stored ones end within 7 days", question, asked, NONE_IS_GOOD)
    return panel.no_value("none verified")


def oldest_try() -> stat.Panel:
    """How long ago the target was tried that was tried longest ago."""
    question = (
        "How long ago was the target tried that was tried longest ago? A refused one rests up to "
        "an hour between two tries; the alert comes at 6 hours."
    )
    steps: Steps = ((None, GOOD), (2 * 3600, WARNING), (6 * 3600, BAD))
    tried = f"max by ({TARGET}) (entra_verify_timestamp_seconds{{{OF_TARGET}}})"
    panel = tile("Oldest try", question, query(f"time() - min({tried})", instant=True), steps)
    return panel.unit("dtdurations").no_value("none verified")


def failing() -> table.Panel:
    """Which do not work, and why."""
    question = (
        "Which stored secrets do not work, why, since when, and what is to be done? 'Worked last' "
        "is the last time that the exporter saw it work since it started."
    )
    shown = columns(
        target="Target",
        cause="Cause",
        code="AADSTS code",
        Value="Worked last",
        runbook="Runbook",
        app_id="App id",
        tenant="Tenant",
        external_url="external_url",
    )
    panel = listing("What does not work", question, rows(with_pages(failures(), "runbook")))
    panel = panel.transformations(shown).sort_by(sorted_by("Target"))
    return in_words(panel.no_value("everything that is verified works"))


def failures() -> str:
    """
    A row for each target and cause, with its code as a label; the value is when it worked last, in
    milliseconds, 0 for never.
    """
    codes = f'count_values by ({TARGET}) ("code", entra_verify_aadsts_code{{{OF_TARGET}}})'
    worked = f"max by ({TARGET}) (entra_verify_last_success_timestamp_seconds{{{OF_TARGET}}})"
    return (
        f"topk({MOST}, {causes()})\n"
        f"* on ({TARGET}) group_left () (1000 * {worked})\n"
        f"* on ({TARGET}) group_left (code) topk by ({TARGET}) (1, {codes} > bool 0)"
    )


def in_words(panel: table.Panel) -> table.Panel:
    """Figures as people say them, and the link to what to do."""
    untold = {cause: (cause, UNKNOWN) for cause in UNTOLD.split("|")}
    cause = [setting("mappings", [words(**untold), matching("(.+)", "$1", BAD)])]
    code = [setting("mappings", [words(_0=("none", PLAIN)), matching("(.+)", "AADSTS$1")])]
    worked = [setting("unit", "dateTimeFromNow"), setting("mappings", [words(_0=("never", PLAIN))])]
    return (
        panel.override_by_name("Cause", [*cause, cell("color-text"), wide(200)])
        .override_by_name("AADSTS code", [*code, wide(160)])
        .override_by_name("Worked last", [*worked, wide(160)])
        .override_by_name("Runbook", WHAT_TO_DO)
        .override_by_name("external_url", [hidden()])
        .override_by_name("App id", [wide(320)])
        .override_by_name("Tenant", [wide(130)])
    )


def timeline() -> statetimeline.Panel:
    """When each did not work."""
    question = (
        "When did each target work, when was it refused, when could it not be tried? With several "
        "replicas a refusal that any of them saw counts."
    )
    untold = f'entra_verify_cause{{{OF_TARGET}, cause=~"{UNTOLD}"}}'
    state = (
        f"min by (tenant, target) (\n  entra_verify_success{{{OF_TARGET}}}\n"
        f"  + on (job, instance, {TARGET}) 2 * max by (job, instance, {TARGET}) ({untold})\n)"
    )
    meanings = words(_0=("refused", BAD), _1=("works", GOOD), _2=("could not try", UNKNOWN))
    panel = strips("Targets over time", question, query(state, "{{target}} ({{tenant}})"))
    return panel.mappings([meanings])


def causes_now() -> bargauge.Panel:
    """How often each cause stands now."""
    question = "Why do targets not work, as it is now?"
    asked = query(f"sort_desc(count by (cause) ({causes()}))", "{{cause}}", instant=True)
    panel = ranking("Causes now", question, asked).no_value("everything works")
    return panel.color_scheme(always(BAD))


def causes_over_time() -> timeseries.Panel:
    """How often each cause stood."""
    question = "Why did targets not work, over time? One colour is one cause."
    asked = query(f"count by (cause) ({causes()})", "{{cause}}")
    return counts(stacked(graph("Causes over time", question, asked)))


def held() -> table.Panel:
    """How long what is stored will last."""
    question = (
        "How long does what each target holds still last, whatever newer ones are registered? "
        "Targets of which it cannot be told are not here."
    )
    stored = f"entra_verify_days_until_expiry{{{OF_TARGET}, {OF_KEY}}}"
    days = f"min by ({TARGET}, key_id) ({stored})"
    left = f"sort(bottomk({MOST}, {days}) * 86400)"
    shown = columns(
        Value="Time left",
        target="Target",
        runbook="Runbook",
        key_id="Key id",
        app_id="App id",
        tenant="Tenant",
        external_url="external_url",
    )
    panel = listing("Time left of what is stored", question, rows(with_pages(left, "runbook")))
    time_left = [setting("unit", "dtdhms"), steps_of(LEFT), cell("color-text"), wide(150)]
    return (
        panel.transformations(shown)
        .sort_by(sorted_by("Time left"))
        .no_value("it cannot be told of any target")
        .override_by_name("Time left", time_left)
        .override_by_name("Runbook", WHAT_TO_DO)
        .override_by_name("external_url", [hidden()])
    )


def share() -> timeseries.Panel:
    """The share of targets that work."""
    question = "Which share of the token requests succeeds, by tenant?"
    success = f"min by ({TARGET}) (entra_verify_success{{{OF_TARGET}}})"
    panel = graph("Success", question, query(f"avg by (tenant) ({success})", "{{tenant}}"))
    return panel.unit("percentunit").max(1)


def duration() -> timeseries.Panel:
    """How long the login service takes."""
    question = (
        "How long does an attempt take, reading the stored value included: the slowest, and the "
        "one in the middle?"
    )
    took = f"max by ({TARGET}) (entra_verify_duration_seconds{{{OF_TARGET}}})"
    panel = graph(
        "Duration of an attempt",
        question,
        query(f"max by (tenant) ({took})", "slowest, {{tenant}}", "A"),
        query(f"quantile by (tenant) (0.5, {took})", "middle, {{tenant}}", "B"),
    )
    return panel.unit("s")
