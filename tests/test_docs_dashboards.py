"""The dashboards' page says what each panel answers, and what is installed is what is described."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from command import finished
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "dashboards.md").read_text(encoding="utf-8")
FILES = sorted((ROOT / "dashboards").glob("*.json"))
PROVIDER = ROOT / "dashboards" / "provisioning" / "entra-credential-exporter.yaml"


def panels(file: Path) -> list[dict[str, Any]]:
    """The panels of a dashboard that show something."""
    found = json.loads(file.read_bytes())["panels"]
    return [panel for panel in found if panel["type"] != "row"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_page_has_every_panel_with_the_question_that_it_answers(file: Path) -> None:
    rows = [f"| {panel['title']} | {panel['description']} |" for panel in panels(file)]
    section = PAGE.split(f"uid `{file.stem}`")[1].split("### ")[0]

    assert [row for row in section.splitlines() if row.startswith("| ")][1:] == rows


def test_the_provider_reads_from_where_the_page_says_to_write() -> None:
    [provider] = yaml.safe_load(PROVIDER.read_bytes())["providers"]

    assert f"dashboards --out {provider['options']['path']}\n" in PAGE
    assert provider["type"] == "file"


def test_the_command_writes_the_dashboards(tmp_path: Path) -> None:
    result = finished("dashboards", "--out", str(tmp_path / "new" / "folder"))

    written = sorted((tmp_path / "new" / "folder").iterdir())
    assert result.stdout.splitlines() == [str(file) for file in written]
    assert [file.read_bytes() for file in written] == [file.read_bytes() for file in FILES]


def test_a_folder_that_cannot_be_written_is_one_clear_message(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = finished("dashboards", "--out", str(tmp_path / "file" / "folder"))

    assert result.returncode == 2
    assert "cannot write to" in result.stderr
    assert "--out" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_installed_package_brings_the_same_dashboards(tmp_path: Path) -> None:
    [wheel] = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(wheel) as package:
        brought = {
            Path(name).name: package.read(name)
            for name in package.namelist()
            if name.startswith("exporter/grafana/")
        }

    assert brought == {file.name: file.read_bytes() for file in FILES}
