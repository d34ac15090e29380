"""What docs/container.md shows is accepted: manifests, configuration, options and files."""

import copy
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from manifests import DOCS, Document, configurations, documents, manifests, unrestricted

from exporter import config
from exporter.cli import main
from exporter.cli.options import DEFAULT_PORT

PAGE = (DOCS / "container.md").read_text(encoding="utf-8")
SIDECAR = (DOCS / "sidecar.md").read_text(encoding="utf-8")
OBJECTS = manifests(PAGE)
NAME = "entra-credential-exporter"
POD: Document = OBJECTS["Deployment"]["spec"]["template"]
[CONTAINER] = POD["spec"]["containers"]
[CONFIGURATION] = configurations(PAGE)
LOADED = config.parse(CONFIGURATION, file="config.yaml", base_dir=Path("/etc") / NAME)


def mounts() -> dict[str, Document]:
    """Each mount of the exporter with the volume that is mounted there, by path."""
    volumes = {volume["name"]: volume for volume in POD["spec"]["volumes"]}
    return {
        mount["mountPath"]: {**volumes[mount["name"]], **mount}
        for mount in CONTAINER["volumeMounts"]
    }


# The pods of both pages.


@pytest.mark.parametrize("page", [PAGE, SIDECAR], ids=["container", "sidecar"])
def test_exporter_is_admitted_where_pods_have_to_be_restricted(page: str) -> None:
    pod = manifests(page)["Deployment"]["spec"]["template"]["spec"]
    exporter = pod["containers"][-1]
    assert unrestricted(pod, exporter) == []
    both = {**pod.get("securityContext", {}), **exporter["securityContext"]}
    assert (both["runAsUser"], both["runAsGroup"]) == (65532, 65532)
    assert both["readOnlyRootFilesystem"]


def without(key: str) -> Callable[[Document, Document], None]:
    """Take a key from both security contexts."""

    def take(pod: Document, container: Document) -> None:
        pod["securityContext"].pop(key, None)
        container["securityContext"].pop(key, None)

    return take


MISTAKES: dict[str, Callable[[Document, Document], Any]] = {
    "runAsNonRoot": without("runAsNonRoot"),
    "runAsUser": lambda pod, _: pod["securityContext"].update(runAsUser=0),
    "seccompProfile": without("seccompProfile"),
    "allowPrivilegeEscalation": without("allowPrivilegeEscalation"),
    "privileged": lambda _, container: container["securityContext"].update(privileged=True),
    "capabilities": without("capabilities"),
    "host": lambda pod, _: pod.update(hostNetwork=True),
    "hostPort": lambda _, container: container["ports"][0].update(hostPort=DEFAULT_PORT),
    "volumes": lambda pod, _: pod["volumes"].append({"name": "x", "hostPath": {"path": "/"}}),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_pod_that_is_less_restricted_would_be_seen(mistake: str) -> None:
    pod = copy.deepcopy(POD["spec"])
    MISTAKES[mistake](pod, pod["containers"][0])
    assert unrestricted(pod, pod["containers"][0]) == [mistake]


# The manifests and the configuration in them.


def test_objects_are_in_one_namespace_that_demands_what_the_pod_keeps() -> None:
    namespace = OBJECTS["Namespace"]["metadata"]
    assert namespace["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    others = [one["metadata"] for kind, one in OBJECTS.items() if kind != "Namespace"]
    assert {one["namespace"] for one in others} == {namespace["name"]}


def test_configuration_is_mounted_where_it_is_looked_for() -> None:
    [command, option] = CONTAINER["args"]
    file = Path(option.removeprefix("--config.file="))
    assert command in main.commands
    assert (
        mounts()[str(file.parent)]["configMap"]["name"] == OBJECTS["ConfigMap"]["metadata"]["name"]
    )
    assert list(OBJECTS["ConfigMap"]["data"]) == [file.name]


def test_stored_secrets_are_mounted_whole_from_the_secret_that_the_page_creates() -> None:
    created = re.findall(
        r"create secret generic (\S+) --namespace (\S+) \\\n +--from-file=(\S+)", PAGE
    )
    [stored] = [target.secret.file for target in LOADED.verify.targets if target.secret]
    assert stored is not None
    mount = mounts()[str(stored.parent)]
    expected = (
        mount["secret"]["secretName"],
        OBJECTS["Namespace"]["metadata"]["name"],
        stored.name,
    )
    assert created == [expected]
    assert mount["secret"]["defaultMode"] == 0o440
    assert POD["spec"]["securityContext"]["fsGroup"] == 65532, "or 0440 is not readable"
    assert not any("subPath" in mounted for mounted in mounts().values())


def test_only_the_state_directory_can_be_written_and_outlives_the_pod() -> None:
    claim = OBJECTS["PersistentVolumeClaim"]["metadata"]["name"]
    [(path, mount)] = [(path, one) for path, one in mounts().items() if not one.get("readOnly")]
    assert Path(path) == LOADED.state.dir
    assert mount["persistentVolumeClaim"]["claimName"] == claim


def test_volume_of_one_pod_is_let_go_before_the_next_pod_takes_it() -> None:
    spec = OBJECTS["Deployment"]["spec"]
    assert OBJECTS["PersistentVolumeClaim"]["spec"]["accessModes"] == ["ReadWriteOnce"]
    assert (spec["replicas"], spec["strategy"]["type"]) == (1, "Recreate")


def test_workload_identity_is_injected_and_no_other_token_is_mounted() -> None:
    account = OBJECTS["ServiceAccount"]["metadata"]
    assert [tenant.identity.type for tenant in LOADED.tenants] == ["workload_identity"]
    assert "azure.workload.identity/client-id" in account["annotations"]
    assert POD["metadata"]["labels"]["azure.workload.identity/use"] == "true"
    assert POD["spec"]["serviceAccountName"] == account["name"]
    assert POD["spec"]["automountServiceAccountToken"] is False


def test_probes_ask_the_paths_that_the_exporter_answers() -> None:
    [port] = CONTAINER["ports"]
    asked = {
        kind: CONTAINER[f"{kind}Probe"]["httpGet"] for kind in ("startup", "readiness", "liveness")
    }
    assert {kind: get["path"] for kind, get in asked.items()} == {
        "startup": "/-/healthy",
        "readiness": "/-/ready",
        "liveness": "/-/healthy",
    }
    assert {get["port"] for get in asked.values()} == {port["name"]}


def test_service_monitor_and_policy_lead_to_the_port_of_the_pod() -> None:
    [port] = CONTAINER["ports"]
    assert port["containerPort"] == DEFAULT_PORT
    assert len(port["name"]) <= 15
    service, monitor, policy = (
        OBJECTS[kind]["spec"] for kind in ("Service", "ServiceMonitor", "NetworkPolicy")
    )
    [exposed] = service["ports"]
    assert exposed["targetPort"] == port["name"]
    assert [endpoint["port"] for endpoint in monitor["endpoints"]] == [exposed["name"]]
    assert [one["port"] for one in policy["ingress"][0]["ports"]] == [port["name"]]
    annotations = [one for one in documents(PAGE) if "prometheus.io/port" in one]
    assert [one["prometheus.io/port"] for one in annotations] == [str(exposed["port"])]


def test_every_selector_finds_what_it_is_for() -> None:
    labels = POD["metadata"]["labels"].items()
    assert OBJECTS["Deployment"]["spec"]["selector"]["matchLabels"].items() <= labels
    assert OBJECTS["Service"]["spec"]["selector"].items() <= labels
    assert OBJECTS["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"].items() <= labels
    wanted = OBJECTS["ServiceMonitor"]["spec"]["selector"]["matchLabels"]
    assert wanted.items() <= OBJECTS["Service"]["metadata"]["labels"].items()


def test_series_keep_the_job_that_prometheus_gives_them() -> None:
    monitor = OBJECTS["ServiceMonitor"]["spec"]
    assert "jobLabel" not in monitor
    assert not any("relabelings" in endpoint for endpoint in monitor["endpoints"])


# The commands.


def test_every_option_and_variable_of_the_exporter_exists() -> None:
    parameters = [
        parameter
        for command in main.commands.values()
        for parameter in command.params
        if isinstance(parameter, click.Option)
    ]
    options = {name for parameter in parameters for name in parameter.opts}
    named = set(re.findall(r"--[a-z]+\.[a-z.-]+", PAGE))
    assert named
    assert named <= options
    variables = set(re.findall(r"\bENTRA_EXPORTER_[A-Z_]+", PAGE))
    assert variables
    assert variables <= {parameter.envvar for parameter in parameters}


def test_every_container_that_the_page_starts_is_read_only_and_without_capabilities() -> None:
    blocks = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    runs = [run for block in blocks for run in re.findall(r"docker run(?:.*\\\n)*.*", block)]
    assert len(runs) == 2
    assert all("--read-only" in run and "--cap-drop all" in run for run in runs)


def test_page_is_found_from_where_somebody_installs() -> None:
    root = DOCS.parent
    assert "(docs/container.md)" in (root / "README.md").read_text(encoding="utf-8")
    assert "(container.md#build-it)" in SIDECAR
