"""Panels about scrapes and the process: what the exporter costs, whether it stalls or crashes."""

from grafana_foundation_sdk.builders import timeseries
from look import counts, graph, query
from queries import OF_TENANT, OURS, SCRAPED

EACH = "{{instance}}"
EACH_TENANT = "{{tenant}}, {{instance}}"


def series() -> timeseries.Panel:
    """How many series a scrape brings."""
    question = (
        "How many series does a scrape bring? Above its sample_limit Prometheus refuses them all."
    )
    asked = query(f"scrape_samples_scraped{{{SCRAPED}}} {OURS}", EACH)
    return graph("Series", question, asked)


def size() -> timeseries.Panel:
    """How large a scrape is."""
    question = (
        "How large is a scrape before compression? Prometheus refuses it whole above its "
        "body_size_limit."
    )
    asked = f"max by (instance, format) (entra_exporter_exposition_bytes{{{SCRAPED}}})"
    panel = graph("Size of a scrape", question, query(asked, "{{instance}} {{format}}"))
    return panel.unit("bytes")


def scrape_duration() -> timeseries.Panel:
    """How long a scrape takes."""
    question = (
        "How long does a scrape take? Above scrape_timeout Prometheus takes the exporter for down."
    )
    asked = query(f"scrape_duration_seconds{{{SCRAPED}}} {OURS}", EACH)
    return graph("Duration of a scrape", question, asked).unit("s")


def rendered() -> timeseries.Panel:
    """How old what a scrape shows is."""
    question = (
        "How long ago was it rendered what a scrape shows? At most a minute; one that only climbs "
        "shows an old state, and the log says why."
    )
    at = f"entra_exporter_exposition_timestamp_seconds{{{SCRAPED}}}"
    return graph("Age of what is shown", question, query(f"time() - {at}", EACH)).unit("s")


def memory() -> timeseries.Panel:
    """How much memory it holds."""
    question = (
        "How much memory does the exporter hold? It should be level; what only climbs is a leak."
    )
    asked = query(f"process_resident_memory_bytes{{{SCRAPED}}} {OURS}", EACH)
    return graph("Memory", question, asked).unit("bytes")


def cpu() -> timeseries.Panel:
    """How much it computes."""
    question = "How many processor cores does the exporter keep busy?"
    asked = query(f"rate(process_cpu_seconds_total{{{SCRAPED}}}[$__rate_interval]) {OURS}", EACH)
    return graph("CPU", question, asked).unit("short")


def files() -> timeseries.Panel:
    """How many files and connections are open, against what is allowed."""
    question = (
        "Which share of the file descriptors that it may open is open? At 100 % it can neither be "
        "scraped nor ask."
    )
    share = f"process_open_fds{{{SCRAPED}}} / process_max_fds{{{SCRAPED}}} {OURS}"
    return graph("Open files", question, query(share, EACH)).unit("percentunit")


def loop() -> timeseries.Panel:
    """How late the event loop is."""
    question = (
        "How late is the event loop, on which everything runs: 99 of 100 times, and on average? "
        "Above a second, scrapes and health checks wait."
    )
    lag = "entra_exporter_event_loop_lag_seconds"
    of_each = f"sum by (instance, le) (rate({lag}_bucket{{{SCRAPED}}}[$__rate_interval]))"
    mean = (
        f"rate({lag}_sum{{{SCRAPED}}}[$__rate_interval])"
        f" / rate({lag}_count{{{SCRAPED}}}[$__rate_interval])"
    )
    panel = graph(
        "Event loop lag",
        question,
        query(f"histogram_quantile(0.99, {of_each})", "99 %, {{instance}}", "A"),
        query(mean, "average, {{instance}}", "B"),
    )
    return panel.unit("s")


def tasks() -> timeseries.Panel:
    """What crashed inside."""
    question = (
        "Which part of the exporter crashed, and how often? It is started again and the log has "
        "what happened; please report it, as each is a bug."
    )
    crashes = (
        f"sum by (task) (increase(entra_exporter_task_failures_total{{{SCRAPED}}}"
        "[$__rate_interval]))"
    )
    return counts(graph("Crashes inside", question, query(crashes, "{{task}}")))


def state_age() -> timeseries.Panel:
    """How old what a restart would find is."""
    question = (
        "How old is what a restart would find of each tenant? A file is written when something is "
        "new, so at the latest with the next poll. No line without state.dir, nor before the first."
    )
    at = f"entra_state_last_write_success_timestamp_seconds{{{OF_TENANT}}}"
    panel = graph("Age of the state", question, query(f"time() - ({at} > 0)", EACH_TENANT))
    return panel.unit("s")


def state_failures() -> timeseries.Panel:
    """What could not be written."""
    question = (
        "How many state files could not be written? The last good ones stay, but a restart would "
        "find old data. The log says why, and what to do."
    )
    failures = f"increase(entra_state_write_failures_total{{{OF_TENANT}}}[$__rate_interval])"
    return counts(graph("State not written", question, query(failures, EACH_TENANT)))
