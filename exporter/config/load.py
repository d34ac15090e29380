"""
A configuration file to a checked `Config`, or a ConfigError with every mistake in it. Reads that
one file; never the environment, and never the files that secrets are in. Its parts read the other
file of the operator's as well (`web/access`).
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from exporter.config.checks import mistakes
from exporter.config.mistakes import problem, refusals, repetition
from exporter.config.places import Mistake
from exporter.config.schema import Config
from exporter.config.yaml_lines import Document, NotYamlError, read
from exporter.errors import ConfigError, Problem

Root = TypeVar("Root", bound=BaseModel)

LARGEST = 8 * 1024 * 1024
YAML = "well-formed YAML, indented with spaces"
EXAMPLE = "a mapping that has at least the key tenants (see config.example.yaml)"


def load(path: Path) -> Config:
    """The configuration in a file; raises ConfigError."""
    text = decoded(content_of(path), path)
    return parse(text, file=str(path), base_dir=path.absolute().parent)


def content_of(path: Path) -> bytes:
    """The bytes of a file of the operator's; raises ConfigError."""
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except OSError as error:
        raise refused(path, f"a file that cannot be read ({error.strerror})") from None
    if len(content) > LARGEST:
        raise refused(path, "a file of more than 8 MiB")
    return content


def decoded(content: bytes, path: Path) -> str:
    """The text of a file; raises ConfigError."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
    raise refused(path, "bytes that are not UTF-8", "a file in UTF-8", line)


def refused(path: Path, found: str, accepted: str = "", line: int | None = None) -> ConfigError:
    """The refusal of a file as a whole."""
    accepted = accepted or "a YAML file that the exporter may read"
    return ConfigError(str(path), [Problem("", line, found, accepted)])


def parse(text: str, *, file: str, base_dir: Path) -> Config:
    """The configuration in a text; `base_dir` is what its relative paths start from."""
    document = document_of(text, file)
    if document is None or document.data is None:
        raise ConfigError(file, [Problem("", None, "an empty file", EXAMPLE)])
    if not isinstance(document.data, dict):
        raise ConfigError(file, [problem(Mistake((), "", EXAMPLE), document)])
    more = mistakes(document.data)
    return checked(Config, document, file=file, base_dir=base_dir, more=more)


def document_of(text: str, file: str) -> Document | None:
    """The YAML of a text, or None when there is nothing in it; raises ConfigError."""
    try:
        return read(text)
    except NotYamlError as error:
        raise ConfigError(file, [Problem("", error.line, error.problem, YAML)]) from None


def checked(
    root: type[Root], document: Document, *, file: str, base_dir: Path, more: Iterable[Mistake] = ()
) -> Root:
    """A document as a `root`, mistakes of all kinds and `more` in the order of the file."""
    problems = [problem(repetition(key), document, key.line) for key in document.repeated]
    problems += [problem(mistake, document) for mistake in more]
    found = None
    try:
        found = root.model_validate(document.data, context={"base_dir": base_dir})
    except ValidationError as error:
        problems += [problem(mistake, document) for mistake in refusals(error, root)]
    if problems or found is None:
        ordered = sorted(dict.fromkeys(problems), key=lambda each: each.line or 0)
        raise ConfigError(file, ordered)
    return found
