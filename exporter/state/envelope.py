"""
The first line of a state file, which says what it is: its format's version and the checksum of what
follows. What does not fit is refused as a whole.
"""

import hashlib
import re

VERSION = 1
TITLE = b"entra-credential-exporter state"
VERSION_OF = re.compile(re.escape(TITLE) + rb" (\d{1,6})\b")
FIRST_LINE = re.compile(re.escape(TITLE) + rb" \d+ ([0-9a-f]{64})\n")

SPOILT = "unreadable"


class UnusableError(Exception):
    """
    Why a file is not used, as the end of a sentence; `aside` is what its name ends in when it is
    kept aside.
    """

    def __init__(self, why: str, aside: str = SPOILT) -> None:
        super().__init__(why)
        self.aside = aside


def sealed(payload: bytes) -> bytes:
    """The content of a file with this payload."""
    digest = hashlib.sha256(payload).hexdigest().encode()
    return b"%b %d %b\n%b" % (TITLE, VERSION, digest, payload)


def unsealed(content: bytes) -> bytes:
    """The payload of a file with this content; raises UnusableError."""
    version = VERSION_OF.match(content)
    if version is None:
        raise UnusableError("it is cut short, or no state file of this exporter")
    number = int(version[1])
    if number > VERSION:
        raise UnusableError(
            f"it was written by a newer exporter, in format {number}; this one reads {VERSION}",
            f"version-{number}",
        )
    found = FIRST_LINE.match(content)
    payload = content[found.end() :] if found else b""
    if number != VERSION or found is None:
        raise UnusableError("its first line is damaged")
    if hashlib.sha256(payload).hexdigest().encode() != found[1]:
        raise UnusableError("it is damaged: its checksum does not fit")
    return payload
