"""
How the login service said the same in former years: other texts, other codes, two codes at once,
the trace on lines of its own. Today's texts are in `refusal_texts`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from exporter.simulator.refusal_texts import REFUSALS

# Since mid-2023, around 2020, and before 2019.
Wording = Literal["present", "2020", "2018"]
PRESENT: Final = "present"
WORDINGS: tuple[Wording, ...] = (PRESENT, "2020", "2018")
SEPARATORS: Mapping[Wording, str] = {PRESENT: " ", "2020": "\r\n", "2018": "\r\n"}
# Until about 2020 no refusal had the address of a page about it.
WITHOUT_PAGE: frozenset[Wording] = frozenset({"2018"})

OLD_PAGE = (
    "https://docs.microsoft.com/azure/active-directory/develop"
    "/active-directory-certificate-credentials"
)
VALIDATING = "Error validating credentials. "
NOTHING_SENT = (
    "The request body must contain the following parameter: 'client_secret or client_assertion'."
)
CROSS_CLOUD = "Confidential Client is not supported in Cross Cloud request."
NO_FEDERATION = "No matching federated identity record found for presented assertion."


@dataclass(frozen=True, slots=True)
class Words:
    """A text, under other codes, status and error than today's where they are given."""

    text: str
    codes: tuple[int, ...] = ()
    status: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What a refusal consists of, in one wording."""

    status: int
    error: str
    text: str
    codes: tuple[int, ...]


# By today's code; what is missing was said as it is in the table of the later years.
AROUND_2020: Mapping[int, Words] = {
    7000215: Words("Invalid client secret is provided."),
    7000222: Words(
        "The provided client secret keys are expired. Visit the Azure Portal to create new keys"
        f" for your app, or consider using certificate credentials for added security: {OLD_PAGE}"
    ),
    700016: Words(REFUSALS[700016][2].removesuffix(".")),
    700024: Words(
        "Client assertion is not within its valid time range. Current time: {current}, assertion"
        " valid from {start}, expiry time of assertion {end}. Review the documentation at"
        f" {OLD_PAGE} ."
    ),
    700027: Words(
        "Client assertion contains an invalid signature. [Reason - {reason}, Thumbprint of key"
        " used by client: '{thumbprint}', Please visit"
        " 'https://developer.microsoft.com/en-us/graph/graph-explorer' and query for"
        " 'https://graph.microsoft.com/beta/applications/{app_id}' to see configured keys]"
    ),
    700211: Words(NO_FEDERATION, (70021,), 400, "invalid_request"),
    700212: Words(NO_FEDERATION, (70021,), 400, "invalid_request"),
    700213: Words(NO_FEDERATION, (70021,), 400, "invalid_request"),
    90002: Words(
        "Tenant '{tenant}' not found. This may happen if there are no active subscriptions for the"
        " tenant. Check with your subscription administrator."
    ),
    900382: Words(CROSS_CLOUD, (90038,)),
    70011: Words(
        "The provided value for the input parameter 'scope' is not valid. The scope {scope} is not"
        " valid."
    ),
    50196: Words(
        "The server terminated an operation because it encountered a loop while processing a"
        " request"
    ),
}
BEFORE_2019: Mapping[int, Words] = {
    7000215: Words(f"{VALIDATING}AADSTS50012: Invalid client secret is provided.", (70002, 50012)),
    7000222: Words("The provided client secret keys are expired."),
    7000216: Words(NOTHING_SENT, (70002,)),
    7000218: Words(NOTHING_SENT, (70002,)),
    700016: Words(REFUSALS[700016][2].removesuffix("."), (70001,)),
    700024: Words(
        f"{VALIDATING}AADSTS50012: Client assertion is not within its valid time range.",
        (70002, 50012),
    ),
    50027: Words(f"{VALIDATING}AADSTS50027: Invalid JWT token. {{detail}}", (70002, 50027)),
    90002: Words("No service namespace named '{tenant}' was found in the data store."),
    900021: Words(REFUSALS[900021][2], (90002,)),
    90033: Words("Service is temporarily unavailable. Please retry later"),
}
FORMER: Mapping[Wording, tuple[Mapping[int, Words], ...]] = {
    PRESENT: (),
    "2020": (AROUND_2020,),
    "2018": (BEFORE_2019, AROUND_2020),
}


def said(code: int, wording: Wording = PRESENT) -> Said:
    """Find what the service says for a code, in one wording."""
    status, error, text = REFUSALS[code]
    words = next((year[code] for year in FORMER[wording] if code in year), Words(text))
    return Said(words.status or status, words.error or error, words.text, words.codes or (code,))
