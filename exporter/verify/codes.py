"""
What Microsoft's login service means by its codes, for the person who owns the secret. Pure.

Microsoft promises only the OAuth `error` and may change codes and texts; but nothing else tells one
refusal from another. So the code decides, then telling words, then `error`; never the whole text.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from exporter.model import Cause
from exporter.verdict import Refusal
from exporter.wording import printable

WORDS_LENGTH = 300
CODE = re.compile(r"AADSTS([1-9][0-9]{0,8})(?![0-9])")
TOO_MANY_REQUESTS = 429
SERVER_ERROR = 500


class Meaning(NamedTuple):
    """The cause behind a code, and one sentence about it."""

    cause: Cause
    sentence: str


MISMATCH = Cause.FEDERATION_MISMATCH
NO_TENANT = Meaning(Cause.TENANT_NOT_FOUND, "There is no such tenant in this cloud")
OTHER_CLOUD = Meaning(Cause.WRONG_CLOUD, "The tenant lives in another Microsoft cloud")
NOTHING_SENT = Meaning(Cause.FORMAT_ERROR, "No secret arrived: what is stored is empty")
WRONG_TIME = Meaning(Cause.CLOCK_SKEW, "The signed request is outside its time: a clock is wrong")
WRONG_SECRET = Meaning(Cause.INVALID_SECRET, "The login service does not know the stored secret")
PAST_END = Meaning(Cause.EXPIRED, "The stored secret has expired")
DISABLED = Meaning(Cause.APPLICATION_DISABLED, "The application is disabled: no secret of it works")
NO_APPLICATION = Meaning(Cause.APPLICATION_NOT_FOUND, "The tenant has no application of this id")
BAD_SIGNATURE = Meaning(
    Cause.CERTIFICATE_NOT_REGISTERED,
    "The request is signed with a key that is not registered on the application",
)
NO_RESOURCE = Meaning(Cause.RESOURCE_NOT_FOUND, "The tenant does not have the resource asked for")
BAD_SCOPE = Meaning(
    Cause.RESOURCE_NOT_FOUND, "The resource asked for is not one that an application can ask for"
)
POLICY = Meaning(Cause.BLOCKED_BY_POLICY, "A Conditional Access policy blocks this sign-in")
RISK = Meaning(Cause.BLOCKED_BY_POLICY, "The sign-in is blocked because Microsoft sees a risk")
INCOMPLETE = Meaning(
    Cause.APPLICATION_MISCONFIGURED,
    "The request lacked a parameter: an empty setting, or a proxy that changes requests",
)
OUTAGE = Meaning(Cause.LOGIN_UNAVAILABLE, "The login service is in trouble for the moment")
BUSY = Meaning(Cause.THROTTLED, "The login service asks for fewer sign-ins")
NOT_KNOWN = Meaning(Cause.UNKNOWN, "The login service refused for a reason not known here")
MISCONFIGURED = Cause.APPLICATION_MISCONFIGURED

CODES: dict[int, Meaning] = {
    # The secret.
    7000215: WRONG_SECRET,
    7000222: PAST_END,
    70002: WRONG_SECRET,  # with an older wording, and a second code; see CLUES
    50012: WRONG_SECRET,
    7000216: NOTHING_SENT,
    7000218: NOTHING_SENT,
    # The certificate.
    700027: BAD_SIGNATURE,
    50013: BAD_SIGNATURE,
    50027: Meaning(
        Cause.CERTIFICATE_NOT_REGISTERED,
        "The signed request does not name a certificate that the login service can look for",
    ),
    1000502: Meaning(Cause.EXPIRED, "The certificate is outside its validity"),
    7000214: Meaning(Cause.REVOKED, "The certificate has been revoked"),
    700024: WRONG_TIME,
    700021: Meaning(Cause.WRONG_APPLICATION, "The signed request was made for another application"),
    700023: Meaning(MISCONFIGURED, "The signed request was made for another tenant or cloud"),
    # A federated token in place of a secret.
    70021: Meaning(MISMATCH, "No federated credential fits the token presented"),
    700211: Meaning(MISMATCH, "No federated credential has the issuer of the token presented"),
    700212: Meaning(MISMATCH, "No federated credential has the audience of the token presented"),
    700213: Meaning(MISMATCH, "No federated credential has the subject of the token presented"),
    7002137: Meaning(MISMATCH, "The federated credential's subject is not of the form required"),
    7002138: Meaning(
        MISMATCH, "The federated credential's subject differs in upper and lower case"
    ),
    # The application.
    700016: NO_APPLICATION,
    70001: NO_APPLICATION,
    7000229: Meaning(
        Cause.NO_SERVICE_PRINCIPAL, "The application has no service principal in this tenant"
    ),
    7000112: DISABLED,
    700025: Meaning(MISCONFIGURED, "The application is a public client, which may hold no secret"),
    50105: Meaning(MISCONFIGURED, "The application has no role that the resource requires"),
    70003: Meaning(MISCONFIGURED, "The application may not sign in by this kind of request"),
    900144: INCOMPLETE,
    90014: INCOMPLETE,
    # The tenant and the cloud.
    90002: NO_TENANT,
    900021: NO_TENANT,
    900023: Meaning(Cause.TENANT_NOT_FOUND, "The tenant id is neither an id nor a domain name"),
    90038: OTHER_CLOUD,
    900382: OTHER_CLOUD,
    900432: OTHER_CLOUD,
    # What is asked for.
    500011: NO_RESOURCE,
    650052: NO_RESOURCE,
    500014: Meaning(Cause.RESOURCE_NOT_FOUND, "The resource asked for is disabled in this tenant"),
    7000118: Meaning(Cause.RESOURCE_NOT_FOUND, "The tenant may not use the resource asked for"),
    70011: BAD_SCOPE,
    1002012: BAD_SCOPE,
    # Policies; the login service checks them after the secret, which is good then.
    53003: POLICY,
    53005: POLICY,
    530084: POLICY,
    53011: RISK,
    530032: RISK,
    530034: RISK,
    530035: RISK,
    # Nothing that says anything of the secret.
    50196: BUSY,  # the same request too often
    90055: BUSY,
    90033: OUTAGE,
    50033: OUTAGE,
}

CERTIFICATES = frozenset({700027, 50013, 50027, 1000502, 7000214, 700021, 700023})
"""Codes that are about a certificate, or what it signed."""

GENERAL = 70002  # "error validating credentials"; a second code says which
VAGUE = frozenset({GENERAL, 50012, 70001})
"""Codes of older years that stand for several things: their text decides, see CLUES."""

CLUES: tuple[tuple[str, Meaning], ...] = (
    ("not within its valid time range", WRONG_TIME),
    ("must contain the following parameter: 'client_", NOTHING_SENT),
    ("is disabled", DISABLED),
    ("disabled by its owner", DISABLED),
    ("secret keys are expired", PAST_END),
)
"""Microsoft's words that tell, where there is no code or one that stands for several things."""

ERRORS: dict[str, Meaning] = {
    "invalid_tenant": NO_TENANT,
    "invalid_resource": NO_RESOURCE,
    "invalid_scope": BAD_SCOPE,
    "unsupported_grant_type": CODES[70003],
    "slow_down": BUSY,
    "temporarily_unavailable": OUTAGE,
    "server_error": OUTAGE,
}
"""The OAuth errors that have one meaning here; `invalid_client` has it only without any code."""


def cause_of(refusal: Refusal) -> Cause:
    """The cause that the answer alone shows."""
    return meaning_of(refusal).cause


def meaning_of(refusal: Refusal) -> Meaning:
    """What the answer alone says: by its code, else its words, its status, its error."""
    code = code_of(refusal)
    if code in CODES and code not in VAGUE:
        return CODES[code]
    clue = next((meaning for words, meaning in CLUES if words in refusal.message), None)
    return clue or CODES.get(code) or without_code(refusal, code)


def without_code(refusal: Refusal, code: int) -> Meaning:
    """What status and OAuth error say; an unknown code is no wrong secret, whatever the error."""
    if refusal.status == TOO_MANY_REQUESTS:
        return BUSY
    if refusal.status is not None and refusal.status >= SERVER_ERROR:
        return OUTAGE
    if not code and refusal.error == "invalid_client":
        return WRONG_SECRET
    return ERRORS.get(refusal.error, NOT_KNOWN)


def code_of(refusal: Refusal) -> int:
    """The code that says most, 0 when there is none."""
    return read_code(refusal.message, [refusal.code] if refusal.code else []) or 0


def read_code(text: str, error_codes: Iterable[int] = ()) -> int | None:
    """
    The code that says most, of `error_codes` and those in the text: `[70002, 50012]` is 50012.

    A known one comes first, and 70002 ("error validating credentials") only when it is alone.
    """
    found = [*error_codes, *(int(digits) for digits in CODE.findall(text))]
    telling = [code for code in found if code in CODES and code != GENERAL]
    return next(iter([*telling, *found]), None)


def own_words(message: str) -> str:
    """
    Microsoft's own text in one printable line, without the trace lines after it: they were on lines
    of their own until 2023 and follow after a space since.
    """
    words = re.split(r"\s*(?:Trace ID|Correlation ID|Timestamp):", message)[0]
    line = printable(" ".join(words.split()))
    return line if len(line) <= WORDS_LENGTH else f"{line[:WORDS_LENGTH]}…"
