"""A value that is one key of a file of settings. Says which keys exist, never what they hold."""

import asyncio
import json
import re
from collections.abc import Mapping
from pathlib import Path

import yaml

from exporter.config import SourceConfig
from exporter.sources.access import NO_ACCESS, Access
from exporter.sources.file import read_bytes
from exporter.sources.formats import FORMATS, LINES, Parse, format_of
from exporter.sources.names import shown
from exporter.sources.secret import Secret
from exporter.sources.unreadable import SourceUnreadable

LEVELS = re.compile(r"\.|:|__")
KINDS: Mapping[type, str] = {
    bool: "a boolean",
    int: "a number",
    float: "a number",
    dict: "a mapping",
    list: "a list",
    type(None): "nothing",
}


async def read_keyed(source: SourceConfig, _access: Access = NO_ACCESS) -> Secret:
    """The text behind the key; raises SourceUnreadable."""
    path = source.file or Path()
    parse = format_of(path)
    if parse is None:
        known = ", ".join(FORMATS)
        raise SourceUnreadable(
            f"{path} is of no format in which keys are known ({known}); rename it, or leave out"
            " `key` when the whole file is the secret"
        )
    content = await read_bytes(source)
    return Secret(await asyncio.to_thread(value_of, content, parse, source.key or "", path))


def value_of(content: bytes, parse: Parse, key: str, path: Path) -> str:
    """The text behind the key. What the parsers say is not passed on: they quote the content."""
    try:
        data = parse(content.decode("utf-8-sig"))
        if isinstance(data, Mapping):
            return text_at(data, key, path)
        where = ""
    except SourceUnreadable:
        raise
    except Exception as error:  # noqa: BLE001 - PyYAML lets through whatever a value makes it raise
        where = place_of(error)
    # Raised out here, it has no context: a traceback would show the parser's message after all.
    kind = path.suffix.removeprefix(".") or "env"
    raise SourceUnreadable(
        f"{path} is not a mapping in well-formed {kind}{where}; correct the file"
    )


def place_of(error: Exception) -> str:
    """Where in the file it went wrong, of what the parser says the only thing that is no text."""
    match error:
        case UnicodeDecodeError():
            return ": it is not UTF-8"
        case yaml.MarkedYAMLError(problem_mark=yaml.Mark(line=line)):
            return f": line {line + 1}"
        case json.JSONDecodeError(lineno=line):
            return f": line {line}"
    return ""


def text_at(data: Mapping[object, object], key: str, path: Path) -> str:
    """The key as a whole first, then level by level."""
    whole = [name for name in data if str(name) == key] or [
        name for name in data if LEVELS.split(str(name)) == LEVELS.split(key)
    ]
    value = data[whole[0]] if whole else descend(data, key, path)
    if isinstance(value, str):
        return value
    hint = "name the key inside it" if isinstance(value, Mapping) else "put the value in quotes"
    kind = KINDS.get(type(value), "something else")
    raise SourceUnreadable(f'key "{key}" of {path} holds {kind}, not text; {hint}')


def descend(data: Mapping[object, object], key: str, path: Path) -> object:
    """One level after the other, as in AzureAd.ClientSecret."""
    value: object = data
    above: list[str] = []
    for level in LEVELS.split(key):
        if not isinstance(value, Mapping) or level not in value:
            raise SourceUnreadable(missing(key, level, above, value, path))
        value = value[level]
        above.append(level)
    return value


def missing(key: str, level: str, above: list[str], value: object, path: Path) -> str:
    """Which level is missing, and what is there instead."""
    place = f'under "{".".join(above)}"' if above else "at its top"
    there = "there are no keys there; correct `key`"
    if isinstance(value, Mapping) and value:
        there = present(value, lines=format_of(path) in LINES)
    return f'{path} has no key "{level}" {place} (looking for {key}); {there}'


def present(value: Mapping[object, object], *, lines: bool) -> str:
    """The keys that are there, as far as they may be shown, and what to do."""
    if names := shown(value, lines=lines):
        return f"the keys there are {names}; correct `key`"
    return (
        "the keys there are not shown, as they may be pieces of a secret; correct `key`, or leave"
        " it out when the whole file is the secret"
    )
