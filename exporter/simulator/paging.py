"""
Query options of a list: `$select`, `$top` and `$skiptoken`, checked as Graph checks them, and the
link to the next page.
"""

import base64
import binascii
import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from exporter.simulator.graph_errors import bad_request
from exporter.simulator.wire import FIELDS

DEFAULT_TOP, MAXIMUM_TOP = 100, 999
# Tokens of the directory begin with these bytes, which base64 shows as `RFNwdAoAAQAAAA`.
TOKEN_START = b"DSpt\x0a\x00\x01\x00\x00\x00"
TOKEN_FORM = struct.Struct(">I8s")
UNSUPPORTED: Mapping[str, str] = {
    "$filter": "Unsupported or invalid query filter clause specified.",
    "$orderby": "Sorting not supported for current query.",
    "$expand": "Expanding is not supported for current query.",
    "$skip": "Skip query option is not supported.",
    "$search": "Request with $search query parameter only works through MSGraph with a special"
    " request header: 'ConsistencyLevel: eventual'",
}
# Graph leaves these as they are in its links.
UNQUOTED = "$,()'"
TYPES = {"applications": "application", "servicePrincipals": "servicePrincipal"}


@dataclass(frozen=True, slots=True)
class Page:
    """Which page of a list is wanted, with which properties."""

    select: tuple[str, ...]
    top: int
    skip: int


def read_select(collection: str, query: Mapping[str, str]) -> tuple[str, ...]:
    """Read `$select`, and refuse a property that the type does not have."""
    names = tuple(name.strip() for name in query.get("$select", "").split(",") if name.strip())
    for name in names:
        if name not in FIELDS[collection]:
            kind = f"microsoft.graph.{TYPES[collection]}"
            raise bad_request(f"Could not find a property named '{name}' on type '{kind}'.")
    return names


def read_page(collection: str, query: Mapping[str, str]) -> Page:
    """Read the options of a list; `$count` needs no checking."""
    for option, message in UNSUPPORTED.items():
        if option in query:
            raise bad_request(message, "Request_UnsupportedQuery")
    top = query.get("$top", str(DEFAULT_TOP))
    if not top.isdecimal() or not 1 <= int(top) <= MAXIMUM_TOP:
        message = f"Invalid page size specified: '{top}'. Must be between 1 and 999 inclusive."
        raise bad_request(message, "Request_UnsupportedQuery")
    skip = read_token(collection, query["$skiptoken"]) if "$skiptoken" in query else 0
    return Page(read_select(collection, query), int(top), skip)


def checksum(collection: str, skip: int) -> bytes:
    """Tie a token to its list, so that nobody is tempted to make one."""
    return hashlib.sha256(f"{collection}/{skip}".encode()).digest()[:8]


def make_token(collection: str, skip: int) -> str:
    """Make the opaque token of the page that begins after `skip` objects."""
    token = TOKEN_START + TOKEN_FORM.pack(skip, checksum(collection, skip))
    return base64.urlsafe_b64encode(token).decode().rstrip("=")


def read_token(collection: str, token: str) -> int:
    """Read a token that `make_token` made for the same list."""
    try:
        data = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        skip, check = TOKEN_FORM.unpack(data.removeprefix(TOKEN_START))
    except (binascii.Error, ValueError, struct.error):
        skip, check = 0, b""
    if check != checksum(collection, skip):
        message = (
            "The specified page token value has expired and can no longer be included in your"
            " request."
        )
        raise bad_request(message, "Directory_ExpiredPageToken")
    return int(skip)


def next_link(root: str, collection: str, query: Mapping[str, str], skip: int) -> str:
    """Write the absolute link to the next page: the same options, another token."""
    options = {key: value for key, value in query.items() if key != "$skiptoken"}
    options["$skiptoken"] = make_token(collection, skip)
    parts = "&".join(
        f"{quote(key, safe=UNQUOTED)}={quote(value, safe=UNQUOTED)}"
        for key, value in options.items()
    )
    return f"{root}/{collection}?{parts}"
