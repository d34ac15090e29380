"""
A metric family as a value: its name, help, type, labels, and the function that fills it.
Never fetches and never serves.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from exporter.metrics.text import number
from exporter.metrics.view import View

Sample = tuple[bytes, float]
"""A label block as `label_block` makes it, and the value."""

CHUNK_LINES = 1_000
"""Lines formatted at a time, so that a render holds the interpreter for about a millisecond."""


@dataclass(frozen=True, slots=True)
class Family:
    """One metric family. A counter's name ends in `_total`."""

    name: str
    type: Literal["gauge", "counter"]
    help: str
    labels: tuple[str, ...]
    samples: Callable[[View], Iterable[Sample]]

    def text_header(self) -> bytes:
        """HELP and TYPE lines of the Prometheus text format 0.0.4."""
        return f"# HELP {self.name} {self.help}\n# TYPE {self.name} {self.type}\n".encode()

    def openmetrics_header(self) -> bytes:
        """HELP and TYPE lines of OpenMetrics 1.0, which names a counter without its suffix."""
        name = self.name.removesuffix("_total") if self.type == "counter" else self.name
        return f"# HELP {name} {self.help}\n# TYPE {name} {self.type}\n".encode()

    def lines(self, view: View) -> Iterator[bytes]:
        """The sample lines, the same in both formats, in chunks of `CHUNK_LINES`."""
        name = self.name.encode()
        samples = iter(self.samples(view))
        while chunk := list(islice(samples, CHUNK_LINES)):
            yield b"".join(
                [b"%b%b %b\n" % (name, labels, number(value)) for labels, value in chunk]
            )
