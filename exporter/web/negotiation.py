"""
What a client accepts, read from its headers however odd they are. Pure.

prometheus_client's own choice is not used: it ignores q-values and fails on unknown versions.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum


class Format(Enum):
    """The exposition formats, by their content type."""

    TEXT = "text/plain; version=0.0.4; charset=utf-8"
    OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Choice:
    """One element of an Accept or Accept-Encoding header, in lower case."""

    name: str
    parameters: Mapping[str, str]
    quality: float


QUALITY = re.compile(r"(0(\.\d{0,3})?|1(\.0{0,3})?)")
MOST_CHOICES = 50

FORMATS = {
    ("application/openmetrics-text", ""): Format.OPENMETRICS,
    ("application/openmetrics-text", "1.0.0"): Format.OPENMETRICS,
    ("text/plain", ""): Format.TEXT,
    ("text/plain", "0.0.4"): Format.TEXT,
    ("text/*", ""): Format.TEXT,
    ("*/*", ""): Format.TEXT,
}


def exposition_format(accept: str) -> Format:
    """The format that the client likes best; the oldest when it names none that there is."""
    liked = [
        (choice.quality, found)
        for choice in choices(accept)
        if (found := FORMATS.get((choice.name, choice.parameters.get("version", ""))))
    ]
    best = max(liked, key=lambda pair: pair[0], default=(0.0, Format.TEXT))
    return best[1] if best[0] else Format.TEXT


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether the client takes gzip: by its name, else by `*`."""
    qualities = {choice.name: choice.quality for choice in choices(accept_encoding)}
    return qualities.get("gzip", qualities.get("x-gzip", qualities.get("*", 0.0))) > 0


def choices(header: str) -> Iterator[Choice]:
    """The elements of a header; a quality that is none counts as 1."""
    for element in header.lower().split(",", MOST_CHOICES)[:MOST_CHOICES]:
        name, *rest = (part.strip() for part in element.split(";"))
        pairs = (part.partition("=") for part in rest)
        parameters = {key.strip(): value.strip().strip('"') for key, _, value in pairs}
        quality = parameters.pop("q", "1")
        yield Choice(name, parameters, float(quality) if QUALITY.fullmatch(quality) else 1.0)
