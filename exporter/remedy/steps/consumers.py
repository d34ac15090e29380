"""
The steps that put a new secret or certificate where its consumer reads it, and make the consumer
read it. Text only. Each form keeps the secret out of every process's arguments.
"""

from exporter.remedy.subject import Step

CONSUMERS: tuple[Step, ...] = (
    # Store.
    Step(
        "store_key_vault",
        "Store it as a new version in the Key Vault",
        """\
az keyvault secret set --vault-name {vault} --name {vault_secret} \\
  --file {new_file} --encoding utf-8 --output none
""",
        "Older versions stay. A consumer that names a version has to name the new one.",
    ),
    Step(
        "store_kubernetes",
        "Store it in the Kubernetes Secret",
        """\
printf '{"data":{"%s":"%s"}}' {secret_key} "$(base64 < {new_file} | tr -d '\\n')" |
  kubectl patch secret {secret} --namespace {namespace} --patch-file /dev/stdin
""",
        "The Secret's other keys stay. If a vault, Helm or GitOps fills it, store it there instead."
        " A cluster's own identity: az aks update-credentials.",
    ),
    Step(
        "store_cluster",
        "Give it to the cluster as its own identity",
        """\
az aks update-credentials --resource-group {resource_group} --name {cluster} \\
  --reset-service-principal --service-principal {client_id} \\
  --client-secret @new-secret --output none
""",
        "All nodes are reimaged, one after the other: it takes up to an hour and moves every pod."
        " A secret that begins with - does not get through: create another.",
    ),
    Step(
        "store_app_service",
        "Store it in the application setting",
        """\
( umask 077; trap 'shred -u settings.json' EXIT
  jq --null-input --arg name {setting} --rawfile value new-secret \\
    '{($name): $value}' > settings.json &&
  az webapp config appsettings set --resource-group {resource_group} \\
    --name {web_app}{slot_option} --settings @settings.json --output none )
""",
        "The other settings stay, and the application restarts. A function app: az functionapp.",
    ),
    Step(
        "store_app_certificate",
        "Put the certificate where the web app reads it",
        note="Best in a Key Vault: az keyvault certificate import --file new-credential.pem, then"
        " az webapp config ssl import. Else upload it on the app's page Certificates.",
    ),
    Step(
        "store_sql",
        "Store it as Password of the connection string",
        note="Authentication=Active Directory Service Principal; User Id={client_id}; Password=the"
        " content of {new_file}. With ; or quotes in it: Password='...', each ' doubled."
        "{place_read}",
    ),
    Step(
        "store_file",
        "On the machine: write it to the file",
        """sudo sh -c 'umask 077; cat > "$1"' sh {file} < {new_file}""",
        "An existing file keeps its owner and mode; a new one is for root only: chown it to who"
        " reads it.",
    ),
    Step(
        "store_file_key",
        "On the machine: replace the value of {key} in the file",
        "sudoedit {file}",
        "Only the value, between the quotes if the format has them; the content of {new_file}.",
    ),
    Step(
        "store_env_file",
        "On the machine: write it to the service's environment file",
        """\
sudo sh -c 'umask 077
  { grep -v "^$1=" "$2"; printf "%s=%s\\n" "$1" "$(cat)"; } > "$2.new" &&
  cat "$2.new" > "$2"; rm "$2.new"' sh {variable} {env_file} < new-secret
""",
        "The file that EnvironmentFile= of the systemd unit names; its other lines stay.",
    ),
    Step(
        "store_deployment",
        "Deploy it as a secure parameter",
        """\
( umask 077; trap 'shred -u secret.parameters.json' EXIT
  jq --null-input --arg name {parameter} --rawfile value new-secret \\
    '{($name): {value: $value}}' > secret.parameters.json &&
  az deployment group create --resource-group {resource_group} --template-file {template} \\
    --parameters @secret.parameters.json --output none )
""",
        "The parameter has to be a secureString, or the deployment's history shows the secret."
        " Add your other parameters with a second --parameters.",
    ),
    Step(
        "store_repository",
        "Store it as a secret of the repository",
        "gh secret set {repository_secret} --repo {repository} < new-secret",
        "For an environment's secret add --env NAME.",
    ),
    Step(
        "store_other",
        "Store the content of {new_file} where the application reads it",
        note="Exactly that content: no quotes, no line break, no second encoding.{place_read}",
    ),
    # Restart.
    Step(
        "restart_kubernetes",
        "Restart the pods, and wait for them",
        """\
kubectl rollout restart deployment {deployment} --namespace {namespace}
kubectl rollout status deployment {deployment} --namespace {namespace} --timeout 5m
""",
        "Pods see a changed Secret in their environment only after a restart.",
    ),
    Step(
        "refresh_external_secret",
        "If the cluster copies the vault: make it copy now",
        """\
kubectl annotate externalsecret --all --namespace {namespace} --overwrite \\
  "force-sync=$(date +%s)"
""",
        "For External Secrets. The Secrets Store CSI driver mounts the new version when the pods"
        " restart.",
    ),
    Step(
        "restart_cluster",
        "Wait until every node is back",
        """\
az aks get-credentials --resource-group {resource_group} --name {cluster}
kubectl get nodes --watch
""",
        "All of them Ready, and young (AGE).",
    ),
    Step(
        "refresh_references",
        "Make the web app read the Key Vault now",
        """\
site=$(az webapp show --resource-group {resource_group} --name {web_app}{slot_option} \\
  --query id --output tsv) &&
az rest --method POST \\
  --url "$site/config/configreferences/appsettings/refresh?api-version=2022-03-01"
""",
        "By itself it looks once in 24 hours.",
    ),
    Step(
        "restart_app_service",
        "Restart the web app",
        "az webapp restart --resource-group {resource_group} --name {web_app}{slot_option}",
    ),
    Step(
        "restart_unit",
        "On the machine: restart the service",
        "sudo systemctl restart {unit} && systemctl --no-pager status {unit}",
        "It has to say active (running).",
    ),
    Step(
        "restart_other",
        "Restart whatever uses it",
        note="Most programs read their secret only when they start, and tokens got with the old"
        " one work for up to an hour: that it still runs proves nothing.",
    ),
)
