"""Every test that docs/reliability.md names exists, and it names each trouble of the tests."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from outside import TROUBLES
from test_faults_reach import WAYS

TESTS = Path(__file__).parent
PAGE = (TESTS.parent / "docs" / "reliability.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and "---" not in line]


def written_tests() -> Iterator[str]:
    """The name of each test function there is."""
    for file in TESTS.glob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node.name


def named(kind: str) -> set[str]:
    """What the page names after a word: `trouble`, or `way`."""
    found = re.findall(rf"\b{kind}s? ((?:`[^`]+`(?:, )?)+)", PAGE)
    names = {name for group in found for name in re.findall(r"`([^`]+)`", group)}
    return {name for name in names if not name.startswith("test_")}


def test_every_test_that_is_named_exists() -> None:
    tests = set(re.findall(r"`(test_\w+)`", PAGE))

    assert len(tests) > 40
    assert tests <= set(written_tests())


def test_every_row_names_what_shows_it() -> None:
    rows = [row for row in ROWS if not row.startswith("| fault")]

    assert rows
    for row in rows:
        shown_by = row.split("|")[-2]
        assert re.search(r"`test_\w+`|troubles? `|way `", shown_by), row


def test_every_trouble_and_every_way_has_a_row() -> None:
    assert named("trouble") == {trouble.name for trouble in TROUBLES}
    assert named("way") == {way.__name__ for way in WAYS}
