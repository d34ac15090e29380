"""
A snapshot as what `check` prints: a table for people, JSON or CSV for programs, the most urgent
first. Reads values, never fetches.
"""

import csv
import io
import json
import math
from operator import attrgetter
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from exporter import wording
from exporter.attention import Due, Urgency, due
from exporter.model import ObjectType
from exporter.snapshot import Snapshot, TenantView

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
OWNERS = {ObjectType.APPLICATION: "", ObjectType.SERVICE_PRINCIPAL: " (service principal)"}
ID_WIDTH = len("app ") + 36
STYLES = {
    "expired": "bold red",
    "expiring": "bold yellow",
    "covered": "",
    "forgotten": "red",
    "leftover": "dim",
}


def ordered(snapshot: Snapshot, now: float) -> list[Due]:
    """What needs attention, the most urgent first."""
    return sorted(due(snapshot, now), key=attrgetter("order"))


def as_table(snapshot: Snapshot, now: float) -> RenderableType:
    """For people: what needs attention, then the tenants that could not be read."""
    rows = ordered(snapshot, now)
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("Time left", no_wrap=True)
    table.add_column("What", overflow="fold", min_width=ID_WIDTH)
    table.add_column("Tenant", overflow="fold")
    for row in rows:
        table.add_row(*cells(row), style=STYLES[standing(row)])
    body = table if rows else Text(nothing(snapshot))
    notes = (line for view in snapshot.tenants for line in (*failure_lines(view), *left_out(view)))
    return Group(body, *notes)


def nothing(snapshot: Snapshot) -> str:
    """What an empty table means."""
    if not any(view.inventory for view in snapshot.tenants):
        return "No tenant was read."
    failing = any(view.failure for view in snapshot.tenants)
    return "Nothing expires soon" + (" in the tenants that were read." if failing else ".")


def cells(row: Due) -> list[Text]:
    """One line of the table; names are hostile text, so no markup and no control characters."""
    covered = "\na newer one is there" if row.superseded else ""
    return [
        Text(f"{wording.left(row.days)}\n{wording.date(row.credential.expires)}"),
        Text(f"{what(row)}{covered}"),
        Text(row.tenant),
    ]


def what(row: Due) -> str:
    """The owner, the credential, and the ids to find them by, one a line."""
    owner = wording.printable(row.owner.name) or "(no name)"
    name = wording.printable(row.credential.name) or "(no name)"
    kind = row.credential.kind.replace("_", " ")
    where = OWNERS[row.owner.type]
    ids = f"app {row.owner.app_id}\nkey {row.credential.key_id}"
    return f"{owner}{where}: {kind} {name}\n{ids}"


def standing(row: Due) -> str:
    """In one word, for colour."""
    return row.state.value if row.urgency is Urgency.LAST_LINE else row.urgency.name.lower()


def failure_lines(view: TenantView) -> list[Text]:
    """What to say of a tenant that could not be read."""
    if view.failure is None:
        return []
    code = f", AADSTS{view.failure.aadsts_code}" if view.failure.aadsts_code else ""
    return [
        Text(f"\n{view.name} could not be read: {view.failure.reason}{code}", style="bold red"),
        Text(f"  Next step: {wording.printable(view.failure.remedy)}"),
        Text(f"  {wording.printable(view.failure.detail)}", style="dim"),
    ]


def unreadable(view: TenantView) -> int:
    """How many objects and credentials of a tenant were left out."""
    return sum(view.inventory.unreadable.values()) if view.inventory else 0


def left_out(view: TenantView) -> list[Text]:
    """What to say of a tenant of which not everything could be read."""
    count = unreadable(view)
    note = f"\n{view.name}: {count} left out, as Graph's answer for them could not be read"
    return [Text(note, style="bold red")] if count else []


def as_json(snapshot: Snapshot, now: float) -> str:
    """For programs; a credential that never ends has null for its end and its days."""
    document = {
        "credentials": [fields(row) for row in ordered(snapshot, now)],
        "tenants": [tenant_fields(view) for view in snapshot.tenants if view.polled],
    }
    lines = json.dumps(document, indent=2, ensure_ascii=False).split("\n")
    return "\n".join(map(wording.escaped, lines))


def as_csv(snapshot: Snapshot, now: float) -> str:
    """For spreadsheets: a text that one would take for a formula gets a quote in front."""
    text = io.StringIO()
    writer = csv.DictWriter(text, FIELD_NAMES)
    writer.writeheader()
    for row in ordered(snapshot, now):
        writer.writerow({key: harmless(value) for key, value in fields(row).items()})
    return text.getvalue()


FIELD_NAMES = (
    "tenant",
    "object",
    "app_id",
    "app_name",
    "kind",
    "key_id",
    "credential_name",
    "superseded",
    "state",
    "urgency",
    "expires",
    "days_until_expiry",
)


def fields(row: Due) -> dict[str, Any]:
    """One credential under `FIELD_NAMES`."""
    credential, owner = row.credential, row.owner
    values = (
        row.tenant,
        owner.type.value,
        owner.app_id,
        owner.name,
        credential.kind.value,
        credential.key_id,
        credential.name,
        row.superseded,
        row.state.value,
        row.urgency.name.lower(),
        None if credential.expires == math.inf else wording.iso(credential.expires),
        None if row.days == math.inf else round(row.days, 5),
    )
    return dict(zip(FIELD_NAMES, values, strict=True))


def tenant_fields(view: TenantView) -> dict[str, Any]:
    """How reading a tenant went."""
    failure = view.failure
    return {
        "tenant": view.name,
        "success": view.fresh,
        "reason": failure.reason.value if failure else None,
        "aadsts_code": failure.aadsts_code if failure else None,
        "detail": failure.detail if failure else None,
        "next_step": failure.remedy if failure else None,
        "unreadable": unreadable(view),
    }


def harmless(value: Any) -> Any:  # noqa: ANN401 - a cell holds anything
    """The value; a text in one line, and with a quote in front if a spreadsheet would run it."""
    if not isinstance(value, str):
        return value
    text = wording.printable(value)
    return f"'{text}" if value.startswith(FORMULA_STARTS) else text
