"""That a soak sees what is wrong: what is as it should be passes, and each mistake is told."""

from dataclasses import replace

import pytest
from soak_check import Past, check
from soak_read import NotAnExpositionError, read
from soak_served import (
    BOTH,
    CLIENT,
    NEW,
    NOTHING,
    NOW,
    OLD,
    POLLED,
    URL,
    Served,
    account,
    listing,
    put,
    shown,
)
from soak_truth import Configuration, Listing, Timeline, Trouble, Truth
from soak_verdicts import check_targets


@pytest.fixture
def truth() -> Truth:
    """A tenant with two secrets of one application, of which the newer one is stored."""
    true = Truth()
    for kind, found in (("application", BOTH), ("service_principal", NOTHING)):
        true.listings["alpha", kind] = put(Timeline(), found)
    true.accounts[CLIENT] = put(Timeline(), account(OLD, NEW))
    true.stored["till"] = put(Timeline(), NEW.value.encode())
    put(true.configurations, Configuration(frozenset({"alpha"}), frozenset({"till"}), URL))
    true.ever[CLIENT] = {OLD.value: OLD, NEW.value: NEW}
    true.ends.update(old=OLD.ends, new=NEW.ends)
    return true


def found(served: Served, truth: Truth, past: Past | None = None) -> str:
    """All that is told of a scrape."""
    past = past or Past()
    told = check(served.scrape(), truth, past)
    return "; ".join([*told, *check_targets(served.scrape(), truth, past, {"till": CLIENT})])


def test_what_is_true_passes(truth: Truth) -> None:
    assert found(Served(works=1), truth) == ""


def test_wrong_sample_is_told(truth: Truth) -> None:
    wrong = replace(NEW, ends=NEW.ends + 1)
    told = found(Served(credentials=listing(OLD, wrong)), truth)

    assert "shown but not true" in told
    assert "true during the poll but missing" in told


def test_missing_sample_is_told(truth: Truth) -> None:
    assert "missing" in found(Served(credentials=listing(NEW)), truth)


def test_sample_that_had_gone_before_the_poll_is_told(truth: Truth) -> None:
    put(truth.listings["alpha", "application"], listing(NEW), POLLED - 1)

    assert "shown but not true" in found(Served(), truth)


def test_sample_that_came_or_went_during_the_poll_may_be_shown_or_not(truth: Truth) -> None:
    put(truth.listings["alpha", "application"], listing(NEW), POLLED + 0.2)
    later = Served(credentials=listing(NEW), expiring=0)

    assert found(Served(), truth) == ""
    assert found(later, truth) == ""


def test_listing_mixed_of_two_moments_is_told(truth: Truth) -> None:
    put(truth.listings["alpha", "application"], listing(NEW, name="renamed"), POLLED + 0.2)
    mixed = Listing({shown(OLD): 0.0, shown(NEW, "renamed"): 0.0}, 2, 1)

    assert "shown but not true" in found(Served(credentials=mixed), truth)


def test_stale_data_is_told_while_nothing_is_wrong(truth: Truth) -> None:
    served = Served(asked=NOW + 10, rendered=NOW + 9)

    assert "though nothing was wrong" in found(served, truth)
    truth.faulty_until = NOW + 5
    assert found(served, truth) == ""


def test_zeroed_inventory_is_told(truth: Truth) -> None:
    truth.faulty_until = NOW
    empty = Served(success=0, credentials=NOTHING, objects=0, expiring=0, valid=0)

    assert "missing" in found(empty, truth)


def test_last_success_that_goes_back_is_told(truth: Truth) -> None:
    truth.faulty_until, past = NOW, Past()
    assert found(Served(), truth, past) == ""

    gone = Served(rendered=NOW + 1, polled=0, success=0, credentials=NOTHING)
    assert "went back" in found(gone, truth, past)


def test_failed_polls_keep_what_the_last_good_one_read(truth: Truth) -> None:
    truth.faulty_until, past = NOW + 9, Past()
    assert found(Served(), truth, past) == ""
    put(truth.listings["alpha", "application"], listing(NEW), NOW)

    assert found(Served(asked=NOW + 9, rendered=NOW + 9, success=0), truth, past) == ""
    changed = Served(asked=NOW + 9, rendered=NOW + 9, success=0, credentials=listing(NEW))
    assert "missing" in found(changed, truth, past)


@pytest.mark.parametrize(
    ("served", "told"),
    [
        (Served(expiring=2), "counts by state"),
        (Served(objects=3), "never so"),
        (Served(superseded={"old": "false", "new": "false"}), "superseded is false"),
        (Served(days_late=90), "days left"),
        (Served(url="http://elsewhere.test"), "no configuration of that moment"),
        (Served(failures=1), "1 failures of the task poller"),
        (Served(extra='entra_applications{tenant="beta",object="application"} 1'), "is about"),
    ],
)
def test_what_does_not_fit_the_rest_of_the_scrape_is_told(
    truth: Truth, served: Served, told: str
) -> None:
    assert told in found(served, truth)


def test_target_that_works_with_a_value_that_was_removed_before_is_told(truth: Truth) -> None:
    put(truth.accounts[CLIENT], account(OLD), NOW - 10)

    assert "no value that was stored then was good" in found(Served(works=1), truth)


def test_target_that_fails_with_a_good_value_is_told(truth: Truth) -> None:
    assert "good throughout" in found(Served(works=0, cause="expired"), truth)


def test_cause_of_nothing_that_happened_is_told(truth: Truth) -> None:
    put(truth.stored["till"], OLD.value.encode() + b"\n", NOW - 10)

    assert found(Served(works=0, cause="format_error"), truth) == ""
    assert "nothing then accounts" in found(Served(works=0, cause="revoked"), truth)
    assert "nothing then accounts" in found(Served(works=0, cause="network"), truth)
    truth.troubles.append(Trouble(CLIENT, NOW - 2, NOW))
    assert found(Served(works=0, cause="network"), truth) == ""


def test_removed_secret_may_be_called_revoked(truth: Truth) -> None:
    put(truth.accounts[CLIENT], account(OLD), NOW - 10)

    assert found(Served(works=0, cause="revoked"), truth) == ""


def test_failure_without_a_cause_and_success_with_one_are_told(truth: Truth) -> None:
    assert "with the causes" in found(Served(works=0), truth)
    assert "with the causes" in found(Served(works=1, cause="expired"), truth)


def test_target_that_vanishes_or_is_not_tried_any_more_is_told(truth: Truth) -> None:
    past = Past()
    assert found(Served(works=1), truth, past) == ""
    later = Served(works=1, asked=NOW + 20, rendered=NOW + 19.9, polled=NOW + 19)

    assert "till: works, but was tried" in found(later, truth, past)
    assert "shown before, and not any more" in found(replace(later, works=None), truth, past)


def test_names_that_imitate_the_format_are_read_as_names(truth: Truth) -> None:
    name = '}\u2028 1\r# EOF"'.replace('"', "") + "\nentra_applications 7"
    truth.listings["alpha", "application"] = put(Timeline(), listing(OLD, NEW, name=name))

    assert found(Served(credentials=listing(OLD, NEW, name=name)), truth) == ""


@pytest.mark.parametrize("text", ["entra 1", "entra{ 1\n", 'entra{a="\\x"} 1\n', "# EOF\n"])
def test_what_is_no_exposition_is_refused(text: str) -> None:
    with pytest.raises(NotAnExpositionError):
        read(text, NOW, NOW)
