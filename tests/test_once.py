"""One verification: what follows from the answers and from what is known beside them."""

import dataclasses

import msgspec
import pytest
from builders import APP_ID, NOW, application, credential, inventory

from exporter.identity.trial import UNSENDABLE, UNSIGNABLE
from exporter.model import COULD_NOT_TELL, Cause, Credential, CredentialKind
from exporter.sources import CertificateMaterial, Secret
from exporter.verdict import Answer, Gone, Granted, NoAnswer, Refusal, Verdict
from exporter.verify.directory import directory_of
from exporter.verify.once import EMPTY, NOTHING, Asked, Known, Mended, Value, conclude, mark_of

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


@pytest.mark.parametrize("known", [read(), read(secret(90, "xyz"))], ids=["none", "another"])
def test_inventory_from_before_a_value_worked_makes_nobody_sure_of_its_removal(
    known: Known,
) -> None:
    older = dataclasses.replace(known, worked_at=NOW + 60)
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
