"""The runbooks themselves: one for each alert, with all its parts, and the files made of them."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from exporter.model import COULD_NOT_TELL, Cause, CredentialKind, FailureReason
from exporter.remedy import Subject
from exporter.remedy.plans import ALERTS, PLANS
from exporter.remedy.steps import STEPS
from exporter.runbooks import RUNBOOKS, About, Runbook
from exporter.runbooks.__main__ import main
from exporter.runbooks.causes import MEANINGS
from exporter.runbooks.markdown import files
from exporter.runbooks.of_credential import BUT_FOR_READING
from exporter.runbooks.of_tenant import FOR_REASON
from exporter.runbooks.runbook import beginning, steps_of

FOLDER = Path(__file__).parents[1] / "alerts" / "runbooks"
HEADINGS = ["Meaning", "Impact", "Diagnosis", "Mitigation", "Verification"]
NAMES = [
    "EntraCredentialExpiresSoon",
    "EntraCredentialExpiryImminent",
    "EntraCredentialExpired",
    "EntraSupersededCredentialExpiresSoon",
    "EntraExpiredCredentialLeftover",
    "EntraStoredCredentialExpiryImminent",
    "EntraVerifyExpired",
    "EntraVerifyRevoked",
    "EntraVerifyRotationMismatch",
    "EntraVerifyFormatError",
    "EntraVerifyFailed",
    "EntraVerifyNotPossible",
    "EntraPollFailing",
    "EntraInventoryStale",
    "EntraInventoryShrank",
    "EntraExporterAbsent",
    "EntraConfigReloadFailed",
]
SIX = ("list", "find_expired", "create_secret", "store_other", "delete_old", "prove_value")
FILES = files(RUNBOOKS.values())

every = pytest.mark.parametrize("book", RUNBOOKS.values(), ids=RUNBOOKS)


def commands(markdown: str) -> list[str]:
    return re.findall(r"```sh\n(.*?)```", markdown, re.DOTALL)


def test_every_alert_of_the_contract_has_a_runbook() -> None:
    assert list(RUNBOOKS) == NAMES


def test_files_are_those_that_the_program_writes() -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
    assert written == FILES, "python -m exporter.runbooks --out alerts/runbooks"


def test_command_writes_them_byte_for_byte(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["--out", str(tmp_path / "new")])
    assert result.exit_code == 0
    for name, text in FILES.items():
        assert (tmp_path / "new" / name).read_bytes() == text.encode()


@every
def test_runbook_has_its_five_headings_in_order(book: Runbook) -> None:
    found = re.findall(r"^## (.+)$", FILES[f"{book.name}.md"], re.MULTILINE)
    assert found == HEADINGS


@every
def test_first_screen_says_what_broke_and_what_comes_next(book: Runbook) -> None:
    first = FILES[f"{book.name}.md"].partition("## Meaning")[0]
    assert f"# {book.name}\n\n**{book.broke}**" in first
    assert "\n\nNext:" in first
    assert "](#mitigation)" in first
    assert commands(first) or len(book.ways) > 1
    assert len(first.splitlines()) <= 30


@every
def test_texts_are_short_sentences(book: Runbook) -> None:
    for text in (book.broke, book.meaning, book.impact, *book.diagnosis, *book.mended):
        assert text[0].isupper() or text[0] in "`/"
        assert text.endswith((".", "?", ".)"))
        assert len(text) <= 240


@every
def test_every_way_leads_to_steps(book: Runbook) -> None:
    assert book.ways
    for way in book.ways:
        assert way.plan in {*PLANS, *ALERTS}
        assert steps_of(way.plan, Subject())


@every
def test_every_step_stands_in_the_file_with_its_command(book: Runbook) -> None:
    text = FILES[f"{book.name}.md"]
    shown = re.sub(r"^ +", "", text, flags=re.MULTILINE)
    for way in book.ways:
        for step in steps_of(way.plan, Subject()):
            assert step.title in text
            if way.spelled:
                assert re.sub(r"^ +", "", step.command, flags=re.MULTILINE) in shown
                assert step.note in text


@pytest.mark.parametrize("name", ["EntraVerifyExpired", "EntraCredentialExpired"])
def test_what_has_expired_takes_the_six_steps(name: str) -> None:
    names = [step.name for step in steps_of(RUNBOOKS[name].ways[0].plan, Subject())]
    assert set(SIX) <= set(names)
    assert names.index("prove_value") < names.index("delete_old")


@pytest.mark.parametrize("name", ["EntraCredentialExpiresSoon", "EntraVerifyExpired"])
@pytest.mark.parametrize(
    "command",
    [
        "az keyvault secret set",
        "kubectl patch secret",
        "az aks update-credentials",
        "az webapp config appsettings set",
        "sqlcmd",
        "sudo systemctl restart UNIT",
        "az deployment group create",
        "gh secret set",
        "--cert @new-certificate.pem",
    ],
)
def test_file_has_the_commands_of_each_consumer(name: str, command: str) -> None:
    assert command in FILES[f"{name}.md"]


def test_place_that_cannot_be_read_has_steps_for_each_form() -> None:
    text = FILES["EntraVerifyNotPossible.md"]
    for command in ("printenv VARIABLE", "namei -l FILE", "az keyvault secret show"):
        assert command in text


def test_signing_certificates_have_steps_only_where_an_alert_can_be_about_them() -> None:
    with_signing = {n for n, text in FILES.items() if "preferredTokenSigningKey" in text}
    about = {f"{b.name}.md" for b in RUNBOOKS.values() if b.about is About.CREDENTIAL}
    assert with_signing == about


def test_causes_lead_to_the_runbook_of_their_alert() -> None:
    ways = {name: {way.plan for way in book.ways} for name, book in RUNBOOKS.items()}
    assert ways["EntraVerifyNotPossible"] == COULD_NOT_TELL
    named = {Cause.EXPIRED, Cause.REVOKED, Cause.ROTATION_MISMATCH, Cause.FORMAT_ERROR}
    assert ways["EntraVerifyFailed"] == set(Cause) - COULD_NOT_TELL - named
    assert set(MEANINGS) == set(Cause)


def test_every_cause_stands_in_the_table_of_its_runbook() -> None:
    for name in ("EntraVerifyFailed", "EntraVerifyNotPossible"):
        rows = re.findall(r"^\| \[?([A-Z][a-z ]+)", FILES[f"{name}.md"], re.MULTILINE)
        ways = [str(way.plan).replace("_", " ").capitalize() for way in RUNBOOKS[name].ways]
        assert [row.strip() for row in rows[1:]] == ways


def test_links_within_the_files_lead_somewhere() -> None:
    for text in FILES.values():
        anchors = {
            title.lower().replace(" ", "-")
            for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        }
        for link in re.findall(r"\]\(([^)]+)\)", text):
            assert link.removeprefix("#") in anchors or link in FILES


def test_index_lists_every_runbook_once() -> None:
    for book in RUNBOOKS.values():
        assert FILES["README.md"].count(f"({book.name}.md)") == 1


def test_files_hold_no_id_and_nothing_that_is_filled_in() -> None:
    known = {"00000003-0000-0000-c000-000000000000", "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30"}
    for text in FILES.values():
        assert set(re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", text)) <= known
        assert "hint" not in text


def test_what_replaces_a_signing_certificate_is_the_same_after_its_end() -> None:
    signing = Subject(kind=CredentialKind.SAML_SIGNING)
    assert steps_of(Cause.EXPIRED, signing) == steps_of("expires_soon", signing)


def test_sign_in_comes_with_the_step_that_it_is_for() -> None:
    assert [s.name for s in beginning(steps_of(Cause.EXPIRED, Subject()))] == ["sign_in", "list"]
    assert [s.name for s in beginning(steps_of(Cause.NETWORK, Subject()))] == ["reach_login"]
    assert beginning(()) == ()


def test_steps_that_are_left_out_exist_and_each_reason_has_one_left() -> None:
    assert set(STEPS) >= {*FOR_REASON, *BUT_FOR_READING}
    assert set(FailureReason) == {reason for each in FOR_REASON.values() for reason in each}
