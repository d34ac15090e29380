"""How much a client may ask of the web server, and for how long: the numbers, in one place."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Times in seconds, sizes in bytes."""

    connections: int = 256
    """Open at once; when they are all taken, idle ones are closed and others wait."""

    handshake: float = 10.0
    """For TLS."""

    receive: float = 10.0
    """From the first byte of a request, or the connection, to the end of the headers."""

    answer: float = 60.0
    """From the end of a request's headers until the client has taken the answer."""

    idle: float = 120.0
    """Between two requests: more than people's scrape intervals."""

    crowded: float = 3.0
    """In place of these four, without anything from the client, while others wait for a place."""

    linger: float = 1.0
    """For reading on after a request was refused, so that the client gets to see the answer."""

    line: int = 32 * 1024
    """An address: what is too long in it is then said by the page."""

    field: int = 8190
    """One header."""

    headers: int = 100
    """Their number."""

    body: int = 1024
    """Of a request: nothing here needs one."""

    buffered: int = 64 * 1024
    """Of an answer that the client has not taken yet, for each connection."""

    kernel: int = 256 * 1024
    """The same in the kernel, which takes twice that."""

    backlog: int = 1024
    """Connections that wait in the kernel for being accepted."""


LIMITS = Limits()
