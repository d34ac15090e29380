"""Runbooks of the alerts about the exporter itself and what it knows. Text only."""

from exporter.runbooks.runbook import About, Runbook, Way

POLLED = (
    "`entra_poll_success` of the tenant is 1, and the exporter's page shows a new time.",
    "The alert resolves by itself after that.",
)
REASON = (
    "The exporter's page and its log say the reason and the next step.",
    "Is it one tenant or all? All: network, or the login service (https://azure.status.microsoft).",
)

HEALTH: tuple[Runbook, ...] = (
    Runbook(
        "EntraPollFailing",
        About.TENANT,
        "The exporter cannot read a tenant's credentials.",
        "For half an hour or longer every poll of Microsoft Graph has failed. The last good data "
        "stays and grows old.",
        "No application fails because of this. New, rotated and deleted credentials are not seen "
        "until it is mended; alerts go by the last good data.",
        REASON,
        (Way("", "poll_failing"),),
        POLLED,
    ),
    Runbook(
        "EntraInventoryStale",
        About.TENANT,
        "What is known of a tenant is hours old.",
        "No poll of this tenant has succeeded for 6 hours, or none ever has since the exporter "
        "started.",
        "Expiry alerts still count down, but from old data: what was rotated still alerts, and "
        "what was added is not watched.",
        (*REASON, "No failure shown, and still old? Then the exporter hangs: keep its log."),
        (Way("", "inventory_stale"),),
        POLLED,
    ),
    Runbook(
        "EntraInventoryShrank",
        About.TENANT,
        "Much fewer applications are watched than some hours ago.",
        "More than a fifth of the tenant's applications or service principals are gone: deleted, "
        "no longer to be read, or filtered out by the configuration.",
        "What is not watched gives no alert. If they were deleted, whatever uses them is down.",
        (
            "Did the exporter's configuration change today? Then it is probably that.",
            "Were they deleted? Then find out by whom before anything is restored.",
        ),
        (Way("", "inventory_shrank"),),
        (
            "`entra_applications` is back where it was.",
            "If fewer is what was wanted: the alert ends six hours after the change.",
        ),
    ),
    Runbook(
        "EntraExporterAbsent",
        About.EXPORTER,
        "The exporter is not there: nothing watches the credentials.",
        "For ten minutes Prometheus has got nothing from an exporter: it is down, cannot be "
        "reached, or is not scraped. Of several, the label `job` names the one that is gone; the "
        "label `tenant`, a tenant that none of them watches.",
        "No application fails because of this. But no other alert about credentials can fire "
        "until it is back.",
        (
            "Is it running? Look before you restart it: a restart loses what it said.",
            "It runs: then what does Prometheus say of the target, on its page Status, Targets?",
            "Was it removed on purpose? Then the alert ends by itself within a day: silence it.",
        ),
        (Way("", "exporter_absent"),),
        (
            "The target is up in Prometheus, and `entra_exporter_info` is there again.",
            "`/-/ready` of the exporter says Ready; the alert resolves by itself.",
        ),
    ),
    Runbook(
        "EntraConfigReloadFailed",
        About.EXPORTER,
        "The exporter refused its configuration file; it runs on with the one before.",
        "The file has a mistake, or the exporter cannot read it.",
        "None now. But no change of the configuration is in force, and the exporter would not "
        "start again: do not restart it.",
        (
            "Who changed the file last? The log names each mistake, its line and what is accepted.",
            "Is it mended in the repository but not on the machine? Then the rollout is stuck.",
        ),
        (Way("", "config_reload_failed"),),
        ("`entra_exporter_config_last_reload_successful` is 1; the alert resolves by itself.",),
    ),
)
