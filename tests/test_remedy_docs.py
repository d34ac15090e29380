"""docs/remedies.md shows the plans as they are, and every key of `used_by` that is filled in."""

import re
from pathlib import Path

import pytest

from exporter.config.schema import UsedByConfig
from exporter.model import Cause
from exporter.remedy import Subject
from exporter.remedy.plans import ALERTS, PLANS, SIGNING
from exporter.remedy.words import WORDS

TEXT = (Path(__file__).parent.parent / "docs" / "remedies.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(\w+)` \| ((?:`\w+`(?:, )?)*) ?\| ", re.MULTILINE)


class Asked(dict[str, str]):
    """Remembers which keys it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.keys_asked: set[str] = set()

    def get(self, key: str, default: object = None) -> None:  # type: ignore[override]
        """Has none of them."""
        del default
        self.keys_asked.add(key)


@pytest.mark.parametrize("cause", Cause)
def test_the_table_shows_the_plan_of_each_cause(cause: Cause) -> None:
    assert f"| `{cause}` | {', '.join(f'`{part}`' for part in PLANS[cause])} |" in TEXT


@pytest.mark.parametrize(("heading", "plans"), [("alert", ALERTS), ("alert about SAML", SIGNING)])
def test_the_tables_show_the_plan_of_each_alert(
    heading: str, plans: dict[str, tuple[str, ...]]
) -> None:
    table = TEXT.partition(f"| {heading}")[2].partition("\n\n")[0].splitlines()[2:]
    assert table == [
        f"| `{name}` | {', '.join(f'`{part}`' for part in parts)} |"
        for name, parts in plans.items()
    ]


def test_every_key_of_used_by_that_is_filled_in_is_explained_and_no_other() -> None:
    details = Asked()
    for word in WORDS.values():
        word.of(Subject(details=details))
    explained = {key for _, keys in ROW.findall(TEXT) for key in re.findall(r"\w+", keys)}
    assert explained == details.keys_asked


def test_every_kind_of_consumer_is_explained() -> None:
    kinds = UsedByConfig.model_fields["kind"].annotation
    assert {kind for kind, _ in ROW.findall(TEXT)} == set(getattr(kinds, "__args__", ()))
