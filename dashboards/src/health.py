"""The dashboard Exporter: whether the exporter itself is well, and what it costs."""

import footprint
from frame import EXPORTER, frame
from grafana_foundation_sdk.builders import common as common_builders
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.builders import stat, statetimeline, timeseries
from grafana_foundation_sdk.models import common
from look import (
    BAD,
    GOOD,
    PLAIN,
    WARNING,
    Steps,
    counts,
    graph,
    query,
    stacked,
    strips,
    thresholds,
    tile,
    words,
)
from queries import LAST_POLL, NOTHING, OF_TENANT, OLDEST, SCRAPED

STALE = 6 * 3600
MORE_IS_GOOD: Steps = ((None, BAD), (1, GOOD))


def exporter() -> builders.Dashboard:
    """The layout."""
    return (
        frame(EXPORTER, "Is the exporter itself well?", "now-6h", [])
        .with_panel(running().span(4))
        .with_panel(version().span(4))
        .with_panel(configuration().span(4))
        .with_panel(configured().span(4))
        .with_panel(failing().span(4))
        .with_panel(oldest_data().span(4))
        .with_row(builders.Row("Reading the tenants"))
        .with_panel(polls().span(12))
        .with_panel(age().span(12))
        .with_panel(duration().span(8))
        .with_panel(reasons().span(8))
        .with_panel(unreadable().span(8))
        .with_panel(requests().span(12))
        .with_panel(throttled().span(12))
        .with_row(builders.Row("Being scraped"))
        .with_panel(footprint.series().span(6))
        .with_panel(footprint.size().span(6))
        .with_panel(footprint.scrape_duration().span(6))
        .with_panel(footprint.rendered().span(6))
        .with_row(builders.Row("The process"))
        .with_panel(footprint.memory().span(8))
        .with_panel(footprint.cpu().span(8))
        .with_panel(footprint.files().span(8))
        .with_panel(footprint.loop().span(12))
        .with_panel(footprint.tasks().span(12))
        .with_row(builders.Row("What outlives a restart"))
        .with_panel(footprint.state_age().span(12))
        .with_panel(footprint.state_failures().span(12))
    )


def running() -> stat.Panel:
    """How many exporters are scraped."""
    question = "How many exporters does Prometheus scrape with success?"
    asked = query(f"count(entra_exporter_info{{{SCRAPED}}})", instant=True)
    return tile("Running", question, asked, MORE_IS_GOOD).no_value("none")


def version() -> stat.Panel:
    """What runs."""
    question = "Which version runs? Two at once are an update under way, or one that stopped."
    asked = query(
        f"count by (version) (entra_exporter_info{{{SCRAPED}}})", "{{version}}", instant=True
    )
    panel = tile("Version", question, asked, ((None, PLAIN),))
    return panel.text_mode(common.BigValueTextMode.NAME).color_mode(common.BigValueColorMode.NONE)


def configuration() -> stat.Panel:
    """Whether the configuration file is the one in force."""
    question = (
        "Was the configuration file accepted when it was read last? When not, the one before stays "
        "in force and a restart would fail."
    )
    accepted = f"min(entra_exporter_config_last_reload_successful{{{SCRAPED}}})"
    meanings = words(_1=("accepted", GOOD), _0=("refused", BAD))
    panel = tile("Configuration", question, query(accepted, instant=True), MORE_IS_GOOD)
    return panel.unit("none").mappings([meanings])


def configured() -> stat.Panel:
    """When it was read."""
    question = "How long ago was the configuration read that is in force?"
    read = f"entra_exporter_config_last_reload_success_timestamp_seconds{{{SCRAPED}}}"
    panel = tile(
        "Configuration read",
        question,
        query(f"time() - min({read})", instant=True),
        ((None, PLAIN),),
    )
    return panel.unit("dtdurations").color_mode(common.BigValueColorMode.NONE)


def failing() -> stat.Panel:
    """The tenants whose last poll failed."""
    question = "Of how many tenants did the last poll fail? The strips below say which."
    success = f"min by (tenant) (entra_poll_success{{{OF_TENANT}}})"
    asked = query(f"count({success} == 0) or 0 * count({success})", instant=True)
    return tile("Tenants failing", question, asked, ((None, GOOD), (1, WARNING))).no_value(
        "none polled"
    )


def oldest_data() -> stat.Panel:
    """See the overview."""
    question = (
        "How long ago was the tenant read that was read longest ago? One that was never read since "
        "the exporter started counts as failing alone."
    )
    steps: Steps = ((None, GOOD), (2 * 3600, WARNING), (STALE, BAD))
    oldest = query(OLDEST, instant=True)
    panel = tile("Oldest data", question, oldest, steps)
    return panel.unit("dtdurations").no_value("none read")


def polls() -> statetimeline.Panel:
    """When polls failed."""
    question = "When did reading each tenant fail?"
    success = f"min by (tenant, instance) (entra_poll_success{{{OF_TENANT}}})"
    meanings = words(_1=("read", GOOD), _0=("failed", BAD))
    panel = strips("Polls", question, query(success, "{{tenant}}, {{instance}}"))
    return panel.mappings([meanings]).height(8)


def age() -> timeseries.Panel:
    """How old the data was."""
    question = (
        "How old was what is known of each tenant? It climbs to the poll interval and falls; one "
        "that only climbs is not read any more. A tenant that was never read has no line."
    )
    old = f"time() - max by (tenant) ({LAST_POLL} > 0)"
    panel = graph("Age of the data", question, query(old, "{{tenant}}"))
    drawn = common_builders.GraphThresholdsStyleConfig().mode(
        common.GraphThresholdsStyleMode.DASHED
    )
    return (
        panel.unit("s").thresholds(thresholds(((None, GOOD), (STALE, BAD)))).thresholds_style(drawn)
    )


def duration() -> timeseries.Panel:
    """How long polls took."""
    question = "How long does reading a tenant take?"
    took = f"max by (tenant) (entra_poll_duration_seconds{{{OF_TENANT}}})"
    return graph("Duration of a poll", question, query(took, "{{tenant}}")).unit("s")


def reasons() -> timeseries.Panel:
    """Why polls failed."""
    question = (
        "Why did polls fail, and how often? 'login' and 'permission' need somebody; the others "
        "often pass."
    )
    count = (
        f"sum by (tenant, reason) (increase(entra_poll_failures_total{{{OF_TENANT}}}"
        "[$__rate_interval])) > 0"
    )
    panel = graph("Failed polls", question, query(count, "{{tenant}}: {{reason}}"))
    return counts(stacked(panel)).no_value(NOTHING)


def unreadable() -> timeseries.Panel:
    """What is missing of the inventory."""
    question = (
        "How many objects and credentials are left out because what Graph sent for them could not "
        "be read? Nothing watches them; the log names them."
    )
    left_out = (
        f"sum by (tenant) (max by (tenant, object) (entra_unreadable_entries{{{OF_TENANT}}}))"
    )
    return counts(graph("Unreadable entries", question, query(left_out, "{{tenant}}")))


def requests() -> timeseries.Panel:
    """What Graph answers."""
    question = (
        "How many requests go to Microsoft Graph in a second, by HTTP status, or 'error' when no "
        "answer came?"
    )
    rate = f"sum by (code) (rate(entra_graph_requests_total{{{OF_TENANT}}}[$__rate_interval]))"
    return stacked(graph("Graph requests", question, query(rate, "{{code}}"))).unit("reqps")


def throttled() -> timeseries.Panel:
    """How often Graph asks to slow down."""
    question = (
        "How often does Graph ask to slow down (status 429)? The exporter waits as long as it is "
        "told; much of it says that something else uses up the allowance."
    )
    rate = (
        f'sum by (tenant) (increase(entra_graph_requests_total{{{OF_TENANT}, code="429"}}'
        "[$__rate_interval]))"
    )
    return counts(graph("Throttled requests", question, query(rate, "{{tenant}}")))
