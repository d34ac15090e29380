"""The configuration file: what is accepted, and that every mistake is reported, without secrets."""

import copy
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest
import yaml
from pydantic import BaseModel

from exporter.config import (
    CertificateConfig,
    CloudConfig,
    Config,
    FilterConfig,
    IdentityConfig,
    PollConfig,
    SourceConfig,
    StateConfig,
    TargetConfig,
    TenantConfig,
    UsedByConfig,
    VerifyConfig,
    WebConfig,
    load,
    parse,
)
from exporter.config.clouds import BUILT_IN, management
from exporter.config.fields import IDENTITIES, IDENTITY_FIELDS, SOURCE_FIELDS
from exporter.config.schema import IdentityType
from exporter.errors import ConfigError

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "config.example.yaml"
DOCUMENT = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
CONFIGS = Path(__file__).parent / "configs"
VALID = sorted((CONFIGS / "valid").glob("*.yaml"))
INVALID = sorted((CONFIGS / "invalid").glob("*.yaml"))
MARKERS = ("marker", "Kx7vLpZt0dGmWbYcRnAsEuHfQj", "424242")
ID = "11111111-2222-3333-4444-555555555555"
TENANT = f"tenants: [{{name: contoso, tenant_id: {ID}, %s}}]"

# Where docs/configuration.md describes each section.
HEADINGS: dict[str, type[BaseModel]] = {
    "The file": Config,
    "web": WebConfig,
    "state": StateConfig,
    "tenants": TenantConfig,
    "tenants[].identity": IdentityConfig,
    "tenants[].poll": PollConfig,
    "A rule": FilterConfig,
    "verify": VerifyConfig,
    "verify.targets": TargetConfig,
    "verify.targets[].used_by": UsedByConfig,
    "A source": SourceConfig,
    "A certificate": CertificateConfig,
    "clouds": CloudConfig,
}


def parsed(text: str) -> Config:
    return parse(text, file="test.yaml", base_dir=Path("/etc/exporter"))


def refusal(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parsed(text)
    return str(caught.value)


def message(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load(path)
    return str(caught.value).replace(f"{path.parent}{os.sep}", "")


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_a_valid_file_loads(path: Path) -> None:
    assert load(path).tenants


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_an_invalid_file_is_refused_with_exactly_this_message(path: Path) -> None:
    expected = path.with_suffix(".expect.txt")
    assert expected.exists(), f"{expected.name} is missing"
    assert message(path) + "\n" == expected.read_text(encoding="utf-8")


def test_every_expectation_has_its_file_and_there_are_many() -> None:
    expected = {path.name.removesuffix(".expect.txt") for path in CONFIGS.glob("invalid/*.txt")}
    assert expected == {path.stem for path in INVALID}
    assert len(expected) >= 30


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_no_part_of_a_secret_is_in_a_message(path: Path) -> None:
    assert not [marker for marker in MARKERS if marker in message(path)]


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_each_mistake_is_one_line(path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert message(path).count("\n") == len(caught.value.problems)


def test_a_missing_file_is_one_mistake(tmp_path: Path) -> None:
    assert "a file that cannot be read (No such file or directory)" in message(tmp_path / "a.yaml")


def test_a_directory_in_place_of_the_file_is_one_mistake(tmp_path: Path) -> None:
    assert "a file that cannot be read (Is a directory)" in message(tmp_path)


def test_a_file_far_too_large_is_one_mistake(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(b"#" * (8 * 1024 * 1024 + 1))
    assert "a file of more than 8 MiB" in message(path)


def test_a_byte_order_mark_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(TENANT % "", encoding="utf-8-sig")
    assert load(path).tenants[0].name == "contoso"


def test_relative_paths_start_from_the_directory_of_the_file() -> None:
    target = (
        f"{{name: a, tenant: contoso, client_id: {ID},"
        " certificate: {file: a.pem, password: {file: /run/password}}}"
    )
    identity = "identity: {type: workload_identity, token_file: ../token}"
    config = parsed(f"{TENANT % identity}\nstate: {{dir: state}}\nverify: {{targets: [{target}]}}")
    certificate = config.verify.targets[0].certificate
    assert certificate is not None
    assert certificate.password is not None
    assert config.tenants[0].identity.token_file == Path("/etc/exporter/../token")
    assert config.state.dir == Path("/etc/exporter/state")
    assert certificate.file == Path("/etc/exporter/a.pem")
    assert certificate.password.file == Path("/run/password")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1s", 1),
        ("1500ms", 1.5),
        ("15m", 900),
        ("1h30m", 5400),
        ("1w2d", 777_600),
        ("1y", 31_536_000),
    ],
)
def test_a_duration_is_held_in_seconds(text: str, seconds: float) -> None:
    assert parsed(TENANT % f"poll: {{interval: {text}}}").tenants[0].poll.interval == seconds


def test_a_program_may_give_durations_as_seconds() -> None:
    assert PollConfig(interval=0.5).interval == 0.5


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2027-01-31", datetime(2027, 1, 31, tzinfo=UTC)),
        ("2027-01-31T12:00:00+02:00", datetime(2027, 1, 31, 10, tzinfo=UTC)),
        ("2027-01-31 12:00:00", datetime(2027, 1, 31, 12, tzinfo=UTC)),
    ],
)
def test_a_time_without_a_zone_is_in_utc(text: str, instant: datetime) -> None:
    target = (
        f"{{name: a, tenant: contoso, client_id: {ID}, secret: {{env: A}}, expires_at: {text!r}}}"
    )
    config = parsed(f"{TENANT % ''}\nverify: {{targets: [{target}]}}")
    assert config.verify.targets[0].expires_at == instant


def test_ids_and_addresses_are_held_in_one_form() -> None:
    config = load(CONFIGS / "valid" / "own-cloud.yaml")
    cloud = config.cloud_of(config.tenants[0])
    assert config.tenants[0].tenant_id == "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
    assert (cloud.authority, cloud.graph) == ("https://localhost:8443", "https://[::1]:8443")
    assert cloud.ca_file == CONFIGS / "valid" / "own-ca.txt"


def test_the_slash_at_the_end_of_the_external_url_is_dropped() -> None:
    config = parsed(f"web: {{external_url: 'https://x.example.com/exporter/'}}\n{TENANT % ''}")
    assert config.web.external_url == "https://x.example.com/exporter"


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_cloud_needs_no_definition(name: str) -> None:
    config = parsed(TENANT % f"cloud: {name}")
    assert config.cloud_of(config.tenants[0]) == BUILT_IN[name]


def test_configurations_are_equal_and_hashed_by_value() -> None:
    first, second = load(EXAMPLE), load(EXAMPLE)
    assert first == second
    assert hash(first) == hash(second)
    assert {*first.tenants, *first.verify.targets} == {*second.tenants, *second.verify.targets}
    assert copy.deepcopy(first) == first


def test_a_changed_setting_makes_another_tenant() -> None:
    assert parsed(TENANT % "poll: {interval: 1m}").tenants != parsed(TENANT % "").tenants


def test_a_configuration_cannot_be_changed() -> None:
    config = parsed(TENANT % "")
    with pytest.raises(ValueError, match="frozen"):
        setattr(config.tenants[0], "name", "other")  # noqa: B010 - mypy refuses the assignment itself


def test_free_keys_of_used_by_are_its_details() -> None:
    used_by = load(EXAMPLE).verify.targets[0].used_by
    assert used_by is not None
    assert used_by.kind == "aks"
    assert used_by.details == {"namespace": "billing", "name": "billing-credentials"}


@pytest.mark.parametrize(
    ("source", "form", "place"),
    [
        (SourceConfig(env="A"), "env", "environment variable A"),
        (SourceConfig(file=Path("/a")), "file", "file /a"),
        (SourceConfig(file=Path("/a"), key="B.C"), "file_key", "key B.C of file /a"),
        (SourceConfig(key_vault="https://v", name="n"), "key_vault", "secret n of https://v"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_source_names_its_form_and_place(source: SourceConfig, form: str, place: str) -> None:
    assert (source.form, source.place) == (form, place)


def test_words_that_yaml_takes_for_booleans_may_be_keys_and_quoted_texts() -> None:
    cloud = "cloud: 'on'"
    clouds = "clouds: {on: {authority: https://a.example, graph: https://g.example}}"
    config = parsed(f"{TENANT % cloud}\n{clouds}".replace("contoso", "'no'"))
    assert config.tenants[0].name == "no"
    assert config.cloud_of(config.tenants[0]).graph == "https://g.example"


def test_nothing_but_the_file_itself_is_opened() -> None:
    program = (
        "import sys; from pathlib import Path; from exporter.config import load; opened = [];"
        " sys.addaudithook(lambda event, args: event == 'open' and opened.append(str(args[0])));"
        " path = Path(sys.argv[1]); load(path); opened.clear(); load(path); print(*opened)"
    )
    command = [sys.executable, "-c", program, str(EXAMPLE)]
    environment = {"PATH": os.environ["PATH"], "BILLING_CLIENT_SECRET": "marker"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.split() == [str(EXAMPLE)]


def test_importing_the_configuration_imports_nothing_heavy() -> None:
    program = "import sys, exporter.config; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    roots = {name.partition(".")[0] for name in done.stdout.split()}
    assert not roots & {"azure", "msgraph", "aiohttp", "httpx", "rich", "cryptography", "structlog"}


def test_every_identity_type_has_its_row_of_fields() -> None:
    assert set(IDENTITIES) == set(get_args(IdentityType))
    assert {"type", *IDENTITY_FIELDS} == set(IdentityConfig.model_fields)
    assert set(SOURCE_FIELDS) == set(SourceConfig.model_fields)


def test_every_field_says_what_it_accepts() -> None:
    fields = [field for model in HEADINGS.values() for field in model.model_fields.values()]
    assert all(field.description for field in fields)


def test_the_example_shows_every_key() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    shown = set(keys(yaml.safe_load(text))) | set(re.findall(r"# (\w+):", text))
    wanted = {name for model in HEADINGS.values() for name in model.model_fields}
    assert wanted - shown == set()


def test_the_example_shows_the_defaults() -> None:
    config = load(EXAMPLE)
    tenant, target = config.tenants[0], config.verify.targets[0]
    assert tenant == TenantConfig(name=tenant.name, tenant_id=tenant.tenant_id)
    assert config.verify.interval == VerifyConfig().interval
    assert target.resource == management(tenant.cloud)


@pytest.mark.parametrize(("heading", "model"), HEADINGS.items(), ids=HEADINGS)
def test_the_document_has_a_row_with_the_default_for_every_key(
    heading: str, model: type[BaseModel]
) -> None:
    expected = {name: default_of(model, name) for name in model.model_fields}
    assert {row[0].strip("`"): row[1] for row in rows(heading, "Key")} == expected


def test_the_document_lists_what_each_identity_type_takes() -> None:
    expected = {kind: (fields.required, fields.optional) for kind, fields in IDENTITIES.items()}
    listed = {
        row[0].strip("`"): (tuple(re.findall(r"\w+", row[1])), tuple(re.findall(r"\w+", row[2])))
        for row in rows("tenants[].identity", "Type")
    }
    assert listed == expected


def test_the_document_lists_the_built_in_clouds() -> None:
    listed = {
        row[0].strip("`"): [cell.strip("`") for cell in row[1:]] for row in rows("clouds", "Name")
    }
    assert listed == {name: [cloud.authority, cloud.graph] for name, cloud in BUILT_IN.items()}


def keys(data: object) -> Iterator[str]:
    """All keys, at any depth."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield str(key)
            yield from keys(value)
    elif isinstance(data, list):
        for item in data:
            yield from keys(item)


def rows(heading: str, first: str) -> list[list[str]]:
    """The rows of the table below a heading whose first column has this name."""
    section = DOCUMENT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    table = section.partition(f"| {first} |")[2].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table]


def default_of(model: type[BaseModel], name: str) -> str:
    """As the document writes it."""
    field = model.model_fields[name]
    if field.is_required():
        return "required"
    match field.get_default():
        case BaseModel():
            return "see below"
        case bool(value):
            return f"`{str(value).lower()}`"
        case float(value):
            return DURATIONS[value]
        case value:
            return f"`{value}`" if value else "none"


DURATIONS = {60.0: "`60s`", 900.0: "`15m`", 3600.0: "`1h`", 2_592_000.0: "`30d`"}
