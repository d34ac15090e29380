"""
What may be stored where a client secret belongs: nothing, a reference, a placeholder, a key, an id.
Pure; each function says what it saw and never shows a character of it.
"""

import json
import re

from exporter.verify.damage import core, kinds
from exporter.verify.repairs import MODERN, known
from exporter.verify.stored import Stored

GUID = re.compile(r"\{?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\}?", re.IGNORECASE)
REFERENCE = re.compile(r"@Microsoft\.(?:KeyVault|AppConfiguration)\(", re.IGNORECASE)
URL = re.compile(r"[a-z][a-z0-9+.-]{1,20}://", re.IGNORECASE)
TOKEN = re.compile(r"eyJ[\w-]{10,}\.[\w-]{2,}\.[\w-]*", re.ASCII)
PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]{0,40})-----")
DER_IN_BASE64 = re.compile(r"MI[A-P][A-Za-z0-9+/\s]{200}")
CONNECTION = re.compile(
    r"(?:^|;)\s{0,8}(?:server|data source|database|initial catalog|user id|uid|pwd|password"
    r"|endpoint|account(?:name|key|endpoint)|sharedaccesskey(?:name)?|defaultendpointsprotocol"
    r"|hostname|authentication)\s{0,8}=",
    re.IGNORECASE,
)
TEMPLATE = re.compile(
    r"\$\{[A-Za-z_][\w .:/|-]{0,127}\}|\$\([A-Za-z_][\w .:/|-]{0,127}\)"
    r"|\{\{[\w\s.:/|\"'$()-]{1,128}\}\}|#\{[\w .:/|-]{1,128}\}#?"
)
STAND_IN = re.compile(
    r"%[A-Za-z_]\w*%|\$[A-Z_][A-Z0-9_]*|\$env:\w+|<[\w .:-]+>|__\w+__"
    r"|.{0,4}[*\u2022\u25cf]{5,}.{0,4}"
    r"|(?i:change[ _-]?(?:me|it)|undefined|null|none|nil|todo|tbd|placeholder|redacted|dummy"
    r"|example|secret|password|(?:my[ _-])?client[ _-]?secret|my[ _-]secret|\[object object\]"
    r"|(?:your|(?:the|enter|insert|replace|paste|put|add)[ _.-])[\w .-]{0,40}"
    r"(?:secret|password|value|here)[\w .-]{0,24})",
    re.DOTALL,
)
LONGEST_STAND_IN = 128


def plain(guid: str) -> str:
    """A GUID however it is written."""
    return guid.strip("{}").replace("-", "").casefold()


def empty(stored: Stored) -> str | None:
    """Nothing, or nothing that can be seen."""
    if stored.final:
        return None
    if not stored.value:
        return "the value is empty"
    return f"nothing but {kinds(stored.value)}" if not core(stored) else "quotes around nothing"


def reference(stored: Stored) -> str | None:
    """A Key Vault or App Configuration reference that nobody resolved."""
    found = REFERENCE.match(stored.final)
    return "a reference to Key Vault or App Configuration, not what it refers to" if found else None


def placeholder(stored: Stored) -> str | None:
    """A text that something or somebody should have replaced."""
    if TEMPLATE.search(stored.final):
        return "a template expression that nothing has replaced"
    if len(stored.final) > LONGEST_STAND_IN or MODERN.fullmatch(stored.final):
        return None
    if len(set(stored.final)) == 1 < len(stored.final):
        return f"one character {len(stored.final)} times: a placeholder or a masked value"
    return "a placeholder, not a secret" if STAND_IN.fullmatch(stored.final) else None


def pem(stored: Stored) -> str | None:
    """A certificate or a private key, as PEM or as bare base64."""
    found = PEM.search(stored.final)
    if found is None:
        bare = DER_IN_BASE64.match(stored.final)
        return "a certificate or private key in base64" if bare else None
    kinds_of_pem = [name for name in ("CERTIFICATE", "PRIVATE KEY") if name in found[1]]
    return f"a {kinds_of_pem[0].lower()} in PEM" if kinds_of_pem else "a PEM file"


def document(stored: Stored) -> str | None:
    """A whole JSON document."""
    if not stored.final.startswith(("{", "[")):
        return None
    try:
        data = json.loads(stored.final)
    except (ValueError, RecursionError):
        return None
    size = "an entry" if len(data) == 1 else f"{len(data)} entries"
    return f"a JSON {'document' if isinstance(data, dict) else 'list'} with {size}"


def connection(stored: Stored) -> str | None:
    """A connection string or an address."""
    if URL.match(stored.final):
        return "an address (URL)"
    parts = len(CONNECTION.findall(stored.final))
    return f"a connection string: {parts} of its settings are known" if parts > 1 else None


def token(stored: Stored) -> str | None:
    """A signed token."""
    return "a token (JWT), not a client secret" if TOKEN.match(stored.final) else None


def key_id(stored: Stored) -> str | None:
    """The key id of a credential that is known."""
    certain = plain(stored.final) in stored.key_ids
    return "the ID of one of the application's secrets, not its value" if certain else None


def application_id(stored: Stored) -> str | None:
    """The id of an application that is known."""
    certain = plain(stored.final) in stored.app_ids
    return "the client ID of the application, not its secret" if certain else None


def guid(stored: Stored) -> str | None:
    """A GUID that is nobody's."""
    if not GUID.fullmatch(stored.final):
        return None
    if without_inventory(stored):
        return "a GUID: most likely the ID of the secret instead of its value"
    return "a GUID, but not the ID of a secret that is known; old tools made such passwords"


def without_inventory(stored: Stored) -> bool:
    """Whether no ids are known to compare with."""
    return not stored.key_ids


def final_is_known(stored: Stored) -> bool:
    """Whether mending leads to a generated secret: then what was mended was the fault."""
    return known(stored.final)
