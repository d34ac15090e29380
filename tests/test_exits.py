"""How a command that looks once ends when a bug stops it: told from "expires soon", discreetly."""

import click
import pytest
from click.testing import CliRunner

from exporter.cli.exits import COULD_NOT_TELL, CouldNotTell

SECRET = "Mrk8Q~NobodyMaySeeThisValueAnywhere12345"


class PanicException(BaseException):
    """What a library in Rust raises."""


@pytest.mark.parametrize("error", [ValueError(SECRET), PanicException(SECRET), MemoryError()])
def test_bug_could_not_tell_and_shows_no_text_that_may_be_a_secret(error: BaseException) -> None:
    @click.command(cls=CouldNotTell)
    def look() -> None:
        raise error

    result = CliRunner().invoke(look)
    assert result.exit_code == COULD_NOT_TELL
    assert "Traceback (most recent call last)" in result.stderr
    assert type(error).__name__ in result.stderr
    assert SECRET not in result.output + result.stderr


@pytest.mark.parametrize("code", [0, 1, 2])
def test_code_that_a_command_ends_with_is_kept(code: int) -> None:
    @click.command(cls=CouldNotTell)
    def look() -> None:
        raise SystemExit(code)

    assert CliRunner().invoke(look).exit_code == code
