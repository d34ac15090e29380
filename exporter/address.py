"""Where the exporter listens, and how people write it. Pure."""

import re
from dataclasses import dataclass

from exporter.errors import UsageError

LAST_PORT = 65535
WRITTEN = re.compile(r"(\[(?P<ipv6>[^\[\]\s]+)\]|(?P<host>[^\[\]:\s]*)):(?P<port>[0-9]{1,5})")
ACCEPTED = "HOST:PORT, [IPV6]:PORT or :PORT for every interface"


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen; host None means every interface, port 0 a free one."""

    host: str | None
    port: int

    def __str__(self) -> str:
        """As it is written: `127.0.0.1:10147`, `[::1]:10147`, `:10147`."""
        host = f"[{self.host}]" if self.host and ":" in self.host else self.host or ""
        return f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """Where a browser on this machine finds it."""
        return self.at("http")

    def at(self, scheme: str) -> str:
        """The same for `http` or `https`."""
        return f"{scheme}://{Address(self.host or '127.0.0.1', self.port)}"


def parse_address(text: str) -> Address:
    """The address that is written so; raises UsageError."""
    found = WRITTEN.fullmatch(text)
    if found is None or int(found["port"]) > LAST_PORT:
        raise UsageError(f"cannot listen on {text!r}; accepted: {ACCEPTED}")
    return Address(found["ipv6"] or found["host"] or None, int(found["port"]))
