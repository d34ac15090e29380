"""Bugs as the log shows them: the way to them, and no text that may be a secret."""

from collections.abc import Callable

import pytest

from exporter.trace import DEEPEST, LONGEST_CHAIN, NOT_SHOWN, told

SECRET = "Mrk8Q~NobodyMaySeeThisValueAnywhere12345"


class OddError(ValueError):
    """An error of somebody's own."""


class OddOSError(OSError):
    """An error of the system, by somebody who puts anything into it."""


def caught(crash: Callable[[], object]) -> str:
    """What is told of an error."""
    try:
        crash()
    except BaseException as error:  # noqa: BLE001 - of whatever kind
        return told((type(error), error, error.__traceback__))
    raise AssertionError("nothing was raised")


def raising(error: BaseException) -> Callable[[], object]:
    """A function that raises it, with the secret among its variables."""

    def crash() -> None:
        secret = SECRET
        assert secret
        raise error

    return crash


@pytest.mark.parametrize(
    "error",
    [
        ValueError(SECRET),
        KeyError(SECRET),
        RuntimeError(SECRET),
        UnicodeDecodeError("utf-8", SECRET.encode(), 0, 1, SECRET),
        OddError(SECRET),
        OddOSError(SECRET),
        ExceptionGroup(SECRET, [ValueError(SECRET), OddError(SECRET)]),
        BaseException(SECRET),
    ],
    ids=lambda error: type(error).__name__,
)
def test_text_that_may_be_a_secret_is_not_shown(error: BaseException) -> None:
    said = caught(raising(error))
    assert SECRET not in said
    assert type(error).__name__ in said
    assert NOT_SHOWN in said
    assert "in crash" in said


@pytest.mark.parametrize(
    ("crash", "words"),
    [
        (lambda: 1 / 0, "ZeroDivisionError: division by zero"),
        (lambda: [] + 1, "TypeError: can only concatenate list"),  # type: ignore[operator]
        (lambda: list[int]().pop(), "IndexError: pop from empty list"),
        (lambda: open("/nowhere/at/all"), "No such file or directory: '/nowhere/at/all'"),  # noqa: PTH123, SIM115 - it raises
        (lambda: "".nothing, "'str' object has no attribute 'nothing'"),  # type: ignore[attr-defined]
    ],
    ids=["arithmetic", "type", "index", "file", "attribute"],
)
def test_text_that_speaks_of_code_is_shown(crash: Callable[[], object], words: str) -> None:
    assert words in caught(crash)


def test_what_led_to_an_error_is_told_first_and_without_its_text() -> None:
    def crash() -> None:
        try:
            raising(ValueError(SECRET))()
        except ValueError as error:
            raise OddError("outer") from error

    said = caught(crash)
    assert SECRET not in said
    assert said.index("\nValueError") < said.index("OddError")


def test_context_that_was_suppressed_is_not_told() -> None:
    def crash() -> None:
        try:
            raising(KeyError(SECRET))()
        except KeyError:
            raise OddError from None

    assert "KeyError" not in caught(crash)


def test_endless_recursion_is_told_in_a_few_lines() -> None:
    def even(n: int) -> int:
        return odd(n + 1)

    def odd(n: int) -> int:
        return even(n + 1)

    said = caught(lambda: even(0))
    assert "RecursionError" in said
    assert said.count("\n") < 4 * DEEPEST


def test_errors_that_lead_to_each_other_come_to_an_end() -> None:
    first, second = ValueError("1"), ValueError("2")
    first.__cause__, second.__cause__ = second, first
    assert caught(raising(first)).count("Traceback") == LONGEST_CHAIN
