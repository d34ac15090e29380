"""What `check` prints: a table for people, JSON and CSV for programs."""

import csv
import io
import json
import math
import unicodedata
from dataclasses import replace

import msgspec
import pytest
from builders import (
    APP_ID,
    KEY_ID,
    NOW,
    application,
    credential,
    failure,
    signing,
    snapshot,
    tenant,
)
from rich.console import Console

from exporter.model import ObjectType
from exporter.snapshot import Snapshot
from exporter.table import as_csv, as_json, as_table, harmless
from exporter.wording import printable

HOSTILE = "\x1b[31mred\x9b32m\u202egnp\r\nDone\x07\x00"
SOON = application(credential(3))


def printed(shown: Snapshot, *, terminal: bool = False, width: int = 80) -> str:
    """What appears on a terminal of 80 columns, or in a file."""
    out = io.StringIO()
    Console(file=out, width=width, force_terminal=terminal, color_system=None).print(
        as_table(shown, NOW)
    )
    return out.getvalue()


def endless(shown: Snapshot) -> Snapshot:
    """The snapshot, in tenants to which even what never ends ends soon."""
    return replace(
        shown, tenants=tuple(replace(t, expiring_within=math.inf) for t in shown.tenants)
    )


NEVER = application(msgspec.structs.replace(credential(), expires=math.inf))


@pytest.mark.parametrize("object_type", ObjectType)
@pytest.mark.parametrize("name", ["contoso", "contoso-production-emea"])
def test_table_fits_80_columns_with_every_id_whole_on_its_line(
    name: str, object_type: ObjectType
) -> None:
    long = "Rechnungsdatenweiterverarbeitungsdienstleister für den Vertrieb " * 3
    holds = [
        application(credential(days, name=long), name=long, object_type=object_type)
        for days in (-400, -3, 0.5, 29)
    ]
    lines = printed(snapshot(tenant(*holds, name=name))).splitlines()
    assert max(map(len, lines)) <= 80
    assert sum(APP_ID in line for line in lines) == 4
    assert sum(KEY_ID in line for line in lines) == 4


def test_name_without_any_space_is_folded_and_not_lost() -> None:
    name = "x" * 200
    text = printed(snapshot(tenant(application(credential(3), name=name))))
    assert text.count("x") - text.count("expir") >= 200
    assert max(map(len, text.splitlines())) <= 80
    assert sum(KEY_ID in line for line in text.splitlines()) == 1


def test_table_says_what_ends_when_and_for_whom() -> None:
    text = printed(snapshot(tenant(SOON)))
    for part in ("3 d 0 h left", "2026-09-24", "billing: secret deploy", f"app {APP_ID}"):
        assert part in text
    for part in (f"key {KEY_ID}", "contoso"):
        assert part in text


def test_most_urgent_is_printed_first() -> None:
    objects = [application(credential(days), name=f"in-{days}") for days in (20, -2, 5)]
    text = printed(snapshot(tenant(*objects)))
    assert text.index("in--2") < text.index("in-5") < text.index("in-20")


def test_superseded_credential_says_that_a_newer_one_is_there() -> None:
    old = credential(3, key_id="a")
    assert "a newer one is there" in printed(snapshot(tenant(application(old, credential(99)))))
    assert "a newer one is there" not in printed(snapshot(tenant(application(old))))


def test_missing_names_are_said_to_be_missing() -> None:
    text = printed(snapshot(tenant(application(credential(3, name=""), name=""))))
    assert "(no name): secret (no name)" in text


def test_kind_is_said_in_words() -> None:
    holds = application(signing(3, active=True), object_type=ObjectType.SERVICE_PRINCIPAL)
    text = printed(snapshot(tenant(holds)))
    assert "saml signing deploy" in text
    assert "billing (service principal): " in text


def test_nothing_to_do_is_said() -> None:
    assert printed(snapshot(tenant(application(credential(300))))) == "Nothing expires soon.\n"


@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "file"])
def test_hostile_names_write_no_control_or_direction_characters(*, terminal: bool) -> None:
    shown = snapshot(
        tenant(
            application(credential(3, name=HOSTILE), name=HOSTILE),
            failure=failure(detail=HOSTILE, remedy=HOSTILE),
        )
    )
    text = printed(shown, terminal=terminal)
    assert {unicodedata.category(c) for c in text if c != "\n"}.isdisjoint({"Cc", "Cf", "Cs"})
    assert r"\x1b[31mred" in text
    assert "\nDone" not in text


def test_markup_in_a_name_is_only_text() -> None:
    name = "[red]x[/red] [link=https://evil.example]y[/link] [/] :boom:"
    shown = snapshot(
        tenant(
            application(credential(3, name="[bold]k[/bold]"), name=name),
            failure=failure(detail="[blink]d", remedy="[/]r"),
        )
    )
    text = printed(shown, terminal=True, width=200)
    for part in (name, "[bold]k[/bold]", "[blink]d", "[/]r"):
        assert part in text
    assert "evil.example]y" in text


def test_failing_tenant_has_reason_code_and_next_step() -> None:
    lines = printed(snapshot(tenant(read=False, failure=failure()))).splitlines()
    assert "contoso could not be read: login, AADSTS7000222" in lines
    assert "  Next step: give the exporter a new secret" in lines
    assert "  AADSTS7000222: the provided client secret keys are expired" in lines


def test_failing_tenant_without_a_code_names_none() -> None:
    text = printed(snapshot(tenant(read=False, failure=failure(aadsts_code=None, detail="x"))))
    assert "contoso could not be read: login\n" in text
    assert "AADSTS" not in text


def test_json_holds_each_credential_and_each_tenant() -> None:
    holds = application(credential(3.5, key_id="a"), credential(99))
    read = json.loads(as_json(snapshot(tenant(holds)), NOW))
    assert read == {
        "credentials": [
            {
                "tenant": "contoso",
                "object": "application",
                "app_id": APP_ID,
                "app_name": "billing",
                "kind": "secret",
                "key_id": "a",
                "credential_name": "deploy",
                "superseded": True,
                "state": "expiring",
                "urgency": "covered",
                "expires": "2026-09-25T00:00:00Z",
                "days_until_expiry": 3.5,
            }
        ],
        "tenants": [
            {
                "tenant": "contoso",
                "success": True,
                "reason": None,
                "aadsts_code": None,
                "detail": None,
                "next_step": None,
                "unreadable": 0,
            }
        ],
    }


def test_json_has_null_for_what_never_ends() -> None:
    text = as_json(endless(snapshot(tenant(NEVER))), NOW)
    [found] = json.loads(text)["credentials"]
    assert (found["expires"], found["days_until_expiry"]) == (None, None)
    assert "Infinity" not in text


def test_json_tells_why_a_tenant_was_not_read_and_what_to_do() -> None:
    shown = snapshot(tenant(read=False, failure=failure()))
    assert json.loads(as_json(shown, NOW))["tenants"] == [
        {
            "tenant": "contoso",
            "success": False,
            "reason": "login",
            "aadsts_code": 7000222,
            "detail": "AADSTS7000222: the provided client secret keys are expired",
            "next_step": "give the exporter a new secret",
            "unreadable": 0,
        }
    ]


def test_json_does_not_call_stale_data_a_success() -> None:
    [found] = json.loads(as_json(snapshot(tenant(SOON, failure=failure())), NOW))["tenants"]
    assert found["success"] is False


def test_json_leaves_out_tenants_that_are_not_polled() -> None:
    assert json.loads(as_json(snapshot(tenant(read=False, polled=False)), NOW))["tenants"] == []


def test_json_of_hostile_names_is_valid_and_keeps_them() -> None:
    shown = snapshot(tenant(application(credential(3, name='"},{'), name=HOSTILE)))
    [found] = json.loads(as_json(shown, NOW))["credentials"]
    assert (found["app_name"], found["credential_name"]) == (HOSTILE, '"},{')


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_csv_begins_with_its_header() -> None:
    assert as_csv(snapshot(), NOW) == (
        "tenant,object,app_id,app_name,kind,key_id,credential_name,superseded,state,urgency,"
        "expires,days_until_expiry\r\n"
    )


def test_csv_has_a_row_for_each_credential() -> None:
    [row] = as_csv(snapshot(tenant(SOON)), NOW).splitlines()[1:]
    assert row == (
        f"contoso,application,{APP_ID},billing,secret,{KEY_ID},deploy,False,expiring,last_line,"
        "2026-09-24T12:00:00Z,3.0"
    )


def test_csv_leaves_the_end_empty_for_what_never_ends() -> None:
    [found] = rows(as_csv(endless(snapshot(tenant(NEVER))), NOW))
    assert (found["expires"], found["days_until_expiry"]) == ("", "")


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        pytest.param("a,b;c", "a,b;c", id="comma"),
        pytest.param('the "c"', 'the "c"', id="quotes"),
        pytest.param("a\nb", r"a\nb", id="newline"),
        pytest.param("a\rb", r"a\rb", id="carriage return"),
        pytest.param("a\r\n=b", r"a\r\n=b", id="both"),
        pytest.param("\x1b[31mred\u202e", r"\x1b[31mred\u202e", id="escapes"),
    ],
)
def test_csv_keeps_any_name_in_one_cell_and_line(name: str, cell: str) -> None:
    text = as_csv(snapshot(tenant(application(credential(3), name=name))), NOW)
    [found] = rows(text)
    assert found["app_name"] == cell
    assert len(text.splitlines()) == 2


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_csv_disarms_what_a_spreadsheet_would_run(start: str) -> None:
    name = f"{start}cmd|' /C calc'!A0"
    holds = application(credential(3, name=name), name=name)
    [found] = rows(as_csv(snapshot(tenant(holds)), NOW))
    cell = f"'{printable(name)}"
    assert (found["app_name"], found["credential_name"]) == (cell, cell)


def test_csv_keeps_negative_days_a_number() -> None:
    [found] = rows(as_csv(snapshot(tenant(application(credential(-3)))), NOW))
    assert found["days_until_expiry"] == "-3.0"


@pytest.mark.parametrize("value", ["billing", "", "a=b", None, True, -3.0])
def test_harmless_cell_stays_as_it_is(value: object) -> None:
    assert harmless(value) == value
