"""
YAML text to plain data, together with where each part of it was written. Never quotes the text in
a mistake: the text may hold a secret.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import yaml
from yaml.constructor import ConstructorError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.reader import ReaderError

Loc = tuple[int | str, ...]

# A file of a few lines can stand for billions of values (the "billion laughs").
MOST_VALUES = 200_000
# What PyYAML quotes and is not content: names of tokens, tabs, and the signs of the syntax.
SYNTAX = re.compile(r"""'(?:<[a-z ]+>|\\t|[\[\]{}:,?-])'""")
QUOTED = re.compile(r"""(['"]).*\1""", re.DOTALL)
# Where PyYAML's sentence makes sense only after another one that comes before it.
REWORDED: Mapping[str, str] = {
    "but found another document": "a second document begins",
    "second occurrence": "the same anchor a second time",
    "found unhashable key": "a key that is a list or a mapping",
}
NUMBERS = frozenset({"tag:yaml.org,2002:int", "tag:yaml.org,2002:float"})
# Those to the base of 60 take minutes to read when they are long.
LONGEST_NUMBER = 100
HALF = re.compile("[\ud800-\udfff]")
TEXT, MERGE = "tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"
# Dates stay text (an impossible one would be a crash), and so does a lone `=`.
LEFT_AS_TEXT = {"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:value"}


class NotYamlError(Exception):
    """The text cannot be read; `problem` says why without any of the text."""

    def __init__(self, problem: str, line: int | None = None, column: int | None = None) -> None:
        place = f"column {column}: " if column is not None else ""
        self.problem = f"a mistake in the YAML ({place}{problem})"
        self.line = line
        super().__init__(self.problem)


class Loader(yaml.SafeLoader):
    """PyYAML's safe loader; what does not fit its type is a mistake with a place, not a crash."""

    def construct_object(self, node: Node, *args: bool, **kwargs: bool) -> object:
        """As PyYAML does it."""
        problem = unfit(node)
        if not problem:
            try:
                return super().construct_object(node, *args, **kwargs)
            except (ValueError, OverflowError, LookupError, TypeError, AttributeError):
                problem = "a value does not fit its YAML type"
        raise ConstructorError(None, None, problem, node.start_mark)


def unfit(node: Node) -> str:
    """What of a value is more than a configuration can hold; empty when nothing is."""
    if not isinstance(node, ScalarNode):
        return ""
    if node.tag in NUMBERS and len(node.value) > LONGEST_NUMBER:
        return "a number with far too many digits"
    return "half of a character, as \\ud800 is" if HALF.search(node.value) else ""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in LEFT_AS_TEXT]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True, slots=True)
class Repeated:
    """A key that was written before: YAML silently keeps the last."""

    loc: Loc
    line: int
    first: int


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says (`data`), how it was written (`root`), and the keys it has twice."""

    root: Node
    data: object
    repeated: tuple[Repeated, ...]


def read(text: str) -> Document | None:
    """The document, or None when there is nothing in it; raises NotYamlError."""
    try:
        loader = Loader(text)
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise NotYamlError("a character that it does not allow", line) from None
    try:
        root = loader.get_single_node()
        return None if root is None else understood(loader, root)
    except yaml.MarkedYAMLError as error:
        mark, problem = error.problem_mark, safe(error.problem or "not YAML")
    except RecursionError:
        mark, problem = None, "lists or mappings nested too deeply"
    except (ValueError, OverflowError):  # PyYAML reads the digits before it knows the value
        mark, problem = loader.get_mark(), "a number or an escape beyond all range"
    if mark is None:
        raise NotYamlError(problem)
    raise NotYamlError(problem, mark.line + 1, mark.column + 1)


def understood(loader: Loader, root: Node) -> Document:
    """Data of a tree, whose keys are looked at before: constructing forgets the repeated ones."""
    if expanded(root, {}) > MOST_VALUES:
        raise NotYamlError("aliases that stand for far too many values")
    repeated = tuple(plain_keys(root, (), set()))
    return Document(root, loader.construct_document(root), repeated)


def safe(problem: str) -> str:
    """PyYAML's sentence without what it quotes of the text."""
    problem = REWORDED.get(problem, problem)
    if re.search("['\"]", SYNTAX.sub("", problem)):
        return QUOTED.sub("(not shown)", problem)
    return problem


def children(node: Node) -> list[Node]:
    """Keys and values, or items, or nothing."""
    if isinstance(node, MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, SequenceNode) else []


def expanded(node: Node, known: dict[int, int]) -> int:
    """How many values a node stands for with its aliases written out."""
    if id(node) not in known:
        known[id(node)] = MOST_VALUES + 1  # what holds itself has no end
        known[id(node)] = 1 + sum(expanded(child, known) for child in children(node))
    return known[id(node)]


def line(node: Node) -> int:
    """Where a node begins, counted from 1."""
    return int(node.start_mark.line) + 1


def plain_keys(node: Node, loc: Loc, seen: set[int]) -> Iterator[Repeated]:
    """Make each key the text that was written (`on` is no boolean), and say which are repeated."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, SequenceNode):
        for index, item in enumerate(node.value):
            yield from plain_keys(item, (*loc, index), seen)
    elif isinstance(node, MappingNode):
        first: dict[str, int] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                continue  # constructing refuses it
            if key.tag != MERGE:
                key.tag = TEXT
            if key.value in first:
                yield Repeated((*loc, key.value), line(key), first[key.value])
            first.setdefault(key.value, line(key))
            yield from plain_keys(value, (*loc, key.value), seen)


def find(root: Node, loc: Loc) -> tuple[int, Node | None]:
    """The line of a place or of the nearest thing that encloses it; its node when it is there."""
    at, node = line(root), root
    for part in loc:
        step = inside(node, part)
        if step is None:
            return at, None
        at, node = step
    return at, node


def inside(node: Node, part: int | str) -> tuple[int, Node] | None:
    """One step down: by index, or by key, of which the last counts as it does for YAML."""
    if isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
        return line(node.value[part]), node.value[part]
    if isinstance(node, MappingNode):
        for key, value in reversed(node.value):
            if isinstance(key, ScalarNode) and key.value == part:
                return line(key), value
    return None
