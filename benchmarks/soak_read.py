"""
A scrape as it came to the samples in it. Reads what the exporter writes and no more of the formats;
knows nothing of what is right.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(?:,|$)', re.DOTALL)
ESCAPE = re.compile(r"\\(.)")
ESCAPED = {"n": "\n", "\\": "\\", '"': '"'}
RENDERED = "entra_exporter_exposition_timestamp_seconds"
END = "# EOF"


class NotAnExpositionError(ValueError):
    """A line that is none of the format; says which."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample."""

    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True, slots=True)
class Scrape:
    """One scrape: between which moments it was made, and its samples by name."""

    asked: float
    answered: float
    samples: Mapping[str, list[Sample]] = field(repr=False)

    def of(self, name: str, **labels: str) -> Iterator[Sample]:
        """The samples of a metric that have these labels."""
        wanted = labels.items()
        return (one for one in self.samples.get(name, ()) if wanted <= one.labels.items())

    def value(self, name: str, **labels: str) -> float | None:
        """The value of the first one, if there is any."""
        return next((one.value for one in self.of(name, **labels)), None)

    @property
    def rendered(self) -> float:
        """When what it shows was rendered."""
        return self.value(RENDERED) or 0.0


def read(body: str, asked: float, answered: float, *, openmetrics: bool = False) -> Scrape:
    """The samples of a body in either format; raises NotAnExpositionError."""
    if not body.endswith("\n"):
        raise NotAnExpositionError("the last line has no end")
    # Names hold every other character that Python would take for the end of a line.
    lines = body[:-1].split("\n")
    if openmetrics != (lines[-1] == END):
        raise NotAnExpositionError(f"the last line is {lines[-1]!r}")
    samples = defaultdict[str, list[Sample]](list)
    for line in lines:
        if not line.startswith("#"):
            name, sample = read_sample(line)
            samples[name].append(sample)
    return Scrape(asked, answered, dict(samples))


def read_sample(line: str) -> tuple[str, Sample]:
    """A sample and its name."""
    match = SAMPLE.fullmatch(line) or re.compile(SAMPLE.pattern, re.DOTALL).fullmatch(line)
    if match is None:
        raise NotAnExpositionError(f"no sample: {line[:200]!r}")
    name, labels, value = match.groups()
    return name, Sample(read_labels(labels or ""), float(value))


def read_labels(text: str) -> dict[str, str]:
    """The labels between the braces."""
    labels, at = {}, 0
    while at < len(text):
        match = LABEL.match(text, at)
        if match is None:
            raise NotAnExpositionError(f"no label: {text[at : at + 200]!r}")
        labels[match[1]] = ESCAPE.sub(unescaped, match[2]) if "\\" in match[2] else match[2]
        at = match.end()
    return labels


def unescaped(match: re.Match[str]) -> str:
    """What an escape stands for."""
    if match[1] not in ESCAPED:
        raise NotAnExpositionError(f"no escape: {match[0]!r}")
    return ESCAPED[match[1]]
