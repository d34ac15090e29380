"""What the entries of an object mean."""

import base64
import math
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
import pytest

from exporter.graph.credentials import instant, old_name, read_object, thumbprint
from exporter.graph.wire import KeyEntry, ObjectEntry, PasswordEntry, Unreadable
from exporter.model import Credential, CredentialKind, DirectoryObject, ObjectType

BEGIN, END = "2025-01-01T00:00:00Z", "2027-01-01T00:00:00Z"
BEGIN_TIME = datetime(2025, 1, 1, tzinfo=UTC).timestamp()
END_TIME = datetime(2027, 1, 1, tzinfo=UTC).timestamp()
HEX = "DA20FCA696C4F83E8A9AED59BE33368ED421F3C1"
BASE64 = "2iD8ppbE+D6Kmu1ZvjM2jtQh88E="
OTHER_HEX = "F9D4365AFC13FC27446AD529035997B32991AE85"
APPLICATION, PRINCIPAL = ObjectType.APPLICATION, ObjectType.SERVICE_PRINCIPAL
SECRET, CERTIFICATE = CredentialKind.SECRET, CredentialKind.CERTIFICATE
SAML = CredentialKind.SAML_SIGNING


def password(
    key_id: str | None, identifier: str | None = None, end: str | None = END
) -> PasswordEntry:
    return PasswordEntry(key_id, "deploy", identifier, BEGIN, end)


def key(key_id: str | None, identifier: str | None = None, usage: str = "Verify") -> KeyEntry:
    return KeyEntry(key_id, "CN=deploy", identifier, BEGIN, END, usage=usage)


def entry(
    passwords: Sequence[PasswordEntry] = (),
    keys: Sequence[KeyEntry] = (),
    preferred: str | None = None,
) -> ObjectEntry:
    return ObjectEntry(
        "object-1",
        "app-1",
        "billing",
        password_credentials=list(passwords),
        key_credentials=list(keys),
        preferred_token_signing_key_thumbprint=preferred,
    )


def read(given: ObjectEntry, object_type: ObjectType = APPLICATION) -> tuple[Credential, ...]:
    """The credentials, none of which may be lost."""
    lost: list[Unreadable] = []
    found = read_object(given, object_type, lost).credentials
    assert lost == []
    return found


def kinds(found: Sequence[Credential]) -> list[tuple[CredentialKind, str]]:
    return [(credential.kind, credential.key_id) for credential in found]


def saml_triple(
    signing_id: str, identifier: str = BASE64
) -> tuple[list[PasswordEntry], list[KeyEntry]]:
    """The three entries that Entra makes for one signing certificate."""
    return [password(signing_id, identifier)], [
        key(signing_id, identifier, "Sign"),
        key(f"{signing_id}-public", identifier, "Verify"),
    ]


def test_object_is_read_with_its_names_ids_and_tags() -> None:
    given = ObjectEntry("object-1", "app-1", None, tags=["HideApp", "prod"])
    assert read_object(given, PRINCIPAL, []) == DirectoryObject(
        PRINCIPAL, "object-1", "app-1", "", (), ("HideApp", "prod")
    )


def test_secret_and_certificate_are_read() -> None:
    given = entry([password("k-1")], [key("k-2", OTHER_HEX)])
    assert read(given) == (
        Credential(CERTIFICATE, "k-2", "CN=deploy", BEGIN_TIME, END_TIME, thumbprint=OTHER_HEX),
        Credential(SECRET, "k-1", "deploy", BEGIN_TIME, END_TIME),
    )


@pytest.mark.parametrize("identifier", [BASE64, HEX], ids=["base64", "hex"])
def test_three_entries_of_a_signing_certificate_are_one_credential(identifier: str) -> None:
    passwords, keys = saml_triple("s-1", identifier)
    assert read(entry(passwords, keys), PRINCIPAL) == (
        Credential(SAML, "s-1", "CN=deploy", BEGIN_TIME, END_TIME, thumbprint=HEX),
    )


def test_entries_of_a_signing_certificate_belong_together_in_either_spelling() -> None:
    given = entry(
        [password("s-1", HEX)], [key("s-1", BASE64, "Sign"), key("s-2", HEX.lower(), "Verify")]
    )
    assert kinds(read(given, PRINCIPAL)) == [(SAML, "s-1")]


def test_password_of_a_signing_certificate_is_known_by_its_key_id_alone() -> None:
    given = entry([password("s-1", None)], [key("s-1", BASE64, "Sign")])
    assert kinds(read(given, PRINCIPAL)) == [(SAML, "s-1")]


def test_password_of_a_signing_certificate_is_known_by_its_identifier_alone() -> None:
    given = entry([password("another", HEX)], [key("s-1", BASE64, "Sign")])
    assert kinds(read(given, PRINCIPAL)) == [(SAML, "s-1")]


def test_other_secrets_and_certificates_of_a_saml_principal_stay_what_they_are() -> None:
    passwords, keys = saml_triple("s-1")
    given = entry([*passwords, password("p-1")], [*keys, key("c-1", OTHER_HEX)])
    assert kinds(read(given, PRINCIPAL)) == [(SAML, "s-1"), (CERTIFICATE, "c-1"), (SECRET, "p-1")]


def test_secret_of_a_principal_without_saml_is_a_secret() -> None:
    assert kinds(read(entry([password("p-1")]), PRINCIPAL)) == [(SECRET, "p-1")]


def test_two_signing_certificates_are_two_credentials() -> None:
    one, two = saml_triple("s-1", BASE64), saml_triple("s-2", OTHER_HEX)
    given = entry([*one[0], *two[0]], [*one[1], *two[1]])
    assert kinds(read(given, PRINCIPAL)) == [(SAML, "s-1"), (SAML, "s-2")]


@pytest.mark.parametrize("preferred", [HEX, HEX.lower()], ids=["upper case", "lower case"])
def test_active_signing_certificate_is_the_one_with_the_preferred_thumbprint(
    preferred: str,
) -> None:
    one, two = saml_triple("s-1", OTHER_HEX), saml_triple("s-2", BASE64)
    given = entry([*one[0], *two[0]], [*one[1], *two[1]], preferred)
    found = read(given, PRINCIPAL)
    assert [(credential.key_id, credential.active) for credential in found] == [
        ("s-1", False),
        ("s-2", True),
    ]


@pytest.mark.parametrize("preferred", [None, "", "0" * 40], ids=["none", "empty", "of no other"])
def test_no_signing_certificate_is_active_when_none_is_preferred(preferred: str | None) -> None:
    passwords, keys = saml_triple("s-1")
    [found] = read(entry(passwords, keys, preferred), PRINCIPAL)
    assert found.active is False


def test_signing_certificate_without_identifier_is_not_active_for_want_of_a_preferred_one() -> None:
    [found] = read(entry([], [key(None, None, "Sign")], ""), PRINCIPAL)
    assert (found.kind, found.active) == (SAML, False)


def test_signing_key_of_an_application_is_a_certificate() -> None:
    passwords, keys = saml_triple("s-1")
    assert kinds(read(entry(passwords, keys))) == [
        (CERTIFICATE, "s-1"),
        (CERTIFICATE, "s-1-public"),
        (SECRET, "s-1"),
    ]


def test_entries_without_ids_are_not_taken_for_parts_of_a_signing_certificate_without_ids() -> None:
    given = entry([password(None)], [key(None, None, "Sign"), key(None, None, "Verify")])
    assert [credential.kind for credential in read(given, PRINCIPAL)] == [
        SAML,
        CERTIFICATE,
        SECRET,
    ]


def test_secret_without_key_id_is_not_taken_for_that_of_a_signing_certificate_without_one() -> None:
    given = entry([password(None)], [key(None, BASE64, "Sign")])
    assert [credential.kind for credential in read(given, PRINCIPAL)] == [SAML, SECRET]


def test_repeated_and_missing_key_ids_are_told_apart() -> None:
    given = entry([password(key_id) for key_id in ("k-1", None, "k-1", None, None, "k-1", "k-2")])
    assert [credential.key_id for credential in read(given)] == [
        "k-1",
        "",
        "k-1#2",
        "#2",
        "#3",
        "k-1#3",
        "k-2",
    ]


def test_same_key_id_on_secret_and_certificate_needs_no_number() -> None:
    given = entry([password("k-1")], [key("k-1")])
    assert kinds(read(given)) == [(CERTIFICATE, "k-1"), (SECRET, "k-1")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("2027-01-01T00:00:00Z", END_TIME, id="whole seconds"),
        pytest.param("2027-01-01T00:00:00.5Z", END_TIME + 0.5, id="one digit"),
        pytest.param("2027-01-01T00:00:00.25Z", END_TIME + 0.25, id="two digits"),
        pytest.param("2027-01-01T00:00:00.125Z", END_TIME + 0.125, id="three digits"),
        pytest.param("2027-01-01T00:00:00.0625Z", END_TIME + 0.0625, id="four digits"),
        pytest.param("2027-01-01T00:00:00.03125Z", END_TIME + 0.03125, id="five digits"),
        pytest.param("2027-01-01T00:00:00.015625Z", END_TIME + 0.015625, id="six digits"),
        pytest.param("2027-01-01T00:00:00.0156259Z", END_TIME + 0.015625, id="seven digits"),
        pytest.param("2027-01-01T02:00:00+02:00", END_TIME, id="another zone"),
        pytest.param("2299-12-31T00:00:00Z", 10_413_705_600.0, id="never, as the old portal wrote"),
        pytest.param("9999-12-31T23:59:59Z", 253_402_300_799.0, id="last second"),
        pytest.param("9999-12-31T23:59:59.9999999Z", 253_402_300_799.999999, id="last instant"),
        pytest.param("0001-01-01T00:00:00Z", -62_135_596_800.0, id="first instant"),
    ],
)
def test_date_is_read_in_every_form_that_graph_writes(text: str, expected: float) -> None:
    assert instant(text, absent=math.inf) == pytest.approx(expected, rel=0, abs=1e-4)


def test_date_that_is_absent_is_what_it_stands_for() -> None:
    found = read(entry([PasswordEntry("k-1")]))
    assert [(credential.starts, credential.expires) for credential in found] == [
        (-math.inf, math.inf)
    ]


@pytest.mark.parametrize("field", ["start_date_time", "end_date_time"])
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("soon", id="a word"),
        pytest.param("2027-01-01T00:00:00", id="no zone"),
        pytest.param("2027-01-01", id="no time"),
        pytest.param("2027-02-30T00:00:00Z", id="no such day"),
        pytest.param("10000-01-01T00:00:00Z", id="year 10000"),
        pytest.param("/Date(1700000000000)/", id="old JSON"),
        pytest.param("1790000000", id="a number"),
        pytest.param("\ud83d", id="lone surrogate"),
    ],
)
def test_credential_with_a_date_that_is_none_is_named_and_the_others_are_read(
    text: str, field: str
) -> None:
    bad = PasswordEntry("k-bad", **{field: text})
    lost: list[Unreadable] = []
    found = read_object(entry([password("k-1"), bad, password("k-2")]), APPLICATION, lost)
    assert [credential.key_id for credential in found.credentials] == ["k-1", "k-2"]
    assert [(item.object_id, item.key_id) for item in lost] == [("object-1", "k-bad")]
    assert lost[0].problem


def test_signing_certificate_with_a_date_that_is_none_does_not_leave_its_parts_behind() -> None:
    passwords, keys = saml_triple("s-1")
    keys[0].end_date_time = "soon"
    lost: list[Unreadable] = []
    assert read_object(entry(passwords, keys), PRINCIPAL, lost).credentials == ()
    assert [item.key_id for item in lost] == ["s-1"]


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        pytest.param(HEX, HEX, id="hex"),
        pytest.param(HEX.lower(), HEX, id="lower-case hex"),
        pytest.param(BASE64, HEX, id="base64"),
        pytest.param("", "", id="nothing"),
        pytest.param("free text", "free text", id="free text"),
        pytest.param(HEX[:-1], HEX[:-1], id="39 digits"),
        pytest.param(BASE64[:-4], BASE64[:-4], id="base64 of fewer bytes"),
        pytest.param(HEX + "\n", HEX + "\n", id="hex and a newline"),
        pytest.param("é" * 40, "é" * 40, id="not ASCII"),
    ],
)
def test_thumbprint_is_upper_case_hex_in_either_spelling(identifier: str, expected: str) -> None:
    assert thumbprint(identifier) == expected


def in_utf16(name: str) -> str:
    return base64.b64encode(name.encode("utf-16-le")).decode()


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        pytest.param(in_utf16("build server"), "build server", id="as the old portal kept it"),
        pytest.param(in_utf16("Schlüssel №1"), "Schlüssel №1", id="not ASCII"),
        pytest.param(in_utf16("a\nb"), "", id="two lines"),
        pytest.param(in_utf16("a\u202eb"), "", id="right to left"),
        pytest.param(BASE64, "", id="thumbprint in base64"),
        pytest.param(HEX, "", id="thumbprint in hex"),
        pytest.param(OTHER_HEX, "", id="another thumbprint in hex"),
        pytest.param(base64.b64encode(b"abc").decode(), "", id="odd number of bytes"),
        pytest.param("free text!", "", id="not base64"),
        pytest.param("", "", id="nothing"),
        pytest.param(None, "", id="null"),
    ],
)
def test_old_name_of_a_secret_is_found_where_it_is_one(
    identifier: str | None, expected: str
) -> None:
    assert old_name(PasswordEntry("k", custom_key_identifier=identifier), SECRET) == expected


def test_name_of_a_secret_wins_over_the_old_one() -> None:
    named = PasswordEntry("k-1", "new", in_utf16("old"), BEGIN, END)
    unnamed = PasswordEntry("k-2", None, in_utf16("old"), BEGIN, END)
    assert [credential.name for credential in read(entry([named, unnamed]))] == ["new", "old"]


def test_certificate_has_no_old_name() -> None:
    unnamed = KeyEntry("k-1", None, in_utf16("old"), BEGIN, END, usage="Verify")
    assert [credential.name for credential in read(entry([], [unnamed]))] == [""]


def test_certificate_that_encrypts_is_told_from_one_to_sign_in_with() -> None:
    encrypts = msgspec.structs.replace(key("k-1", OTHER_HEX), usage="Encrypt")
    read_ones = read(entry([], [encrypts, key("k-2", HEX)]))
    assert [(c.key_id, c.encrypts) for c in read_ones] == [("k-1", True), ("k-2", False)]


def test_hint_is_kept_for_matching_and_never_shown() -> None:
    hinted = msgspec.structs.replace(password("k-1"), hint="yXo")
    [credential] = read(entry([hinted]))
    assert credential.hint == "yXo"
    assert "yXo" not in f"{credential!r} {credential}"


def test_secret_has_no_thumbprint_whatever_stands_in_the_field() -> None:
    [credential] = read(entry([password("k-1", HEX)]))
    assert credential.thumbprint == ""
