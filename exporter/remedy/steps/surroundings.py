"""
The steps about what lies around an application: tenant, cloud, resource, policies, clocks, network,
and the place that the exporter reads. Text only.
"""

from exporter.permissions import VAULT_ROLE
from exporter.remedy.subject import Step

DISCOVERY = "{login}/{tenant_id}/v2.0/.well-known/openid-configuration"

SURROUNDINGS: tuple[Step, ...] = (
    # Tenant and cloud.
    Step(
        "find_tenant",
        "Ask the login service whether it has this tenant",
        f"curl --silent --show-error {DISCOVERY} |\n  jq .issuer,.error_description",
        "Put a domain of the organisation in place of the id, such as contoso.com: the id in the"
        " issuer is the right one.",
    ),
    Step(
        "show_tenant",
        "Compare with the tenant that you are signed in to",
        "az account show --query tenantId --output tsv",
    ),
    Step(
        "correct_tenant",
        "Correct the tenant id",
        note="Where the consumer reads it (AZURE_TENANT_ID or its like), and `tenant_id` in the"
        " exporter's configuration. Then restart the consumer.",
    ),
    Step(
        "find_cloud",
        "Ask in which cloud the tenant lives",
        """\
curl --silent --show-error \\
  https://login.microsoftonline.com/{tenant_id}/v2.0/.well-known/openid-configuration |
  jq .cloud_instance_name,.tenant_region_sub_scope,.error_description
""",
        "microsoftonline.com (GCC too): public. microsoftonline.us: usgov, or usgov-dod if the"
        " second line is DOD. partner.microsoftonline.cn, or no such tenant: china.",
    ),
    Step(
        "correct_cloud",
        "Correct the cloud",
        note="The consumer's authority (AZURE_AUTHORITY_HOST or its like) and its resource, and"
        " `cloud` of the tenant in the exporter's configuration: public, usgov, usgov-dod, china.",
    ),
    Step(
        "set_cloud",
        "For az: switch to that cloud",
        "az cloud set --name CLOUD_NAME && az login --tenant {tenant_id}",
        "AzureCloud, AzureUSGovernment or AzureChinaCloud.",
    ),
    # Resource and policies.
    Step(
        "show_resource",
        "Look whether the tenant knows the resource",
        'az ad sp show --id {resource} --query "{Name:displayName,Enabled:accountEnabled,'
        'Names:servicePrincipalNames}"',
        "Each character counts, a slash at the end too. Outside the public cloud resources have"
        " other addresses.",
    ),
    Step(
        "correct_resource",
        "Correct it, or bring it into the tenant",
        "az ad sp create --id RESOURCE_APP_ID",
        "A mistyped one is corrected in the consumer, and as `resource` in the exporter's"
        " configuration. The command is for an application of another organisation.",
    ),
    Step(
        "ask_policy_owner",
        "Ask who keeps the Conditional Access policies",
        note="The secret is good. They can add the consumer's address to a named location, or"
        " exclude the service principal. Compare the address with your outgoing one.",
    ),
    Step(
        "show_risk",
        "If no policy is named: see whether Microsoft sees a risk",
        """\
az rest --method GET{graph_token} --url {graph}/v1.0/identityProtection/riskyServicePrincipals \\
  --url-parameters "\\$filter=appId eq '{client_id}'" \\
  --query "value[].{Level:riskLevel,State:riskState,Detail:riskDetail,At:riskLastUpdatedDateTime}"
""",
        "A risk may be a leaked secret: ask your security team before anybody dismisses it.",
    ),
    # Clocks.
    Step(
        "compare_clocks",
        "Compare the machine's clock with Microsoft's",
        "date -u; curl --silent --head {login}/common/discovery/keys | grep -i '^date:'",
        "Where the consumer runs. Five minutes are too much. A certificate that begins in the"
        " future gives the same refusal: wait, or use another.",
    ),
    Step(
        "set_clock",
        "Set it right",
        "timedatectl; sudo chronyc makestep && chronyc tracking",
        "Without chrony: sudo timedatectl set-ntp true. In a container it is the node's clock.",
    ),
    # Could not tell.
    Step(
        "look_up",
        "Look up the code",
        note="{login}/error?code= with the number after AADSTS says what Microsoft means by it.",
    ),
    Step(
        "wait_propagation",
        "Wait ten minutes: what is new is not known everywhere yet",
        note="Do not create another meanwhile, and delete nothing. The exporter tries again.",
    ),
    Step(
        "wait_throttled",
        "Wait: the login service asks for fewer sign-ins",
        note="The exporter tries again by itself. If it lasts, something signs in over and over:"
        " the log shows from where; let it keep its token until that expires.",
    ),
    Step(
        "wait_login",
        "Wait: the login service is in trouble",
        "curl --silent --show-error --fail --output /dev/null \\\n"
        f"  {DISCOVERY} && echo it answers",
        "https://azure.status.microsoft says what Microsoft knows. Do not rotate anything now.",
    ),
    Step(
        "reach_login",
        "Try to reach the login service from the exporter's machine or pod",
        "curl --silent --show-error --fail --output /dev/null \\\n"
        f"  {DISCOVERY} && echo it answers",
        "Could not resolve: DNS. Refused or timed out: firewall, or a network policy."
        " Certificate problem: a proxy that opens TLS, whose authority has to be trusted.",
    ),
    Step(
        "show_proxy",
        "See whether a proxy is set",
        "env | grep -i -E '^(https?|all|no)_proxy=' | sed 's|//[^@/]*@|//***@|'",
        "The exporter's environment counts, not that of your shell.",
    ),
    # The exporter's own reading.
    Step(
        "read_env",
        "Look whether the exporter has the variable",
        "printenv {env} > /dev/null && echo it is set",
        "In its own container or unit, as after kubectl exec. Changed since it started: restart"
        " the exporter.",
    ),
    Step(
        "read_file",
        "Look at the file, as the user of the exporter",
        "namei -l {file}",
        "Every directory needs x, the file r for that user. Mounted from a Secret: does the Secret"
        " have that key?",
    ),
    Step(
        "read_certificate",
        "Look whether its private key and certificate belong together",
        "{leaf} -noout -subject -dates -fingerprint -sha1",
        "No cert matches private key: the key was made for another certificate, so there is nothing"
        " to register: put that certificate beside the key, or create a new pair. Asked for a"
        " password: is `certificate.password` set, and right?",
    ),
    Step(
        "read_file_key",
        "Look whether the file has the key {key}",
        "namei -l {file}; sudo file {file}",
        "Nested keys are joined with a dot. The exporter's log names what it could not read.",
    ),
    Step(
        "read_vault",
        "Look at the secret in the vault",
        """\
az keyvault secret show --vault-name {vault} --name {vault_secret} --query \\
  "{Enabled:attributes.enabled,From:attributes.notBefore,Until:attributes.expires}"
az keyvault show --name {vault} --query \\
  "{Rbac:properties.enableRbacAuthorization,Network:properties.networkAcls}"
""",
        "The value is not shown. Not found: perhaps deleted: az keyvault secret list-deleted.",
    ),
    Step(
        "allow_vault",
        "If access is denied: let the exporter's identity read this secret",
        f"""\
az role assignment create --role "{VAULT_ROLE}" --assignee EXPORTER_CLIENT_ID \\
  --scope "$(az keyvault show --name {{vault}} --query id --output tsv)/secrets/{{vault_secret}}"
""",
        "This secret alone, in a vault with RBAC; in another: az keyvault set-policy. The vault's"
        " firewall has to let the exporter in as well.",
    ),
    Step(
        "read_place",
        "Look whether the exporter can read the stored value",
        note="It reads {place}. Its log says why it could not.",
    ),
)
