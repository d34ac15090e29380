"""Rules about what is stored where the applications read it: whether it works, and if not, why."""

from dataclasses import dataclass

from exporter.model import COULD_NOT_TELL, Cause
from exporter.rules.rule import Alert, Dashboard, Group, Recording, Severity

UNTOLD = "|".join(cause for cause in Cause if cause in COULD_NOT_TELL)
REFUSED = "target_cause:entra_verify_refused_timestamp_seconds:max"
STANDING = "target_cause:entra_verify_refused_timestamp_seconds:standing"
# When any replica tried last; then it is not known either, whatever was found.
TRIED_LAST = "max without (instance, pod) (entra_verify_timestamp_seconds)"
UNTOLD_NOW = f'max without (instance, pod, cause) (entra_verify_cause{{cause=~"{UNTOLD}"}}) == 1'
PARAMETERS = ("tenant", "app_id", "target")

# When each target was refused last, by the exporter's own clock, as long as it is refused.
REFUSED_EXPRESSION = f"""\
max without (instance, pod) (
  (entra_verify_cause{{cause!~"{UNTOLD}"}} == 1)
  * ignoring (cause) group_left () entra_verify_timestamp_seconds
)"""

# A refusal stands until a success or another refusal. While the login service cannot be reached,
# the last one of the past hours does, unless the secret was seen to work after it.
STANDING_EXPRESSION = f"""\
{REFUSED}
or
(
  (
    max_over_time({REFUSED}[6h])
    == ignoring (cause) group_left ()
    max without (cause) (max_over_time({REFUSED}[6h]))
  )
  > ignoring (cause) group_left ()
  max without (instance, pod) (
    max_over_time(entra_verify_last_success_timestamp_seconds[6h])
  )
)
and ignoring (cause) ({UNTOLD_NOW})"""

QUERIED = "{tenant=%q,target=%q,app_id=%q}` $labels.tenant $labels.target $labels.app_id | query"
TARGET = (
    "target {{ $labels.target }}, for application "
    "{{ with printf `entra_application_days_until_expiry{tenant=%q,app_id=%q}` $labels.tenant "
    "$labels.app_id | query }}'{{ . | first | label \"app_name\" }}' {{ end }}"
    "{{ $labels.app_id }} in tenant {{ $labels.tenant }}"
)
CAUSE = f"{{{{ range printf `{STANDING}{QUERIED} }}}}{{{{ .Labels.cause }}}} {{{{ end }}}}"
REASON = (
    "{{ range printf `max by (cause) (entra_verify_cause{tenant=%q,target=%q,app_id=%q}) == 1` "
    "$labels.tenant $labels.target $labels.app_id | query }}{{ .Labels.cause }} {{ end }}"
)
TRIED = " It was refused last on {{ $value | humanizeTimestamp }}."


@dataclass(frozen=True, slots=True)
class Refusal:
    """The alert for one cause."""

    name: str
    cause: Cause
    summary: str
    meaning: str


# In this order one goes before another: two replicas may call the same refusal by different names
# when one of them knows less, and a person needs to hear of it once.
REFUSALS = (
    Refusal(
        "EntraVerifyExpired",
        Cause.EXPIRED,
        "A stored credential is refused because it has expired.",
        "has expired. Take the newer one if there is one, else create one beside it; store it.",
    ),
    Refusal(
        "EntraVerifyFormatError",
        Cause.FORMAT_ERROR,
        "A stored credential is refused because it is stored wrongly.",
        "is not a secret as Entra made it: something is wrong with how it is written there. "
        "The runbook says what was found.",
    ),
    Refusal(
        "EntraVerifyRotationMismatch",
        Cause.ROTATION_MISMATCH,
        "A stored credential is refused because it was replaced and the old one is still stored.",
        "was replaced by a newer one, and the old one is still stored here. Find whoever made the "
        "newer one, and store that.",
    ),
    Refusal(
        "EntraVerifyRevoked",
        Cause.REVOKED,
        "A stored credential is refused because it was removed.",
        "was removed from the application, and nothing newer is known. Find out who removed it "
        "and why before creating a new one.",
    ),
)


def refusal_alert(refusal: Refusal) -> Alert:
    """Fires while the refusal stands and none that goes before it does."""
    before = [other.cause.value for other in REFUSALS[: REFUSALS.index(refusal)]]
    expression = f'max without (cause) ({STANDING}{{cause="{refusal.cause}"}})'
    if before:
        matching = f'cause{"=~" if len(before) > 1 else "="}"{"|".join(before)}"'
        expression += f"\nunless\nmax without (cause) ({STANDING}{{{matching}}})"
    return Alert(
        refusal.name,
        Severity.CRITICAL,
        expression,
        refusal.summary,
        f"What is stored at {TARGET}, {refusal.meaning}{TRIED}",
        PARAMETERS,
        Dashboard.VERIFICATION,
        lasting="5m",
    )


NAMED = "|".join(refusal.cause for refusal in REFUSALS)

VERIFICATION = Group(
    "entra-verification",
    (Recording(REFUSED, REFUSED_EXPRESSION), Recording(STANDING, STANDING_EXPRESSION)),
    (
        *map(refusal_alert, REFUSALS),
        Alert(
            "EntraVerifyFailed",
            Severity.CRITICAL,
            f'max without (cause) ({STANDING}{{cause!~"{NAMED}"}})\n'
            f'unless\nmax without (cause) ({STANDING}{{cause=~"{NAMED}"}})',
            "A stored credential is refused.",
            f"What is stored at {TARGET}, is refused: {CAUSE}- the runbook says what that means."
            f"{TRIED}",
            PARAMETERS,
            Dashboard.VERIFICATION,
        ),
        Alert(
            "EntraVerifyNotPossible",
            Severity.WARNING,
            f"{UNTOLD_NOW}\nor\ntime() - {TRIED_LAST} > @verify_stale",
            "For half an hour it could not be told whether a stored credential works.",
            f"What is stored at {TARGET}, "
            f"{{{{ if eq $value 1.0 }}}}could not be tried: {REASON}{{{{ else }}}}"
            "was tried last {{ $value | humanizeDuration }} ago {{ end }}- it may be as good as "
            "ever, so replace nothing. Until this is mended nobody is told when it stops working.",
            PARAMETERS,
            Dashboard.VERIFICATION,
            lasting="30m",
        ),
        Alert(
            "EntraStoredCredentialExpiryImminent",
            Severity.CRITICAL,
            "bottomk without (key_id) (\n"
            "  1, min without (instance, pod) (entra_verify_days_until_expiry)\n"
            f") * 86400 < @imminent\nunless ignoring (key_id) max without (cause) ({STANDING})",
            "The credential that a consumer has stored ends within @imminent.",
            f"What is stored at {TARGET}, "
            "{{ if gt $value 0.0 }}ends in {{ $value | humanizeDuration }}"
            "{{ else }}has ended{{ end }}"
            "{{ with $labels.key_id }} (key id {{ . }}){{ end }}. A newer one that may be "
            "registered does not help until it is stored here.",
            ("tenant", "app_id", "key_id", "target"),
            Dashboard.VERIFICATION,
        ),
    ),
)
