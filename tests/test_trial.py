"""The token request of a verification, through azure-identity over TLS."""

import dataclasses
import json
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
from conftest import Lab
from test_identity import change_exporter, make_certificate

from exporter.identity import trial
from exporter.identity.trial import Applicant, try_certificate, try_secret
from exporter.model import Cause
from exporter.simulator import Fault, key_credential
from exporter.sources import Secret
from exporter.verdict import Answer, Granted, NoAnswer, Refusal

TOKEN = re.compile(r".*/token")
MARKER = "Mrk8Q~ThisValueIsNotToBeSeenAnywhere1234"


def applicant(lab: Lab, tenant: int = 0) -> Applicant:
    """The exporter's own application in a tenant, asking for Graph."""
    there = lab.tenants[tenant]
    return Applicant(there.tenant_id, there.exporter_client_id, lab.cloud.graph, lab.cloud)


async def answer(lab: Lab, secret: str, **changes: Any) -> Answer:  # noqa: ANN401 - fields of Applicant
    """What is said to a secret, with some fields of the applicant changed."""
    asked = dataclasses.replace(applicant(lab), **changes)
    return await try_secret(asked, Secret(secret), time.time())


def good(lab: Lab) -> str:
    """A secret that works."""
    return lab.tenants[0].exporter_client_secret


async def test_secret_that_works_is_granted(lab: Lab) -> None:
    assert await answer(lab, good(lab)) == Granted()


async def test_each_request_is_answered_by_the_login_service_and_by_no_cache(lab: Lab) -> None:
    for _ in range(3):
        assert await answer(lab, good(lab)) == Granted()
    tenant = lab.tenants[0]
    withdrawn = tuple(
        dataclasses.replace(app, password_credentials=()) for app in tenant.applications
    )
    lab.simulator.replace_tenant(dataclasses.replace(tenant, applications=withdrawn))

    last = await answer(lab, good(lab))

    assert isinstance(last, Refusal)
    assert last.code == 7000215
    assert len([r for r in lab.simulator.requests if TOKEN.fullmatch(r.path)]) == 4


@pytest.mark.parametrize("around", ["{}\n", " {}", '"{}"', "\ufeff{}"])
async def test_value_is_sent_exactly_as_it_is_stored(lab: Lab, around: str) -> None:
    last = await answer(lab, around.format(good(lab)))

    assert isinstance(last, Refusal)
    assert last.code == 7000215


async def test_expired_secret_is_refused_with_its_code_and_words(lab: Lab) -> None:
    there = lab.tenants[1]
    asked = applicant(lab, 1)
    last = await try_secret(asked, Secret(there.exporter_client_secret), time.time())

    assert isinstance(last, Refusal)
    assert (last.code, last.error, last.status) == (7000222, "invalid_client", 401)
    assert last.message.startswith("AADSTS7000222: ")
    assert "Trace ID" not in last.message
    assert re.fullmatch(r"[0-9a-f-]{36}", last.correlation_id)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"client_id": "00000000-1111-2222-3333-444444444444"}, 700016),
        ({"tenant_id": "00000000-1111-2222-3333-444444444444"}, 90002),
        ({"resource": "https://nobody.example.com"}, 500011),
    ],
    ids=["application", "tenant", "resource"],
)
async def test_what_is_not_there_is_refused_with_its_code(
    lab: Lab, changes: dict[str, str], code: int
) -> None:
    last = await answer(lab, good(lab), **changes)

    assert isinstance(last, Refusal)
    assert last.code == code


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        (Fault.throttled(path=TOKEN, retry_after=90), Cause.THROTTLED),
        (
            Fault(path=TOKEN, status=429, html=True, headers={"Retry-After": "90"}),
            Cause.THROTTLED,
        ),
        (Fault.server_error(path=TOKEN), Cause.LOGIN_UNAVAILABLE),
        (Fault(path=TOKEN, status=502, body="<html>"), Cause.LOGIN_UNAVAILABLE),
        (Fault.proxy_page(path=TOKEN), Cause.LOGIN_UNAVAILABLE),
        (Fault(path=TOKEN, status=200, body=b"{}"), Cause.LOGIN_UNAVAILABLE),
        (Fault(path=TOKEN, truncate=True), Cause.NETWORK),
    ],
    ids=[
        "throttled",
        "throttled by a web page",
        "503",
        "502 that is no JSON",
        "proxy page",
        "no token",
        "truncated",
    ],
)
async def test_trouble_is_never_called_a_refusal(lab: Lab, fault: Fault, cause: Cause) -> None:
    lab.simulator.faults.add(fault)

    last = await answer(lab, good(lab))

    assert isinstance(last, NoAnswer)
    assert last.cause is cause
    assert last.retry_after == (90 if cause is Cause.THROTTLED else 0)
    assert len([r for r in lab.simulator.requests if TOKEN.fullmatch(r.path)]) == 1


@pytest.mark.parametrize(
    ("status", "body", "cause"),
    [
        (200, {"access_token": "", "expires_in": 3599}, Cause.LOGIN_UNAVAILABLE),
        (200, {"access_token": None, "expires_in": 3599}, Cause.LOGIN_UNAVAILABLE),
        (200, {"access_token": 5, "expires_in": 3599}, Cause.LOGIN_UNAVAILABLE),
        (200, {"access_token": "token", "expires_in": "abc"}, Cause.LOGIN_UNAVAILABLE),
        (200, b'{"access_token": "token", "expires_in": 1e999}', Cause.LOGIN_UNAVAILABLE),
        (200, b"\xff\xfe" * 40, Cause.LOGIN_UNAVAILABLE),
        (200, b"[" * 100_000, Cause.LOGIN_UNAVAILABLE),
        (400, b'{"error": "\xff\xfe"}', Cause.LOGIN_UNAVAILABLE),
        (400, b"[" * 100_000, Cause.LOGIN_UNAVAILABLE),
        (403, {"error": "blocked by waf"}, Cause.LOGIN_UNAVAILABLE),
        (404, {"error": "not_found"}, Cause.LOGIN_UNAVAILABLE),
        (407, {"error": "proxy"}, Cause.NETWORK),
    ],
)
async def test_answer_that_makes_no_sense_says_nothing_about_the_secret(
    lab: Lab, status: int, body: dict[str, Any] | bytes, cause: Cause
) -> None:
    lab.simulator.faults.add(Fault(path=TOKEN, status=status, body=body))
    last = await answer(lab, good(lab))

    assert isinstance(last, NoAnswer)
    assert last.cause is cause


async def test_refusal_with_odd_codes_is_still_a_refusal(lab: Lab) -> None:
    words = "AADSTS7000222: The provided client secret keys are expired."
    body = {"error": "invalid_client", "error_description": words, "error_codes": 5}
    lab.simulator.faults.add(Fault(path=TOKEN, status=401, body=body))
    last = await answer(lab, good(lab))

    assert isinstance(last, Refusal)
    assert last.code is None
    assert "AADSTS7000222" in last.message


@pytest.mark.parametrize("around", ["{}", "{} ", "a+b/{}&c"])
async def test_answer_that_repeats_the_secret_is_kept_without_it(lab: Lab, around: str) -> None:
    value = around.format(MARKER)
    echoes = {
        "error": "invalid_client",
        "error_description": f"AADSTS7000215: {value} {quote_plus(value)} was sent",
        "correlation_id": value,
        "error_codes": [7000215],
    }
    for status in (401, 403):
        lab.simulator.faults.clear()
        lab.simulator.faults.add(Fault(path=TOKEN, status=status, body=echoes))
        last = await answer(lab, value)

        assert isinstance(last, Refusal)
        assert MARKER[:7] not in repr(last)
        assert "***" in last.message


async def test_login_service_that_never_answers_is_given_up(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "TIMEOUT", 0.2)
    lab.simulator.faults.add(Fault.hanging(path="/"))

    last = await answer(lab, good(lab))

    assert isinstance(last, NoAnswer)
    assert last.cause is Cause.NETWORK


async def test_login_service_that_cannot_be_reached_is_no_answer(lab: Lab) -> None:
    nowhere = lab.cloud.model_copy(update={"authority": "https://127.0.0.1:1"})
    asked = dataclasses.replace(applicant(lab), cloud=nowhere)

    last = await try_secret(asked, Secret(good(lab)), time.time())

    assert isinstance(last, NoAnswer)
    assert last.cause is Cause.NETWORK


async def test_bytes_that_are_no_text_are_not_sent(lab: Lab) -> None:
    last = await answer(lab, b"abc\xff\xfe".decode("utf-8", "surrogateescape"))

    assert last is trial.UNSENDABLE
    assert not lab.simulator.requests


async def test_no_answer_holds_the_secret(lab: Lab) -> None:
    texts = [repr(await answer(lab, MARKER))]
    lab.simulator.faults.add(Fault(path=TOKEN, status=500, body=MARKER))
    texts.append(repr(await answer(lab, MARKER)))

    assert MARKER[:7] not in " ".join(texts)


@pytest.mark.parametrize("password", [None, b"pfx-password"], ids=["PEM", "PKCS#12"])
async def test_certificate_is_granted_once_it_is_registered(
    lab: Lab, tmp_path: Path, password: bytes | None
) -> None:
    file, certificate = make_certificate(tmp_path, password)
    content, word = file.read_bytes(), Secret(password.decode()) if password else None
    before = await try_certificate(applicant(lab), content, word, time.time())
    change_exporter(lab, key_credentials=(key_credential(certificate, "exporter-key"),))
    after = await try_certificate(applicant(lab), content, word, time.time())

    assert isinstance(before, Refusal)
    assert before.code == 700027
    assert after == Granted()


async def test_authority_file_that_cannot_be_used_says_nothing_about_the_secret(
    lab: Lab, tmp_path: Path
) -> None:
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("no certificate", encoding="utf-8")
    for file in (nonsense, tmp_path / "missing.pem"):
        distrusting = lab.cloud.model_copy(update={"ca_file": file})
        asked = dataclasses.replace(applicant(lab), cloud=distrusting)
        last = await try_secret(asked, Secret(good(lab)), time.time())

        assert isinstance(last, NoAnswer)
        assert last.cause is Cause.NETWORK
        assert "ca_file" in last.detail


async def test_authority_file_that_was_replaced_counts_at_once(lab: Lab, tmp_path: Path) -> None:
    file, other = tmp_path / "ca.pem", tmp_path / "other"
    other.mkdir()
    assert lab.cloud.ca_file is not None
    file.write_bytes(make_certificate(other, None)[0].read_bytes())
    asked = dataclasses.replace(
        applicant(lab), cloud=lab.cloud.model_copy(update={"ca_file": file})
    )
    before = await try_secret(asked, Secret(good(lab)), time.time())
    file.write_bytes(lab.cloud.ca_file.read_bytes())
    after = await try_secret(asked, Secret(good(lab)), time.time())

    assert isinstance(before, NoAnswer)
    assert after == Granted()


async def test_certificate_with_a_key_that_entra_does_not_take_is_not_sent(
    lab: Lab, tmp_path: Path
) -> None:
    file, _ = make_certificate(tmp_path, elliptic=True)
    last = await try_certificate(applicant(lab), file.read_bytes(), None, time.time())

    assert last is trial.UNSIGNABLE
    assert not lab.simulator.requests


@pytest.mark.parametrize("said", [{"code": "AuthenticationFailed"}, ["invalid_client"], 7, None])
async def test_error_of_a_gateway_is_no_refusal_of_the_login_service(
    lab: Lab, said: object
) -> None:
    lab.simulator.faults.add(Fault(path=TOKEN, status=403, body={"error": said}))
    last = await answer(lab, good(lab))
    assert isinstance(last, NoAnswer)
    assert last.cause is Cause.LOGIN_UNAVAILABLE


async def test_half_of_a_repeated_secret_is_not_left_where_the_words_are_cut(lab: Lab) -> None:
    words = "AADSTS7000215: " + "." * 460 + MARKER
    body = {"error": "invalid_client", "error_description": words, "error_codes": [7000215]}
    lab.simulator.faults.add(Fault(path=TOKEN, status=401, body=body))
    last = await answer(lab, MARKER)
    assert isinstance(last, Refusal)
    assert ".***" in last.message


async def test_code_that_is_no_number_of_the_login_service_is_overlooked(lab: Lab) -> None:
    codes = [True, -1, 0, 10**30, "7000215", None, 7000222]
    lab.simulator.faults.add(
        Fault(
            path=TOKEN,
            status=401,
            body=json.dumps({"error": "invalid_client", "error_codes": codes}),
        )
    )
    last = await answer(lab, good(lab))
    assert isinstance(last, Refusal)
    assert last.code == 7000222
