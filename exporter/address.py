"""Where the exporter listens, and how people write it. Pure."""

from dataclasses import dataclass

from exporter.errors import UsageError

LAST_PORT = 65535
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
        return f"http://{Address(self.host or '127.0.0.1', self.port)}"


def parse_address(text: str) -> Address:
    """The address that is written so; raises UsageError."""
    host, colon, port = text.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    if (
        not colon
        or not port.isdecimal()
        or int(port) > LAST_PORT
        or (":" in host and not bracketed)
    ):
        raise UsageError(f"cannot listen on {text!r}; accepted: {ACCEPTED}")
    return Address(host.strip("[]") or None, int(port))
