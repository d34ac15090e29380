"""
A bug as the log shows it: where it arose, step by step. Never any variable, and the text of an
error only where that speaks of code: others quote what they stumbled over, maybe a secret.
"""

import traceback
from types import TracebackType

DEEPEST = 40
"""Frames of each error, those nearest to where it arose."""

LONGEST_CHAIN = 5
"""Errors of which one followed from another."""

TELLING = (
    ArithmeticError,
    AttributeError,
    ImportError,
    IndexError,
    MemoryError,
    NameError,
    OSError,
    TypeError,
)
"""Python's own errors whose text names types, attributes, modules or files."""

NOT_SHOWN = "(its text is not shown: it may hold what is stored)"

Caught = tuple[type[BaseException], BaseException, TracebackType | None]


def told(exc_info: Caught) -> str:
    """As Python writes it, but for texts that may hold anything."""
    return "\n\n".join(one(error) for error in reversed(chain(exc_info[1])))


def chain(error: BaseException | None) -> list[BaseException]:
    """The error, and what led to it."""
    found: list[BaseException] = []
    while error is not None and len(found) < LONGEST_CHAIN:
        found.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return found


def one(error: BaseException) -> str:
    """One error: the way to it, and what it is."""
    way = "".join(traceback.format_tb(error.__traceback__, -DEEPEST))
    within = getattr(error, "exceptions", ())
    return "\n".join(
        [f"Traceback (most recent call last):\n{way}{headline(error)}", *map(one, within)]
    )


def headline(error: BaseException) -> str:
    """Its type, and what it says if that speaks of code."""
    kind = type(error)
    name = (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )
    if kind.__module__ == "builtins" and isinstance(error, TELLING):
        return f"{name}: {error}"
    return f"{name} {NOT_SHOWN}" if str(error) else name
