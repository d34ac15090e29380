"""
From what pydantic and the cross checks refuse to mistakes a person can act on. Shows a value as it
was written, except where it is, or may be, a secret.
"""

import json
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from yaml.nodes import MappingNode, Node, SequenceNode

from exporter.config.places import Mistake
from exporter.config.schema import A_SOURCE, Config, SourceConfig
from exporter.config.values import REFUSED
from exporter.config.yaml_lines import Document, Loc, Repeated, find
from exporter.errors import Problem
from exporter.wording import printable

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

# Below these keys nothing that was written is shown, keys included.
SECRET_KEYS = frozenset({"client_secret", "secret", "password", "basic_auth_users"})
# Elsewhere a key of this name holds no secret.
PRIVATE_KEY = ("tls_server_config", "key")
# Instead of these, some write the secret itself.
PLAIN_KEYS = SECRET_KEYS | {"certificate"}
# The middle of every client secret that Entra ID has issued since 2021, and the head of a PEM file.
LIKE_A_SECRET = re.compile(r"[A-Za-z0-9]Q~|-----BEGIN")
NOT_SHOWN = "(not shown)"
LONGEST_SHOWN = 80
KEY = "[key]"  # pydantic's mark for "the key itself, not what is behind it"
TAGS: Mapping[str, str] = {"int": "number", "float": "number", "bool": "boolean"}
SHAPES: Mapping[str, str] = {
    "tuple_type": "a list, each entry after a dash",
    "dict_type": "a mapping",
    "mapping_type": "a mapping",
}


def refusals(error: ValidationError, root: type[BaseModel] = Config) -> Iterator[Mistake]:
    """
    What pydantic refused of a `root`, in our words; `found` is empty where the value itself is to
    blame.
    """
    for detail in error.errors(include_url=False, include_input=False):
        loc = tuple(part for part in detail["loc"] if part != KEY)
        yield refusal(detail, loc, root, is_key=KEY in detail["loc"])


def refusal(detail: "ErrorDetails", loc: Loc, root: type[BaseModel], *, is_key: bool) -> Mistake:
    """One of them; where a key is to blame, it is what is shown."""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == REFUSED:
        named = json.dumps(loc[-1]) if is_key else ""
        return Mistake(loc, str(context["found"]) or named, str(context["accepted"]))
    if kind == "extra_forbidden":
        return unknown_key(loc, root)
    if kind == "missing":
        return Mistake(loc, "nothing", described(loc, root))
    return Mistake(loc, "", accepted_by(kind, context, loc, root))


def accepted_by(kind: str, context: Mapping[str, object], loc: Loc, root: type[BaseModel]) -> str:
    """What a place accepts, when the value is not even of the right kind."""
    if kind == "literal_error":
        return str(context["expected"]).replace("'", "")
    if kind == "model_type":
        model = section_at(loc, root)
        if model is SourceConfig:
            return A_SOURCE
        return f"a mapping with the keys {', '.join(model.model_fields)}"
    if kind == "string_type":
        return f"{described(loc, root)}, in quotes"
    return SHAPES.get(kind, described(loc, root))


def unknown_key(loc: Loc, root: type[BaseModel]) -> Mistake:
    """Below a secret the key may be the secret itself, written in braces by mistake."""
    names = list(section_at(loc[:-1], root).model_fields)
    if hidden(loc[:-1]):
        accepted = f"the keys here are {', '.join(names)}"
        return Mistake(loc[:-1], f"an unknown key {NOT_SHOWN}", accepted)
    near = get_close_matches(str(loc[-1]), names, n=1)
    hint = f"perhaps {near[0]}; " if near else ""
    return Mistake(loc, "an unknown key", f"{hint}the keys here are {', '.join(names)}")


def described(loc: Loc, root: type[BaseModel]) -> str:
    """What a field accepts, by its description; keys of one's own choice hold text."""
    if isinstance(loc[-1], str) and loc[-1] not in section_at(loc[:-1], root).model_fields:
        return "text"
    field = field_at(loc, root)
    return (field and field.description) or "a value"


def section_at(loc: Loc, root: type[BaseModel]) -> type[BaseModel]:
    """The model of the section at a place, or of the one that encloses it."""
    field = field_at(loc, root)
    return (field and model_in(field.annotation)) or root


def field_at(loc: Loc, root: type[BaseModel]) -> FieldInfo | None:
    """The field that a place leads to; list positions and free keys do not change the field."""
    field: FieldInfo | None = None
    model: type[BaseModel] | None = root
    for part in loc:
        if model is not None and part in model.model_fields:
            field = model.model_fields[str(part)]
            model = model_in(field.annotation)
    return field


def model_in(annotation: object) -> type[BaseModel] | None:
    """The section that a field holds, be it optional, in a list or in a mapping."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(model_in, get_args(annotation))), None)


def repetition(repeated: Repeated) -> Mistake:
    """A key that is there twice."""
    loc = repeated.loc[:-1] if hidden(repeated.loc[:-1]) else repeated.loc
    found = f"the same key as on line {repeated.first}"
    return Mistake(loc, found, "each key once: YAML would silently keep the last")


def problem(mistake: Mistake, document: Document, at: int | None = None) -> Problem:
    """A mistake with its line, and with what was written there."""
    line, node = find(document.root, mistake.loc)
    told = dotted(mistake.loc), mistake.found or shown(mistake.loc, node), mistake.accepted
    place, found, accepted = map(printable, told)
    return Problem(place, at or line, found, accepted)


def dotted(loc: Loc) -> str:
    """`tenants[0].poll.interval`."""
    shy = (NOT_SHOWN if LIKE_A_SECRET.search(str(part)) else part for part in loc)
    parts = (f"[{part}]" if isinstance(part, int) else f".{shortened(part)}" for part in shy)
    return "".join(parts).removeprefix(".")


def hidden(loc: Loc) -> bool:
    """Whether a place is, or is below, one where a secret may have been written."""
    return not SECRET_KEYS.isdisjoint(loc) or loc[:2] == PRIVATE_KEY


def shown(loc: Loc, node: Node | None) -> str:
    """What was written, for a person who looks for it."""
    if isinstance(node, MappingNode | SequenceNode):
        size = "empty " if not node.value else ""
        article = "an" if size else "a"
        return f"{article} {size}{'mapping' if isinstance(node, MappingNode) else 'list'}"
    if node is None or node.tag.endswith(":null"):
        return "nothing"
    if loc and loc[-1] in PLAIN_KEYS:
        return f"a plain value {NOT_SHOWN}"
    if not loc or hidden(loc) or LIKE_A_SECRET.search(node.value):
        return f"a value {NOT_SHOWN}"
    kind = TAGS.get(node.tag.rpartition(":")[2])
    text = shortened(node.value)
    return f"the {kind} {text}" if kind else json.dumps(text, ensure_ascii=False)


def shortened(text: str) -> str:
    """The beginning of a text that is long."""
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "..."
