"""Why a stored secret was refused: what the answer and the directory together show."""

import math
import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from builders import APP_ID, DAY, NOW, application, credential

from exporter.model import Cause, Credential, CredentialKind, DirectoryObject, ObjectType
from exporter.verdict import Diagnosis, Evidence, Finding, Gone, Refusal
from exporter.verify.codes import CODES, VAGUE, cause_of, own_words, read_code
from exporter.verify.diagnosis import RULES, diagnose
from exporter.verify.rules import Case

MARK = "Q~9"
OTHER_MARK = "x_7"
PRINT = "A1" * 20
OTHER_APP = "aaaaaaaa-0000-4000-8000-000000000002"
MINUTE = 60 / DAY
MODERN = (
    "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is"
    f" the client secret value, not the client secret ID, for a secret added to app '{APP_ID}'."
)
OLD = "AADSTS7000215: Invalid client secret is provided."
ANCIENT = (
    "AADSTS70002: Error validating credentials. AADSTS50012: Invalid client secret is provided."
)
NEWLINE = Finding("end", "a line break after it", "Store it with `printf`, which adds none.")
GUESS = Finding("length", "an unusual length", "Compare it.", explains=False)
KEY_ID_STORED = Finding("key_id", "the ID of one of its secrets, certainly", "store the value")


def secret(days: float = 90, starts: float = -90, hint: str = MARK, **fields: Any) -> Credential:  # noqa: ANN401 - fields of Credential
    """A secret that begins like the stored one."""
    made = credential(days, starts=starts, **fields)
    return msgspec.structs.replace(made, hint=hint)


def newer(days: float = 300, starts: float = -5) -> Credential:
    """Another secret, younger than the usual one."""
    return secret(days, starts, OTHER_MARK, key_id="new-key", name="next")


def certificate(days: float = 90, starts: float = -90, **fields: Any) -> Credential:  # noqa: ANN401 - fields of Credential
    """A certificate that is the stored one."""
    made = credential(days, starts=starts, kind=CredentialKind.CERTIFICATE)
    return msgspec.structs.replace(made, **({"thumbprint": PRINT} | fields))


def gone(lost: Credential) -> Gone:
    """Seen last two days ago, missed since yesterday."""
    return Gone(lost, NOW - 2 * DAY, NOW - DAY)


def other(*credentials: Credential, app_id: str = OTHER_APP, name: str = "payroll") -> Any:  # noqa: ANN401 - for brevity in tables
    """Another application."""
    return application(*credentials, app_id=app_id, name=name)


def refusal(code: int | None = 7000215, message: str | None = None) -> Refusal:
    """An answer of the login service with the code."""
    words = MODERN if code == 7000215 else f"AADSTS{code}: text of {code}."
    return Refusal(code, "invalid_client", words if message is None else message, 401)


def evidence(*credentials: Credential, **fields: Any) -> Evidence:  # noqa: ANN401 - fields of Evidence
    """A refused secret of an application that holds the credentials, read an hour ago."""
    given: dict[str, Any] = {
        "refusal": refusal(),
        "inventory_at": NOW - 3600,
        "owner": application(*credentials),
        "hint": MARK,
    }
    return Evidence(**(given | fields))


def cert(*credentials: Credential, code: int = 700027, **fields: Any) -> Evidence:  # noqa: ANN401 - fields of Evidence
    """A refused certificate."""
    return evidence(
        *credentials, **({"refusal": refusal(code), "hint": "", "thumbprint": PRINT} | fields)
    )


def blind(code: int = 7000215, **fields: Any) -> Evidence:  # noqa: ANN401 - fields of Evidence
    """A refusal, without any inventory."""
    given: dict[str, Any] = {"refusal": refusal(code), "hint": MARK}
    return Evidence(**(given | fields))


def text(diagnosis: Diagnosis) -> str:
    """All that people read of it."""
    return "\n".join((diagnosis.summary, *diagnosis.evidence))


@dataclass(frozen=True)
class Row:
    """What is known, and what follows."""

    says: str
    given: Evidence
    cause: Cause
    confidence: str
    words: tuple[str, ...] = ()


PRINCIPAL = application(secret(-3), object_type=ObjectType.SERVICE_PRINCIPAL)
ROWS = (
    Row("the code says expired", evidence(secret(-3), refusal=refusal(7000222)), Cause.EXPIRED,
        "proven", ("'billing'", "'deploy'", "ended on 2026-09-18")),
    Row("the code says expired and nothing was read", blind(7000222), Cause.EXPIRED, "proven",
        ("No inventory",)),
    Row("the code says expired, a valid one is not what is stored",
        evidence(secret(-3), newer(), refusal=refusal(7000222)), Cause.EXPIRED, "proven",
        ("'next'", "not what is stored")),
    Row("the code says expired and no hint fits",
        evidence(secret(-3, hint=OTHER_MARK), refusal=refusal(7000222)), Cause.EXPIRED, "proven",
        ("cannot be told; expired are",)),
    Row("the value begins like an expired secret, new wording", evidence(secret(-3)),
        Cause.EXPIRED, "likely", ("2026-09-18",)),
    Row("the value begins like an expired secret, wording of 2019",
        evidence(secret(-3), refusal=refusal(message=OLD)), Cause.EXPIRED, "likely"),
    Row("the value begins like an expired secret, wording of 2018",
        evidence(secret(-3), refusal=refusal(70002, ANCIENT)), Cause.EXPIRED, "likely"),
    Row("the expired secret is the service principal's",
        evidence(service_principal=PRINCIPAL), Cause.EXPIRED, "likely", ("'deploy'",)),
    Row("it had expired before it was removed",
        evidence(gone=(gone(secret(-3)),)), Cause.EXPIRED, "likely", ("removed between",)),
    Row("the certificate has expired", cert(certificate(-3), code=1000502), Cause.EXPIRED,
        "proven"),
    Row("an expired certificate fails its signature", cert(certificate(-3)), Cause.EXPIRED,
        "proven"),
    Row("a finding explains it", evidence(newer(), findings=(NEWLINE,)), Cause.FORMAT_ERROR,
        "likely", ("a line break", "printf")),
    Row("the mended value is accepted",
        evidence(findings=(NEWLINE,), repaired_works=True), Cause.FORMAT_ERROR, "proven",
        ("accepted",)),
    Row("the mended value is accepted without inventory",
        blind(findings=(NEWLINE,), repaired_works=True), Cause.FORMAT_ERROR, "proven"),
    Row("the mended value is refused and nothing else explains it",
        evidence(findings=(NEWLINE,), repaired_works=False), Cause.FORMAT_ERROR, "unsure"),
    Row("the id of a secret is stored", evidence(newer(), findings=(KEY_ID_STORED,), hint="bbb"),
        Cause.FORMAT_ERROR, "proven", ("the ID", "Store the value.")),
    Row("a finding fits a valid secret", evidence(secret(), findings=(NEWLINE,)),
        Cause.FORMAT_ERROR, "likely"),
    Row("no secret was sent", blind(7000218, hint=""), Cause.FORMAT_ERROR, "proven", ("empty",)),
    Row("no secret was sent, wording of 2018",
        blind(70002, refusal=refusal(70002, "AADSTS70002: The request body must contain the"
              " following parameter: 'client_secret or client_assertion'.")),
        Cause.FORMAT_ERROR, "proven"),
    Row("a finding that explains nothing", evidence(newer(), findings=(GUESS,)),
        Cause.INVALID_SECRET, "likely", ("an unusual length",)),
    Row("the mended value is refused and it was removed",
        evidence(findings=(NEWLINE,), repaired_works=False, gone=(gone(secret()),)),
        Cause.REVOKED, "likely"),
    Row("the application itself is none of the others",
        evidence(secret(), findings=(NEWLINE,), repaired_works=False,
                 others=(application(secret()),)),
        Cause.FORMAT_ERROR, "unsure"),
    Row("a finding explains it, and it was removed",
        evidence(findings=(NEWLINE,), gone=(gone(secret()),)), Cause.FORMAT_ERROR, "unsure",
        ("removed between",)),
    Row("it worked after one that begins like it was missed",
        evidence(gone=(gone(secret()),), worked_at=NOW - 60), Cause.REVOKED, "likely"),
    Row("it worked, and the inventory lacks the application",
        evidence(owner=None, worked_at=NOW - DAY), Cause.INVALID_SECRET, "unsure",
        ("may have taken",)),
    Row("all of the application is out of sight, not removed",
        evidence(owner=None, gone=(gone(secret()),)), Cause.INVALID_SECRET, "unsure"),
    Row("an odd value that worked was not mistyped",
        evidence(findings=(NEWLINE,), worked_at=NOW - DAY), Cause.REVOKED, "likely"),
    Row("it was removed", evidence(gone=(gone(secret()),)), Cause.REVOKED, "likely",
        ("'deploy'", "2026-09-19 12:00:00 UTC", "2026-09-20 12:00:00 UTC")),
    Row("it worked and was removed", evidence(gone=(gone(secret()),), worked_at=NOW - 2 * DAY),
        Cause.REVOKED, "proven", ("last worked on 2026-09-19",)),
    Row("it was removed and what stands is older",
        evidence(newer(starts=-200), gone=(gone(secret()),)), Cause.REVOKED, "likely",
        ("'next'",)),
    Row("it worked and fits nothing now", evidence(worked_at=NOW - DAY), Cause.REVOKED, "likely"),
    Row("it worked, and no inventory can say more", blind(worked_at=NOW - DAY),
        Cause.INVALID_SECRET, "unsure", ("No inventory", "removed after it worked")),
    Row("the certificate was removed", cert(gone=(gone(certificate()),)), Cause.REVOKED, "proven"),
    Row("the certificate was revoked", cert(certificate(), code=7000214), Cause.REVOKED, "proven"),
    Row("it was removed and a newer one came",
        evidence(newer(), gone=(gone(secret()),)), Cause.ROTATION_MISMATCH, "likely",
        ("'deploy'", "'next'", "2026-09-16", "removed between")),
    Row("a newer certificate does not replace a secret",
        evidence(msgspec.structs.replace(certificate(starts=-5), key_id="c"),
                 gone=(gone(secret()),)), Cause.REVOKED, "likely"),
    Row("the newer one stood beside it for long",
        evidence(newer(starts=-60), gone=(gone(secret()),)), Cause.ROTATION_MISMATCH, "unsure",
        ("stood beside the old one for 59 days", "may have been revoked")),
    Row("it worked and a newer one came since", evidence(newer(starts=-5), worked_at=NOW - 9 * DAY),
        Cause.ROTATION_MISMATCH, "likely", ("'next'",)),
    Row("it worked and only older ones stand", evidence(newer(starts=-50), worked_at=NOW - DAY),
        Cause.INVALID_SECRET, "unsure", ("Of those from before",)),
    Row("it was removed, worked, and a newer one came",
        evidence(newer(), gone=(gone(secret()),), worked_at=NOW - 2 * DAY),
        Cause.ROTATION_MISMATCH, "proven"),
    Row("the certificate was replaced",
        cert(certificate(300, -5, thumbprint="B2" * 20), gone=(gone(certificate()),)),
        Cause.ROTATION_MISMATCH, "proven"),
    Row("a valid secret begins like it", evidence(secret()), Cause.INVALID_SECRET, "unsure",
        ("altered after its third character", "not revoked")),
    Row("a valid and an expired secret begin like it",
        evidence(secret(), secret(-3, key_id="old-key")), Cause.INVALID_SECRET, "unsure",
        ("old-key", "cannot be told")),
    Row("a valid and a removed secret begin like it",
        evidence(secret(), gone=(gone(secret()),)), Cause.INVALID_SECRET, "unsure"),
    Row("it worked and is still listed", evidence(secret(), worked_at=NOW - DAY),
        Cause.INVALID_SECRET, "unsure", ("next inventory",)),
    Row("it begins in a week", evidence(secret(starts=7)), Cause.INVALID_SECRET, "unsure",
        ("2026-09-28",)),
    Row("nothing fits", evidence(newer()), Cause.INVALID_SECRET, "likely", ("the one secret",)),
    Row("very old secrets cannot be compared", evidence(secret(hint="")), Cause.INVALID_SECRET,
        "unsure", ("cannot be compared",)),
    Row("the stored beginning is not known", evidence(newer(), hint=""), Cause.INVALID_SECRET,
        "likely"),
    Row("the inventory lacks the application", evidence(owner=None), Cause.INVALID_SECRET,
        "unsure", ("lacks",)),
    Row("without inventory", blind(), Cause.INVALID_SECRET, "unsure", ("No inventory",)),
    Row("no code but invalid_client", blind(refusal=Refusal(None, "invalid_client", "")),
        Cause.INVALID_SECRET, "unsure"),
    Row("only another application fits", evidence(newer(), others=(other(secret()),)),
        Cause.WRONG_APPLICATION, "likely", ("'payroll'", "not proven")),
    Row("its application and service principal are one",
        evidence(others=(other(secret()), other(secret()))), Cause.WRONG_APPLICATION, "likely"),
    Row("two other applications fit",
        evidence(others=(other(secret()), other(secret(), app_id="third"))),
        Cause.WRONG_APPLICATION, "unsure", ("one of 2 other",)),
    Row("another application fits, but an old secret cannot be compared",
        evidence(secret(hint=""), others=(other(secret()),)), Cause.WRONG_APPLICATION, "unsure"),
    Row("the certificate is registered on another application",
        cert(others=(other(certificate()),)), Cause.WRONG_APPLICATION, "likely", ("exact",)),
    Row("the certificate is registered nowhere", cert(newer()),
        Cause.CERTIFICATE_NOT_REGISTERED, "likely", ("no certificate at all",)),
    Row("the certificate is registered for encryption alone", cert(certificate(encrypts=True)),
        Cause.CERTIFICATE_NOT_REGISTERED, "likely"),
    Row("the private key is another one's", cert(certificate(thumbprint=PRINT.lower())),
        Cause.CERTIFICATE_NOT_REGISTERED, "unsure", ("private key",)),
    Row("no certificate without inventory", blind(700027, hint="", thumbprint=PRINT),
        Cause.CERTIFICATE_NOT_REGISTERED, "unsure"),
    Row("the certificate begins tomorrow", cert(certificate(starts=1), code=1000502),
        Cause.CLOCK_SKEW, "unsure", ("2026-09-22",)),
    Row("the assertion of 2018 is out of its time",
        blind(refusal=refusal(70002, "AADSTS70002: Error validating credentials. AADSTS50012:"
              " Client assertion is not within its valid time range.")),
        Cause.CLOCK_SKEW, "proven"),
    Row("the secret is two minutes old", evidence(secret(starts=-2 * MINUTE)), Cause.PROPAGATING,
        "likely", ("minutes",)),
    Row("the secret is ten minutes old", evidence(secret(starts=-10 * MINUTE)), Cause.PROPAGATING,
        "likely"),
    Row("the secret is eleven minutes old", evidence(secret(starts=-11 * MINUTE)),
        Cause.INVALID_SECRET, "unsure"),
    Row("the secret begins in ten minutes", evidence(secret(starts=10 * MINUTE)),
        Cause.PROPAGATING, "likely"),
    Row("the certificate is a minute old", cert(certificate(starts=-MINUTE)), Cause.PROPAGATING,
        "likely"),
    Row("the mended value is refused and the secret is a minute old",
        evidence(secret(starts=-MINUTE), findings=(NEWLINE,), repaired_works=False),
        Cause.PROPAGATING, "likely"),
    Row("the application is two minutes old",
        evidence(secret(starts=-2 * MINUTE), refusal=refusal(700016)), Cause.PROPAGATING, "unsure"),
    Row("the application is deleted, the inventory still lists it",
        evidence(secret(), refusal=refusal(700016)), Cause.APPLICATION_NOT_FOUND, "proven",
        ("'billing'", "removed since")),
    Row("neither the inventory has the application",
        evidence(owner=None, refusal=refusal(700016)), Cause.APPLICATION_NOT_FOUND, "proven",
        ("does not hold it either",)),
    Row("no such application, without inventory", blind(700016), Cause.APPLICATION_NOT_FOUND,
        "proven", ("No inventory",)),
    Row("switched off by its owner",
        blind(refusal=Refusal(None, "unauthorized_client", "It was disabled by its owner.")),
        Cause.APPLICATION_DISABLED, "proven"),
    Row("a code that nobody knows", evidence(secret(-3), refusal=refusal(7999999)), Cause.UNKNOWN,
        "unsure", ("text of 7999999",)),
    Row("nothing said at all", blind(refusal=Refusal(None, "", "")), Cause.UNKNOWN, "unsure"),
    Row("too many requests", evidence(refusal=Refusal(None, "", "<html>", 429)), Cause.THROTTLED,
        "proven", ("nothing of the stored value",)),
    Row("a gateway is in trouble", evidence(refusal=Refusal(None, "", "<html>", 502)),
        Cause.LOGIN_UNAVAILABLE, "proven"),
)  # fmt: skip
# What each code means by itself; the codes about the value are told apart by the rows above.
BY_CODE = {
    Cause.INVALID_SECRET: (7000215, 70002, 50012),
    Cause.EXPIRED: (7000222, 1000502),
    Cause.FORMAT_ERROR: (7000216, 7000218),
    Cause.CERTIFICATE_NOT_REGISTERED: (700027, 50013, 50027),
    Cause.REVOKED: (7000214,),
    Cause.CLOCK_SKEW: (700024,),
    Cause.WRONG_APPLICATION: (700021,),
    Cause.FEDERATION_MISMATCH: (70021, 700211, 700212, 700213, 7002137, 7002138),
    Cause.APPLICATION_NOT_FOUND: (700016, 70001),
    Cause.NO_SERVICE_PRINCIPAL: (7000229,),
    Cause.APPLICATION_DISABLED: (7000112,),
    Cause.APPLICATION_MISCONFIGURED: (700025, 50105, 70003, 900144, 90014, 700023),
    Cause.TENANT_NOT_FOUND: (90002, 900021, 900023),
    Cause.WRONG_CLOUD: (90038, 900382, 900432),
    Cause.RESOURCE_NOT_FOUND: (500011, 650052, 500014, 7000118, 70011, 1002012),
    Cause.BLOCKED_BY_POLICY: (53003, 53005, 530084, 53011, 530032, 530034, 530035),
    Cause.THROTTLED: (50196, 90055),
    Cause.LOGIN_UNAVAILABLE: (90033, 50033),
}
CODE_ROWS = [(code, cause) for cause, codes in BY_CODE.items() for code in codes]
NOT_REFUSED = {Cause.NETWORK, Cause.SOURCE_UNREADABLE}


@pytest.mark.parametrize("row", ROWS, ids=[row.says for row in ROWS])
def test_the_evidence_gives_the_cause(row: Row) -> None:
    found = diagnose(row.given, NOW)

    assert (found.cause, found.confidence) == (row.cause, row.confidence), text(found)
    assert [words for words in row.words if words not in text(found)] == [], text(found)
    assert MARK not in text(found)
    assert OTHER_MARK not in text(found)
    assert found.summary[0].isupper()
    assert "\n" not in found.summary


@pytest.mark.parametrize(("code", "cause"), CODE_ROWS)
def test_a_code_alone_gives_its_cause(code: int, cause: Cause) -> None:
    found = diagnose(blind(code, hint=""), NOW)

    assert cause_of(refusal(code)) is found.cause is cause
    assert found.code == code
    assert any(f"AADSTS{code}" in sentence for sentence in found.evidence)


def test_every_code_of_the_table_has_a_case() -> None:
    assert {code for code, _ in CODE_ROWS} == set(CODES)
    assert set(CODES) >= VAGUE


def test_every_cause_of_a_refusal_has_a_case() -> None:
    shown = {row.cause for row in ROWS} | set(BY_CODE)

    assert shown == set(Cause) - NOT_REFUSED


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        ("invalid_tenant", Cause.TENANT_NOT_FOUND),
        ("invalid_resource", Cause.RESOURCE_NOT_FOUND),
        ("invalid_scope", Cause.RESOURCE_NOT_FOUND),
        ("temporarily_unavailable", Cause.LOGIN_UNAVAILABLE),
        ("server_error", Cause.LOGIN_UNAVAILABLE),
        ("slow_down", Cause.THROTTLED),
        ("unsupported_grant_type", Cause.APPLICATION_MISCONFIGURED),
        ("invalid_grant", Cause.UNKNOWN),
        ("something_new", Cause.UNKNOWN),
    ],
)
def test_without_a_code_the_oauth_error_decides(error: str, cause: Cause) -> None:
    assert cause_of(Refusal(None, error, "")) is cause


def test_an_unknown_code_is_no_wrong_secret() -> None:
    assert cause_of(Refusal(7999999, "invalid_client", "")) is Cause.UNKNOWN


@pytest.mark.parametrize("end", ["\r\n", " "], ids=["until 2023", "since 2023"])
def test_the_code_and_words_are_read_with_both_separators(end: str) -> None:
    trail = end.join(("Trace ID: t-1", "Correlation ID: c-1", "Timestamp: 2023-06-11 01:02:03Z"))

    assert read_code(f"{OLD}{end}{trail}") == 7000215
    assert own_words(f"{OLD}{end}{trail}") == OLD


@pytest.mark.parametrize(
    ("words", "codes", "code"),
    [
        ("", [70002, 50012], 50012),
        (ANCIENT, [], 50012),
        (ANCIENT, [70002], 50012),
        ("AADSTS70002: text", [], 70002),
        ("", [7999999], 7999999),
        ("no code", [], None),
    ],
)
def test_of_two_codes_the_telling_one_is_read(words: str, codes: list[int], code: int) -> None:
    assert read_code(words, codes) == code


def test_names_and_words_cannot_rewrite_a_terminal() -> None:
    bad = "bill\x1b[2Jing\u202e"
    given = evidence(
        secret(-3, name=bad), owner=application(secret(-3, name=bad), name=bad),
        refusal=refusal(message=f"AADSTS7000215: {bad}\r\nmore"),
    )  # fmt: skip

    assert all(line.isprintable() for line in text(diagnose(given, NOW)).split("\n"))


def test_what_began_before_it_is_no_newer_one() -> None:
    older, later = newer(starts=-200), newer(starts=-4)
    for present, expected in ((older, ""), (later, later.key_id)):
        found = diagnose(evidence(secret(-3), present, refusal=refusal(7000222)), NOW)

        assert (found.cause, found.newer_key_id) == (Cause.EXPIRED, expected)


def test_many_others_may_fit_by_accident() -> None:
    found = diagnose(evidence(others=(other(secret()),), compared=14_000), NOW)

    assert (found.cause, found.confidence) == (Cause.WRONG_APPLICATION, "unsure")


def test_long_words_are_cut() -> None:
    assert len(own_words("word " * 1000)) < 310


def any_of(chance: random.Random, items: Iterable[Any]) -> Any:  # noqa: ANN401 - any evidence
    """One of them."""
    return chance.choice(list(items))


def some_secret(chance: random.Random) -> Credential:
    """A secret of any age, whose beginning fits, does not, or is not known."""
    starts = any_of(chance, (-400, -30, -1, -MINUTE, MINUTE, 5, -math.inf))
    return secret(
        any_of(chance, (-40, -1, 1, 90, math.inf)), starts, any_of(chance, (MARK, OTHER_MARK, "")),
        key_id=f"key-{chance.randrange(9)}",
    )  # fmt: skip


def some_object(chance: random.Random) -> DirectoryObject | None:
    """An application with up to two secrets, or none at all."""
    secrets = [some_secret(chance) for _ in range(chance.randrange(3))]
    return application(*secrets) if chance.random() < 0.8 else None


def some_evidence(chance: random.Random) -> Evidence:
    """Anything that may be known."""
    code = any_of(chance, (7000215, 7000215, 7000215, 7000222, 700027, 700016, 7999999, None))
    return Evidence(
        refusal(code),
        findings=any_of(chance, ((), (NEWLINE,), (GUESS,))),
        repaired_works=any_of(chance, (None, False, True)),
        inventory_at=any_of(chance, (None, NOW - 60)),
        owner=some_object(chance),
        service_principal=some_object(chance),
        others=tuple(other(some_secret(chance)) for _ in range(chance.randrange(2))),
        gone=tuple(gone(some_secret(chance)) for _ in range(chance.randrange(3))),
        worked_at=any_of(chance, (None, None, NOW - 3 * DAY)),
        hint=any_of(chance, (MARK, MARK, OTHER_MARK, "")),
    )


def test_nothing_is_revoked_or_replaced_without_evidence_that_it_was_good() -> None:
    chance, seen = random.Random(20260921), set[Cause]()  # noqa: S311 - cases, not keys
    for _ in range(20_000):
        given = some_evidence(chance)
        found = diagnose(given, NOW)
        seen.add(found.cause)
        fits = [g for g in given.gone if given.hint and g.credential.hint == given.hint]
        if found.cause in {Cause.REVOKED, Cause.ROTATION_MISMATCH}:
            assert fits or given.worked_at is not None, given
            assert given.owner or given.service_principal or found.code == 7000214
        if found.cause is Cause.REVOKED:
            assert found.confidence != "unsure"
        assert MARK not in text(found)
        assert OTHER_MARK not in text(found)
    assert {Cause.REVOKED, Cause.ROTATION_MISMATCH, Cause.EXPIRED, Cause.PROPAGATING} <= seen


def test_each_rule_decides_some_case() -> None:
    cases = [Case(row.given, NOW) for row in ROWS]
    decided = {next(rule for rule in RULES if rule(case)) for case in cases}

    assert decided == set(RULES)


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        ("AADSTS7000222: The provided client secret keys are expired.", Cause.EXPIRED),
        ((f"AADSTS7000222: The provided client secret keys for app '{APP_ID}' are expired. Visit"
         " the Azure portal to create new keys for your app."), Cause.EXPIRED),
        (("AADSTS700027: Client assertion contains an invalid signature. [Reason - The key was not"
         " found.]"), Cause.CERTIFICATE_NOT_REGISTERED),
        (("AADSTS700027: The certificate with identifier used to sign the client assertion is not"
         " registered on application."), Cause.CERTIFICATE_NOT_REGISTERED),
        (("AADSTS70002: Error validating credentials. AADSTS50027: Invalid JWT token. No"
         " certificate thumbprint specified."), Cause.CERTIFICATE_NOT_REGISTERED),
        ("AADSTS90002: No service namespace named 'abc' was found in the data store.",
         Cause.TENANT_NOT_FOUND),
        ("AADSTS90002: Tenant 'abc' not found.", Cause.TENANT_NOT_FOUND),
        (("AADSTS50196: The server terminated an operation because it encountered a loop while"
         " processing a request"), Cause.THROTTLED),
        (("AADSTS50196: The server terminated an operation because it encountered a client request"
         " loop."), Cause.THROTTLED),
        ("AADSTS70001: Application 'abc' is disabled.", Cause.APPLICATION_DISABLED),
        (OLD, Cause.INVALID_SECRET),
        (MODERN, Cause.INVALID_SECRET),
        (ANCIENT, Cause.INVALID_SECRET),
    ],
)  # fmt: skip
def test_old_and_new_wordings_mean_the_same(words: str, cause: Cause) -> None:
    assert cause_of(Refusal(None, "", words)) is cause
