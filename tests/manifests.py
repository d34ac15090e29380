"""What the pages of the documentation show as YAML, and whether a pod is restricted."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

DOCS = Path(__file__).parent.parent / "docs"
Document = dict[str, Any]

# https://kubernetes.io/docs/concepts/security/pod-security-standards, level "restricted"
VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}
PROFILES = {"RuntimeDefault", "Localhost"}


def documents(page: str) -> list[Document]:
    """Every document in the YAML blocks of a page, in their order."""
    blocks = re.findall(r"^```yaml\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    return [document for block in blocks for document in yaml.safe_load_all(block)]


def manifests(page: str) -> dict[str, Document]:
    """The Kubernetes objects among them, by kind; each kind is there once."""
    found = [document for document in documents(page) if "apiVersion" in document]
    by_kind = {document["kind"]: document for document in found}
    assert len(by_kind) == len(found), "a kind is there twice"
    return by_kind


def configurations(page: str) -> Iterator[str]:
    """Every configuration of the exporter that the page shows, as text."""
    for document in documents(page):
        if document.get("kind") == "ConfigMap":
            yield document["data"]["config.yaml"]
        elif "tenants" in document:
            yield yaml.safe_dump(document)


def unrestricted(pod: Document, container: Document) -> list[str]:
    """What of a pod and one container of it the level "restricted" refuses; empty when nothing."""
    of_pod, own = pod.get("securityContext", {}), container.get("securityContext", {})
    both = {**of_pod, **own}
    capabilities = own.get("capabilities", {})
    rules = {
        "runAsNonRoot": both.get("runAsNonRoot") is True,
        "runAsUser": both.get("runAsUser") != 0,
        "seccompProfile": both.get("seccompProfile", {}).get("type") in PROFILES,
        "allowPrivilegeEscalation": own.get("allowPrivilegeEscalation") is False,
        "privileged": not own.get("privileged"),
        "capabilities": capabilities.get("drop") == ["ALL"] and "add" not in capabilities,
        "host": not any(key.startswith("host") and pod[key] for key in pod),
        "hostPort": not any("hostPort" in port for port in container.get("ports", [])),
        "volumes": all(set(volume) - {"name"} <= VOLUMES for volume in pod.get("volumes", [])),
    }
    return [name for name, holds in rules.items() if not holds]
