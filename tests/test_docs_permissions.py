"""docs/permissions.md names what the program names; its commands are valid and ask for no more."""

import re
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest
from builders import NOW
from test_remedy_commands import run

from exporter.graph.answers import refused
from exporter.graph.client import FIELDS
from exporter.permissions import GRAPH, READ, READ_ROLE, VAULT_ROLE
from exporter.remedy.steps import STEPS
from exporter.runbooks import RUNBOOKS
from exporter.simulator.directory import READ_ALL
from exporter.sources import vault_refusals

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "permissions.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NOT_NEEDED = PAGE.partition("## What it does not need")[2].partition("\n## ")[0]


def test_page_and_program_name_the_same_permission_and_role() -> None:
    table = PAGE.partition("## ")[0]
    for text in (table, "\n".join(COMMANDS)):
        assert READ_ROLE in text
        assert VAULT_ROLE in text
    assert f"**application** permission `{READ}` (`{READ_ROLE}`)" in table
    assert READ == READ_ALL
    assert VAULT_ROLE in vault_refusals.ROLE


def test_no_other_permission_is_asked_for() -> None:
    assert set(GUID.findall(PAGE)) == {GRAPH, READ_ROLE}
    elsewhere = PAGE.replace(NOT_NEEDED, "")
    assert set(re.findall(r"\w+\.Read(?:Write)?\.\w+", elsewhere)) == {READ}
    assert "ReadWrite" not in "\n".join(COMMANDS)


@pytest.mark.parametrize("page", ["README.md", "docs/configuration.md", "alerts/runbooks"])
def test_ids_elsewhere_are_the_same_ones(page: str) -> None:
    place = ROOT / page
    files = sorted(place.glob("*.md")) if place.is_dir() else [place]
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    assert set(re.findall(rf"({GUID.pattern})=Role", text)) <= {READ_ROLE}
    assert not re.findall(r"\w+\.ReadWrite\.\w+|Directory\.Read\.All", text)


@pytest.mark.parametrize("page", ["README.md", "docs/configuration.md", "docs/ARCHITECTURE.md"])
def test_other_pages_lead_to_it(page: str) -> None:
    assert "permissions.md)" in (ROOT / page).read_text(encoding="utf-8")


def test_fields_that_are_asked_for_are_the_ones_that_are_named() -> None:
    named = set(re.findall(r"`(\w+)`", PAGE.partition("for no field beyond")[2]))
    assert named >= {field for fields in FIELDS.values() for field in fields}


def test_refusal_for_want_of_the_permission_names_it_and_the_next_command() -> None:
    remedy = refused(httpx.Response(403), NOW).remedy
    assert READ in remedy
    assert f"--api {GRAPH} --api-permissions {READ_ROLE}=Role" in remedy
    assert "az ad app permission admin-consent" in remedy
    assert "docs/permissions.md" in remedy
    assert "Directory" not in remedy


def test_runbook_of_a_failing_poll_grants_the_same() -> None:
    assert READ_ROLE in STEPS["grant_read"].command
    assert READ_ROLE in STEPS["grant_read_identity"].command
    assert "EntraPollFailing" in RUNBOOKS
    assert "runbooks/EntraPollFailing.md" in PAGE


@pytest.mark.parametrize("command", COMMANDS, ids=range(len(COMMANDS)))
def test_command_is_valid_and_is_read_as_it_is_meant(command: str, tmp_path: Path) -> None:
    bash = shutil.which("bash") or "bash"
    subprocess.run([bash, "-n"], input=command, text=True, check=True)
    if "entra-credential-exporter check" in command:
        return
    [calls] = run([command], tmp_path)
    assert calls
    assert {call[0] for call in calls} == {"az"}


def test_page_that_is_named_is_there() -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", PAGE):
        assert (ROOT / "docs" / link).resolve().exists(), link
