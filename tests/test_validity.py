"""What dates mean at a moment: states, what is superseded, and the last line of defence."""

import math
import random

import msgspec
import pytest
from builders import DAY, NOW, credential, signing

from exporter.model import Credential, CredentialKind, CredentialState
from exporter.validity import days_left, groups, last_line, state, superseded

EVER = Credential(CredentialKind.SECRET, "ever", "", -math.inf, math.inf)
MONTH = 30 * DAY


@pytest.mark.parametrize(
    ("expires", "expected"),
    [
        pytest.param(NOW + 1.5 * DAY, 1.5, id="fraction of a day ahead"),
        pytest.param(NOW, 0.0, id="this moment"),
        pytest.param(NOW - 3 * DAY, -3.0, id="negative after the end"),
        pytest.param(math.inf, math.inf, id="no end"),
    ],
)
def test_days_left_are_counted_from_now(expires: float, expected: float) -> None:
    assert days_left(expires, NOW) == expected


@pytest.mark.parametrize(
    ("starts", "expires", "expected"),
    [
        pytest.param(NOW - DAY, NOW + 90 * DAY, CredentialState.VALID, id="long to go"),
        pytest.param(NOW - DAY, NOW + MONTH, CredentialState.EXPIRING, id="exactly within"),
        pytest.param(NOW - DAY, NOW + MONTH + 1, CredentialState.VALID, id="a second more"),
        pytest.param(NOW - DAY, NOW + 1, CredentialState.EXPIRING, id="the last second"),
        pytest.param(NOW - DAY, NOW, CredentialState.EXPIRED, id="ends this moment"),
        pytest.param(NOW, NOW + 90 * DAY, CredentialState.VALID, id="begins this moment"),
        pytest.param(NOW + 1, NOW + 90 * DAY, CredentialState.NOT_YET_VALID, id="begins later"),
        pytest.param(NOW + 1, NOW + 2, CredentialState.NOT_YET_VALID, id="later, and short"),
        pytest.param(NOW + DAY, NOW - DAY, CredentialState.EXPIRED, id="ends before it begins"),
        pytest.param(-math.inf, math.inf, CredentialState.VALID, id="no dates at all"),
    ],
)
def test_state_at_its_boundaries(starts: float, expires: float, expected: CredentialState) -> None:
    item = Credential(CredentialKind.SECRET, "k", "", starts, expires)
    assert state(item, NOW, MONTH) is expected


def test_credential_without_end_is_never_expiring_however_long_soon_is() -> None:
    assert state(EVER, NOW, 1e12) is CredentialState.VALID


def test_credentials_are_grouped_by_kind_in_their_order() -> None:
    first, second = credential(1, key_id="a"), credential(2, key_id="b")
    certificate = credential(3, kind=CredentialKind.CERTIFICATE)
    assert groups([first, certificate, second]) == [[first, second], [certificate]]


def test_certificate_for_encryption_covers_none_to_sign_in_with() -> None:
    signs_in = credential(3, kind=CredentialKind.CERTIFICATE, key_id="a")
    encrypts = msgspec.structs.replace(signs_in, key_id="b", expires=NOW + 700 * DAY, encrypts=True)
    assert [superseded(group, NOW) for group in groups([signs_in, encrypts])] == [[False], [False]]


def test_credential_that_expires_later_supersedes() -> None:
    assert superseded([credential(10, key_id="old"), credential(90, key_id="new")], NOW) == [
        True,
        False,
    ]


def test_with_equal_ends_the_greater_key_id_supersedes_in_either_order() -> None:
    low, high = credential(10, key_id="a"), credential(10, key_id="b")
    assert superseded([low, high], NOW) == [True, False]
    assert superseded([high, low], NOW) == [False, True]


def test_with_no_end_at_all_the_greater_key_id_supersedes() -> None:
    ends = [Credential(CredentialKind.SECRET, key_id, "", -math.inf, math.inf) for key_id in "ab"]
    assert superseded(ends, NOW) == [True, False]


def test_newer_credential_that_has_not_begun_does_not_supersede() -> None:
    now_used, coming = credential(10, key_id="z"), credential(400, key_id="a", starts=1)
    assert superseded([now_used, coming], NOW) == [False, False]


def test_newer_credential_supersedes_from_the_moment_it_begins() -> None:
    group = [credential(10, key_id="z"), credential(400, key_id="a", starts=1)]
    assert superseded(group, NOW + DAY - 1) == [False, False]
    assert superseded(group, NOW + DAY) == [True, False]


def test_credential_yet_to_begin_that_ends_first_is_superseded() -> None:
    assert superseded([credential(90, key_id="a"), credential(10, key_id="z", starts=1)], NOW) == [
        False,
        True,
    ]


def test_of_expired_credentials_the_last_to_expire_is_not_superseded() -> None:
    assert superseded([credential(-5, key_id="a"), credential(-40, key_id="z")], NOW) == [
        False,
        True,
    ]


def test_expired_credential_is_not_superseded_by_one_that_has_yet_to_begin() -> None:
    assert superseded([credential(-5), credential(90, key_id="new", starts=1)], NOW) == [
        False,
        False,
    ]


def test_single_credential_is_never_superseded() -> None:
    assert superseded([credential(-5)], NOW) == [False]
    assert superseded([credential(5, starts=1)], NOW) == [False]


def test_active_signing_certificate_supersedes_later_ones() -> None:
    active = signing(5, key_id="a", active=True)
    later = signing(900, key_id="b")
    assert superseded([later, active], NOW) == [True, False]


def test_expired_active_signing_certificate_still_supersedes() -> None:
    active = signing(-1, key_id="a", active=True)
    later = signing(900, key_id="b")
    assert superseded([later, active], NOW) == [True, False]


def test_signing_certificates_of_which_none_is_active_go_by_date() -> None:
    group = [signing(5, key_id="a"), signing(900, key_id="b")]
    assert superseded(group, NOW) == [True, False]


def random_group(chance: random.Random) -> list[Credential]:
    """Few distinct dates, so that equal ends and equal starts are common."""
    keys = chance.sample("abcdefgh", chance.randint(1, 6))
    return [
        credential(chance.choice((-9, -1, 0, 1, 9)), key_id=key, starts=chance.choice((-99, 0, 2)))
        for key in keys
    ]


@pytest.mark.parametrize("seed", range(40))
def test_exactly_one_credential_that_has_begun_is_not_superseded(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a repeatable draw
    for _ in range(50):
        group = random_group(chance)
        begun = [item.starts <= NOW for item in group]
        remaining = [
            item
            for item, has, covered in zip(group, begun, superseded(group, NOW), strict=True)
            if has and not covered
        ]
        assert len(remaining) == (1 if any(begun) else 0)


@pytest.mark.parametrize("seed", range(40))
def test_last_line_ends_no_earlier_than_anything_that_has_begun(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a repeatable draw
    for _ in range(50):
        group = random_group(chance)
        last = last_line(group, NOW)
        begun = [item for item in group if item.starts <= NOW]
        assert last in (begun or group)
        assert all(item.expires <= last.expires for item in begun or group)


def test_last_line_is_the_one_in_force_and_not_a_longer_one_to_come() -> None:
    in_force, coming = credential(10, key_id="a"), credential(400, key_id="b", starts=1)
    assert last_line([coming, in_force], NOW) is in_force


def test_last_line_of_credentials_that_have_all_yet_to_begin_is_the_longest() -> None:
    short, long = credential(10, key_id="b", starts=1), credential(400, key_id="a", starts=2)
    assert last_line([long, short], NOW) is long


def test_last_line_is_the_active_signing_certificate() -> None:
    active = signing(5, key_id="a", active=True)
    assert last_line([signing(900, key_id="b"), active], NOW) is active
