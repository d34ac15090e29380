"""Rules about the exporter itself: whether what it shows is fresh, and whether it is there."""

from exporter.rules.rule import Alert, Dashboard, Group, Severity

LAST_READ = "max without (instance, pod) (entra_poll_last_success_timestamp_seconds)"
TENANT = ("tenant",)

# None at all; or a job of the past day that has none any more; or a tenant of the past day that no
# exporter watches any more, though its job still has one. Who removes a tenant has its exporter
# read the configuration at about that time: to a quarter of an hour, as replaced pods overlap.
ABSENT = """\
absent(entra_exporter_info)
or
(
  max by (job) (max_over_time(entra_exporter_info[1d]))
  unless
  max by (job) (entra_exporter_info)
)
or
(
  (
    max by (job, tenant) (max_over_time(timestamp(entra_tenant_info)[1d:5m]))
    unless on (tenant)
    entra_tenant_info
  )
  > on (job) group_left ()
  max by (job) (entra_exporter_config_last_reload_success_timestamp_seconds) + 15 * 60
)"""

HEALTH = Group(
    "entra-exporter",
    (),
    (
        Alert(
            "EntraPollFailing",
            Severity.WARNING,
            "min without (instance, pod) (entra_poll_success) == 0",
            "Reading a tenant fails.",
            "Tenant {{ $labels.tenant }} could not be read for half an hour or longer. What is "
            "known of it grows old, and new credentials are not seen. The exporter's page and log "
            "say why.",
            TENANT,
            Dashboard.EXPORTER,
            lasting="30m",
        ),
        Alert(
            "EntraInventoryStale",
            Severity.CRITICAL,
            f"{LAST_READ} < time() - @stale",
            "What is known of a tenant is older than @stale.",
            "Tenant {{ $labels.tenant }} was {{ if gt $value 0.0 }}last read on "
            "{{ $value | humanizeTimestamp }}{{ else }}never read since the exporter started"
            "{{ end }}. Alerts about its credentials go by that: what was rotated or added since "
            "is unknown.",
            TENANT,
            Dashboard.EXPORTER,
            lasting="5m",
        ),
        Alert(
            "EntraExporterAbsent",
            Severity.CRITICAL,
            ABSENT,
            "The exporter is not there: nothing watches the credentials.",
            "No series of entra-credential-exporter"
            "{{ with $labels.tenant }} about tenant {{ . }}{{ end }}"
            "{{ with $labels.job }} in job {{ . }}{{ end }} were scraped for ten minutes. No other "
            "alert about {{ if $labels.tenant }}its {{ else if $labels.job }}that job's {{ end }}"
            "credentials can fire until it is back, and its runbook pages may not answer. "
            "See whether it runs, and what its target in Prometheus says.",
            (),
            Dashboard.EXPORTER,
            keep_firing_for="",
        ),
        Alert(
            "EntraConfigReloadFailed",
            Severity.WARNING,
            "min without (instance, pod) (entra_exporter_config_last_reload_successful) == 0",
            "The exporter refused its configuration file.",
            "The configuration file of the exporter has a mistake, so the one before stays in "
            "force, and a restart would fail. The log names each mistake and its line.",
            (),
            Dashboard.EXPORTER,
        ),
    ),
)
