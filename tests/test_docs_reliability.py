"""docs/reliability.md names tests that exist, no file of them is forgotten; its numbers hold."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from outside import TROUBLES
from soak_check import FRESH
from soak_exporter import POLL_INTERVAL
from soak_faults import MISHAPS
from soak_report import (
    CALM,
    DESCRIPTOR_GROWTH,
    MEMORY_GROWTH,
    MEMORY_SHARE,
    STORM,
    THREAD_GROWTH,
)
from test_faults_reach import WAYS

from exporter.schedule import FIRST_RETRY, LONGEST_CRASH_PAUSE
from exporter.web import making
from exporter.web.access.reading import PATIENCE as READ
from exporter.web.access.settings import COSTLIEST
from exporter.web.limits import LIMITS
from exporter.work import MOST_LEFT
from exporter.work import PATIENCE as CALL

TESTS = Path(__file__).parent
PAGE = (TESTS.parent / "docs" / "reliability.md").read_text(encoding="utf-8")
HEADING = "| fault | what the exporter does | shown by |"
TESTS_NAMED = set(re.findall(r"`(test_\w+)`", PAGE))
ABOUT_FAULTS = re.compile(
    r"test_(faults|state|hostile|shutdown|work|health|trace|negotiation|read_only|soak"
    r"|web_(crowd|slow|hostile|bodies|tls|client_certificates|passwords|config))(_\w+)?"
)
"""Files whose tests are about faults: each has a row, so that a new one is not forgotten."""

OF_THE_CHECKS = {"test_soak_check.py"}
"""Named as a file: it tests the soak, and not the exporter."""

FILES = [file for file in TESTS.rglob("test_*.py") if ABOUT_FAULTS.fullmatch(file.stem)]


def written_tests(file: Path) -> Iterator[str]:
    """The name of each test function in a file."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name


def rows() -> Iterator[str]:
    """The rows of all tables of faults."""
    for table in PAGE.split(HEADING)[1:]:
        yield from table.split("\n\n")[0].splitlines()[2:]


def named(kind: str) -> set[str]:
    """What the page names after a word: `trouble`, or `way`."""
    found = re.findall(rf"\b{kind}s? ((?:`[^`]+`(?:, )?)+)", PAGE)
    names = {name for group in found for name in re.findall(r"`([^`]+)`", group)}
    return {name for name in names if not name.startswith("test_")}


def test_every_test_that_is_named_exists() -> None:
    there = {name for file in TESTS.rglob("test_*.py") for name in written_tests(file)}

    assert len(TESTS_NAMED) > 200
    assert there >= TESTS_NAMED


def test_every_row_names_what_shows_it() -> None:
    assert len([*rows()]) > 100
    for row in rows():
        shown_by = row.split("|")[-2]
        assert row.count("|") == HEADING.count("|"), row
        assert re.search(r"`test_\w+`|troubles? `|way `", shown_by), row


def test_every_trouble_and_every_way_has_a_row() -> None:
    assert named("trouble") == {trouble.name for trouble in TROUBLES}
    assert named("way") == {way.__name__ for way in WAYS}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_file_of_tests_about_faults_is_represented(file: Path) -> None:
    if file.name in OF_THE_CHECKS:
        assert f"`tests/{file.name}`" in PAGE
    else:
        assert TESTS_NAMED & set(written_tests(file))


def test_page_begins_with_all_its_sections() -> None:
    sections = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    contents = re.findall(r"\| \[([^]]+)\]\(#([a-z-]+)\) \|$", PAGE, re.MULTILINE)

    assert [title for title, _ in contents] == sections
    for title, anchor in contents:
        assert anchor == re.sub(r"[^a-z -]", "", title.lower()).replace(" ", "-")


@pytest.mark.parametrize(
    "words",
    [
        f"all {LIMITS.connections} places",
        f"cut off after {LIMITS.answer:g} s",
        f"closed after {LIMITS.idle:g} s",
        f"hung up on after {LIMITS.receive:g} s, whatever drips",
        f"never completed | hung up on after {LIMITS.handshake:g} s",
        f"up to {LIMITS.body // 1024} KiB, then 413",
        f"from the {making.MOST_WAITING + 1}rd that waits on",
        f"500 after {making.PATIENCE:g} s",
        f"after {FIRST_RETRY:g} s and then after longer pauses",
        f"up to {LONGEST_CRASH_PAUSE // 60:g} minutes;",
        f"refused above cost {COSTLIEST}; comparing that takes {making.PATIENCE:g} s",
        f"once a read has taken {READ:g} s",
        f"left behind after {CALL // 60:g} minutes",
        f"| {MOST_LEFT} of them never end |",
    ],
)
def test_number_of_the_program_is_the_one_that_is_said(words: str) -> None:
    assert words in PAGE


def test_page_says_how_many_examples_are_tried() -> None:
    for profile in ("ci", "fuzz"):
        assert f"up to {settings.get_profile(profile).max_examples} of most" in PAGE


@pytest.mark.parametrize(
    "words",
    [
        f"For {CALM:g} s nothing fails, then for {STORM:g} s services fail in {len(MISHAPS)} ways",
        f"no data is older than {FRESH:g} s",
        f"memory by at most {MEMORY_GROWTH:g} MB or {MEMORY_SHARE:.0%}",
        f"file descriptors by {DESCRIPTOR_GROWTH}, threads by {THREAD_GROWTH}",
    ],
)
def test_soak_is_what_the_page_says(words: str) -> None:
    assert words in " ".join(PAGE.split())
    assert POLL_INTERVAL == "1s"
