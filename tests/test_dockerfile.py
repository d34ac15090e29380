"""
What can be known of the image without building it: who it runs as, what is locked, what it starts,
and that everything it copies is there and nothing else is sent to the build.
"""

import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from exporter.cli import main
from exporter.cli.options import DEFAULT_PORT

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")
IGNORED = [
    line
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
NAME = PROJECT["project"]["name"]

Instruction = tuple[str, str]


def instructions(text: str) -> list[Instruction]:
    """Each instruction with its arguments, on one line."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [
        (first, rest) for first, _, rest in (line.partition(" ") for line in joined.splitlines())
    ]


ALL = instructions(TEXT)
SECOND = [number for number, (name, _) in enumerate(ALL) if name == "FROM"][1]
BUILD, FINAL = ALL[:SECOND], ALL[SECOND:]


def arguments(name: str, among: list[Instruction]) -> list[str]:
    """The arguments of every instruction of this name."""
    return [rest for found, rest in among if found == name]


def only(name: str) -> str:
    """The arguments of an instruction that is in the final stage once."""
    [rest] = arguments(name, FINAL)
    return rest


def copied() -> list[str]:
    """What the build takes from the checkout."""
    copies = [rest.split() for rest in arguments("COPY", BUILD)]
    return [source for *sources, _ in copies for source in sources]


def assignments(text: str) -> dict[str, str]:
    """The pairs of an ENV or a LABEL."""
    return {
        key: quoted or bare for key, quoted, bare in re.findall(r'(\S+?)=(?:"([^"]*)"|(\S+))', text)
    }


# What it is built on.


def test_base_is_an_official_image_by_its_short_name_with_a_version() -> None:
    [base] = arguments("ARG", BUILD)
    name, _, default = base.partition("=")
    found = re.fullmatch(r"python:(\d+\.\d+)-slim-[a-z]+", default)
    assert name == "BASE_IMAGE"
    assert found
    assert SpecifierSet(PROJECT["project"]["requires-python"]).contains(found[1])


def test_both_stages_have_the_base_that_the_environment_was_made_for() -> None:
    assert arguments("FROM", ALL) == ["${BASE_IMAGE} AS build", "${BASE_IMAGE}"]


# What goes in.


def installs() -> list[str]:
    """Every command that installs something."""
    commands = [part for run in arguments("RUN", ALL) for part in run.split("&&")]
    return [command for command in commands if re.search(r"\bpip\b.* install\b", command)]


def test_every_package_is_a_wheel_that_is_locked_by_its_hash() -> None:
    fetching = [command for command in installs() if "--no-index" not in command]
    assert len(fetching) == 2
    assert all("--require-hashes" in one and "--only-binary :all:" in one for one in fetching)


def test_every_locked_requirement_has_a_hash() -> None:
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    pinned = re.findall(r"^[a-z0-9-]+==.*(?:\n +--hash=.*)*", lock, re.MULTILINE)
    assert pinned
    assert all("--hash=sha256:" in one for one in pinned)


def test_own_package_brings_no_other_and_no_download() -> None:
    [own] = [command for command in installs() if "--no-index" in command]
    assert "--no-deps" in own
    [wheel] = re.findall(r"pip wheel [^&]*", " ".join(arguments("RUN", BUILD)))
    assert "--no-deps --no-build-isolation" in wheel


def test_build_backend_comes_from_the_lock_with_all_that_it_needs() -> None:
    [group] = re.findall(r"/\^\(([^)]*)\)==/", TEXT)
    listed = set(group.split("|"))
    backend = {Requirement(one).name for one in PROJECT["build-system"]["requires"]}
    assert listed == needed(backend)
    lock = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")
    assert all(re.search(rf"^{name}==", lock, re.MULTILINE) for name in listed)


def needed(names: set[str]) -> set[str]:
    """These distributions and what they require, as installed here."""
    found: set[str] = set()
    while names:
        name = names.pop()
        found.add(name)
        requirements = map(Requirement, importlib.metadata.requires(name) or [])
        names |= {
            one.name
            for one in requirements
            if one.marker is None or one.marker.evaluate({"extra": ""})
        } - found
    return found


def test_locks_are_installed_before_the_source_is_copied() -> None:
    steps = [f"{name} {rest}" for name, rest in BUILD]
    locked = next(n for n, step in enumerate(steps) if "--require-hashes" in step)
    source = next(n for n, step in enumerate(steps) if step.startswith("COPY exporter"))
    assert locked < source


def test_everything_that_is_copied_exists() -> None:
    assert copied()
    assert all(list(ROOT.glob(source)) for source in copied())


def test_everything_that_the_wheel_is_made_of_is_copied() -> None:
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    project = PROJECT["project"]
    files = [project["readme"], *project["license-files"], "pyproject.toml"]
    wanted = [*files, *wheel["packages"], *wheel["force-include"]]
    assert [one for one in wanted if not any(fnmatch(one, source) for source in copied())] == []


def test_nothing_but_that_is_sent_to_the_build() -> None:
    assert IGNORED[0] == "*", "what follows would be the exceptions of nothing"
    assert {line[1:] for line in IGNORED if line.startswith("!")} == set(copied())


@pytest.mark.parametrize("path", [".git", ".venv", ".ci", "tests", "config.yaml", ".env"])
def test_what_has_no_place_in_an_image_stays_out_of_the_build(path: str) -> None:
    assert not any(fnmatch(path, line[1:]) for line in IGNORED if line.startswith("!"))


def test_final_stage_takes_the_environment_and_nothing_else() -> None:
    environment = f"/opt/{NAME}"
    assert arguments("COPY", FINAL) == [f"--from=build {environment} {environment}"]
    assert arguments("ADD", ALL) == []
    assert not any(re.search(r"\b(apt-get|apk|curl|wget)\b", run) for run in arguments("RUN", ALL))


# How it runs.


def test_user_is_a_number_that_kubernetes_can_tell_from_root() -> None:
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", only("USER"))
    later = FINAL[FINAL.index(("USER", only("USER"))) :]
    assert arguments("RUN", later) == []


def test_state_directory_of_the_example_belongs_to_that_user() -> None:
    example = yaml.safe_load((ROOT / "config.example.yaml").read_text(encoding="utf-8"))
    user, group = only("USER").split(":")
    made = f"install -d -o {user} -g {group} -m 0700 {example['state']['dir']}"
    assert any(made in run for run in arguments("RUN", FINAL))


def test_entry_point_is_the_script_of_the_package_without_a_shell() -> None:
    assert json.loads(only("ENTRYPOINT")) == [NAME]
    assert NAME in PROJECT["project"]["scripts"]
    path = assignments(only("ENV"))["PATH"]
    assert path.split(":")[0] == f"/opt/{NAME}/bin"


def test_command_is_one_that_the_package_takes_and_finds_its_file() -> None:
    command, option = json.loads(only("CMD"))
    flag, _, file = option.partition("=")
    defaults = {name: one.default for one in main.commands[command].params for name in one.opts}
    assert Path(file) == Path(only("WORKDIR")) / str(defaults[flag]), "check would read another"


def test_health_check_is_the_command_for_it_without_a_shell() -> None:
    [check] = re.findall(r"CMD (\[.*\])", only("HEALTHCHECK"))
    program, command = json.loads(check)
    assert program == NAME
    assert command in main.commands


def test_port_and_signal_are_those_of_the_program() -> None:
    assert only("EXPOSE") == str(DEFAULT_PORT)
    assert only("STOPSIGNAL") == "SIGTERM"


def test_nothing_is_buffered_or_written_beside_the_code() -> None:
    environment = assignments(only("ENV"))
    assert environment["PYTHONUNBUFFERED"] == environment["PYTHONDONTWRITEBYTECODE"] == "1"


def test_bytecode_is_made_while_it_can_be_written() -> None:
    compiled = next(n for n, (name, rest) in enumerate(FINAL) if name == "RUN" and "import" in rest)
    switched_off = next(n for n, (name, _) in enumerate(FINAL) if name == "ENV")
    assert compiled < switched_off


def test_labels_say_what_the_project_says_and_no_version_that_would_grow_old() -> None:
    labels = assignments(only("LABEL"))
    prefix = "org.opencontainers.image."
    assert labels == {
        f"{prefix}title": NAME,
        f"{prefix}description": PROJECT["project"]["description"],
        f"{prefix}licenses": PROJECT["project"]["license"],
        f"{prefix}base.name": "${BASE_IMAGE}",
    }


def test_module_that_the_image_compiles_can_be_imported() -> None:
    [statement] = re.findall(r"python -c '([^']*)'", " ".join(arguments("RUN", FINAL)))
    subprocess.run([sys.executable, "-c", statement], check=True)
