"""docs/web-config.md names every key, header and limit, and its examples are good."""

import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel
from web_clients import Files

from exporter.config.load import LARGEST
from exporter.web.access.file import parsed
from exporter.web.access.passwords import MOST_OF_ONE
from exporter.web.access.reading import PATIENCE
from exporter.web.access.settings import COSTLIEST, CURVES, HEADERS, UNVERIFIED, WebSettings
from exporter.web.limits import LIMITS
from exporter.web.making import MOST_WAITING

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "web-config.md").read_text(encoding="utf-8")
UNITS = {"s": 1, "KiB": 1024, "bytes": 1, "": 1}


def section(title: str) -> str:
    """The text below a heading."""
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def keys(model: type[BaseModel], before: str = "") -> Iterator[str]:
    """Every key that a file may have, as it is written in the table."""
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from keys(inner, f"{name}.")
        else:
            yield before + name


def test_every_key_has_a_row_and_no_other() -> None:
    first = [
        line.split("|")[1] for line in section("What the file may say").splitlines() if "|" in line
    ]
    table = {name for cell in first for name in re.findall(r"`([a-z0-9_.]+)`", cell)}
    known = set(keys(WebSettings))
    assert known <= table
    assert {name for name in table if "." in name} <= known


@pytest.mark.parametrize("name", [*HEADERS, *CURVES, *(UNVERIFIED - {"RequireClientCert"})])
def test_every_name_of_a_value_is_said(name: str) -> None:
    assert f"`{name}`" in PAGE


def test_every_limit_has_a_row_with_its_value() -> None:
    rows = re.findall(
        r"^\| `([a-z]+)` \| ([0-9]+) ?([A-Za-z]*) \|", section("Limits"), re.MULTILINE
    )
    found = {name: float(value) * UNITS[unit] for name, value, unit in rows}
    assert found == {name: float(value) for name, value in asdict(LIMITS).items()}


def test_number_of_passwords_that_wait_is_said() -> None:
    assert f"more than {MOST_WAITING} passwords" in PAGE
    assert f"or {MOST_OF_ONE} of one address" in PAGE


def test_costliest_hash_is_said() -> None:
    assert f"of cost {COSTLIEST} at most" in PAGE
    assert f"hashes above cost {COSTLIEST}" in PAGE


def test_patience_with_files_and_their_size_are_said() -> None:
    assert f"not read within {PATIENCE:g} s" in PAGE
    assert f"at most {LARGEST // 1024**2} MiB" in PAGE


def test_examples_are_good(tmp_path: Path) -> None:
    files = Files(tmp_path)
    web, prometheus = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    settings = parsed(web, files.config)
    assert settings.tls_server_config.verifies
    assert settings.basic_auth_users.keys() == {"prometheus"}
    assert yaml.safe_load(prometheus)["scrape_configs"][0]["scheme"] == "https"


def test_page_is_found_from_the_readme() -> None:
    assert "(docs/web-config.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
