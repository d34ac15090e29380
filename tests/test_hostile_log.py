"""Whatever a log event holds: one line that a program can read."""

import io
import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import structlog
from hostile import texts
from hypothesis import example, given
from hypothesis import strategies as st

from exporter import log

PAIR = re.compile(r'(?P<key>[a-z_]+)=(?P<value>"(?:[^"\\]|\\.)*"|[^ "=]*)(?: |$)')
fields = st.fixed_dictionaries(
    {"tenant": texts, "detail": texts | st.none() | st.integers() | st.floats()},
    optional={"next_step": texts, "problem": st.builds(ValueError, texts)},
)


@contextmanager
def written(form: str) -> Iterator[io.StringIO]:
    """What is logged in a format."""
    stream, root, azure = io.StringIO(), logging.getLogger(), logging.getLogger("azure")
    handlers, levels = root.handlers[:], (root.level, azure.level)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stderr", stream)
        # Configuring removes pytest's own handlers, and closes them.
        patch.setattr(root, "handlers", [])
        log.configure("info", form)
        yield stream
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    azure.setLevel(levels[1])


def line_of(form: str, message: str, event: dict[str, object]) -> str:
    """The one line that an event becomes."""
    with written(form) as stream:
        log.get().warning(message, **event)
    [line] = stream.getvalue().removesuffix("\n").split("\n")
    assert line.isprintable()
    assert line.encode()
    return line


@given(texts, fields)
@example("m", {"tenant": "a\\", "detail": 'b" level=error x="'})
@example("m", {"tenant": "a\\", "detail": "x y\\"})
@example("", {"tenant": "", "detail": "="})
def test_logfmt_event_is_one_line_with_its_own_fields_alone(
    message: str, event: dict[str, object]
) -> None:
    line = line_of("logfmt", message, event)
    found = list(PAIR.finditer(line))
    assert "".join(match[0] for match in found) == line
    assert [match["key"] for match in found] == ["time", "level", "msg", *event]
    assert found[1]["value"] == "warn"


@given(texts, fields)
def test_json_event_says_what_was_logged(message: str, event: dict[str, object]) -> None:
    read = json.loads(line_of("json", message, event))
    assert list(read) == [*event, *(key for key in read if key not in event)]
    assert (read["msg"], read["tenant"], read["level"]) == (message, event["tenant"], "warn")
