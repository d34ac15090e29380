"""Whatever the login service, or a proxy in its place, answers: one cause of the closed list."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from azure.core.exceptions import ClientAuthenticationError, DecodeError, HttpResponseError
from builders import APP_ID, NOW, TENANT_ID, target
from conftest import Lab
from hostile import NESTED, anything, document, record, texts
from hypothesis import example, given
from hypothesis import strategies as st
from test_trial import TOKEN, answer

from exporter import report
from exporter.config import IdentityConfig, TenantConfig
from exporter.errors import PollError
from exporter.identity.refusals import DETAIL_LENGTH, refusal
from exporter.identity.trial import answer_of, shown
from exporter.metrics.text import number
from exporter.model import COULD_NOT_TELL, Cause, FailureReason
from exporter.simulator import Fault
from exporter.snapshot import TargetView
from exporter.sources import Secret
from exporter.verdict import Answer, Evidence, Granted, NoAnswer, Refusal, Verdict
from exporter.verify.diagnosis import diagnose

TENANT = TenantConfig(
    name="contoso",
    tenant_id=TENANT_ID,
    identity=IdentityConfig(type="client_certificate", client_id=APP_ID),
)
LONGEST_SUMMARY = 1000
WORDS = (
    "AADSTS7000222: The provided client secret keys for app 'x' are expired.",
    "AADSTS7000215: Invalid client secret provided. Trace ID: 1 Correlation ID: 2 Timestamp: 3",
    "AADSTS" + "9" * 5000,
    "AADSTS\u0667\u0660\u0660\u0660\u0662\u0662\u0662: Arabic digits",
    "AADSTS0: \x1b[2J\x9b31m<script>alert(1)</script>",
    "AADSTS700016 \u202e" * 400,
    "AADSTS: no digits",
)
said = st.sampled_from(WORDS).map(json.dumps) | texts.map(json.dumps)
code = st.sampled_from(["7000222", "70002", "50012", "true", "0", "-1", "1e999", "7000215.0"])
body = record(
    {
        "error": st.sampled_from(["invalid_client", "server_error", "slow_down"]).map(json.dumps),
        "error_description": said,
        "error_codes": st.lists(code | anything, max_size=3).map(lambda c: f"[{','.join(c)}]"),
        "correlation_id": said,
    }
)
statuses = st.sampled_from([200, 302, 400, 401, 403, 407, 429, 500, 503]) | st.integers(100, 599)


class Said:
    """As much of azure-core's response as an error has of it."""

    def __init__(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.status_code, self.body, self.headers, self.reason = status, body, headers, "made up"

    def json(self) -> Any:  # noqa: ANN401 - any JSON
        """The body, as azure-core reads it."""
        return json.loads(self.body)

    def text(self) -> str:
        """What an error quotes."""
        return self.body.decode(errors="replace")


def error_of(status: int, body: str, header: str, message: str) -> HttpResponseError:
    """What azure-identity raises over such an answer."""
    response: Any = Said(status, body.encode(), {"Retry-After": header})
    return ClientAuthenticationError(message=message, response=response)


errors = st.builds(error_of, statuses, body | anything, texts, st.sampled_from(WORDS) | texts)


@given(errors)
@example(error_of(401, '{"error_description": "AADSTS7000222: x"}', "", ""))
@example(error_of(401, '{"error": [], "error_description": "x"}', "", ""))
@example(error_of(401, '{"error": {"a": 1}, "error_description": "AADSTS90033"}', "", ""))
@example(error_of(401, '{"error": "invalid_client", "error_codes": [[7000222]]}', "", ""))
@example(error_of(401, '{"error": "invalid_client", "error_codes": [1%s]}' % ("0" * 400), "", ""))
@example(error_of(401, NESTED, "", ""))
def test_any_refusal_ends_in_a_cause_of_the_closed_list(error: HttpResponseError) -> None:
    found = shown(answer_of(error, NOW))
    assert_safe(found)
    assert not isinstance(found, Granted)


def assert_safe(found: Answer) -> None:
    """That it has a cause, and that whatever is said of it is short, printable and of one line."""
    if isinstance(found, NoAnswer):
        assert found.cause in COULD_NOT_TELL
        assert len(found.detail) <= LONGEST_SUMMARY
    if not isinstance(found, Refusal):
        return
    for text in (found.error, found.message, found.correlation_id):
        assert len(text) <= DETAIL_LENGTH
    diagnosis = diagnose(Evidence(found), NOW)
    assert diagnosis.cause in set(Cause)
    assert len(diagnosis.summary) <= LONGEST_SUMMARY
    assert sum(map(len, diagnosis.evidence)) <= LONGEST_SUMMARY
    assert 0 <= diagnosis.code < 10**9
    assert float(number(diagnosis.code)) == diagnosis.code
    view = TargetView(target(), Verdict(NOW, diagnosis, (), found))
    told = report.as_text([view], NOW) + "\n" + report.dumped(report.as_json(view))
    assert all(line.isprintable() for line in told.split("\n"))
    assert told.encode()


@given(errors)
@example(error_of(401, "{}", "", "AADSTS" + "9" * 5000))
@example(error_of(401, '{"error_codes": [1e999]}', "", "AADSTS7000222: x"))
@example(error_of(401, '{"error_codes": [-7]}', "", "AADSTS7000222: x"))
def test_any_refusal_of_the_exporters_own_sign_in_becomes_a_reason(
    error: HttpResponseError,
) -> None:
    assert_bounded(refusal(error, TENANT, NOW))


@given(texts)
def test_an_answer_that_cannot_be_decoded_becomes_a_reason(text: str) -> None:
    assert_bounded(refusal(DecodeError(message=text), TENANT, NOW))


def assert_bounded(failure: PollError) -> None:
    """That it has a reason and short words."""
    assert failure.reason in set(FailureReason) - {FailureReason.INTERNAL}
    assert len(failure.detail) <= DETAIL_LENGTH + 50
    assert failure.aadsts_code is None or 0 < failure.aadsts_code < 10**9
    assert failure.remedy


@given(
    st.text(st.characters(codec="ascii", exclude_characters="*"), min_size=12, max_size=60),
    st.integers(0, 600),
    st.sampled_from([str, quote, quote_plus]),
)
@example("a secret  with two blanks", 0, str)
@example("Mrk8Q~ThisValueIsNotToBeSeenAnywhere1234", DETAIL_LENGTH - 30, str)
def test_answer_that_repeats_the_secret_is_shown_without_it(
    value: str, before: int, form: Callable[[str], str]
) -> None:
    words = f"{'.' * before}<{form(value)}> is what you sent"
    body = document([("error", json.dumps(words)), ("error_description", json.dumps("AADSTS1"))])
    message = f"AADSTS7000215: {words}"

    found = shown(answer_of(error_of(401, body, "", message), NOW), Secret(value))

    assert isinstance(found, Refusal)
    for text in (found.error, found.message):
        assert len(text) <= DETAIL_LENGTH
        assert "is what you sent" in text or before > 400
        assert not [n for n in range(len(value) - 7) if f"<{value[: n + 8]}" in text]


@pytest.mark.parametrize(
    "said",
    [
        {"error": None},
        {"error": [], "error_description": "AADSTS7000222: x"},
        {"error": {"code": "x"}, "error_codes": "7000222"},
        {"error_description": "AADSTS7000222: x"},
        {"error": "invalid_client", "error_codes": [True, None, [], 7000215]},
        {"error": "x" * 100_000, "error_description": "AADSTS1: " + "<b>\x1b[2J" * 20_000},
        {"error": "invalid_client", "correlation_id": {"a": "b" * 10_000}},
        [],
        "text",
        7,
        None,
    ],
)
@pytest.mark.parametrize("status", [200, 400, 401])
async def test_odd_answer_over_the_wire_is_an_answer(lab: Lab, said: object, status: int) -> None:
    body = json.dumps(said).encode()
    lab.simulator.faults.add(Fault(path=TOKEN, status=status, body=body))
    found = await answer(lab, "some secret or other")
    assert isinstance(found, Refusal | NoAnswer)
    assert_safe(found)
