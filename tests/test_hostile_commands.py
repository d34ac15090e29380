"""Whatever is filled into the commands of the remedies: valid bash, and one word of it at most."""

import shlex
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

from hostile import texts
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_remedy_commands import BASH, commands_for, hostile, quoted_for_bash, run

from exporter.remedy import Place, Subject
from exporter.remedy.fill import filled
from exporter.remedy.steps import STEPS

MARK = "zzq"
signs = st.text("'\"\\$`!*?[]{}()<>|&;#~=%@ \t\n-/.,:x", max_size=20)
words = st.builds(
    lambda before, text, after: f"{before}{text}{after}",
    st.sampled_from(["", MARK]),
    texts | signs,
    st.just(MARK),
)


def filled_in(text: str) -> Subject:
    """With the text in every field but the vault's address, of which a part is used."""
    about = hostile(text)
    return replace(about, place=Place("file", env=text, file=text, key=text, name=text))


@given(words)
@settings(max_examples=300)
@example(f"it's {MARK}")
@example(f"$(touch {MARK})")
@example(f"/a b/{MARK}.pfx")
def test_text_is_in_a_command_as_one_quoted_word_or_not_at_all(text: str) -> None:
    for step in STEPS.values():
        command = filled(step, filled_in(text)).command
        assert MARK not in command.replace(shlex.quote(text), ""), command


@given(st.lists(words, min_size=20, max_size=20))
@settings(max_examples=3)
def test_any_command_is_valid_bash(several: list[str]) -> None:
    commands = {command for text in several for command in commands_for(hostile(text))}
    script = "".join(f"check {quoted_for_bash(command)}\n" for command in sorted(commands))
    check = 'check() { bash -n <<< "$1" || printf "%s\\n" "$1"; }\n'
    done = subprocess.run([BASH], input=check + script, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("", "")


@given(st.lists(words, min_size=8, max_size=8))
@settings(max_examples=2)
def test_any_text_arrives_as_one_argument(words: list[str]) -> None:
    # With a blank it is filled in as free text alone, which adds no option to a command.
    several = [f"{text} {MARK}" for text in words]
    pairs = [(text, step) for text in several for step in STEPS.values()]
    changed = {
        filled(step, filled_in(text)).command: (text, filled(step, Subject()).command)
        for text, step in pairs
        if MARK in filled(step, filled_in(text)).command
    }
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        found = run(list(changed), Path(one))
        plain = run([before for _, before in changed.values()], Path(other))
    for calls, wanted, (text, _) in zip(found, plain, changed.values(), strict=True):
        assert sorted(map(len, calls)) == sorted(map(len, wanted))
        arguments = {argument for call in calls for argument in call if MARK in argument}
        assert arguments <= {text}
