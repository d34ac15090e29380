"""The runbook pages, filled in and read as a browser would."""

import re
import shlex
from dataclasses import replace
from html.parser import HTMLParser
from types import MappingProxyType
from typing import Any

import msgspec
import pytest
from builders import (
    APP_ID,
    DAY,
    KEY_ID,
    NOW,
    TENANT_ID,
    application,
    credential,
    diagnosis,
    failure,
    snapshot,
    target,
    target_view,
    tenant,
    verdict,
)

from exporter.model import COULD_NOT_TELL, Cause, Credential
from exporter.runbooks import RUNBOOKS, About
from exporter.snapshot import Held, Place, Snapshot, TargetView
from exporter.verdict import Finding, Gone, Refusal
from exporter.web.runbook import runbook_page, runbooks_page

HOSTILE = "<script>alert(1)</script>\"'&\x1b[31m\u202egnp\u2066\x00\n\u200b$(reboot)`id`;rm -rf /"
NEWER = "bbbbbbbb-0000-4000-8000-000000000002"
OTHER = "dddddddd-0000-4000-8000-000000000001"
IDS = {"tenant": "contoso", "app_id": APP_ID, "key_id": KEY_ID, "target": "billing-api"}
PODS = MappingProxyType({"namespace": "ns", "name": "creds", "key": "secret", "deployment": "api"})
CAPITALS = re.compile(r"\b(APP_ID|TENANT_ID|KEY_ID|NEWER_KEY_ID|OTHER_APP_ID)\b")
HELD = Held(KEY_ID, NOW + 3 * DAY)
CAUSES = {
    "EntraVerifyExpired": Cause.EXPIRED,
    "EntraVerifyRevoked": Cause.REVOKED,
    "EntraVerifyRotationMismatch": Cause.ROTATION_MISMATCH,
    "EntraVerifyFormatError": Cause.FORMAT_ERROR,
    "EntraVerifyFailed": Cause.INVALID_SECRET,
    "EntraVerifyNotPossible": Cause.NETWORK,
}
DAYS = {
    "EntraCredentialExpired": -3,
    "EntraExpiredCredentialLeftover": -40,
}


class Reader(HTMLParser):
    """The tags and links of a page, its text, and what stands in each `pre`."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.tags: list[str] = []
        self.links: list[dict[str, str | None]] = []
        self.buttons: list[dict[str, str | None]] = []
        self.open: list[str] = []
        self.pieces: list[str] = []
        self.commands: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag, a link, a button, the beginning of a command."""
        self.tags.append(tag)
        if tag == "a":
            self.links.append(dict(attrs))
        if tag == "button":
            self.buttons.append(dict(attrs))
        if tag == "pre":
            self.commands.append("")
        self.pieces.append(" ")
        if tag not in {"meta", "link", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost tag, which must be this one."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.pieces.append(data)
        if "pre" in self.open:
            self.commands[-1] += data

    @property
    def text(self) -> str:
        """All that a person reads."""
        return " ".join("".join(self.pieces).split())

    @property
    def portal(self) -> str:
        """The link to the Entra portal, if there is one."""
        found = [link for link in self.links if "#view" in (link["href"] or "")]
        assert all(link["rel"] == "noreferrer" for link in found)
        return found[0]["href"] or "" if found else ""


def read(name: str, shown: Snapshot, **parameters: str) -> Reader:
    """The page; without parameters that of the usual ids."""
    html = runbook_page(shown, NOW, name, parameters or IDS)
    assert html is not None
    assert html.startswith("<!doctype html>")
    return Reader(html)


def holding(*credentials: Credential, **fields: Any) -> Snapshot:  # noqa: ANN401 - of TenantView
    """A tenant whose one application holds these."""
    return snapshot(tenant(application(*credentials), **fields))


def with_view(view: TargetView, *credentials: Credential) -> Snapshot:
    return replace(holding(*credentials), targets=(view,))


def usual(name: str) -> Snapshot:
    """What is known when the alert fires."""
    found = [credential(DAYS.get(name, 3))]
    if "Superseded" in name or "Leftover" in name:
        found.append(credential(90, key_id=NEWER))
    cause = CAUSES.get(name)
    said = diagnosis(cause or Cause.EXPIRED, key_id=KEY_ID, newer_key_id=NEWER, other_app_id=OTHER)
    judged = verdict(diagnosis=said if cause else None)
    place = Place("env", env="BILLING_SECRET")
    what = target(consumer="aks", details=PODS, place=place)
    holds = HELD if cause is None and "Leftover" not in name else None
    return with_view(target_view(target=what, verdict=judged, holds=holds), *found)


def gone(*left: Credential) -> Snapshot:
    """One that was deleted, and what is left of its application."""
    lost = Gone(credential(3), last_seen=NOW - 7200, missed_since=NOW - 3600)
    return holding(*left, gone=MappingProxyType({APP_ID: (lost,)}))


def test_no_such_alert_no_page() -> None:
    assert runbook_page(snapshot(), NOW, "EntraSomethingElse", {}) is None
    assert runbook_page(snapshot(), NOW, HOSTILE, {}) is None


def test_index_names_and_links_every_runbook() -> None:
    page = Reader(runbooks_page())
    assert set(RUNBOOKS) <= {link["href"] for link in page.links}
    assert all(book.broke in page.text for book in RUNBOOKS.values())


@pytest.mark.parametrize("name", RUNBOOKS)
def test_page_has_the_five_headings_and_links_that_work_below_any_path(name: str) -> None:
    page = read(name, usual(name))
    titles = re.findall(r"<h2 id=\"\w+\">([^<]+)</h2>", page.html)
    assert titles[-5:] == ["Meaning", "Impact", "Diagnosis", "Mitigation", "Verification"]
    hrefs = [link["href"] or "" for link in page.links]
    assert "../" in hrefs
    assert not [href for href in hrefs if href.startswith("/")]
    assert name in page.text


@pytest.mark.parametrize("name", RUNBOOKS)
def test_known_ids_are_filled_in_everywhere(name: str) -> None:
    page = read(name, usual(name))
    left = set(CAPITALS.findall("\n".join(page.commands)))
    # A stored secret is recognised by too little to delete it.
    unsure = {"EntraStoredCredentialExpiryImminent", "EntraVerifyRotationMismatch"}
    assert left <= ({"KEY_ID"} if name in unsure else set())
    if RUNBOOKS[name].about in {About.CREDENTIAL, About.TARGET} and name not in unsure:
        assert APP_ID in "".join(page.commands) or CAUSES.get(name) in COULD_NOT_TELL
    assert "Not known here" not in page.text


@pytest.mark.parametrize("name", RUNBOOKS)
def test_unknown_ids_stay_out_of_commands_and_are_named(name: str) -> None:
    page = read(name, usual(name), tenant="t-1", app_id=OTHER, key_id=NEWER[:-1], target="no-such")
    about = RUNBOOKS[name].about
    if about is About.EXPORTER:
        assert "Not known here" not in page.text
        return
    assert "Not known here: tenant t-1" in page.text
    assert not {"t-1", OTHER, APP_ID, TENANT_ID, "no-such"} & set(shlex_words(page))
    if about is not About.TENANT:
        assert OTHER in page.text
        assert "APP_ID" in "".join(page.commands)


def shlex_words(page: Reader) -> list[str]:
    return re.split(r"[\s='\"]+", "\n".join(page.commands))


@pytest.mark.parametrize("name", RUNBOOKS)
@pytest.mark.parametrize("shown", [snapshot(), snapshot(tenant(read=False))])
def test_page_stands_with_nothing_known(name: str, shown: Snapshot) -> None:
    for parameters in ({"x": "y"}, IDS):
        page = read(name, shown, **parameters)
        assert page.commands


def test_tenant_that_was_not_read_yet_says_so_and_its_tenant_id_is_known() -> None:
    page = read("EntraCredentialExpired", snapshot(tenant(read=False)))
    assert "never read yet, so little is known of it" in page.text
    assert f"az login --tenant {TENANT_ID}" in page.commands[0]
    assert "--id APP_ID" in page.commands[1]


@pytest.mark.parametrize("name", RUNBOOKS)
@pytest.mark.parametrize("value", [HOSTILE, "x" * 10_000, "\ud800", "%00", "' OR 1=1"])
def test_hostile_parameters_are_only_text_and_cut(name: str, value: str) -> None:
    page = read(name, usual(name), tenant=value, app_id=value, key_id=value, target=value)
    page.html.encode()
    assert page.tags.count("script") == 1
    assert not {"\x1b", "\x00", "\u202e", "\u2066", "\u200b"} & set(page.html)
    assert "x" * 101 not in page.html
    assert "reboot" not in "".join(page.commands)
    for known in ({}, {"tenant": "contoso"}, {"tenant": "contoso", "app_id": APP_ID}):
        again = read(name, usual(name), **{**dict.fromkeys(IDS, value), **known})
        assert "reboot" not in "".join(again.commands)


@pytest.mark.parametrize("name", RUNBOOKS)
def test_hostile_texts_of_tenant_and_configuration_are_only_text(name: str) -> None:
    held = [credential(DAYS.get(name, 3), name=HOSTILE)]
    details = MappingProxyType(dict.fromkeys(PODS, HOSTILE))
    what = target(
        consumer="aks", details=details, resource=HOSTILE, place=Place("env", env=HOSTILE)
    )
    said = diagnosis(CAUSES.get(name, Cause.EXPIRED), summary=HOSTILE, evidence=(HOSTILE,))
    found = (Finding("odd", HOSTILE, HOSTILE),)
    refusal = Refusal(1, "e", HOSTILE, 401, HOSTILE)
    judged = verdict(diagnosis=said, findings=found, refusal=refusal)
    owner = application(*held, name=HOSTILE)
    bad = failure(detail=HOSTILE, remedy=HOSTILE)
    view = target_view(target=what, verdict=judged)
    page = read(name, replace(snapshot(tenant(owner, failure=bad)), targets=(view,)))
    assert page.tags.count("script") == 1
    assert not {"\x1b", "\x00", "\u202e", "\u2066", "\u200b"} & set(page.html)
    assert "$(reboot)" not in "".join(page.commands)


def test_shell_metacharacters_in_a_configuration_are_quoted() -> None:
    odd = "/etc/a b;$(reboot)'x"
    what = target(consumer="vm", place=Place("file", file=odd))
    page = read("EntraVerifyExpired", with_view(target_view(Cause.EXPIRED, target=what)))
    command = next(c for c in page.commands if "sudo sh -c" in c)
    assert odd in shlex.split(command)


def test_every_command_has_its_copy_button_which_needs_the_script_to_be_seen() -> None:
    page = read("EntraVerifyExpired", usual("EntraVerifyExpired"))
    assert len(page.buttons) == len(page.commands)
    for button in page.buttons:
        assert {"hidden", "data-copy"} <= set(button)
        assert button["class"] == "copy"
        assert (button["aria-label"] or "").startswith("Copy the command: ")


def test_first_screen_says_what_broke_and_the_next_commands() -> None:
    page = read("EntraCredentialExpiryImminent", holding(credential(3)))
    before = page.text.partition("Meaning")[0]
    assert (
        "The secret 'deploy' of application 'billing' in tenant contoso ends in 3 d 0 h, on "
        "2026-09-24 12:00 UTC." in before
    )
    assert "Do this now" in before
    assert f"az ad app credential list --id {APP_ID}" in before


@pytest.mark.parametrize("name", RUNBOOKS)
def test_no_page_shows_a_hint(name: str) -> None:
    held = msgspec.structs.replace(credential(DAYS.get(name, 3)), hint="Zq~")
    view = usual(name).targets[0]
    assert "Zq~" not in read(name, with_view(view, held)).html
