"""Reading what is asked of a list from an address, however odd it is."""

import pytest
from multidict import MultiDict

from exporter.web.query import Mistake, Query, read

CHOICES = {
    "tenant": ("contoso", "fabrikam"),
    "state": ("expired",),
    "superseded": ("true", "false"),
}


def asked(*pairs: tuple[str, str], most: int = 0) -> tuple[Query, tuple[Mistake, ...]]:
    """What is read of these parameters."""
    return read(MultiDict(pairs), CHOICES, Query(), most)


def test_parameters_become_a_query() -> None:
    pairs = (("q", " Billing "), ("tenant", "contoso"), ("superseded", "true"), ("page", "3"))
    assert asked(*pairs) == (Query("Billing", "contoso", superseded="true", page=3), ())


def test_empty_parameters_of_a_form_say_nothing() -> None:
    pairs = tuple((name, "") for name in ("q", "tenant", "state", "superseded", "page"))
    assert asked(*pairs) == (Query(), ())


@pytest.mark.parametrize("page", ["-1", "0", "1e9", "abc", "1000000000", "²", "٣", "1.5", "0x1"])
def test_page_that_is_no_whole_number_is_said_and_left_out(page: str) -> None:
    query, [mistake] = asked(("page", page))
    assert query == Query()
    assert (mistake.parameter, mistake.message) == (
        "page",
        f'must be a whole number from 1, not "{page}"',
    )


def test_limit_above_the_most_is_a_mistake() -> None:
    assert asked(("limit", "1000"), most=1000)[0].limit == 1000
    [mistake] = asked(("limit", "1001"), most=1000)[1]
    assert mistake.message == 'must be a whole number from 1 to 1000, not "1001"'


def test_unknown_value_is_answered_with_what_is_accepted() -> None:
    [mistake] = asked(("tenant", "Contoso"))[1]
    assert mistake == Mistake("tenant", 'cannot be "Contoso"', ("contoso", "fabrikam"))


def test_unknown_parameter_is_answered_with_those_that_there_are() -> None:
    [mistake] = asked(("limit", "5"))[1]
    assert mistake.accepted == ("q", "tenant", "state", "superseded", "page")


def test_repeated_parameter_is_a_mistake_even_with_one_value() -> None:
    query, [mistake] = asked(("state", "expired"), ("state", "expired"))
    assert query == Query()
    assert mistake.message == "may be given once only"


def test_ten_kilobytes_are_answered_briefly() -> None:
    long = "x" * 10_240
    query, mistakes = asked(("q", long), ("tenant", long), ("page", long), (long, "1"))
    assert query == Query()
    assert len(mistakes) == 4
    assert all(len(m.parameter) < 80 and len(m.message) < 120 for m in mistakes)


@pytest.mark.parametrize("text", ["a\x00b", "\x1b[31m", "a\nb", "\udc80"])
def test_control_characters_are_not_searched_for(text: str) -> None:
    query, [mistake] = asked(("q", text))
    assert query.q == ""
    assert mistake.message == "may not hold control characters"


def test_what_is_shown_of_a_strangers_value_is_printable() -> None:
    [mistake] = asked(("state", "\u202eevil\x1b"))[1]
    assert mistake.message == r'cannot be "\u202eevil\x1b"'


def test_address_of_another_page_keeps_the_filters_and_quotes_them() -> None:
    query = Query("a&b <c>", "contoso", page=2)
    assert query.turned(3) == "q=a%26b+%3Cc%3E&tenant=contoso&page=3"
