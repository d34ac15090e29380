"""
What the login service says when it refuses: today's words or those of former years, with all that
stands around them. Decides nothing; `token_endpoint` chooses.
"""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from exporter.simulator.answer import Answer, json_answer
from exporter.simulator.wordings import PRESENT, SEPARATORS, WITHOUT_PAGE, Wording, said

# No cache may keep an answer of the login service, and every real answer says so.
LOGIN_HEADERS = {
    "Cache-Control": "no-store, no-cache",
    "Pragma": "no-cache",
    "Expires": "-1",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "x-ms-ests-server": "2.1.18399.9 - NEULR1 ProdSlices",
    "X-XSS-Protection": "0",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refusal: a code of the table and what its text names."""

    code: int
    names: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """Say it as the service does today, without the trace lines."""
        return self.worded(PRESENT)

    def worded(self, wording: Wording) -> str:
        """Say it as the service does or did, without the trace lines."""
        words = said(self.code, wording)
        return f"AADSTS{words.codes[0]}: {words.text}".format_map(Names(self.names))


class Names(dict[str, str]):
    """What a refusal names; a fault that names nothing shows the empty GUID instead."""

    def __missing__(self, name: str) -> str:
        """Give the empty GUID, which no tenant uses."""
        return "00000000-0000-0000-0000-000000000000"


def refuse(code: int, **names: str) -> Refusal:
    """Choose a refusal of the table."""
    return Refusal(code, tuple(names.items()))


def refusal_answer(
    refusal: Refusal,
    now: float,
    correlation_id: str | None = None,
    wording: Wording = PRESENT,
) -> Answer:
    """Write a refusal with all its keys, in the service's order."""
    trace_id = str(uuid.uuid4())
    correlation = correlation_id or str(uuid.uuid4())
    time = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    words = said(refusal.code, wording)
    trace = (f"Trace ID: {trace_id}", f"Correlation ID: {correlation}", f"Timestamp: {time}")
    body = {
        "error": words.error,
        "error_description": SEPARATORS[wording].join((refusal.worded(wording), *trace)),
        "error_codes": words.codes,
        "timestamp": time,
        "trace_id": trace_id,
        "correlation_id": correlation,
        "error_uri": f"https://login.microsoftonline.com/error?code={words.codes[0]}",
    }
    if wording in WITHOUT_PAGE:
        del body["error_uri"]
    return json_answer(words.status, body, LOGIN_HEADERS | {"x-ms-request-id": trace_id})
