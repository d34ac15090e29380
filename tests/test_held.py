"""Which credential is stored at a target and when it ends: told, declared, or not said at all."""

import math

import msgspec
import pytest
from builders import DAY, NOW, application, credential, verdict

from exporter.model import COULD_NOT_TELL, Cause, Credential, CredentialKind, ObjectType
from exporter.snapshot import Held
from exporter.sources import CertificateMaterial
from exporter.verify.held import NOT_REGISTERED, held

MARK = "Q~9"
PRINT = "A1" * 20
DECLARED = NOW + 40 * DAY
TO_DECLARE = Held("", DECLARED)
WORKS = None


def secret(days: float, key_id: str, hint: str = MARK, starts: float = -90) -> Credential:
    """A secret that begins with the hint."""
    return msgspec.structs.replace(credential(days, key_id=key_id, starts=starts), hint=hint)


def certificate(days: float, key_id: str, **fields: object) -> Credential:
    """A certificate that is the stored one."""
    made = credential(days, key_id=key_id, kind=CredentialKind.CERTIFICATE)
    return msgspec.structs.replace(made, **({"thumbprint": PRINT} | fields))


def stored(days: float = 90, thumbprint: str = PRINT) -> CertificateMaterial:
    """What a certificate file holds."""
    return CertificateMaterial(b"", None, thumbprint, NOW + days * DAY, NOW - DAY, "CN=x")


def told(
    cause: Cause | None,
    *credentials: Credential,
    value: str | CertificateMaterial = MARK,
    declared: float | None = None,
) -> Held | None:
    """What is said to be stored."""
    return held(value, verdict(cause), (application(*credentials), None), declared, NOW)


def ending(days: float, key_id: str) -> Held:
    """A credential that ends so many days from NOW."""
    return Held(key_id, NOW + days * DAY)


ROWS = [
    pytest.param(WORKS, [secret(5, "a")], ending(5, "a"), id="works, hint on one"),
    pytest.param(WORKS, [secret(5, "a"), secret(9, "b", "xyz")], ending(5, "a"), id="not newest"),
    pytest.param(WORKS, [secret(5, "a"), secret(9, "b")], None, id="works, hint on two"),
    pytest.param(WORKS, [secret(5, "a", "xyz")], None, id="works, hint on none"),
    pytest.param(WORKS, [secret(5, "a", "")], None, id="works, secret without hint"),
    pytest.param(WORKS, [secret(5, "a"), secret(-5, "b")], ending(5, "a"), id="works, one ended"),
    pytest.param(
        WORKS, [secret(5, "a"), secret(99, "b", starts=1)], ending(5, "a"), id="one to begin"
    ),
    pytest.param(WORKS, [secret(-1, "a")], None, id="works, the only one has ended"),
    pytest.param(WORKS, [secret(0, "a")], None, id="works, it ends this moment"),
    pytest.param(WORKS, [], None, id="works, application holds nothing"),
    pytest.param(Cause.EXPIRED, [secret(-5, "a")], ending(-5, "a"), id="expired"),
    pytest.param(
        Cause.EXPIRED, [secret(-5, "a"), secret(9, "b")], ending(-5, "a"), id="one in force"
    ),
    pytest.param(Cause.EXPIRED, [secret(-5, "a"), secret(-9, "b")], None, id="expired, two"),
    pytest.param(Cause.EXPIRED, [secret(5, "a")], None, id="expired, the only one is in force"),
    pytest.param(Cause.BLOCKED_BY_POLICY, [secret(5, "a")], ending(5, "a"), id="policy"),
    pytest.param(
        Cause.BLOCKED_BY_POLICY, [secret(5, "a"), secret(-5, "b")], None, id="policy, two"
    ),
    pytest.param(Cause.FORMAT_ERROR, [secret(5, "a")], ending(5, "a"), id="malformed"),
    *(pytest.param(c, [secret(5, "a")], None, id=c) for c in sorted(NOT_REGISTERED)),
    *(
        pytest.param(c, [secret(5, "a")], ending(5, "a"), id=c)
        for c in sorted(COULD_NOT_TELL - {Cause.SOURCE_UNREADABLE})
    ),
]


@pytest.mark.parametrize(("cause", "credentials", "expected"), ROWS)
def test_secret_is_told_by_its_hint(
    cause: Cause | None, credentials: list[Credential], expected: Held | None
) -> None:
    assert told(cause, *credentials) == expected
    assert told(cause, *reversed(credentials)) == expected


@pytest.mark.parametrize("cause", [WORKS, Cause.REVOKED, Cause.NETWORK, Cause.INVALID_SECRET])
def test_declared_end_is_taken_where_nothing_else_is_known(cause: Cause | None) -> None:
    assert told(cause, declared=DECLARED) == TO_DECLARE


@pytest.mark.parametrize("cause", sorted(NOT_REGISTERED))
def test_end_of_a_secret_that_is_not_the_stored_one_is_never_told(cause: Cause) -> None:
    assert told(cause, secret(5, "a"), declared=DECLARED) == TO_DECLARE


def test_what_is_registered_counts_more_than_what_was_declared() -> None:
    assert told(WORKS, secret(5, "a"), declared=DECLARED) == ending(5, "a")


def test_declared_end_to_come_is_not_believed_of_a_secret_that_has_expired() -> None:
    assert told(Cause.EXPIRED, declared=DECLARED) is None
    assert told(Cause.EXPIRED, declared=NOW - DAY) == Held("", NOW - DAY)


def test_declared_beginning_of_time_is_a_date_too() -> None:
    assert told(Cause.EXPIRED, declared=0.0) == Held("", 0.0)


def test_declared_end_that_has_passed_is_not_that_of_what_works() -> None:
    assert told(WORKS, declared=NOW - 1) is None


def test_without_an_inventory_and_declaration_nothing_is_said() -> None:
    assert held(MARK, verdict(), (None, None), None, NOW) is None


def test_secret_of_the_service_principal_is_found() -> None:
    principal = application(secret(5, "p"), object_type=ObjectType.SERVICE_PRINCIPAL)
    assert held(MARK, verdict(), (None, principal), None, NOW) == ending(5, "p")
    both = (application(secret(9, "a")), principal)
    assert held(MARK, verdict(), both, None, NOW) is None


def test_secret_without_end_has_none() -> None:
    endless = msgspec.structs.replace(secret(1, "a"), expires=math.inf)
    assert told(WORKS, endless) == Held("a", math.inf)


def test_stored_value_without_hint_fits_no_secret_without_hint() -> None:
    assert told(WORKS, secret(5, "a", ""), value="") is None


def test_secret_is_not_told_by_the_hint_of_something_else() -> None:
    signing = msgspec.structs.replace(
        credential(5, kind=CredentialKind.SAML_SIGNING, key_id="s"), hint=MARK
    )
    assert told(WORKS, signing) is None
    assert told(WORKS, secret(9, "a"), signing) == ending(9, "a")


@pytest.mark.parametrize(
    ("own", "registered", "expected"),
    [
        pytest.param(30, [], ending(30, ""), id="registered nowhere"),
        pytest.param(30, [certificate(30, "c")], ending(30, "c"), id="the same end"),
        pytest.param(30, [certificate(10, "c")], ending(10, "c"), id="registered for less"),
        pytest.param(30, [certificate(90, "c")], ending(30, "c"), id="registered for longer"),
        pytest.param(-2, [certificate(90, "c")], ending(-2, "c"), id="ended itself"),
        pytest.param(30, [certificate(9, "c", thumbprint="B2" * 20)], ending(30, ""), id="other"),
        pytest.param(30, [certificate(9, "c", thumbprint="a1" * 20)], ending(9, "c"), id="case"),
        pytest.param(30, [certificate(9, "c", thumbprint="")], ending(30, ""), id="no thumbprint"),
        pytest.param(
            30, [certificate(-5, "a"), certificate(20, "b")], ending(20, "b"), id="registered twice"
        ),
        pytest.param(30, [certificate(9, "c", encrypts=True)], ending(30, ""), id="encryption"),
        pytest.param(
            30,
            [certificate(9, "c", kind=CredentialKind.SAML_SIGNING)],
            ending(30, ""),
            id="SAML signing",
        ),
    ],
)
@pytest.mark.parametrize("cause", [WORKS, Cause.CERTIFICATE_NOT_REGISTERED, Cause.NETWORK])
def test_certificate_ends_with_itself_or_with_its_registration(
    own: float, registered: list[Credential], expected: Held, cause: Cause | None
) -> None:
    value = stored(own)
    assert told(cause, *registered, value=value, declared=DECLARED) == expected
    assert told(cause, *reversed(registered), value=value) == expected
