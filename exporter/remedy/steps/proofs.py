"""
The steps that prove a stored value, by the same token request that its consumer makes. Text only.
They read the value where it is stored, byte for byte, and show none of it.
"""

from exporter.remedy.subject import Step

SAYS = "It has to say that it works. A new secret may take some minutes: then try again."

PROOFS: tuple[Step, ...] = (
    Step(
        "prove_key_vault",
        "Prove it: try what the Key Vault holds now",
        """\
az keyvault secret show --vault-name {vault} --name {vault_secret} --query value --output json |
  jq --join-output . |
  {verify}
""",
        SAYS,
    ),
    Step(
        "prove_kubernetes",
        "Prove it: try what the Kubernetes Secret holds now",
        """\
kubectl get secret {secret} --namespace {namespace} --output json |
  jq --join-output --arg key {secret_key} '.data[$key] | @base64d' |
  {verify}
""",
        SAYS,
    ),
    Step(
        "prove_app_service",
        "Prove it: try what the application setting holds now",
        """\
az webapp config appsettings list --resource-group {resource_group} --name {web_app}{slot_option} |
  jq --join-output --arg name {setting} '.[] | select(.name == $name) | .value' |
  {verify}
""",
        SAYS,
    ),
    Step(
        "prove_file",
        "Prove it: try what the file holds now",
        "sudo cat {file} |\n  {verify}",
        SAYS,
    ),
    Step(
        "prove_value",
        "Prove the new value",
        "{verify} < new-secret",
        SAYS,
    ),
    Step(
        "prove_by_hand",
        "Try the stored value again: paste it when asked",
        "{verify}",
        "It is not shown. It has to say that it works.",
    ),
    Step(
        "prove_certificate",
        "Prove the new certificate",
        "{verify} --certificate new-credential.pem",
        "It has to say that it works. One just registered may take some minutes: then try again.",
    ),
    Step(
        "prove_stored_certificate",
        "Try the stored certificate",
        "{verify} --certificate {file}",
        "It has to say that it works. One just registered may take some minutes: then try again."
        " With a password: --password-env and the name of the variable that holds it.",
    ),
    Step(
        "prove_sign_in",
        "Prove it with az as well, apart from your own sign-in",
        """\
( AZURE_CONFIG_DIR=$(mktemp -d) || exit
  export AZURE_CONFIG_DIR; trap 'rm -r "$AZURE_CONFIG_DIR"' EXIT
{set_cloud}az login --service-principal \\
    --username {client_id} --tenant {tenant_id} \\
    --password @new-secret --allow-no-subscriptions --output none && echo it works )
""",
        "Unlike the step before it also meets Conditional Access from where you are."
        " A secret that begins with - does not get through here.",
    ),
    Step(
        "prove_sql",
        "Prove it: sign in to the database",
        """\
SQLCMDPASSWORD="$(cat new-secret)" sqlcmd -S {server} -d {database} \\
  --authentication-method ActiveDirectoryServicePrincipal -U {client_id}@{tenant_id} -Q 'SELECT 1'
""",
        "This is the sqlcmd written in Go. Login failed for a token-identified principal: the"
        " secret is good, and the database lacks the user.",
    ),
    Step(
        "watch",
        "See the exporter find it too",
        note="It tries again by itself: at once when what is stored or registered has changed, else"
        " within an hour, or at once when it is told to read its configuration again (POST"
        " /-/reload). entra_verify_success becomes 1 and the alert resolves.",
    ),
)
