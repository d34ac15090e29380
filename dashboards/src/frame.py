"""What the three dashboards share around their panels: variables, links, annotations, settings."""

from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard
from look import BAD, PROMETHEUS, UNKNOWN
from queries import OF_APPLICATION, OF_TENANT, SCRAPED

Variable = Builder[dashboard.VariableModel]


@dataclass(frozen=True, slots=True)
class Linked:
    """A dashboard that the others link to."""

    uid: str
    title: str
    tooltip: str


OVERVIEW = Linked("entra-overview", "Entra credentials", "What expires, and when")
VERIFICATION = Linked("entra-verification", "Entra verification", "Which stored secrets work")
EXPORTER = Linked("entra-exporter", "Entra exporter", "Whether the exporter itself is well")
ALL = (OVERVIEW, VERIFICATION, EXPORTER)

NAMED = r'/app_id="(?<value>[^"]+)".*app_name="(?<text>(?:[^"\\]|\\.)+)"/'
"""An application is chosen by its name and known by its id."""

KEY = "tenant, app_id, app_name, kind, key_id, credential_name"
BEFORE = " offset $__interval"


def frame(
    of: Linked, description: str, since: str, variables: Sequence[Variable]
) -> builders.Dashboard:
    """A dashboard without panels."""
    # Where no application is chosen, what comes and goes would only be in the way.
    rotations = [] if of is EXPORTER else [appeared(), gone()]
    made = (
        builders.Dashboard(of.title)
        .uid(of.uid)
        .description(description)
        .tags(["entra", "prometheus"])
        .readonly()
        .timezone("browser")
        .time(since, "now")
        .refresh("1m")
        .tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
        .annotations([*rotations, alerts()])
    )
    for one in (datasource(), job(), instance(), tenant(), *variables):
        made = made.with_variable(one)
    for other in ALL:
        if other is not of:
            made = made.link(link_to(other))
    return made


def link_to(other: Linked) -> builders.DashboardLink:
    """To another dashboard, with what is chosen here."""
    return (
        builders.DashboardLink(other.title)
        .type(dashboard.DashboardLinkType.LINK)
        .icon("dashboard")
        .tooltip(other.tooltip)
        .url(f"/d/{other.uid}")
        .include_vars(include_vars=True)
        .keep_time(keep_time=True)
    )


def drill_down(other: Linked) -> str:
    """The address of another dashboard, for a link on a value."""
    return f"/d/{other.uid}?${{__url_time_range}}&${{__all_variables}}"


def datasource() -> builders.DatasourceVariable:
    """Which Prometheus."""
    return builders.DatasourceVariable("datasource").label("Data source").type("prometheus")


def choice(name: str, label: str, asked: str) -> builders.QueryVariable:
    """A variable with the values that a query finds: all, one or several."""
    return (
        builders.QueryVariable(name)
        .label(label)
        .datasource(PROMETHEUS)
        .query(asked)
        .refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(dashboard.VariableSort.ALPHABETICAL_CASE_INSENSITIVE_ASC)
        .multi(multi=True)
        .include_all(include_all=True)
        .all_value(".+")
        .current(dashboard.VariableOption(selected=True, text=["All"], value=["$__all"]))
    )


def job() -> builders.QueryVariable:
    """Which scrape job."""
    return choice("job", "Job", "label_values(entra_exporter_info, job)")


def instance() -> builders.QueryVariable:
    """Which exporter."""
    return choice(
        "instance", "Instance", 'label_values(entra_exporter_info{job=~"$job"}, instance)'
    )


def tenant() -> builders.QueryVariable:
    """Which tenant."""
    return choice("tenant", "Tenant", f"label_values(entra_tenant_info{{{SCRAPED}}}, tenant)")


def application() -> builders.QueryVariable:
    """Which application of those that hold credentials."""
    series = f"entra_application_days_until_expiry{{{OF_TENANT}}}"
    asked = f"query_result(max by (app_id, app_name) ({series}))"
    return choice("app_id", "Application", asked).regex(NAMED)


def verified_application() -> builders.QueryVariable:
    """Which application of those whose stored secrets are verified."""
    asked = f"label_values(entra_verify_success{{{OF_TENANT}}}, app_id)"
    return choice("app_id", "Application", asked)


def target() -> builders.QueryVariable:
    """Which place where a secret is stored."""
    asked = f"label_values(entra_verify_success{{{OF_APPLICATION}}}, target)"
    return choice("target", "Target", asked)


def key_id() -> builders.TextBoxVariable:
    """One credential; empty for all."""
    return builders.TextBoxVariable("key_id").label("Key id begins with").default_value("")


def there(offset: str = "") -> str:
    """The credentials, without what changes while one stands, and without replicas."""
    series = f"entra_credential_expiry_timestamp_seconds{{{OF_APPLICATION}}}{offset}"
    return f"max by ({KEY}) ({series})"


def known(offset: str = "") -> str:
    """The tenants that were read: what is seen first after a gap is nothing new."""
    return f"count by (tenant) (entra_applications{{{OF_TENANT}}}{offset})"


def annotation(
    name: str, color: str, expression: str, title: str, text: str
) -> builders.AnnotationQuery:
    """Marks on the time axis, one for each series and moment."""
    return (
        builders.AnnotationQuery()
        .name(name)
        .datasource(PROMETHEUS)
        .enable(enable=True)
        .hide(hide=False)
        .icon_color(color)
        .expr(expression)
        .step("60s")
        .title_format(title)
        .text_format(text)
    )


def appeared() -> builders.AnnotationQuery:
    """A credential that was not there before, in a tenant that was."""
    expression = f"{there()} unless {there(BEFORE)}\nand on (tenant) {known(BEFORE)}"
    text = "{{kind}} {{credential_name}} {{key_id}} ({{tenant}})"
    return annotation("Credential added", "#56B4E9", expression, "New at {{app_name}}", text)


def gone() -> builders.AnnotationQuery:
    """A credential that is not there any more, in a tenant that is."""
    expression = f"{there(BEFORE)} unless {there()}\nand on (tenant) {known()}"
    text = "{{kind}} {{credential_name}} {{key_id}} ({{tenant}})"
    return annotation("Credential removed", UNKNOWN, expression, "Gone from {{app_name}}", text)


def alerts() -> builders.AnnotationQuery:
    """What fired; alerts about the exporter have no tenant."""
    expression = (
        'max by (alertname, severity, tenant, app_name, target) (ALERTS{alertname=~"Entra.+", '
        'alertstate="firing", severity!="info", job=~"$job|", tenant=~"$tenant|"})'
    )
    text = "{{severity}} {{tenant}} {{app_name}} {{target}}"
    return annotation("Alerts", BAD, expression, "{{alertname}}", text)
