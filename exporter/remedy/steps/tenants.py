"""The steps about an inventory that shrank, and about consumers that are to be moved. Text only."""

from exporter.remedy.subject import Step

TENANTS: tuple[Step, ...] = (
    Step(
        "compare_inventories",
        "See which applications went since yesterday",
        """\
curl --silent --show-error --get PROMETHEUS_ADDRESS/api/v1/query --data-urlencode \\
  'query=count by (tenant, app_id, app_name) (entra_credential_expiry_timestamp_seconds offset 1d)
    unless on (tenant, app_id) entra_credential_expiry_timestamp_seconds' |
  jq --raw-output '.data.result[].metric | [.tenant, .app_id, .app_name] | @tsv'
""",
        "Those that hold a credential. Few: somebody deleted them. Most of them: look at the next"
        " step first.",
    ),
    Step(
        "check_filters",
        "Look whether the exporter was told to watch less",
        note="`poll.include`, `poll.exclude`, `poll.applications` and `poll.service_principals` of"
        " the tenant, and its `tenant_id`: did the configuration change? If so, nothing is lost.",
    ),
    Step(
        "show_deleted",
        "List what was deleted in the tenant",
        """\
for type in application servicePrincipal; do
  az rest --method GET{graph_token} --output table --url-parameters "\\$top=999" \\
    --url {graph}/v1.0/directory/deletedItems/microsoft.graph.$type \\
    --query "value[].{ObjectId:id,AppId:appId,Name:displayName,Deleted:deletedDateTime}"
done""",
        "It stays there for 30 days, unless somebody removes it for good.",
    ),
    Step(
        "audit_deletions",
        "Find out who deleted them, and why",
        """\
az rest --method GET{graph_token} --url {graph}/v1.0/auditLogs/directoryAudits --url-parameters \\
  "\\$filter=category eq 'ApplicationManagement'" "\\$top=500" --output table \\
  --query "value[?contains(activityDisplayName, 'elete') || contains(activityDisplayName, 'emove')]
    .{Time:activityDateTime,What:activityDisplayName,Of:targetResources[0].displayName,
    User:initiatedBy.user.userPrincipalName,App:initiatedBy.app.displayName}"
""",
        "It needs the role Reports Reader. A clean-up job that you do not know, or a person who"
        " denies it, is for your security team.",
    ),
    Step(
        "move_or_delete",
        "If no sign-in uses the old one: go straight to deleting it",
        note="Else move each consumer that the log shows to the newer one, as follows, while both"
        " are valid. Where the log is not to be had, ask the application's owners.",
    ),
)
