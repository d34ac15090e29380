"""
THE list of the login service's refusals: status, OAuth error and text of each code, in the words
that the real service uses today. `wordings` has those of former years.
"""

APPLICATION_KEYS = (
    "Please visit the Azure Portal, Graph Explorer or directly use MS Graph to see configured keys"
    " for app Id '{app_id}'. Review the documentation at"
    " https://docs.microsoft.com/en-us/graph/deployments to determine the corresponding service"
    " endpoint and https://docs.microsoft.com/en-us/graph/api/application-get?view=graph-rest-1.0"
    "&tabs=http to build a query request URL, such as"
    " 'https://graph.microsoft.com/beta/applications/{app_id}'"
)
FEDERATION = (
    "No matching federated identity record found for presented assertion {what} '{value}'. Check"
    " your federated identity credential Subject, Audience and Issuer against the presented"
    " assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
)
WRONG_TENANT = (
    "This can happen if the application has not been installed by the administrator of the tenant"
    " or consented to by any user in the tenant."
)

UNHEARD_OF = 7_999_001

# code -> (status, OAuth error, text)
REFUSALS: dict[int, tuple[int, str, str]] = {
    900021: (
        400,
        "invalid_request",
        (
            "Requested tenant identifier '{tenant}' is not valid. Tenant identifiers may not be"
            " an empty GUID."
        ),
    ),
    900023: (
        400,
        "invalid_request",
        (
            "Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid"
            " external domain."
        ),
    ),
    90002: (
        400,
        "invalid_tenant",
        (
            "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and"
            " are signing into the correct cloud. Check with your subscription administrator,"
            " this may happen if there are no active subscriptions for the tenant."
        ),
    ),
    900144: (
        400,
        "invalid_request",
        "The request body must contain the following parameter: '{parameter}'.",
    ),
    70003: (
        400,
        "unsupported_grant_type",
        "The app requested an unsupported grant type '{grant_type}'.",
    ),
    70011: (
        400,
        "invalid_scope",
        (
            "The provided request must include a 'scope' input parameter. The provided value for"
            " the input parameter 'scope' is not valid. The scope {scope} is not valid."
        ),
    ),
    1002012: (
        400,
        "invalid_scope",
        (
            "The provided value for scope {scope} is not valid. Client credential flows must"
            " have a scope value with /.default suffixed to the resource identifier (application"
            " ID URI)."
        ),
    ),
    700016: (
        400,
        "unauthorized_client",
        "Application with identifier '{app_id}' was not found in the directory '{tenant}'. "
        + WRONG_TENANT
        + " You may have sent your authentication request to the wrong tenant.",
    ),
    7000229: (
        400,
        "unauthorized_client",
        (
            "The client application {app_id} is missing service principal in the tenant"
            " {tenant}. See instructions here: https://go.microsoft.com/fwlink/?linkid=2225119"
        ),
    ),
    7000112: (400, "unauthorized_client", "Application '{app_id}'({name}) is disabled."),
    500011: (
        400,
        "invalid_resource",
        "The resource principal named {resource} was not found in the tenant named {tenant}. "
        + WRONG_TENANT
        + " You might have sent your authentication request to the wrong tenant.",
    ),
    7000216: (
        401,
        "invalid_client",
        (
            "'client_assertion', 'client_secret' or 'request' is required for the"
            " 'client_credentials' grant type."
        ),
    ),
    7000218: (
        401,
        "invalid_client",
        (
            "The request body must contain the following parameter: 'client_assertion' or"
            " 'client_secret'."
        ),
    ),
    700025: (
        401,
        "invalid_client",
        "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
    ),
    7000215: (
        401,
        "invalid_client",
        (
            "Invalid client secret provided. Ensure the secret being sent in the request is the"
            " client secret value, not the client secret ID, for a secret added to app"
            " '{app_id}'."
        ),
    ),
    7000222: (
        401,
        "invalid_client",
        (
            "The provided client secret keys for app '{app_id}' are expired. Visit the Azure"
            " portal to create new keys for your app: https://aka.ms/NewClientSecret, or"
            " consider using certificate credentials for added security:"
            " https://aka.ms/certCreds."
        ),
    ),
    50027: (
        401,
        "invalid_client",
        "Invalid JWT token. {detail}",
    ),
    700021: (
        401,
        "invalid_client",
        (
            "Client assertion application identifier doesn't match 'client_id' parameter. Review"
            " the documentation at"
            " https://learn.microsoft.com/entra/identity-platform/certificate-credentials ."
        ),
    ),
    700023: (
        401,
        "invalid_client",
        (
            "Client assertion audience claim does not match Realm issuer. Review the"
            " documentation at"
            " https://learn.microsoft.com/entra/identity-platform/certificate-credentials ."
        ),
    ),
    700024: (
        401,
        "invalid_client",
        (
            "Client assertion is not within its valid time range. Current time: {current},"
            " assertion valid from {start}, expiry time of assertion {end}. Review the"
            " documentation at"
            " https://learn.microsoft.com/entra/identity-platform/certificate-credentials ."
        ),
    ),
    700027: (
        401,
        "invalid_client",
        "The certificate with identifier used to sign the client assertion is not registered on"
        " application. [Reason - {reason}, Thumbprint of key used by client: '{thumbprint}', "
        + APPLICATION_KEYS
        + "].",
    ),
    1000502: (
        401,
        "invalid_client",
        "The provided certificate is not within its specified validity window.",
    ),
    700211: (401, "invalid_client", FEDERATION.replace("{what}", "issuer")),
    700212: (401, "invalid_client", FEDERATION.replace("{what}", "audience")),
    700213: (401, "invalid_client", FEDERATION.replace("{what}", "subject")),
    53003: (
        400,
        "invalid_grant",
        (
            "Access has been blocked by Conditional Access policies. The access policy does not"
            " allow token issuance."
        ),
    ),
    50196: (
        400,
        "invalid_grant",
        (
            "The server terminated an operation because it encountered a client request loop."
            " Please contact your app vendor."
        ),
    ),
    900382: (
        400,
        "invalid_request",
        "Confidential Client is not supported in Cross Cloud request.",
    ),
    # No code of the service: what it may say tomorrow, and nobody has heard of.
    UNHEARD_OF: (
        401,
        "invalid_client",
        (
            "The client authentication method is not allowed by the credential configuration of"
            " application '{app_id}'. Contact your administrator."
        ),
    ),
    90033: (503, "temporarily_unavailable", "A transient error has occurred. Please try again."),
    90055: (
        429,
        "invalid_request",
        "This request was throttled because there have been too many requests for this tenant.",
    ),
}
