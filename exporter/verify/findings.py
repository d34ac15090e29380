"""
What is odd about a stored client secret. Pure: it describes kinds, counts and positions, and never
shows a character of the value. What may be a self-made password is told, but explains no refusal.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from exporter.sources.secret import Secret
from exporter.verdict import Finding
from exporter.verify.damage import (
    USUAL,
    at_ends,
    byte_order_mark,
    far_too_long,
    headless,
    inside,
    is_foreign,
    mended_by,
    modern_length,
    quotes,
    unusual,
    within,
)
from exporter.verify.mistaken import (
    GUID,
    application_id,
    connection,
    document,
    empty,
    final_is_known,
    guid,
    key_id,
    pem,
    placeholder,
    plain,
    reference,
    token,
    without_inventory,
)
from exporter.verify.repairs import MARKED, is_edge, known, mended
from exporter.verify.stored import Look, Stored


@dataclass(frozen=True, slots=True)
class Check:
    """
    One thing to look for. `explains` decides whether it is enough to break a sign-in; where
    something else is stored than a secret (`settles`), what its characters look like says nothing;
    what is only worth saying when nothing else was found is `alone`.
    """

    name: str
    look: Look
    advice: str
    explains: Callable[[Stored], bool] = lambda _: True
    settles: bool = False
    alone: bool = False


def findings(
    secret: Secret, key_ids: Collection[str] = (), app_ids: Collection[str] = ()
) -> tuple[Finding, ...]:
    """What is odd, the most telling first; nothing for a well-formed modern secret."""
    stored = examined(secret, key_ids, app_ids)
    found: list[Finding] = []
    for check in CHECKS:
        words = None if check.alone and found else check.look(stored)
        if words is not None:
            found.append(Finding(check.name, words, check.advice, check.explains(stored)))
            if check.settles:
                break
    return tuple(sorted(found, key=lambda finding: not finding.explains))


def repaired(secret: Secret) -> Secret | None:
    """The value with what can be mended mended; None when that gives nothing like a secret."""
    stored = examined(secret, (), ())
    other = any(check.settles and check.look(stored) for check in CHECKS)
    if not stored.steps or other or not plausible(stored.final) or stored.final == stored.value:
        return None
    return Secret(stored.final)


def examined(secret: Secret, key_ids: Collection[str], app_ids: Collection[str]) -> Stored:
    """The value with its mends."""
    value = secret.reveal()
    return Stored(
        value, *mended(value), frozenset(map(plain, key_ids)), frozenset(map(plain, app_ids))
    )


def plausible(value: str) -> bool:
    """A generated shape, or what somebody could have chosen; not an id nor a damaged secret."""
    if known(value):
        return True
    chosen = len(value) in USUAL and all("!" <= c <= "~" for c in value)
    return chosen and not GUID.fullmatch(value) and not MARKED.match(value)


VALUE = (
    "store the secret's value; the portal shows it only once, right after it was made: if it is"
    " lost, add a new secret (az ad app credential reset --append) and store that value"
)
EXACT = 'write it without anything around it: printf %s "$SECRET" > FILE, not echo'
WHOLE = "copy the whole value again, with the copy button rather than by marking it"
QUOTING = (
    "store it without the quotes: `docker run --env-file` keeps quotes as part of the value;"
    " in compose env files write NAME='value', which compose takes off; not in a Kubernetes"
    " Secret's data"
)
ENCODED_ONCE = (
    "store the plain value and let kubectl encode it (--from-file); what is encoded by hand belongs"
    " in `data`, never in `stringData`"
)
UTF8 = "save the file as UTF-8 without a byte order mark (PowerShell: Set-Content -NoNewline)"
RESOLVE = (
    "let the application's identity read the vault (Key Vault Secrets User), correct the reference,"
    " and restart; unresolved it is handed over as it is written"
)
REPLACE = "set the variable in the place that fills the template, and deploy again; or " + VALUE
ONLY_VALUE = "store the value alone, or name the key that holds it, in place of all of it"
CERTIFICATE = "configure it as the application's certificate, or " + VALUE
PLAIN = "store the plain value; the client library encodes it when it sends it"
IF_OLD = "if the secret was made long ago this may be right; otherwise " + VALUE

CHECKS: tuple[Check, ...] = (
    Check("empty", empty, VALUE, settles=True),
    Check("unresolved_reference", reference, RESOLVE, settles=True),
    Check("key_id", key_id, VALUE, settles=True),
    Check("application_id", application_id, VALUE, settles=True),
    Check("pem", pem, CERTIFICATE, settles=True),
    Check("json_document", document, ONLY_VALUE, settles=True),
    Check("connection_string", connection, ONLY_VALUE, settles=True),
    Check("token", token, VALUE, settles=True),
    Check("placeholder", placeholder, REPLACE, settles=True),
    Check("guid", guid, VALUE, explains=without_inventory),
    Check("utf16", mended_by("utf16", "UTF-16 instead of UTF-8"), UTF8),
    Check("byte_order_mark", byte_order_mark, UTF8),
    Check("line_break", at_ends("line break"), EXACT),
    Check("carriage_return", at_ends("carriage return"), EXACT),
    Check("white_space", at_ends("space", "tab"), EXACT),
    Check("invisible", at_ends(), EXACT),
    Check("quotes", quotes, QUOTING),
    Check("env_line", mended_by("name", "a whole line with a name before the value"), ONLY_VALUE),
    Check("base64", mended_by("base64", "base64 of a text"), ENCODED_ONCE, final_is_known),
    Check("percent_encoding", mended_by("percent", "percent-encoding"), PLAIN, final_is_known),
    Check("html_entities", mended_by("entities", "HTML entities"), PLAIN, final_is_known),
    Check("line_break_inside", inside(lambda _, c: c in "\r\n"), WHOLE),
    Check("invisible_inside", inside(lambda _, c: is_edge(c) and c not in " \r\n"), WHOLE),
    Check("surrounded", within, ONLY_VALUE),
    Check("foreign_characters", inside(is_foreign), WHOLE),
    Check("wrong_length", modern_length, WHOLE),
    Check("start_missing", headless, WHOLE),
    Check("too_long", far_too_long, ONLY_VALUE),
    Check("unusual_shape", unusual, IF_OLD, lambda _: False, alone=True),
)
