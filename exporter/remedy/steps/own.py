"""
The steps about the exporter itself: why it cannot poll, is not there, or refuses its configuration.
Text only. Where it runs is not known, so words in capitals stand for that.
"""

from exporter.permissions import GRAPH, READ, READ_ROLE
from exporter.remedy.subject import Step

LIST = """\
  --query "[].{KeyId:keyId,Name:displayName,Start:startDateTime,End:endDateTime}" """

OWN: tuple[Step, ...] = (
    # Polls that fail.
    Step(
        "poll_reason",
        "See why the poll fails: the exporter's page says the reason",
        """\
curl --silent --show-error EXPORTER_ADDRESS/metrics |
  grep -E '^entra_poll_(success|last_success_timestamp_seconds|failures_total)'
""",
        "EXPORTER_ADDRESS is like http://localhost:10147: there, and in the log line poll failed,"
        " stand the reason and the next step; the steps below are for one reason each. server:"
        " Microsoft's trouble, wait. malformed: a proxy changes answers. internal: report it.",
    ),
    Step(
        "own_credential",
        "Reason login: look at the exporter's own credential",
        f"""\
az ad app credential list --id EXPORTER_CLIENT_ID --output table \\
{LIST.rstrip()}
az ad app credential list --id EXPORTER_CLIENT_ID --cert --output table \\
{LIST.rstrip()}
""",
        "EXPORTER_CLIENT_ID is `identity.client_id` of the tenant. Ended, or not what is stored:"
        " create another beside it, store it where `identity` reads it. A managed or workload"
        " identity has none: is it assigned to the machine, or federated with the service account?",
    ),
    Step(
        "grant_read",
        f"Reason permission: grant {READ} to its application",
        f"""\
az ad app permission add --id EXPORTER_CLIENT_ID \\
  --api {GRAPH} \\
  --api-permissions {READ_ROLE}=Role
az ad app permission admin-consent --id EXPORTER_CLIENT_ID
""",
        "The second command needs the role Privileged Role Administrator. It is the permission to"
        " read applications, no more.",
    ),
    Step(
        "grant_read_identity",
        "The same, if the exporter signs in as a managed identity",
        f"""\
principal=$(az ad sp show --id EXPORTER_CLIENT_ID --query id --output tsv) &&
resource=$(az ad sp show --id {GRAPH} --query id --output tsv) &&
az rest --method POST{{graph_token}} \\
  --url "{{graph}}/v1.0/servicePrincipals/$principal/appRoleAssignments" --output none \\
  --body "{{\\"principalId\\": \\"$principal\\", \\"resourceId\\": \\"$resource\\",
    \\"appRoleId\\": \\"{READ_ROLE}\\"}}"
""",
        "A managed identity keeps a token for up to a day: the role may count only after that.",
    ),
    Step(
        "poll_throttled",
        "Reason throttled: let it ask less often",
        note="It waits for as long as Microsoft says and tries again by itself. If it lasts: raise"
        " `poll.interval`, watch fewer objects (`poll.include`, `poll.service_principals`), run one"
        " exporter for a tenant, and look for other programs that sign in as the same application.",
    ),
    Step(
        "reach_graph",
        "Reason network: try to reach Graph from where the exporter runs",
        "curl --silent --show-error --output /dev/null {graph}/v1.0/ && echo it answers",
        "In the exporter's pod or on its machine. Any answer will do, a refusal too. The image"
        " may lack curl: kubectl debug --image curlimages/curl puts it beside the pod's container.",
    ),
    Step(
        "next_poll",
        "See the exporter find it too, with its next poll",
        "curl --silent --show-error EXPORTER_ADDRESS/metrics | grep '^entra_poll_success'",
        "It polls once an hour unless `poll.interval` says otherwise, sooner after a failure, and"
        " at once when it is restarted. The alert resolves then.",
    ),
    # Where it runs.
    Step(
        "show_pods",
        "In a cluster: look at its pods, and at what they said",
        """\
kubectl get pods --namespace EXPORTER_NAMESPACE --output wide
kubectl describe pod EXPORTER_POD --namespace EXPORTER_NAMESPACE
kubectl logs EXPORTER_POD --namespace EXPORTER_NAMESPACE --tail 50
kubectl logs EXPORTER_POD --namespace EXPORTER_NAMESPACE --tail 50 --previous
""",
        "Before a restart, which loses this. OOMKilled: give it more memory."
        " CreateContainerConfigError: a Secret is missing.",
    ),
    Step(
        "show_unit",
        "On a machine: look at its service, and at what it said",
        """\
systemctl --no-pager --full status EXPORTER_UNIT
journalctl --no-pager --unit EXPORTER_UNIT --lines 50
""",
        "EXPORTER_UNIT is like entra-credential-exporter.service.",
    ),
    Step(
        "restart_pods",
        "In a cluster: restart it",
        """\
kubectl rollout restart deployment EXPORTER_DEPLOYMENT --namespace EXPORTER_NAMESPACE &&
kubectl rollout status deployment EXPORTER_DEPLOYMENT --namespace EXPORTER_NAMESPACE --timeout 5m
""",
        "If the log shows no poll at all any more, keep the log: that is a bug to report.",
    ),
    Step(
        "restart_service",
        "On a machine: restart it",
        "sudo systemctl restart EXPORTER_UNIT && systemctl --no-pager status EXPORTER_UNIT",
        "It has to say active (running).",
    ),
    Step(
        "ask_healthy",
        "Ask it whether it is alive",
        "curl --silent --show-error --fail EXPORTER_ADDRESS/-/healthy",
        "From its own machine, and from where Prometheus runs. It answers here and not there:"
        " firewall, network policy, or the Service's selector and port.",
    ),
    Step(
        "show_scrape",
        "Look at what Prometheus says of the target",
        """\
curl --silent --show-error 'PROMETHEUS_ADDRESS/api/v1/targets?state=any' |
  jq '.data.activeTargets[] | select(.scrapeUrl | test("10147|entra"))
    | {scrapeUrl, health, lastError}'
""",
        "The same is on its page Status, Targets. Nothing: the job is missing, or its discovery"
        " finds nothing. sample_limit exceeded: raise it, docs/metrics.md says how many series.",
    ),
    # The configuration.
    Step(
        "check_config",
        "See what is wrong with the configuration file",
        "entra-credential-exporter --config.file CONFIG_FILE --config.check",
        "It names all mistakes at once, each with its place and what is accepted there. Use the"
        " exporter's own version, where it runs: files that the configuration names have to exist.",
    ),
    Step(
        "mend_config",
        "Mend it, and check it again",
        note="Until then the exporter goes on with the last configuration that was right, and would"
        " not start again: do not restart it now. In a cluster correct what fills the ConfigMap;"
        " the pod sees it a minute later.",
    ),
    Step(
        "reload_config",
        "Let it read the file again",
        "curl --silent --show-error --fail-with-body --request POST EXPORTER_ADDRESS/-/reload",
        "Or send it SIGHUP. entra_exporter_config_last_reload_successful becomes 1.",
    ),
)
