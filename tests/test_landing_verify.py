"""What the landing page says of stored secrets, read as a browser would."""

from builders import NOW, diagnosis, target, target_view, verdict, with_targets
from test_landing import HOSTILE, VISIBLE, Reader, page

from exporter.model import Cause
from exporter.snapshot import Held, TargetView
from exporter.verdict import Refusal

EXPIRED = target_view(Cause.EXPIRED, since=NOW - 7200)


def shown(*views: TargetView) -> Reader:
    """The page with these targets."""
    return Reader(page(with_targets(*views), NOW, "/metrics"))


def test_failing_target_names_cause_code_since_when_and_what_to_do() -> None:
    text = shown(EXPIRED).text

    assert "Does not work now" in text
    assert "expired, AADSTS7000222 (proven), for 2 h" in text
    assert "The secret has expired" in text
    assert "az ad app credential reset" in text


def test_refused_come_before_what_could_not_be_tried_and_that_before_what_works() -> None:
    untold = target_view(Cause.NETWORK, target=target("b"))
    working = target_view(target=target("c"), holds=Held("", NOW + 10 * 86_400))
    text = shown(working, untold, EXPIRED).text

    places = [text.index(title) for title in ("Does not work", "Could not be", "that work")]
    assert places == sorted(places)
    assert "10 days left" in text


def test_target_before_its_first_verification_says_so() -> None:
    text = shown(TargetView(target())).text

    assert "billing-api (contoso): not tried yet" in text
    assert "Does not work now" not in text


def test_page_without_targets_has_no_section_about_them() -> None:
    text = shown().text

    assert "Does not work now" not in text
    assert "Stored secrets" not in text


def test_hostile_texts_of_a_verdict_are_only_text() -> None:
    said = diagnosis(Cause.EXPIRED, summary=f"It is {HOSTILE}", evidence=(f"As {HOSTILE}",))
    refusal = Refusal(7000222, "invalid_client", HOSTILE, 401, correlation_id=HOSTILE)
    read = shown(target_view(verdict=verdict(diagnosis=said, refusal=refusal)))

    assert read.tags.count("script") == 1
    assert read.text.count(VISIBLE) == 3


def test_hostile_details_of_a_consumer_are_quoted_for_the_shell_and_for_the_page() -> None:
    details = {"namespace": "$(reboot)<script>", "name": "x'; rm -rf /; '"}
    read = shown(target_view(Cause.EXPIRED, target=target(consumer="aks", details=details)))

    assert read.tags.count("script") == 1
    assert "--namespace $(reboot)" not in read.text


def test_no_more_than_25_of_each_are_listed_and_the_others_counted() -> None:
    many = [target_view(Cause.EXPIRED, target=target(f"n{number}")) for number in range(40)]
    read = shown(*many)

    assert read.tags.count("details") == 25
    assert "15 more that fail" in read.text
