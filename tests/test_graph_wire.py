"""Decoding Graph's pages: what can be read is, and what cannot is named."""

import json

import msgspec
import pytest

from exporter.graph.credentials import read_object
from exporter.graph.wire import MOST_LOST, ObjectEntry, PasswordEntry, Unreadable, decode_page
from exporter.model import ObjectType

GOOD = {"id": "good", "appId": "app-good"}
# As Graph sends it: fields that were not asked for, nulls, and dates left as text.
FULL: dict[str, object] = {
    "@odata.type": "#microsoft.graph.application",
    "id": "object-1",
    "appId": "app-1",
    "displayName": "billing",
    "createdDateTime": "2025-04-09T09:58:28.8914089Z",
    "tags": ["HideApp"],
    "api": {"knownClientApplications": [], "oauth2PermissionScopes": []},
    "passwordCredentials": [
        {
            "customKeyIdentifier": None,
            "displayName": "key1",
            "endDateTime": "2024-05-07T06:52:43Z",
            "hint": "yXo",
            "keyId": "73c912d2-fd2d-42a0-b3ae-2e45d006b8bc",
            "secretText": None,
            "startDateTime": "2022-05-07T06:52:43Z",
        }
    ],
    "keyCredentials": [
        {
            "customKeyIdentifier": "F9D4365AFC13FC27446AD529035997B32991AE85",
            "displayName": "CN=CLI-Login",
            "endDateTime": "2023-05-07T06:56:26Z",
            "key": None,
            "keyId": "11111111-0000-4000-8000-000000000001",
            "startDateTime": "2022-05-07T06:56:26Z",
            "type": "AsymmetricX509Cert",
            "usage": "Verify",
        }
    ],
    "servicePrincipalType": "Application",
    "appOwnerOrganizationId": "22222222-0000-4000-8000-000000000001",
    "preferredTokenSigningKeyThumbprint": None,
}


def page(*entries: object, **more: object) -> bytes:
    return json.dumps({"value": entries, **more}).encode()


def ids(body: bytes) -> list[str]:
    return [entry.id for entry in decode_page(body)[0].value]


def test_object_is_read_with_everything_that_is_needed() -> None:
    decoded, lost = decode_page(page(FULL))
    [entry] = decoded.value
    assert lost == []
    assert (entry.id, entry.app_id, entry.display_name) == ("object-1", "app-1", "billing")
    assert entry.tags == ["HideApp"]
    assert entry.service_principal_type == "Application"
    assert entry.app_owner_organization_id == "22222222-0000-4000-8000-000000000001"
    assert entry.password_credentials == [
        PasswordEntry(
            key_id="73c912d2-fd2d-42a0-b3ae-2e45d006b8bc",
            display_name="key1",
            start_date_time="2022-05-07T06:52:43Z",
            end_date_time="2024-05-07T06:52:43Z",
            hint="yXo",
        )
    ]
    assert "yXo" not in repr(entry)
    [key] = entry.key_credentials or []
    assert (key.usage, key.custom_key_identifier) == (
        "Verify",
        "F9D4365AFC13FC27446AD529035997B32991AE85",
    )


def test_object_with_ids_alone_has_no_credentials() -> None:
    assert decode_page(page(GOOD))[0].value == [ObjectEntry("good", "app-good")]


def test_null_in_the_place_of_a_list_loses_nothing() -> None:
    odd = {**GOOD, "passwordCredentials": None, "keyCredentials": None, "tags": [None, "a"]}
    decoded, lost = decode_page(page(odd))
    assert lost == []
    item = read_object(decoded.value[0], ObjectType.APPLICATION, lost)
    assert (item.credentials, item.tags) == ((), ("a",))


def test_next_link_is_kept_as_it_is() -> None:
    link = "https://graph.microsoft.com/v1.0/applications?$top=1&$skiptoken=RFNwdAoAAQ%3D%3D"
    assert decode_page(page(**{"@odata.nextLink": link}))[0].next_link == link


def test_last_page_has_no_next_link() -> None:
    assert decode_page(page(GOOD))[0].next_link is None


def test_next_link_of_a_page_with_nonsense_in_it_is_kept() -> None:
    decoded, lost = decode_page(page(7, **{"@odata.nextLink": "https://graph/next"}))
    assert (decoded.next_link, len(lost)) == ("https://graph/next", 1)


@pytest.mark.parametrize(
    ("bad", "object_id"),
    [
        pytest.param({"id": "bad", "appId": None}, "bad", id="no application id"),
        pytest.param({"id": "bad"}, "bad", id="application id missing"),
        pytest.param({"id": "bad", "appId": 7}, "bad", id="application id is a number"),
        pytest.param({"id": "bad", "appId": "a", "displayName": 7}, "bad", id="name is a number"),
        pytest.param({"id": "bad", "appId": "a", "passwordCredentials": 7}, "bad", id="no list"),
        pytest.param({"appId": "a"}, "", id="id missing"),
        pytest.param({"id": None, "appId": "a"}, "", id="id is null"),
        pytest.param({"id": 7, "appId": "a"}, "", id="id is a number"),
        pytest.param(None, "", id="null"),
        pytest.param("text", "", id="text"),
        pytest.param([], "", id="list"),
    ],
)
def test_object_that_makes_no_sense_is_named_and_the_others_are_read(
    bad: object, object_id: str
) -> None:
    decoded, [lost] = decode_page(page(GOOD, bad, FULL))
    assert [entry.id for entry in decoded.value] == ["good", "object-1"]
    assert (lost.object_id, lost.key_id) == (object_id, "")
    assert lost.problem


@pytest.mark.parametrize("number", ["9" * 5_000, "1e999"], ids=["5000 digits", "infinite"])
def test_object_with_a_number_beyond_all_range_does_not_cost_the_others(number: str) -> None:
    body = b'{"value":[{"id":"bad","appId":%b},{"id":"good","appId":"a"}]}' % number.encode()
    decoded, lost = decode_page(body)
    assert [entry.id for entry in decoded.value] == ["good"]
    assert len(lost) == 1


@pytest.mark.parametrize("bad", [{"id": "", "appId": "a"}, {"id": "bad", "appId": ""}])
def test_object_without_an_id_is_left_out_and_counted(bad: dict[str, str]) -> None:
    decoded, lost = decode_page(page(bad, bad, GOOD))
    assert [entry.id for entry in decoded.value] == ["good"]
    assert len(lost) == 2


def test_name_cut_in_the_middle_of_an_emoji_does_not_cost_the_others() -> None:
    body = (
        rb'{"value":[{"id":"cut","appId":"a","displayName":"x\ud83d"},{"id":"good","appId":"b"}]}'
    )
    assert "good" in ids(body)


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(rb'{"id":7}', id="an object of another type"),
        pytest.param(
            b'{"id":"b","appId":"b","x":%b}' % (b"1" * 5000), id="a number of 5,000 digits"
        ),
    ],
)
def test_name_cut_in_the_middle_of_an_emoji_is_read_beside_other_nonsense(bad: bytes) -> None:
    cut = rb'{"id":"cut","appId":"a","displayName":"x\ud83d\ud83d\ude00\\ud83d"}'
    body = b'{"value":[%b,%b,{"id":"good","appId":"b"}]}' % (bad, cut)
    names = {entry.id: entry.display_name for entry in decode_page(body)[0].value}
    assert names["cut"] == "x?\N{GRINNING FACE}\\ud83d"
    assert "good" in names


def test_half_of_a_character_in_raw_bytes_does_not_cost_the_others() -> None:
    cut = b'{"id":"cut","appId":"a","displayName":"\xed\xa0\xbd"}'
    body = b'{"value":[%b,{"id":"good","appId":"b"}]}' % cut
    assert ids(body) == ["cut", "good"]


@pytest.mark.parametrize("field", ["passwordCredentials", "keyCredentials"])
@pytest.mark.parametrize(
    ("bad", "key_id"),
    [
        pytest.param({"keyId": "k-bad", "endDateTime": 7}, "k-bad", id="date is a number"),
        pytest.param({"keyId": 7}, "", id="key id is a number"),
        pytest.param(None, "", id="null"),
        pytest.param("text", "", id="text"),
    ],
)
def test_credential_that_makes_no_sense_is_named_and_the_others_are_read(
    field: str, bad: object, key_id: str
) -> None:
    odd = {**GOOD, field: [{"keyId": "k-1"}, bad, {"keyId": "k-2"}]}
    decoded, [lost] = decode_page(page(odd))
    [entry] = decoded.value
    kept = [*(entry.password_credentials or []), *(entry.key_credentials or [])]
    assert [credential.key_id for credential in kept] == ["k-1", "k-2"]
    assert (lost.object_id, lost.key_id) == ("good", key_id)


def test_object_with_an_unreadable_credential_keeps_all_its_other_fields() -> None:
    odd = {**FULL, "passwordCredentials": [7]}
    [entry] = decode_page(page(odd))[0].value
    [whole] = decode_page(page({**FULL, "passwordCredentials": []}))[0].value
    assert entry == whole


def test_what_is_left_out_is_named_without_any_name_that_people_gave() -> None:
    bad = {"id": "bad", "appId": 7, "displayName": "Payroll of the board"}
    assert decode_page(page(bad))[1] == [
        Unreadable("bad", "", "Expected `str`, got `int` - at `$.appId`")
    ]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"<html>Sign in to the proxy</html>", id="a page of a proxy"),
        pytest.param(page(GOOD)[:-5], id="cut off"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"null", id="null"),
        pytest.param(b"{}", id="no value"),
        pytest.param(b'{"error": {"code": "x"}}', id="an error"),
        pytest.param(b'{"value": null}', id="value is null"),
        pytest.param(b'{"value": {}}', id="value is an object"),
        pytest.param(b'{"value": [], "@odata.nextLink": 7}', id="nextLink is a number"),
        pytest.param(
            b'{"value": [7], "@odata.nextLink": 7}', id="nextLink is a number, and nonsense"
        ),
    ],
)
def test_body_that_is_no_page_is_refused_as_a_whole(body: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_page(body)


def test_body_that_is_not_utf8_is_refused_as_a_whole() -> None:
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
        decode_page(b'{"value":[{"id":"1","appId":"a","displayName":"\xff"}]}')


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"x":' + b"[" * 100_000, id="beside value"),
        pytest.param(b'{"value":[{"id":"1","appId":' + b"[" * 100_000, id="in an object"),
    ],
)
def test_body_nested_without_end_is_refused_as_a_whole(body: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_page(body)


def test_unknown_fields_and_numbers_of_any_size_do_no_harm() -> None:
    odd = {**GOOD, "future": {"deep": [1, 2.5, 10**400, None]}}
    assert ids(page(odd, count=10**400)) == ["good"]


def test_name_in_any_language_is_read() -> None:
    name = '請求 🔐 \u202e "quoted" \n\x00'
    [entry] = decode_page(page({**GOOD, "displayName": name}))[0].value
    assert entry.display_name == name


@pytest.mark.parametrize(
    "page",
    ['{"value": [%s]}', '{"value": [{"id": "i", "appId": "a", "passwordCredentials": [%s]}]}'],
)
def test_page_of_nothing_but_nonsense_is_no_page(page: str) -> None:
    few, many = (page % ",".join(["0"] * count) for count in (MOST_LOST, MOST_LOST + 1))

    assert len(decode_page(few.encode())[1]) == MOST_LOST
    with pytest.raises(msgspec.DecodeError, match="make no sense"):
        decode_page(many.encode())
