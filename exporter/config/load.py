"""
A configuration file to a checked `Config`, or a ConfigError with every mistake in it. Reads that
one file; never the environment, and never the files that secrets are in.
"""

from pathlib import Path

from pydantic import ValidationError

from exporter.config.checks import mistakes
from exporter.config.mistakes import problem, refusals, repetition
from exporter.config.places import Mistake
from exporter.config.schema import Config
from exporter.config.yaml_lines import Document, NotYamlError, read
from exporter.errors import ConfigError, Problem

LARGEST = 8 * 1024 * 1024
YAML = "well-formed YAML, indented with spaces"
EXAMPLE = "a mapping that has at least the key tenants (see config.example.yaml)"


def load(path: Path) -> Config:
    """The configuration in a file; raises ConfigError."""
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except OSError as error:
        raise refused(path, f"a file that cannot be read ({error.strerror})") from None
    if len(content) > LARGEST:
        raise refused(path, "a file of more than 8 MiB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
    else:
        return parse(text, file=str(path), base_dir=path.absolute().parent)
    raise refused(path, "bytes that are not UTF-8", "a file in UTF-8", line)


def refused(path: Path, found: str, accepted: str = "", line: int | None = None) -> ConfigError:
    """The refusal of a file as a whole."""
    accepted = accepted or "a YAML file that the exporter may read"
    return ConfigError(str(path), [Problem("", line, found, accepted)])


def parse(text: str, *, file: str, base_dir: Path) -> Config:
    """The configuration in a text; `base_dir` is what its relative paths start from."""
    try:
        document = read(text)
    except NotYamlError as error:
        raise ConfigError(file, [Problem("", error.line, error.problem, YAML)]) from None
    if document is None or document.data is None:
        raise ConfigError(file, [Problem("", None, "an empty file", EXAMPLE)])
    if not isinstance(document.data, dict):
        raise ConfigError(file, [problem(Mistake((), "", EXAMPLE), document)])
    return checked(document, file, base_dir)


def checked(document: Document, file: str, base_dir: Path) -> Config:
    """A document as a configuration, mistakes of all kinds in the order of the file."""
    problems = [problem(repetition(key), document, key.line) for key in document.repeated]
    problems += [problem(mistake, document) for mistake in mistakes(document.data)]
    config = None
    try:
        config = Config.model_validate(document.data, context={"base_dir": base_dir})
    except ValidationError as error:
        problems += [problem(mistake, document) for mistake in refusals(error)]
    if problems or config is None:
        ordered = sorted(dict.fromkeys(problems), key=lambda each: each.line or 0)
        raise ConfigError(file, ordered)
    return config
