"""
The steps that list, create and delete credentials. Text only; nothing here runs anything.

A secret is never on a command line, where every user of the machine could read it, nor on the
screen: it goes from az to a file, and from that file on.
"""

from exporter.remedy.subject import Step

ANOTHER = """\
( umask 077
  secret=$(az ad {owner} credential reset --id {client_id} --append \\
    --display-name "rotated-$(date +%F)" --query password --output tsv) &&
  printf %s "$secret" > new-secret )"""

ANOTHER_CERTIFICATE = """\
( umask 077
  openssl req -x509 -newkey rsa:3072 -nodes -days 365 -subj /CN={client_id} \\
    -keyout new-key.pem -out new-certificate.pem &&
  cat new-key.pem new-certificate.pem > new-credential.pem &&
  rm new-key.pem )
az ad {owner} credential reset --id {client_id} --append --cert @new-certificate.pem \\
  --display-name "rotated-$(date +%F)" --output none"""

DELETE = "az ad {owner} credential delete --id {client_id} --key-id {key_id}{cert}"
SIGN_INS = """\
az rest --method GET{graph_token} --url {graph}/beta/auditLogs/signIns --url-parameters \\
  "\\$filter=appId eq '{client_id}' and signInEventTypes/any(t: t eq 'servicePrincipal')" \\
  "\\$top=20" """

CREDENTIALS: tuple[Step, ...] = (
    # Look.
    Step(
        "sign_in",
        "Sign in to the tenant with az, unless you are",
        "{set_cloud}az login --tenant {tenant_id} --allow-no-subscriptions --output none",
        "As owner of the application, or with the role Cloud Application Administrator."
        " az account show says who you are.",
    ),
    Step(
        "list",
        "List what is registered",
        """\
az ad {owner} credential list --id {client_id}{cert} --output table \\
  --query "[].{KeyId:keyId,Name:displayName,Start:startDateTime,End:endDateTime}"
""",
        "Values cannot be read from Entra, only these dates and ids. Times are UTC.",
    ),
    Step(
        "find_expired",
        "Find the expired ones",
        """\
az ad {owner} credential list --id {client_id}{cert} --output json |
  jq --raw-output '.[] | select(.endDateTime < (now | todate))
    | [.keyId, .displayName, .endDateTime] | @tsv'""",
        "An expired one does no harm: delete it last, when the new one is proven.",
    ),
    Step(
        "audit",
        "Before you go on: find out who removed it, if somebody did, and why",
        """\
object_id=$(az ad {owner} show --id {client_id} --query id --output tsv)
az rest --method GET{graph_token} --url {graph}/v1.0/auditLogs/directoryAudits --url-parameters \\
  "\\$filter=targetResources/any(t: t/id eq '$object_id')" "\\$top=20" --output table \\
  --query "value[].{Time:activityDateTime,What:activityDisplayName,
    User:initiatedBy.user.userPrincipalName,App:initiatedBy.app.displayName}"
""",
        "It may have been removed because it leaked: then ask that person first, and never bring"
        " the same one back. The log goes back 7 to 30 days and needs the role Reports Reader.",
    ),
    Step(
        "who_else",
        "See who else signs in as this application, and with which credential",
        SIGN_INS
        + """--output table \\
  --query "value[].{Time:createdDateTime,Key:servicePrincipalCredentialKeyId,
    From:ipAddress,Code:status.errorCode}"
""",
        "Every consumer of the old {sort} needs the new one. Code 0 is a success;"
        " the log needs a Microsoft Entra ID P1 licence.",
    ),
    Step(
        "sign_in_log",
        "Read what the sign-in log says",
        SIGN_INS
        + """--query \\
  "value[].{Time:createdDateTime,From:ipAddress,Code:status.errorCode,Why:status.failureReason,
    Policies:appliedConditionalAccessPolicies[?result=='failure'].displayName}"
""",
        "It needs the role Reports Reader and a Microsoft Entra ID P1 licence.",
    ),
    # Create, or get.
    Step(
        "create_secret",
        "Create a new secret beside the old one",
        ANOTHER,
        "--append keeps the others: without it every existing secret is deleted first."
        " It lasts a year unless you add --end-date 2027-03-01.",
    ),
    Step(
        "create_certificate",
        "Create a certificate and register it beside the old one",
        ANOTHER_CERTIFICATE,
        "--append keeps the others: without it all secrets and certificates go."
        " If your certificates come from an authority, use one of those. A consumer that reads .pfx"
        " needs openssl pkcs12 -export -in new-credential.pem -out new-credential.pfx first.",
    ),
    Step(
        "take_newer",
        "Get the value of the newer one, {newer_key_id}",
        note="Entra shows a secret once, to whoever creates it, and never a private key. Ask that"
        " person, or look where the rotation put it: a vault, a pipeline. If the old one was"
        " removed and nobody knows why, find that out first: it may have leaked.",
    ),
    Step(
        "save_secret",
        "Save the right value in new-secret: paste it, then Enter",
        """( umask 077; IFS= read -r -s secret && printf %s "$secret" > new-secret )""",
        "It is not shown and gets no line break. It is the secret's value, about 40 characters;"
        " not its id.",
    ),
    Step(
        "save_certificate",
        "Put certificate and private key together in new-credential.pem",
        note="PEM: both blocks in one file that only you can read.",
    ),
    Step(
        "create_secret_if_lost",
        "Only if nobody has the value: create another beside the old one",
        ANOTHER,
        "--append keeps the others: without it every existing secret is deleted first.",
    ),
    Step(
        "create_certificate_if_lost",
        "Only if nobody has the key: create another beside the old one",
        ANOTHER_CERTIFICATE,
        "--append keeps the others: without it all secrets and certificates go.",
    ),
    Step(
        "register_certificate",
        "Register the stored certificate beside what is there",
        """\
{leaf} -out new-certificate.pem &&
az ad {owner} credential reset --id {client_id} --append --cert @new-certificate.pem \\
  --display-name "registered-$(date +%F)" --output none""",
        "Unless it was removed on purpose. Of a chain this takes the certificate of the private"
        " key; only its public part leaves the machine. --append keeps the others: without it all"
        " secrets and certificates go.",
    ),
    Step(
        "show_certificate",
        "See which certificate is stored, and compare",
        "{leaf} -noout -subject -dates -fingerprint -sha1",
        "The fingerprint without colons is the thumbprint that the portal shows."
        " Of a chain it is the certificate that belongs to the private key. If an old .pfx file"
        " does not open, add -legacy after pkcs12.",
    ),
    # Delete, last.
    Step(
        "delete_old",
        "Delete the old one, now that the new one is proven",
        DELETE,
        "Only when the new one is proven and no consumer uses this key id any more.",
    ),
    Step(
        "delete_replaced",
        "If you created another: delete the one it replaces",
        DELETE,
        "Only when the new one is proven. KEY_ID: one of the list that no sign-in uses any more,"
        " since the restart and for as long as the slowest consumer needs. If you cannot tell"
        " which, leave it.",
    ),
    Step(
        "remove_secret",
        "Remove the file with the secret",
        "shred -u new-secret",
        "macOS has no shred: rm new-secret",
    ),
    Step(
        "remove_certificate",
        "Remove the file with the private key",
        "shred -u new-credential.pem; rm -f new-certificate.pem",
        "macOS has no shred: rm new-credential.pem",
    ),
)
