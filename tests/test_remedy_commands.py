"""
The commands of the remedies, run in bash with az, kubectl and the others replaced: they are valid,
they execute nothing of what is filled in, and no secret is in any program's arguments.
"""

import base64
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
from test_remedy import subject, subjects

from exporter.model import Cause, CredentialKind
from exporter.remedy import Place, Subject, plan, remedy
from exporter.remedy.fill import filled
from exporter.remedy.plans import ALERTS
from exporter.remedy.steps import STEPS
from exporter.remedy.words import LONGEST

BASH = shutil.which("bash") or "bash"
SECRET = "-S3'cr\"et$(touch PWNED)\\=~"
MARK = "S3'cr"

RECORDED = [
    "az",
    "base64",
    "cat",
    "chronyc",
    "curl",
    "date",
    "entra-credential-exporter",
    "env",
    "gh",
    "grep",
    "journalctl",
    "jq",
    "kubectl",
    "mktemp",
    "namei",
    "openssl",
    "printenv",
    "rm",
    "sed",
    "shred",
    "sqlcmd",
    "sudo",
    "sudoedit",
    "systemctl",
    "timedatectl",
    "touch",
    "tr",
    "file",
]
REAL = {"base64", "cat", "date", "rm", "tr", "env", "grep", "sed", shutil.which("jq") and "jq"}
"""These do their work as well: they only read and write what the commands give them."""

FUNCTION = """\
{name}() {{
  printf '%s\\0' {name} "$@" $'\\1' >> "$RECORD"
  {body}
}}
"""
ANSWER = """\
case " $* " in
    *" password "*) printf '%s\\n' "$SECRET_TO_BE" ;;
    *" tsv "*) printf '%s\\n' 00000000-1111-2222-3333-444444444444 ;;
  esac"""
BODIES = {
    "az": ANSWER,
    "kubectl": 'case " $* " in *" --patch-file "*) command cat > patched ;; esac',
    "gh": "command cat > piped",
    "sudo": "command cat > piped",
    "entra-credential-exporter": "command cat > piped",
    "mktemp": 'command mkdir -p made; echo "$PWD/made"',
    "sqlcmd": 'printf %s "$SQLCMDPASSWORD" > piped',
}
STUBS = "".join(
    FUNCTION.format(
        name=name, body=BODIES.get(name, f'command {name} "$@"' if name in REAL else ":")
    )
    for name in RECORDED
)

HOSTILE = (
    "$(touch PWNED)",
    "`touch PWNED`",
    "'; touch PWNED; '",
    '"; touch PWNED; "',
    "x & touch PWNED",
    "x\ntouch PWNED",
    "x\r\x1b[2J",
    "\u202egnp.exe",
    "\u00a0x",
    "--query=x",
    "-rf",
    "@/etc/passwd",
    "~root",
    "{client_id}",
    "${HOME} * ? [a-z] !!",
    "\\",
    "a b  c",
    "x'",
    "/etc/it's a $(secret)",
    "x" * (LONGEST + 1),
)


def hostile(text: str) -> Subject:
    """With the text in every field that holds text."""
    fields = [
        "tenant_id",
        "client_id",
        "key_id",
        "newer_key_id",
        "other_app_id",
        "resource",
    ]
    details = dict.fromkeys(DETAIL_KEYS, text)
    return replace(
        Subject(**dict.fromkeys(fields, text)),  # type: ignore[arg-type]
        place=Place("file", env=text, file=text, key=text, vault=f"https://{text}", name=text),
        details=MappingProxyType(details),
    )


DETAIL_KEYS = [
    "resource_group",
    "namespace",
    "name",
    "key",
    "deployment",
    "cluster",
    "slot",
    "setting",
    "server",
    "database",
    "unit",
    "environment_file",
    "variable",
    "template_file",
    "parameter",
    "repository",
]


def run(
    commands: list[str], where: Path, *, given: str = "", value: str = SECRET
) -> list[list[list[str]]]:
    """The arguments of every program that each of the commands ran."""
    (where / "new-secret").write_text(value)
    parts = [
        f"RECORD={where}/record-{number}; : > $RECORD; ( :\n{command}\n)"
        for number, command in enumerate(commands)
    ]
    script = where / "script"
    script.write_text(STUBS + "\n".join(parts))
    done = subprocess.run(
        [BASH, script],
        cwd=where,
        input=given,
        env={"PATH": os.environ["PATH"], "SECRET_TO_BE": value, "HOME": str(where)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert MARK not in done.stdout + done.stderr
    assert "syntax error" not in done.stderr
    assert "command not found" not in done.stderr
    assert not list(where.glob("**/PWNED"))
    return [recorded(where / f"record-{number}") for number in range(len(commands))]


def recorded(record: Path) -> list[list[str]]:
    """Programs of a pipeline start in any order, so they are sorted."""
    calls = record.read_text().split("\0\1\0")[:-1]
    return sorted(call.split("\0") for call in calls)


def commands_for(about: Subject) -> set[str]:
    """Of every plan, of causes and of alerts."""
    signing = replace(about, kind=CredentialKind.SAML_SIGNING)
    plans = [remedy(cause, about) for cause in Cause]
    plans += [plan(name, one) for name in ALERTS for one in (about, signing)]
    return {step.command for steps in plans for step in steps}


def test_every_command_is_valid_bash() -> None:
    clouds = [Subject(cloud=text) for text in HOSTILE]
    everyone = [Subject(), *subjects(), *map(hostile, HOSTILE), *clouds]
    commands = {command for about in everyone for command in commands_for(about)}
    assert len(commands) > 100
    script = "".join(f"check {quoted_for_bash(command)}\n" for command in sorted(commands))
    check = 'check() { bash -n <<< "$1" || printf "%s\\n" "$1"; }\n'
    done = subprocess.run([BASH], input=check + script, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("", "")


def quoted_for_bash(text: str) -> str:
    """Not with what is tested."""
    return "'" + text.replace("'", "'\"'\"'") + "'"


def test_hostile_values_arrive_as_one_argument_or_not_at_all(tmp_path: Path) -> None:
    open_steps = list(STEPS.values())
    plain = [filled(step, Subject()).command for step in open_steps]
    expected = dict(zip(plain, run(plain, tmp_path), strict=True))
    pairs = {
        (filled(step, hostile(text)).command, before, text)
        for step, before in zip(open_steps, plain, strict=True)
        for text in HOSTILE
    }
    changed = sorted(pair for pair in pairs if pair[0] != pair[1])
    assert len(changed) > 50
    for found, (command, before, text) in zip(
        run([pair[0] for pair in changed], tmp_path), changed, strict=True
    ):
        wanted = expected[before]
        assert sorted(map(len, found)) == sorted(map(len, wanted)), command
        known = {argument for call in wanted for argument in call}
        for argument in {argument for call in found for argument in call} - known:
            assert argument == text, command


@pytest.mark.parametrize("text", HOSTILE)
def test_what_could_be_an_option_a_file_or_a_control_character_is_not_filled_in(text: str) -> None:
    command = "\n".join(filled(step, hostile(text)).command for step in STEPS.values())
    refused = text[0] in "-@~" or not text.isprintable() or len(text) > LONGEST
    assert "APP_ID" in command
    assert "SECRET_NAME" in command
    assert ("RESOURCE_GROUP" in command) is refused


def test_no_secret_is_in_any_programs_arguments(tmp_path: Path) -> None:
    everyone = [Subject(), subject(cloud="usgov"), *subjects()]
    steps = {command for about in everyone for command in commands_for(about)}
    encoded = base64.b64encode(SECRET.encode()).decode()
    for calls in run(sorted(steps), tmp_path, given=f"{SECRET}\n" * 50):
        for argument in (argument for call in calls for argument in call):
            assert MARK not in argument
            assert encoded[:12] not in argument
