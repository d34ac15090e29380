"""The steps about the application itself, not its credentials. Text only."""

from exporter.remedy.subject import Step

APPLICATIONS: tuple[Step, ...] = (
    Step(
        "show_application",
        "Look whether the tenant knows the application",
        """\
az account show --query tenantId --output tsv
az ad app show --id {client_id} --query "{Name:displayName,AppId:appId,Created:createdDateTime}"
az ad sp show --id {client_id} --query "{Name:displayName,Enabled:accountEnabled}"
""",
        "The first line must say {tenant_id}; else az login --tenant {tenant_id}. An application"
        " of another organisation has a service principal only.",
    ),
    Step(
        "list_deleted",
        "Look whether it was deleted",
        """\
for type in application servicePrincipal; do
  az rest --method GET{graph_token} --output table --url-parameters "\\$top=999" \\
    --url {graph}/v1.0/directory/deletedItems/microsoft.graph.$type \\
    --query "value[?appId=='{client_id}'].{ObjectId:id,Name:displayName,Deleted:deletedDateTime}"
done""",
        "For 30 days after its deletion it can be restored. Ask who deleted it, and why.",
    ),
    Step(
        "restore",
        "Restore it, with the object id from the list",
        "az rest --method POST{graph_token} \\\n"
        "  --url {graph}/v1.0/directory/deletedItems/OBJECT_ID/restore",
        "The application first, then its service principal. Not in the list: correct the client id"
        " where the consumer reads it, or register a new application.",
    ),
    Step(
        "show_status",
        "See what is disabled",
        """\
az ad sp show --id {client_id} --query \\
  "{Enabled:accountEnabled,ByMicrosoft:disabledByMicrosoftStatus,ObjectId:id}"
az rest --method GET{graph_token} --url "{graph}/v1.0/applications(appId='{client_id}')" \\
  --url-parameters "\\$select=displayName,isDisabled,disabledByMicrosoftStatus"
""",
        "If Microsoft disabled it, only Microsoft's support can enable it again.",
    ),
    Step(
        "audit_disabled",
        "Find out who disabled it, and why",
        """\
object_id=$(az ad sp show --id {client_id} --query id --output tsv)
az rest --method GET{graph_token} --url {graph}/v1.0/auditLogs/directoryAudits --url-parameters \\
  "\\$filter=targetResources/any(t: t/id eq '$object_id')" "\\$top=20" --output table \\
  --query "value[].{Time:activityDateTime,What:activityDisplayName,
    User:initiatedBy.user.userPrincipalName}"
""",
        "It may be a response to an attack: do not enable it before that is clear.",
    ),
    Step(
        "enable",
        "Enable the sign-in, if Enabled is false",
        "az ad sp update --id {client_id} --set accountEnabled=true",
    ),
    Step(
        "reactivate",
        "Reactivate the application, if isDisabled is true",
        """\
az rest --method PATCH{graph_token} --url "{graph}/v1.0/applications(appId='{client_id}')" \\
  --body '{"isDisabled": false}'""",
        "Only in the tenant where it is registered.",
    ),
    Step(
        "show_client_type",
        "See how the application is registered",
        """\
az ad app show --id {client_id} --query \\
  "{Public:isFallbackPublicClient,Audience:signInAudience}"
""",
        "Public true is what AADSTS700025 complains of.",
    ),
    Step(
        "make_confidential",
        "If it is a public client: make it a confidential one",
        "az ad app update --id {client_id} --is-fallback-public-client false",
        "People who sign in with a device code or a password through it no longer can.",
    ),
    Step(
        "check_request",
        "If it is not: compare what the consumer sends",
        "az rest --method GET{graph_token} --url"
        " \"{graph}/v1.0/servicePrincipals(appId='{client_id}')/appRoleAssignments\" \\\n"
        '  --query "value[].{Resource:resourceDisplayName,Role:appRoleId}" --output table',
        "Tenant {tenant_id}, client id {client_id}, no empty setting. AADSTS50105: an administrator"
        " has to assign a role of the resource, which this lists.",
    ),
    Step(
        "create_service_principal",
        "Create the service principal",
        "az ad sp create --id {client_id}",
        "Its roles and permissions have to be granted anew: az role assignment create, and admin"
        " consent.",
    ),
    Step(
        "show_other",
        "See whose the stored value seems to be",
        "az ad sp show --id {other_app_id} --query displayName --output tsv\n"
        "az ad sp show --id {client_id} --query displayName --output tsv",
        "The second is the application that the consumer says it is.",
    ),
    Step(
        "try_other",
        "Try the stored value as that application: paste it when asked",
        "{verify_other}",
        "If it works, client id and secret are of different applications: correct the wrong one.",
    ),
    Step(
        "choose_pair",
        "Should the consumer be that application? Then correct its client id",
        note="Write {other_app_id} where the consumer reads it and in the exporter's configuration,"
        " and stop here. Else give the consumer a secret of {client_id}, as follows.",
    ),
    # Federation.
    Step(
        "list_federated",
        "List what the application trusts",
        """\
az ad app federated-credential list --id {client_id} --output table \\
  --query "[].{Name:name,Issuer:issuer,Subject:subject,Audience:audiences[0]}"
""",
    ),
    Step(
        "show_token",
        "See what the token says, where the consumer runs",
        """\
jq --raw-input 'split(".")[1] | gsub("-"; "+") | gsub("_"; "/") | @base64d | fromjson
  | {iss, sub, aud}' "$AZURE_FEDERATED_TOKEN_FILE"
""",
        "iss, sub and aud have to be the same as in the list, upper and lower case included.",
    ),
    Step(
        "correct_federated",
        "Correct the federated credential",
        """\
az ad app federated-credential update --id {client_id} \\
  --federated-credential-id NAME --parameters @credential.json""",
        "credential.json holds name, issuer, subject and audiences as the token says them."
        " It works after a few minutes.",
    ),
)
