"""docs/metrics.md names every metric and label that there is, and none that there is not."""

import re
from pathlib import Path

import pytest

from exporter.health import Task
from exporter.metrics import FAMILIES, Family
from exporter.metrics.health import HEALTH_FAMILIES, HealthFamily
from exporter.model import (
    COULD_NOT_TELL,
    Cause,
    CredentialKind,
    CredentialState,
    FailureReason,
    ObjectType,
)

TEXT = (Path(__file__).parent.parent / "docs" / "metrics.md").read_text(encoding="utf-8")
CRED = "CRED"
CREDENTIAL_LABELS = re.search(r"^CRED stands for (.+)\.$", TEXT, re.MULTILINE)
ALL: tuple[Family | HealthFamily, ...] = (*FAMILIES, *HEALTH_FAMILIES)
each_family = pytest.mark.parametrize("family", ALL, ids=lambda family: family.name)


def code(text: str) -> list[str]:
    """What is written as code in a piece of text."""
    return re.findall(r"`([^`]+)`", text)


def row(family: Family | HealthFamily) -> list[str]:
    """The cells of the family's one row of the table."""
    [line] = re.findall(rf"^\| `{family.name}` \|.*$", TEXT, re.MULTILINE)
    cells: list[str] = [cell.strip() for cell in line.strip("|").split("|")]
    return cells


@each_family
def test_table_has_a_row_of_the_family_with_its_type(family: Family | HealthFamily) -> None:
    name, kind, _, meaning = row(family)
    assert (code(name), kind) == ([family.name], family.type)
    assert meaning


@each_family
def test_row_of_the_family_names_its_labels_and_no_others(family: Family | HealthFamily) -> None:
    assert CREDENTIAL_LABELS is not None
    labels = row(family)[2].replace(CRED, CREDENTIAL_LABELS[1])
    assert tuple(code(labels)) == family.labels


def test_every_metric_that_is_named_exists() -> None:
    named = set(re.findall(r"entra_\w+", TEXT))
    assert {name.removesuffix("_bucket") for name in named} == {family.name for family in ALL}


def test_every_label_that_a_query_uses_exists() -> None:
    queries = "\n".join(re.findall(r"```promql\n(.*?)```", TEXT, re.DOTALL))
    used = set(re.findall(r"[{,]\s*(\w+)\s*(?:=~|!=|!~|=)", queries))
    used |= {
        label.strip()
        for group in re.findall(r"\b(?:by|without|on)\s*\(([^)]*)\)", queries)
        for label in group.split(",")
        if label.strip()
    }
    scraped = {"instance", "pod", "job", "le"}
    assert used
    assert used - scraped <= {label for family in ALL for label in family.labels}


@pytest.mark.parametrize(
    "value", [*ObjectType, *CredentialKind, *CredentialState, *FailureReason, *Cause, *Task]
)
def test_every_value_of_a_label_with_a_closed_list_is_named(value: str) -> None:
    assert str(value) in code(TEXT)


def test_every_task_is_explained_once() -> None:
    section = TEXT.partition("## The exporter's own health")[2].partition("\n## ")[0]
    assert sorted(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == sorted([*Task, "task"])


def test_causes_that_are_no_refusal_are_listed_as_such() -> None:
    [listed] = re.findall(r"^- could not tell: (.+?)\.$", TEXT, re.MULTILINE)
    assert set(code(listed)) == {str(cause) for cause in COULD_NOT_TELL}


def test_queries_leave_out_exactly_the_causes_that_are_no_refusal() -> None:
    lists = re.findall(r'cause=~"([^"]+)"', TEXT)
    assert lists
    for listed in lists:
        assert listed.split("|") == [str(cause) for cause in Cause if cause in COULD_NOT_TELL]


def test_the_series_of_a_target_are_counted_right() -> None:
    families = [family for family in FAMILIES if family.labels[1:2] == ("target",)]
    series = sum(len(Cause) if "cause" in family.labels else 1 for family in families)
    assert re.search(rf"\+ {series} \S targets", TEXT)
    assert f"Each\ntarget that is verified has {series}." in TEXT
