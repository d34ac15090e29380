"""
PromQL that several panels share: which series are meant, which replica speaks for a tenant, what
ends when. Every selector names the variables of the dashboards. Asks nothing.
"""

DAY = 86_400
SOON, IMMINENT = 30 * DAY, 7 * DAY
"""Seconds; the bands of the alerts as they are shipped."""

WEEK, WEEKS = 7 * DAY, 26
# Unix time began on a Thursday.
MONDAY_OF = f"(floor(({{}} - {4 * DAY}) / {WEEK}) * {WEEK} + {4 * DAY})"
THIS_MONDAY = f"(time() - (time() - {4 * DAY}) % {WEEK})"

CREDENTIAL = "tenant, object, app_id, app_name, kind, key_id, credential_name, superseded"
TARGET = "tenant, target, app_id"
SCRAPED = 'job=~"$job", instance=~"$instance"'
OF_TENANT = f'{SCRAPED}, tenant=~"$tenant"'
OF_APPLICATION = f'{OF_TENANT}, app_id=~"$app_id"'
# Between backquotes, as what Grafana escapes would be a mistake between double quotes.
OF_KEY = "key_id=~`${key_id:regex}.*`"
OF_CREDENTIAL = f"{OF_APPLICATION}, {OF_KEY}"
OF_TARGET = f'{OF_APPLICATION}, target=~"$target"'
UNTOLD = "propagating|throttled|login_unavailable|network|source_unreadable"

LAST_POLL = f"entra_poll_last_success_timestamp_seconds{{{OF_TENANT}}}"
OLDEST = f"time() - min(max by (tenant) ({LAST_POLL} > 0))"
# Of several replicas the one that read a tenant last speaks for it: one that lags behind would
# still show what was rotated meanwhile.
FRESHEST = f"({LAST_POLL} == on (tenant) group_left () max by (tenant) ({LAST_POLL}))"
# Where the pages of the exporter are that watches a tenant: one address a tenant.
PAGES = f"""\
topk by (tenant) (1,
  max by (tenant, external_url) (
    entra_tenant_info{{{OF_TENANT}}}
    * on (job, instance) group_left (external_url) entra_exporter_info{{{SCRAPED}}}
  )
)"""
# Nothing at all rather than 0 while no tenant was ever read: "0 expired" would be a false comfort.
ZERO_IF_READ = f"0 * sum(entra_applications{{{OF_TENANT}}})"
ZERO_IF_VERIFIED = f"0 * count(entra_verify_success{{{OF_APPLICATION}}})"


def freshest(metric: str, matchers: str, labels: str) -> str:
    """A series of the inventory, once, by `labels`."""
    return f"""\
max by ({labels}) (
  {metric}{{{matchers}}}
  and on (job, instance, tenant) {FRESHEST}
)"""


def expiry(more: str = "") -> str:
    """When each credential ends, as Unix time; `more` are further matchers."""
    matchers = f"{OF_CREDENTIAL}, {more}" if more else OF_CREDENTIAL
    return freshest("entra_credential_expiry_timestamp_seconds", matchers, CREDENTIAL)


def last_lines() -> str:
    """When each credential ends that nothing newer covers."""
    return expiry('superseded="false"')


def counted(expression: str, zero: str = ZERO_IF_READ) -> str:
    """How many there are: 0 when there are none, and nothing when it is not known."""
    return f"count(\n{expression}\n)\nor {zero}"


def with_pages(expression: str, *columns: str) -> str:
    """
    With the address of the exporter's pages as the label `external_url`, and again in these, which
    show words where the address is needed for links.
    """
    made = f"{expression}\n* on (tenant) group_left (external_url)\n{PAGES}"
    for column in columns:
        made = f'label_replace(\n{made},\n"{column}", "$1", "external_url", "(.*)")'
    return made


def causes(more: str = "", matchers: str = OF_TARGET) -> str:
    """1 for each cause of each target that does not work; `more` are further matchers."""
    chosen = f"{matchers}, {more}" if more else matchers
    return f"max by ({TARGET}, cause) (entra_verify_cause{{{chosen}}} == 1)"


def refused(matchers: str = OF_TARGET) -> str:
    """1 for each target that is refused; one that could not be tried is left out."""
    return f'max by ({TARGET}) (entra_verify_cause{{{matchers}, cause!~"{UNTOLD}"}} == 1)'


def could_not_try() -> str:
    """1 for each target of which it could not be told and that no replica found refused."""
    untold = f'max by ({TARGET}) (entra_verify_cause{{{OF_TARGET}, cause=~"{UNTOLD}"}} == 1)'
    return f"{untold}\nunless\n{refused()}"


def weeks(expression: str) -> str:
    """
    How many of these times lie in each week, with a 0 for those in which none does: the label
    `week` is its Monday in milliseconds. The past counts for nothing.
    """
    coming = f"({expression} > time() < {THIS_MONDAY} + {WEEKS * WEEK})"
    numbers = "\n  or ".join(
        f'label_replace(vector({number}), "number", "{number}", "", "")' for number in range(WEEKS)
    )
    every = f"{THIS_MONDAY} + {WEEK} * (\n  {numbers}\n)"
    counted_ones = f'count_values("week", 1000 * ({MONDAY_OF.format(coming)}))'
    return f'{counted_ones}\nor\n0 * count_values("week", 1000 * ({every}))'
