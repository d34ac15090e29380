"""
docs/verification.md knows every cause and finding, docs/configuration.md the keys that make a
remedy specific, and what docs/sidecar.md shows is valid and does what the page says.
"""

import itertools
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import get_args

import pytest
import yaml
from conftest import Lab
from manifests import configurations, manifests
from test_app import running

from exporter import config
from exporter.cli.verify import verified
from exporter.config.clouds import BUILT_IN, management
from exporter.config.schema import Consumer
from exporter.model import COULD_NOT_TELL, Cause
from exporter.remedy import Subject, remedy
from exporter.simulator import SimulatedTenant, Simulator
from exporter.simulator.changes import Change, carry_out
from exporter.simulator.values import secret_value, uid
from exporter.snapshot import Place
from exporter.sources import SOURCES
from exporter.verdict import Confidence
from exporter.verify.findings import CHECKS
from exporter.verify.rules import capital

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md")])
README = (ROOT / "README.md").read_text(encoding="utf-8")
VERIFICATION = (DOCS / "verification.md").read_text(encoding="utf-8")
CONFIGURATION = (DOCS / "configuration.md").read_text(encoding="utf-8")
SIDECAR = (DOCS / "sidecar.md").read_text(encoding="utf-8")
DECLARED = "2099-01-01"


def rows(text: str, heading: str, first: str) -> list[list[str]]:
    """The rows of the table below a heading whose first column has this name."""
    section = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    table = section.partition(f"| {first} |")[2].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table]


def names(text: str, heading: str, first: str) -> list[str]:
    """The first column of such a table."""
    return [row[0].strip("`") for row in rows(text, heading, first)]


# docs/verification.md


def test_every_cause_has_one_row_in_the_order_of_the_list() -> None:
    assert names(VERIFICATION, "Causes", "cause") == [str(cause) for cause in Cause]


def test_every_cause_says_what_it_means_rests_on_and_asks_for() -> None:
    assert all(len(row) == 4 and all(row) for row in rows(VERIFICATION, "Causes", "cause"))


def test_the_causes_that_are_no_refusal_come_last_as_the_page_says() -> None:
    last = [str(cause) for cause in Cause][-len(COULD_NOT_TELL) :]
    assert set(last) == {str(cause) for cause in COULD_NOT_TELL}
    assert "The last five mean **could not tell**" in VERIFICATION
    assert len(COULD_NOT_TELL) == 5


def test_every_finding_has_one_row_in_the_order_in_which_it_is_looked_for() -> None:
    assert names(VERIFICATION, "Findings", "finding") == [check.name for check in CHECKS]


def test_every_word_of_confidence_is_explained() -> None:
    assert names(VERIFICATION, "How sure", "word") == list(get_args(Confidence))


def test_every_source_of_a_value_has_its_row() -> None:
    written = names(VERIFICATION, "Where the value is read", "source")
    forms = [yaml.safe_load(text) for text in written]
    assert [tuple(form) for form in forms] == [
        ("env",),
        ("file",),
        ("file", "key"),
        ("key_vault", "name"),
        ("certificate",),
    ]
    assert len(forms) == len(SOURCES) + 1


# All pages.


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file_and_a_heading_that_exist(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", page.read_text(encoding="utf-8"))
    for file, heading in links:
        there = page.parent / file if file else page
        assert there.exists(), file
        assert not heading or heading in headings(there), f"{file}#{heading}"


def headings(page: Path) -> list[str]:
    """The headings of a page as links name them."""
    found = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in found]


def test_configuration_in_the_readme_is_accepted_with_its_target() -> None:
    [text] = [
        block for block in re.findall(r"```yaml\n(.*?)```", README, re.DOTALL) if "tenants" in block
    ]
    shown = config.parse(text, file="config.yaml", base_dir=Path("/etc"))
    assert shown.verify.targets[0].secret is not None


@pytest.mark.parametrize("text", [README, VERIFICATION], ids=["README", "verification"])
def test_advice_in_the_transcripts_is_what_is_printed(text: str) -> None:
    advice = next(check.advice for check in CHECKS if check.name == "line_break")
    assert f"  - {capital(advice)}.\n" in text


# docs/configuration.md


def test_the_default_resource_of_every_cloud_is_named() -> None:
    listed = {
        cloud: row[1].strip("`")
        for row in rows(CONFIGURATION, "verify.targets", "Cloud")
        for cloud in re.findall(r"`([\w-]+)`", row[0])
    }
    assert listed == {cloud: management(cloud) for cloud in BUILT_IN}
    assert management("anybody's") == management("public")


USED_BY = [
    (row[0].strip("`"), re.findall(r"`([^`]+)`", row[1]))
    for row in rows(CONFIGURATION, "verify.targets[].used_by", "Kind")
]


def test_every_kind_of_consumer_has_its_keys() -> None:
    assert {kind for kind, _ in USED_BY} == set(get_args(Consumer))


@pytest.mark.parametrize(
    ("kind", "key", "others"),
    [(kind, key, keys) for kind, keys in USED_BY for key in keys],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_key_of_a_consumer_makes_a_command_specific(
    kind: str, key: str, others: Sequence[str]
) -> None:
    marker = "owner/marker" if key == "repository" else "marker"
    details = {other: "a/b" if other == "repository" else "other" for other in others}
    assert marker in commands(kind, {**details, key: marker})


def commands(kind: str, details: dict[str, str]) -> str:
    """All that is ever said to the owner of such a consumer."""
    places = (Place("env", env="NAME"), Place("file", file="/stored"))
    subjects = [
        Subject(place=place, consumer=kind, details=MappingProxyType(details)) for place in places
    ]
    steps = itertools.chain.from_iterable(
        remedy(cause, subject) for cause in Cause for subject in subjects
    )
    return "\n".join(f"{step.command}\n{step.note}\n{step.title}" for step in steps)


# docs/sidecar.md


CONFIGS = list(configurations(SIDECAR))
MANIFESTS = manifests(SIDECAR)


@pytest.mark.parametrize("text", CONFIGS, ids=["at a desk", "in a pod"])
def test_configuration_on_the_page_is_accepted_and_needs_no_permission(text: str) -> None:
    shown = config.parse(text, file="config.yaml", base_dir=Path("/etc/entra-credential-exporter"))
    assert len(shown.verify.targets) == 1
    assert not any(tenant.polls for tenant in shown.tenants)


def test_manifests_fit_together() -> None:
    settings, pod = MANIFESTS["ConfigMap"], MANIFESTS["Deployment"]["spec"]["template"]
    application, exporter = pod["spec"]["containers"]
    volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
    mounts = {mount["mountPath"]: volumes[mount["name"]] for mount in exporter["volumeMounts"]}
    shown = config.parse(settings["data"]["config.yaml"], file="", base_dir=Path("/"))
    stored, used_by = shown.verify.targets[0].secret, shown.verify.targets[0].used_by
    assert stored is not None
    assert stored.file is not None
    assert used_by is not None
    secret = mounts[str(stored.file.parent)]["secret"]["secretName"]
    assert (secret, stored.file.name) == (used_by.details["name"], used_by.details["key"])
    assert used_by.details["deployment"] == MANIFESTS["Deployment"]["metadata"]["name"]
    assert application["volumeMounts"][0] in exporter["volumeMounts"]
    file = Path(exporter["args"][0].removeprefix("--config.file="))
    assert mounts[str(file.parent)]["configMap"]["name"] == settings["metadata"]["name"]
    assert file.name in settings["data"]
    assert len({manifest["metadata"]["namespace"] for manifest in MANIFESTS.values()}) == 1


def test_manifests_are_scraped_where_the_exporter_listens() -> None:
    pod = MANIFESTS["Deployment"]["spec"]["template"]
    [port] = pod["spec"]["containers"][1]["ports"]
    [endpoint] = MANIFESTS["PodMonitor"]["spec"]["podMetricsEndpoints"]
    assert port == {"name": endpoint["port"], "containerPort": 10147}
    labels = MANIFESTS["PodMonitor"]["spec"]["selector"]["matchLabels"]
    assert labels.items() <= pod["metadata"]["labels"].items()
    assert len(port["name"]) <= 15


def as_on_the_page(
    folder: Path, simulator: Simulator, tenant: SimulatedTenant, app: str, value: str
) -> Lab:
    """The page's configuration, with a simulated tenant and a file in place of what it names."""
    document = yaml.safe_load(CONFIGS[1])
    document["tenants"][0].update(tenant_id=tenant.tenant_id, cloud="lab")
    document["verify"]["interval"] = "1s"
    document["verify"]["targets"][0].update(
        client_id=uid("app", app), secret={"file": "client-secret"}, expires_at=DECLARED
    )
    there = {"authority": simulator.url, "graph": simulator.url, "ca_file": str(simulator.ca_file)}
    document["clouds"] = {"lab": there}
    (folder / "client-secret").write_text(value, encoding="utf-8")
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    return Lab(file, simulator, [tenant])


def shows(samples: dict[str, float], name: str, **labels: str) -> float | None:
    """The value of the one series of a family that has these labels, None when there is none."""
    pairs = [f"{key!r}: {value!r}" for key, value in labels.items()]
    found = [
        value
        for series, value in samples.items()
        if series.startswith(f"{name}{{") and all(pair in series for pair in pairs)
    ]
    return found[0] if found else None


async def test_sidecar_tells_what_the_page_says_and_reads_nothing_of_the_tenant(
    tmp_path: Path, simulator: Simulator, tenants: Sequence[SimulatedTenant]
) -> None:
    app, slot = "parcel-tracker", "carrier"
    value = secret_value(app, slot)
    lab = as_on_the_page(tmp_path, simulator, tenants[0], app, value)
    async with running(lab) as exporter:
        assert (await exporter.client.get("/-/ready")).is_success
        samples = await exporter.until(lambda now: shows(now, "entra_verify_success") == 1)
        days = shows(samples, "entra_verify_days_until_expiry", key_id="")
        (tmp_path / "client-secret").write_text(f"{value}\n", encoding="utf-8")
        await exporter.until(
            lambda now: shows(now, "entra_verify_cause", cause="format_error") == 1
        )
        (tmp_path / "client-secret").write_text(value, encoding="utf-8")
        await exporter.until(lambda now: shows(now, "entra_verify_success") == 1)
        carry_out(Change(app, slot), simulator)
        samples = await exporter.until(
            lambda now: shows(now, "entra_verify_cause", cause="invalid_secret") == 1
        )

    declared = datetime.fromisoformat(DECLARED).replace(tzinfo=UTC) - datetime.now(UTC)
    assert days == pytest.approx(declared.total_seconds() / 86_400, abs=0.01)
    assert not [series for series in samples if series.startswith("entra_graph_requests_total")]


async def test_command_on_the_page_needs_no_more_than_the_same_file(
    tmp_path: Path, simulator: Simulator, tenants: Sequence[SimulatedTenant]
) -> None:
    value = secret_value("billing-api", "production")
    lab = as_on_the_page(tmp_path, simulator, tenants[0], "billing-api", value)
    views, snapshot = await verified(lab.config, [])

    assert [view.verdict is not None and view.verdict.works for view in views] == [True]
    assert not any(tenant.polls for tenant in snapshot.tenants)
