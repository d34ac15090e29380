"""What is said to be gone from a tenant: what was there, and was not there again."""

from types import MappingProxyType

import msgspec
import pytest
from builders import DAY, NOW, application, credential, inventory

from exporter import history
from exporter.history import Departed, departed
from exporter.model import Credential, CredentialKind, DirectoryObject, Inventory, ObjectType
from exporter.verdict import Gone

NOTHING: Departed = MappingProxyType({})
OTHER_APP = "aaaaaaaa-0000-4000-8000-000000000002"
HOUR = 3600.0
A, B, C = (credential(key_id=key_id) for key_id in "abc")


def poll(hour: int, *objects: DirectoryObject) -> Inventory:
    """What a poll found, so many hours after NOW."""
    return inventory(*objects, taken_at=NOW + hour * HOUR)


def history_of(*polls: Inventory, known: Departed = NOTHING) -> Departed:
    """What is gone after polls, one after another."""
    last = None
    for one in polls:
        known = departed(last, one, known)
        last = one
    return known


def key_ids(gone: Departed) -> dict[str, list[str]]:
    """The key ids of what is gone, by application, in order."""
    return {
        app_id: sorted(one.credential.key_id for one in found) for app_id, found in gone.items()
    }


def app(*credentials: Credential) -> DirectoryObject:
    """The usual application."""
    return application(*credentials)


def principal(*credentials: Credential) -> DirectoryObject:
    """Its service principal."""
    made = application(*credentials, object_type=ObjectType.SERVICE_PRINCIPAL)
    return msgspec.structs.replace(made, object_id="principal")


APP = app().app_id


def test_secret_that_is_removed_is_remembered_as_gone() -> None:
    gone = history_of(poll(0, app(A, B)), poll(1, app(B)))
    assert gone == {APP: (Gone(A, NOW, NOW + HOUR),)}


def test_nothing_is_gone_after_the_first_poll() -> None:
    assert history_of(poll(0, app(A))) == {}


def test_secret_that_is_replaced_is_gone_and_the_new_one_is_not() -> None:
    assert key_ids(history_of(poll(0, app(A)), poll(1, app(B)))) == {APP: ["a"]}


def test_last_secret_of_an_application_is_gone_like_any_other() -> None:
    assert key_ids(history_of(poll(0, app(A)), poll(1, app()))) == {APP: ["a"]}


@pytest.mark.parametrize(
    "changes",
    [{"name": "renamed"}, {"hint": "abc"}, {"expires": NOW + DAY}],
    ids=["name", "hint", "end"],
)
def test_secret_of_which_something_changes_is_not_gone(changes: dict[str, object]) -> None:
    changed = msgspec.structs.replace(A, **changes)
    assert history_of(poll(0, app(A)), poll(1, app(changed))) == {}


def test_what_is_gone_stays_so_with_its_moments_over_later_polls() -> None:
    gone = history_of(
        poll(0, app(A, B)), poll(1, app(B)), poll(2, app(B)), poll(3, app()), poll(4, app(C))
    )
    assert set(gone[APP]) == {Gone(A, NOW, NOW + HOUR), Gone(B, NOW + 2 * HOUR, NOW + 3 * HOUR)}


def test_what_was_known_before_the_first_poll_is_kept() -> None:
    known = {OTHER_APP: (Gone(C, NOW - DAY, NOW),)}
    assert history_of(poll(0, app(A)), known=known) == known


def test_secret_that_is_there_again_is_not_gone_any_more() -> None:
    assert history_of(poll(0, app(A, B)), poll(1, app(B)), poll(2, app(A, B))) == {}


def test_secret_that_goes_twice_is_gone_once_and_since_the_second_time() -> None:
    gone = history_of(poll(0, app(A)), poll(1, app()), poll(2, app(A)), poll(3, app()))
    assert gone == {APP: (Gone(A, NOW + 2 * HOUR, NOW + 3 * HOUR),)}


def test_what_another_application_holds_has_not_returned() -> None:
    elsewhere = application(A, app_id=OTHER_APP)
    assert key_ids(history_of(poll(0, app(A)), poll(1, app(), elsewhere))) == {APP: ["a"]}


def test_application_that_a_filter_hides_has_not_lost_its_secrets() -> None:
    hidden = history_of(poll(0, app(A), application(C, app_id=OTHER_APP)), poll(1, app(A)))
    assert hidden == {}


def test_hiding_one_of_its_two_objects_removes_nothing_of_an_application() -> None:
    both = poll(0, app(A), principal(B))
    assert history_of(both, poll(1, principal(B))) == {}
    assert history_of(both, poll(1, app(A))) == {}


def test_object_that_vanished_and_is_back_has_lost_nothing() -> None:
    assert history_of(poll(0, app(A)), poll(1), poll(2, app(A))) == {}


def test_what_was_gone_is_remembered_while_its_application_is_hidden() -> None:
    gone = history_of(poll(0, app(A, B)), poll(1, app(B)), poll(2), poll(3, app(B)))
    assert key_ids(gone) == {APP: ["a"]}


def test_what_a_service_principal_loses_is_gone_from_its_application_id() -> None:
    gone = history_of(poll(0, app(A), principal(B, C)), poll(1, app(A), principal(C)))
    assert key_ids(gone) == {APP: ["b"]}


def test_what_both_objects_lose_is_all_remembered() -> None:
    gone = history_of(poll(0, app(A), principal(B)), poll(1, app(), principal()))
    assert key_ids(gone) == {APP: ["a", "b"]}


def test_certificate_that_is_removed_is_gone_with_its_thumbprint() -> None:
    certificate = credential(kind=CredentialKind.CERTIFICATE)
    certificate = msgspec.structs.replace(certificate, thumbprint="A1" * 20)
    [gone] = history_of(poll(0, app(certificate)), poll(1, app()))[APP]
    assert gone.credential.thumbprint == "A1" * 20


def test_object_that_is_the_same_value_is_not_looked_into() -> None:
    class Untouchable:
        """Fails whoever iterates over it."""

        def __iter__(self) -> None:
            raise AssertionError("was looked into")

    same = msgspec.structs.replace(app(), credentials=Untouchable())
    assert departed(poll(0, same), poll(1, same), NOTHING) == {}


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        pytest.param(("", "#2"), {}, id="first went: the others moved up"),
        pytest.param(("", "#2", "#3"), {}, id="none went"),
    ],
)
def test_repeated_key_ids_that_are_numbered_anew_are_not_gone(
    left: tuple[str, ...], expected: dict[str, list[str]]
) -> None:
    three = [credential(days, key_id=key) for days, key in ((1, ""), (2, "#2"), (3, "#3"))]
    rest = [
        msgspec.structs.replace(one, key_id=key)
        for one, key in zip(three[-len(left) :], left, strict=True)
    ]
    assert key_ids(history_of(poll(0, app(*three)), poll(1, app(*rest)))) == expected


def test_last_of_repeated_key_ids_is_gone_when_it_is_nowhere() -> None:
    first, second = credential(1, key_id="k"), credential(2, key_id="k#2")
    assert key_ids(history_of(poll(0, app(first, second)), poll(1, app(first)))) == {APP: ["k#2"]}


def test_of_too_many_the_latest_to_go_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "MOST", 2)
    gone = history_of(
        poll(0, app(A, B, C)), poll(1, app(B, C)), poll(2, app(C)), poll(3, app()), poll(4, app())
    )
    assert key_ids(gone) == {APP: ["b", "c"]}


def test_limit_is_of_the_tenant_and_leaves_no_empty_application(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(history, "MOST", 1)
    other = application(C, app_id=OTHER_APP), application(app_id=OTHER_APP)
    gone = history_of(poll(0, app(A), other[0]), poll(1, app(), other[0]), poll(2, app(), other[1]))
    assert key_ids(gone) == {OTHER_APP: ["c"]}


def test_what_is_gone_cannot_be_changed_by_who_reads_it() -> None:
    gone = history_of(poll(0, app(A)), poll(1, app()))
    with pytest.raises(TypeError):
        gone[APP] = ()  # type: ignore[index]
