"""What needs attention, and in which order."""

from operator import attrgetter

import pytest
from builders import DAY, NOW, application, credential, signing, snapshot, tenant

from exporter.attention import Due, Urgency, due, urgency
from exporter.model import CredentialKind, CredentialState
from exporter.snapshot import Snapshot


def ordered(shown: Snapshot, now: float = NOW) -> list[Due]:
    return sorted(due(shown, now), key=attrgetter("order"))


def keys(shown: Snapshot, now: float = NOW) -> list[str]:
    return [row.credential.key_id for row in ordered(shown, now)]


@pytest.mark.parametrize(
    ("days", "covered", "expected"),
    [
        pytest.param(10, False, Urgency.LAST_LINE, id="soon expires, nothing newer"),
        pytest.param(0, False, Urgency.LAST_LINE, id="expires this moment"),
        pytest.param(-29.9, False, Urgency.LAST_LINE, id="expired lately"),
        pytest.param(-30, False, Urgency.FORGOTTEN, id="expired 30 days ago"),
        pytest.param(-400, False, Urgency.FORGOTTEN, id="expired long ago"),
        pytest.param(10, True, Urgency.COVERED, id="soon expires, a newer one is there"),
        pytest.param(0, True, Urgency.LEFTOVER, id="expires this moment, a newer one is there"),
        pytest.param(-1, True, Urgency.LEFTOVER, id="expired, a newer one is there"),
        pytest.param(-400, True, Urgency.LEFTOVER, id="expired long ago, a newer one is there"),
    ],
)
def test_urgency_depends_on_the_end_and_on_what_covers_it(
    days: float, expected: Urgency, *, covered: bool
) -> None:
    assert urgency(credential(days), NOW, covered=covered) is expected


def test_most_urgent_comes_first_and_within_it_what_has_least_time() -> None:
    holders = {
        "last line": [credential(20, key_id="line-20")],
        "expired": [credential(-5, key_id="line-expired")],
        "covered": [credential(1, key_id="covered"), credential(900, key_id="fresh")],
        "forgotten": [credential(-500, key_id="forgotten")],
        "leftover": [credential(-900, key_id="leftover"), credential(900, key_id="fresh")],
        "nearer": [credential(3, key_id="line-3")],
    }
    objects = [application(*held, app_id=app_id) for app_id, held in holders.items()]
    assert keys(snapshot(tenant(*objects))) == [
        "line-expired",
        "line-3",
        "line-20",
        "covered",
        "forgotten",
        "leftover",
    ]


def test_what_is_valid_or_has_yet_to_begin_needs_no_attention() -> None:
    holds = application(credential(31, key_id="a"), credential(20, key_id="b", starts=1))
    assert ordered(snapshot(tenant(holds))) == []


def test_expiring_begins_exactly_at_the_tenants_limit() -> None:
    shown = snapshot(tenant(application(credential(31))))
    assert ordered(shown, NOW + DAY - 1) == []
    assert [row.days for row in ordered(shown, NOW + DAY)] == [30.0]


def test_row_says_all_that_is_known_of_the_credential() -> None:
    old, new = credential(2, key_id="old"), credential(900, key_id="new")
    owner = application(old, new)
    assert list(due(snapshot(tenant(owner)), NOW)) == [
        Due(Urgency.COVERED, 2.0, "contoso", owner, old, CredentialState.EXPIRING, superseded=True)
    ]


def test_kinds_do_not_cover_each_other() -> None:
    holds = application(credential(2, key_id="secret"), signing(900, key_id="saml", active=True))
    assert [
        (row.credential.key_id, row.superseded) for row in due(snapshot(tenant(holds)), NOW)
    ] == [("secret", False)]


def test_equally_urgent_rows_are_ordered_by_tenant_application_and_key() -> None:
    tenants = [
        tenant(
            application(credential(5, key_id="k2"), app_id="a2"),
            application(credential(5, key_id="k9"), app_id="a1"),
            name=name,
        )
        for name in ("fabrikam", "contoso")
    ]
    rows = [(row.tenant, row.owner.app_id) for row in ordered(snapshot(*tenants))]
    assert rows == [
        ("contoso", "a1"),
        ("contoso", "a2"),
        ("fabrikam", "a1"),
        ("fabrikam", "a2"),
    ]


def test_equally_urgent_credentials_of_an_application_are_ordered_by_key() -> None:
    certificate = credential(5, kind=CredentialKind.CERTIFICATE, key_id="k1")
    assert keys(snapshot(tenant(application(credential(5, key_id="k2"), certificate)))) == [
        "k1",
        "k2",
    ]


def test_tenant_that_was_never_read_has_no_rows() -> None:
    assert ordered(snapshot(tenant(read=False))) == []


def test_what_pages_somebody_is_due_however_short_the_setting_is() -> None:
    held = application(credential(5), credential(8, key_id="other"))
    short = tenant(held, expiring_within=3 * DAY)

    assert [round(one.days) for one in due(snapshot(short), NOW)] == [5]
