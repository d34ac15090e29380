"""Rules about what is registered: when credentials end. They count on between polls."""

from exporter.rules.rule import Alert, Dashboard, Group, Recording, Severity

# Of several replicas only the one that read the tenant last speaks, for the whole of its inventory:
# one that lags would still call a rotated credential the last line of defence. While none has read
# it since it started, what was recorded right before goes on, for six hours after it was read.
FRESHEST = """\
max without (instance, pod) (
  {metric}
  and ignoring ({labels})
  (
    entra_poll_last_success_timestamp_seconds
    == ignoring (instance, pod) group_left ()
    max without (instance, pod) (entra_poll_last_success_timestamp_seconds)
  )
)
or
(
  last_over_time({record}[15m])
  and
  max without (instance, pod) (last_over_time({metric}[6h]))
)
and ignoring ({labels})
max without (instance, pod) (entra_poll_last_success_timestamp_seconds) == 0"""
EXPIRY = "credential:entra_credential_expiry_timestamp_seconds:freshest"
APPLICATIONS = "tenant_object:entra_applications:freshest"

CREDENTIAL = (
    'The {{ $labels.kind | reReplaceAll "saml_signing" "SAML signing certificate" }}'
    "{{ with $labels.credential_name }} '{{ . }}'{{ end }} (key id {{ $labels.key_id }}) of "
    '{{ $labels.object | reReplaceAll "_" " " }}'
    "{{ with $labels.app_name }} '{{ . }}'{{ end }} (app id {{ $labels.app_id }}) "
    "in tenant {{ $labels.tenant }}"
)
ENDS = " ends on {{ $value | humanizeTimestamp }}"
ENDED = " ended on {{ $value | humanizeTimestamp }}"
PARAMETERS = ("tenant", "app_id", "key_id")

INVENTORY = Group(
    "entra-credentials",
    (
        Recording(
            EXPIRY,
            FRESHEST.format(
                record=EXPIRY,
                metric="entra_credential_expiry_timestamp_seconds",
                labels="object, app_id, app_name, kind, key_id, credential_name, superseded",
            ),
        ),
        Recording(
            APPLICATIONS,
            FRESHEST.format(record=APPLICATIONS, metric="entra_applications", labels="object"),
        ),
    ),
    (
        Alert(
            "EntraCredentialExpiresSoon",
            Severity.WARNING,
            f'{EXPIRY}{{superseded="false"}} < time() + @soon >= time() + @imminent',
            "A credential ends within @soon and nothing newer covers it.",
            f"{CREDENTIAL}{ENDS}. Nothing newer is there to take over: whatever relies on it "
            "stops working then. Create a new one beside it and store that where it is used.",
            PARAMETERS,
            Dashboard.OVERVIEW,
        ),
        Alert(
            "EntraCredentialExpiryImminent",
            Severity.CRITICAL,
            f'{EXPIRY}{{superseded="false"}} < time() + @imminent > time()',
            "A credential ends within @imminent and nothing newer covers it.",
            f"{CREDENTIAL}{ENDS}. Nothing newer is there to take over: whatever relies on it "
            "stops working then. Create a new one beside it today and store that where it is used.",
            PARAMETERS,
            Dashboard.OVERVIEW,
        ),
        Alert(
            "EntraCredentialExpired",
            Severity.CRITICAL,
            f'{EXPIRY}{{superseded="false"}} <= time() > time() - @leftover',
            "A credential has expired and nothing newer covers it.",
            f"{CREDENTIAL}{ENDED}, and nothing newer is there. Whatever relies on it is "
            "refused. Create a new one beside it and store that where it is used.",
            PARAMETERS,
            Dashboard.OVERVIEW,
        ),
        Alert(
            "EntraSupersededCredentialExpiresSoon",
            Severity.WARNING,
            f'{EXPIRY}{{superseded="true"}} < time() + @imminent > time()',
            "A credential that a newer one covers ends within @imminent.",
            f"{CREDENTIAL}{ENDS}. A newer one is there; make sure that nothing still uses this "
            "one, then delete it.",
            PARAMETERS,
            Dashboard.OVERVIEW,
        ),
        Alert(
            "EntraExpiredCredentialLeftover",
            Severity.INFO,
            f'{EXPIRY}{{superseded="true"}} <= time()\n'
            f'or\n{EXPIRY}{{superseded="false"}} <= time() - @leftover',
            "An expired credential is still registered.",
            f"{CREDENTIAL}{ENDED} and is still registered. Delete it, so that what is left is "
            "what counts.",
            PARAMETERS,
            Dashboard.OVERVIEW,
            lasting="1h",
        ),
        Alert(
            "EntraInventoryShrank",
            Severity.WARNING,
            f"{APPLICATIONS} < 0.8 * max_over_time({APPLICATIONS}[6h])\n"
            f"and\n{APPLICATIONS} < max_over_time({APPLICATIONS}[6h]) - 5\n"
            f"or\n{APPLICATIONS} == 0 and max_over_time({APPLICATIONS}[6h]) > 0",
            "Much fewer applications are watched than some hours ago.",
            "In tenant {{ $labels.tenant }} {{ $value }} objects of type {{ $labels.object }} are "
            "left, more than a fifth fewer than at some time in the last six hours. Either they "
            "were deleted, or the exporter may not read them any more, or a filter of its "
            "configuration changed. What is not watched gives no alert.",
            ("tenant",),
            Dashboard.OVERVIEW,
        ),
    ),
)
