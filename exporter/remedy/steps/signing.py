"""
The steps about certificates with which Entra signs SAML tokens: nobody stores one, and the
application that people sign in to has to trust the new one. Text only.
"""

from exporter.remedy.subject import Step

PRINCIPAL = "\"{graph}/v1.0/servicePrincipals(appId='{client_id}')"

SIGNING: tuple[Step, ...] = (
    Step(
        "list_signing",
        "List the signing certificates, and which one is active",
        f"""\
az rest --method GET{{graph_token}} --url {PRINCIPAL}" --url-parameters \\
  "\\$select=displayName,preferredTokenSigningKeyThumbprint,keyCredentials" --query \\
  "{{Active:preferredTokenSigningKeyThumbprint,All:keyCredentials[].{{Usage:usage,
    KeyId:keyId,Thumbprint:customKeyIdentifier,End:endDateTime}}}}"
""",
        "Each certificate is there as Sign and as Verify. Thumbprints of the list are base64 of the"
        " one that is shown as active.",
    ),
    Step(
        "create_signing",
        "Create a new signing certificate; it is not active yet",
        f"""\
az rest --method POST{{graph_token}} --url {PRINCIPAL}/addTokenSigningCertificate" \\
  --body '{{"displayName": "CN=NAME", "endDateTime": "END"}}' --query thumbprint --output tsv
""",
        "END is like 2029-01-31T00:00:00Z, at most three years ahead. It prints the thumbprint.",
    ),
    Step(
        "tell_application",
        "Give the new certificate to the application that people sign in to",
        """\
metadata={login}/{tenant_id}/federationmetadata/2007-06/federationmetadata.xml
curl --silent --show-error --fail --output metadata.xml "$metadata?appid={client_id}"
""",
        "Its administrators have to trust the new one: from these metadata, or as a file from the"
        " page Single sign-on. Many applications hold one certificate: agree on a moment.",
    ),
    Step(
        "activate_signing",
        "Make it the active one, at that moment",
        f"""\
az rest --method PATCH{{graph_token}} --url {PRINCIPAL}" \\
  --body '{{"preferredTokenSigningKeyThumbprint": "THUMBPRINT"}}'
""",
        "Everybody who signs in from now on gets tokens signed with it. Try one sign-in; to go"
        " back, set the old thumbprint.",
    ),
    Step(
        "remove_signing",
        "Remove the one that is not active, when the new one is proven",
        note="On the application's page Single sign-on, SAML Certificates, Edit: delete the"
        " inactive one. Only when people have signed in with the active one.",
    ),
)
