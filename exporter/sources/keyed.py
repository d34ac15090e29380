"""A value that is one key of a file of settings. Says which keys exist, never what they hold."""

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path

import yaml

from exporter.config import SourceConfig
from exporter.sources.access import NO_ACCESS, Access
from exporter.sources.file import read_bytes
from exporter.sources.formats import FORMATS, Parse, format_of
from exporter.sources.secret import Secret
from exporter.sources.unreadable import SourceUnreadable

LEVELS = re.compile(r"\.|:|__")
# What cannot be the name of a setting may be a piece of a broken value: it is not listed.
A_NAME = re.compile(r"[A-Za-z_][\w.:/-]{0,63}")
MOST_LISTED = 20
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
    data = await asyncio.to_thread(settings, await read_bytes(source), parse, path)
    return Secret(text_at(data, source.key or "", path))


def settings(content: bytes, parse: Parse, path: Path) -> Mapping[object, object]:
    """The file's content. What the parsers say is not passed on: they quote the content."""
    where = ""
    try:
        data = parse(content.decode("utf-8-sig"))
        if isinstance(data, Mapping):
            return data
    except UnicodeDecodeError:
        where = ": it is not UTF-8"
    except yaml.MarkedYAMLError as error:
        where = f": line {error.problem_mark.line + 1}" if error.problem_mark else ""
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        where = f": line {error.lineno}" if hasattr(error, "lineno") else ""
    kind = path.suffix.removeprefix(".") or "env"
    raise SourceUnreadable(
        f"{path} is not a mapping in well-formed {kind}{where}; correct the file"
    )


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
    names = [str(name) for name in value] if isinstance(value, Mapping) else []
    listed = [name for name in names if A_NAME.fullmatch(name)][:MOST_LISTED]
    there = f"the keys there are {', '.join(listed)}" if listed else "there are no keys there"
    return f'{path} has no key "{level}" {place} (looking for {key}); {there}; correct `key`'
