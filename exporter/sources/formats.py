"""
The formats of files that hold settings: text to nested mappings. Forgives what the programs that
read such files forgive (comments and trailing commas in appsettings.json); raises ValueError for
the rest, and of YAML anything else; its message may quote the text: never show it.
"""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import yaml

Parse = Callable[[str], object]

# Strings are matched first, so that what looks like a comment inside one is kept.
JSON_NOISE = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
JSON_TRAILING = re.compile(r'("(?:\\.|[^"\\])*")|,(?=\s*[}\]])', re.DOTALL)
DOTENV = re.compile(
    r"^[ \t]*(?:export[ \t]+)?(?P<key>[A-Za-z_][\w.:-]*)[ \t]*=[ \t]*"
    r"(?:'(?P<literal>[^']*)'|\"(?P<quoted>(?:\\.|[^\"\\])*)\"|(?P<bare>[^\n]*))",
    re.MULTILINE | re.DOTALL,
)
DOTENV_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
ESCAPES: Mapping[str, str] = {"n": "\n", "r": "\r", "t": "\t"}
SECTION = re.compile(r"\[(?P<name>[^\]]+)\]\s*")
SETTING = re.compile(r"(?P<key>[^=:]+)[=:](?P<value>.*)", re.DOTALL)
CONTINUED = re.compile(r"(?<!\\)((?:\\\\)*)\\\r?\n[ \t]*")
# Not all white space: a no-break space in a secret is a defect to be found, not to be hidden.
BLANK = " \t\r"


def kept(match: re.Match[str]) -> str:
    """A string as it is; a comment or comma as nothing."""
    return match[1] or ""


def from_json(text: str) -> object:
    """JSON with comments and trailing commas."""
    return json.loads(JSON_TRAILING.sub(kept, JSON_NOISE.sub(kept, text)))


def from_yaml(text: str) -> object:
    """YAML, its first document."""
    return yaml.safe_load(text)


def from_dotenv(text: str) -> dict[str, str]:
    """`NAME=value` lines; quotes around a value do not belong to it, ` #` begins a comment."""
    return {match["key"]: dotenv_value(match) for match in DOTENV.finditer(text)}


def dotenv_value(match: re.Match[str]) -> str:
    """Single quotes keep everything, double quotes know escapes, bare text ends at a comment."""
    if match["literal"] is not None:
        return match["literal"]
    if match["quoted"] is not None:
        return DOTENV_ESCAPE.sub(lambda found: ESCAPES.get(found[1], found[1]), match["quoted"])
    return re.split(r"(?:^|[ \t])#", match["bare"])[0].strip(BLANK)


def from_ini(text: str) -> dict[str, object]:
    """`[section]` and `key = value` or `key: value`; values exactly as written, quotes included."""
    everything: dict[str, object] = {}
    section = everything
    for line in text.split("\n"):
        stripped = line.strip(BLANK)
        if not stripped or stripped[0] in "#;!":
            continue
        if heading := SECTION.fullmatch(stripped):
            section = {}
            everything[heading["name"]] = section
        elif setting := SETTING.fullmatch(stripped):
            section[setting["key"].strip(BLANK)] = setting["value"].strip(BLANK)
    return everything


def from_properties(text: str) -> dict[str, object]:
    """As INI, and a backslash at the end continues a line (certificates are written so)."""
    return from_ini(CONTINUED.sub(r"\1", text))


FORMATS: Mapping[str, Parse] = {
    ".json": from_json,
    ".yaml": from_yaml,
    ".yml": from_yaml,
    ".env": from_dotenv,
    ".ini": from_ini,
    ".cfg": from_ini,
    ".conf": from_ini,
    ".properties": from_properties,
}


# In these every line with a `=`, and in most also one with a `:`, is a key and its value.
LINES = frozenset({from_dotenv, from_ini, from_properties})


def format_of(path: Path) -> Parse | None:
    """By the end of the name; `.env` and `.env.production` are dotenv files too."""
    if path.name == ".env" or path.name.startswith(".env."):
        return from_dotenv
    return FORMATS.get(path.suffix.lower())
