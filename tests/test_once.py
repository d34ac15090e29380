"""One verification: what follows from the answers, and which values are sent at all."""

import dataclasses
import re
import time
from pathlib import Path

import msgspec
import pytest
from builders import APP_ID, NOW, application, credential, inventory
from conftest import Lab
from test_identity import make_certificate

from exporter.identity.trial import UNSENDABLE, UNSIGNABLE, Applicant
from exporter.model import COULD_NOT_TELL, Cause, Credential, CredentialKind
from exporter.simulator import Fault
from exporter.sources import CertificateMaterial, Secret
from exporter.verdict import Answer, Gone, Granted, NoAnswer, Refusal, Verdict
from exporter.verify.directory import directory_of
from exporter.verify.once import EMPTY, NOTHING, Asked, Known, Mended, Value, ask, conclude, mark_of

TOKEN = re.compile(r".*/token")
OTHER_APP = "aaaaaaaa-0000-4000-8000-000000000002"
PRINT = "A1" * 20
HINT = "Zq7"
GOOD = f"{HINT}8Q~abcdefghijklmnopqrstuvwxyz01234567"
PLAIN = Secret(GOOD)
ENDED = Secret(f"{GOOD}\n")
CERTIFICATE = CertificateMaterial(b"", None, PRINT, NOW + 1, NOW - 1, "CN=x")


def refusal(code: int) -> Refusal:
    """A refusal with the code."""
    return Refusal(code, "invalid_client", f"AADSTS{code}: no.", 401)


NOT_KNOWN = refusal(7000215)
EXPIRED = refusal(7000222)


def secret(days: float = 90, hint: str = HINT, **fields: object) -> Credential:
    """A secret that begins like the stored one."""
    return msgspec.structs.replace(credential(days), **({"hint": hint} | fields))


def read(*credentials: Credential, app_id: str = APP_ID) -> Known:
    """An inventory with an application that holds the credentials."""
    return Known(directory_of(inventory(application(*credentials, app_id=app_id), taken_at=NOW)))


def concluded(
    answer: Answer, value: Value = PLAIN, mended: Mended = None, known: Known = NOTHING
) -> Verdict:
    """What follows."""
    return conclude(APP_ID, value, Asked(answer, mended), known, NOW)


def told(verdict: Verdict) -> tuple[Cause | None, str]:
    """The cause, and how sure it is."""
    found = verdict.diagnosis
    return (found.cause, found.confidence) if found else (None, "")


@pytest.mark.parametrize("value", [PLAIN, ENDED, CERTIFICATE], ids=["plain", "odd", "certificate"])
@pytest.mark.parametrize("known", [NOTHING, read(secret(-5))], ids=["blind", "read"])
def test_what_is_granted_works_whatever_else_is_known(value: Value, known: Known) -> None:
    verdict = concluded(Granted(), value, known=known)
    assert (verdict.works, verdict.at, verdict.refusal) == (True, NOW, None)
    assert bool(verdict.findings) is (value is ENDED)


@pytest.mark.parametrize(
    "cause", [Cause.NETWORK, Cause.THROTTLED, Cause.LOGIN_UNAVAILABLE], ids=lambda cause: cause
)
@pytest.mark.parametrize("known", [NOTHING, read(secret(-5))], ids=["blind", "read"])
def test_no_answer_says_nothing_of_the_secret(cause: Cause, known: Known) -> None:
    verdict = concluded(NoAnswer(cause, "no route to host", 60), ENDED, known=known)
    assert told(verdict) == (cause, "unsure")
    assert (verdict.could_not_tell, verdict.refusal) == (True, None)
    assert verdict.diagnosis is not None
    assert "no route to host" in verdict.diagnosis.summary


@pytest.mark.parametrize(
    ("answer", "value"),
    [(EMPTY, Secret("")), (UNSENDABLE, Secret("\udcff")), (UNSIGNABLE, CERTIFICATE)],
    ids=["empty", "unsendable", "unsignable"],
)
def test_what_cannot_be_sent_is_stored_wrongly_and_was_refused_by_nobody(
    answer: Refusal, value: Value
) -> None:
    verdict = concluded(answer, value, known=read(secret(-5)))
    assert told(verdict) == (Cause.FORMAT_ERROR, "proven")
    assert verdict.refusal is None
    assert verdict.diagnosis is not None
    assert (verdict.diagnosis.code, verdict.diagnosis.summary[0].isupper()) == (0, True)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        pytest.param(NOTHING, (Cause.INVALID_SECRET, "unsure"), id="nothing was read"),
        pytest.param(read(secret(-5)), (Cause.EXPIRED, "likely"), id="hint of an expired one"),
        pytest.param(read(secret(5)), (Cause.INVALID_SECRET, "unsure"), id="hint of one in force"),
        pytest.param(
            read(secret(5, "xyz")), (Cause.INVALID_SECRET, "likely"), id="hint of none there"
        ),
        pytest.param(
            read(secret(5), app_id=OTHER_APP), (Cause.WRONG_APPLICATION, "likely"), id="of another"
        ),
    ],
)
def test_refused_secret_is_told_by_what_the_directory_holds(
    known: Known, expected: tuple[Cause, str]
) -> None:
    verdict = concluded(NOT_KNOWN, known=known)
    assert told(verdict) == expected
    assert verdict.refusal is NOT_KNOWN


def test_what_was_removed_and_what_worked_count_too() -> None:
    gone = (Gone(secret(90), NOW - 7200, NOW - 3600),)
    known = dataclasses.replace(read(), gone=gone)
    assert told(concluded(NOT_KNOWN, known=known)) == (Cause.REVOKED, "likely")
    known = dataclasses.replace(known, worked_at=NOW - 9000)
    assert told(concluded(NOT_KNOWN, known=known)) == (Cause.REVOKED, "proven")


def test_inventory_from_before_a_value_worked_makes_nobody_sure_that_it_was_removed() -> None:
    older = dataclasses.replace(read(secret(90, "xyz")), worked_at=NOW + 60)
    verdict = conclude(APP_ID, PLAIN, Asked(NOT_KNOWN), older, NOW + 120)
    assert told(verdict)[1] == "unsure"


@pytest.mark.parametrize("known", [NOTHING, read(secret(90)), read(secret(-5))])
def test_value_that_works_once_mended_is_proven_to_be_stored_wrongly(known: Known) -> None:
    verdict = concluded(NOT_KNOWN, ENDED, Granted(), known)
    assert told(verdict) == (Cause.FORMAT_ERROR, "proven")
    assert verdict.refusal is NOT_KNOWN


@pytest.mark.parametrize("known", [NOTHING, read(secret(-5))])
def test_value_that_has_expired_once_mended_has_expired(known: Known) -> None:
    verdict = concluded(NOT_KNOWN, ENDED, EXPIRED, known)
    assert told(verdict) == (Cause.EXPIRED, "proven")
    assert verdict.refusal is EXPIRED
    assert [finding.name for finding in verdict.findings] == ["line_break"]


def test_value_that_is_refused_once_mended_is_not_proven_to_be_anything() -> None:
    assert told(concluded(NOT_KNOWN, ENDED, NOT_KNOWN)) == (Cause.FORMAT_ERROR, "unsure")


def test_mended_value_is_what_is_looked_for_in_the_directory() -> None:
    quoted = Secret(f'"{GOOD}"')
    assert (mark_of(quoted), mark_of(PLAIN), mark_of(CERTIFICATE)) == (HINT, HINT, PRINT)
    known = read(secret(-5))
    assert told(concluded(NOT_KNOWN, quoted, NOT_KNOWN, known)) == (Cause.EXPIRED, "likely")


def certificate(days: float, thumbprint: str = PRINT) -> Credential:
    """A registered certificate."""
    made = credential(days, kind=CredentialKind.CERTIFICATE)
    return msgspec.structs.replace(made, thumbprint=thumbprint)


@pytest.mark.parametrize(
    ("code", "known", "expected"),
    [
        pytest.param(700027, read(), Cause.CERTIFICATE_NOT_REGISTERED, id="registered nowhere"),
        pytest.param(700027, NOTHING, Cause.CERTIFICATE_NOT_REGISTERED, id="nothing was read"),
        pytest.param(
            700027, read(certificate(9)), Cause.CERTIFICATE_NOT_REGISTERED, id="another key"
        ),
        pytest.param(700027, read(certificate(-9)), Cause.EXPIRED, id="registered, expired"),
        pytest.param(1000502, read(certificate(-9)), Cause.EXPIRED, id="expired"),
        pytest.param(
            700027, read(certificate(9), app_id=OTHER_APP), Cause.WRONG_APPLICATION, id="of another"
        ),
        pytest.param(700024, read(), Cause.CLOCK_SKEW, id="wrong time"),
    ],
)
def test_refused_certificate_is_told_by_its_thumbprint(
    code: int, known: Known, expected: Cause
) -> None:
    verdict = concluded(refusal(code), CERTIFICATE, known=known)
    assert told(verdict)[0] is expected
    assert verdict.findings == ()


def test_secret_is_not_told_by_a_thumbprint_nor_a_certificate_by_a_hint() -> None:
    odd = msgspec.structs.replace(secret(-5), hint=PRINT[:3])
    assert told(concluded(refusal(700027), CERTIFICATE, known=read(odd)))[0] is (
        Cause.CERTIFICATE_NOT_REGISTERED
    )


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (50196, Cause.THROTTLED),
        (90033, Cause.LOGIN_UNAVAILABLE),
        (53003, Cause.BLOCKED_BY_POLICY),
        (500011, Cause.RESOURCE_NOT_FOUND),
        (7000112, Cause.APPLICATION_DISABLED),
    ],
)
def test_refusal_that_is_not_about_the_value_is_not_blamed_on_it(code: int, cause: Cause) -> None:
    verdict = concluded(refusal(code), ENDED, known=read(secret(-5)))
    assert told(verdict)[0] is cause
    assert verdict.could_not_tell is (cause in COULD_NOT_TELL)


def applicant(lab: Lab, tenant: int = 0) -> Applicant:
    """The exporter's own application in a tenant, asking for Graph."""
    there = lab.tenants[tenant]
    return Applicant(there.tenant_id, there.exporter_client_id, lab.cloud.graph, lab.cloud)


def good(lab: Lab, tenant: int = 0) -> str:
    """The secret of the exporter's own application; the second tenant's has expired."""
    return lab.tenants[tenant].exporter_client_secret


def sent(lab: Lab) -> int:
    """How many token requests there were."""
    return sum(bool(TOKEN.fullmatch(request.path)) for request in lab.simulator.requests)


async def asked(
    lab: Lab, value: str | CertificateMaterial, mended: Mended = None, tenant: int = 0
) -> Asked:
    """What comes of asking."""
    stored = Secret(value) if isinstance(value, str) else value
    return await ask(applicant(lab, tenant), stored, time.time(), mended)


async def test_value_that_works_is_sent_once(lab: Lab) -> None:
    assert await asked(lab, good(lab)) == Asked(Granted())
    assert sent(lab) == 1


@pytest.mark.parametrize("around", ["{}\n", '"{}"', " {}\r\n", "\ufeff{}"])
async def test_value_that_is_not_known_is_tried_once_more_mended(lab: Lab, around: str) -> None:
    found = await asked(lab, around.format(good(lab)))
    assert isinstance(found.answer, Refusal)
    assert (found.answer.code, found.mended_works, found.telling) == (7000215, True, found.answer)
    assert sent(lab) == 2


@pytest.mark.parametrize("known", [Granted(), NOT_KNOWN], ids=["works", "refused"])
async def test_mended_value_is_not_tried_again_when_it_is_known(lab: Lab, known: Mended) -> None:
    found = await asked(lab, f"{good(lab)}\n", known)
    assert found.mended is known
    assert sent(lab) == 1


async def test_mended_value_that_has_expired_says_more_than_the_damaged_one(lab: Lab) -> None:
    found = await asked(lab, f"{good(lab, 1)}\n", tenant=1)
    assert isinstance(found.answer, Refusal)
    assert isinstance(found.telling, Refusal)
    assert (found.answer.code, found.telling.code, found.mended_works) == (7000215, 7000222, False)


async def test_well_formed_value_that_is_not_known_is_sent_once(lab: Lab) -> None:
    found = await asked(lab, GOOD)
    assert (found.mended, found.mended_works) == (None, None)
    assert sent(lab) == 1


async def test_what_works_is_not_remembered_of_a_value_that_needs_no_mending(lab: Lab) -> None:
    assert (await asked(lab, good(lab), NOT_KNOWN)).mended is None


async def test_refusal_that_is_not_about_the_value_lets_the_mended_one_rest(lab: Lab) -> None:
    nobody = dataclasses.replace(applicant(lab), client_id="00000000-1111-2222-3333-444444444444")
    found = await ask(nobody, Secret(f"{good(lab)}\n"), time.time())
    assert isinstance(found.answer, Refusal)
    assert (found.answer.code, found.mended) == (700016, None)
    assert sent(lab) == 1


@pytest.mark.parametrize("value", ["", "\udcff\udcfe"], ids=["empty", "no text"])
async def test_what_cannot_be_sent_is_not_sent(lab: Lab, value: str) -> None:
    found = await asked(lab, value)
    assert found == Asked(EMPTY if not value else UNSENDABLE)
    assert not lab.simulator.requests


@pytest.mark.parametrize("value", [" ", "\n", "\ufeff", '""'])
async def test_what_holds_nothing_is_not_mended_to_an_empty_value(lab: Lab, value: str) -> None:
    found = await asked(lab, value)
    assert isinstance(found.answer, Refusal)
    assert found.mended is None
    assert sent(lab) <= 1


async def test_trouble_with_the_mended_value_leaves_it_unknown(lab: Lab) -> None:
    lab.simulator.faults.add(Fault.server_error(path=TOKEN, after=1))
    found = await asked(lab, f"{good(lab)}\n")
    assert isinstance(found.answer, Refusal)
    assert (found.answer.code, found.mended) == (7000215, None)


@pytest.mark.parametrize("code", [50196, 90033, 53003, 500011])
async def test_mended_value_that_met_other_trouble_is_not_called_refused(
    code: int, lab: Lab
) -> None:
    body = f'{{"error": "invalid_grant", "error_description": "AADSTS{code}: no.",'
    body += f' "error_codes": [{code}]}}'
    lab.simulator.faults.add(Fault(path=TOKEN, status=400, body=body.encode(), after=1))
    found = await asked(lab, f"{good(lab)}\n")
    assert isinstance(found.answer, Refusal)
    assert (found.answer.code, found.mended_works is False) == (7000215, False)


async def test_certificate_is_sent_once_and_never_mended(lab: Lab, tmp_path: Path) -> None:
    file, _ = make_certificate(tmp_path)
    stored = dataclasses.replace(CERTIFICATE, pem_or_pfx=file.read_bytes())
    found = await asked(lab, stored)
    assert isinstance(found.answer, Refusal)
    assert (found.answer.code, found.mended, sent(lab)) == (700027, None, 1)
