"""
The demo's configuration file as an operator would write it, and the files in which the exporter's
and the consumers' secrets are stored. Runs nothing.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from exporter.simulator import SimulatedTenant, Simulator, Verification

INTERVAL = "5s"
VERIFY_INTERVAL = "10s"
PRIVATE = 0o600


def write_configuration(  # noqa: PLR0913 - each is a thing that the file names
    folder: Path,
    simulator: Simulator,
    tenants: Sequence[SimulatedTenant],
    url: str,
    verifications: Sequence[Verification] = (),
    *,
    state_dir: str = "",
) -> Path:
    """A configuration as an operator would write it, with all secrets in files."""
    known = {tenant.name for tenant in tenants}
    only_verified = {one.tenant: one.tenant_id for one in verifications if one.tenant not in known}
    configuration: dict[str, Any] = {
        "web": {"external_url": url},
        "clouds": {
            "simulated": {
                "authority": simulator.url,
                "graph": simulator.url,
                "ca_file": str(simulator.ca_file),
            }
        },
        "tenants": [
            *(tenant_configuration(folder, tenant) for tenant in tenants),
            *(unread_tenant(name, tenant_id) for name, tenant_id in only_verified.items()),
        ],
    }
    if verifications:
        targets = [target_configuration(folder, one, tenants) for one in verifications]
        configuration["verify"] = {"interval": VERIFY_INTERVAL, "targets": targets}
    if state_dir:
        configuration["state"] = {"dir": state_dir}
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump(configuration, sort_keys=False), encoding="utf-8")
    return file


def tenant_configuration(folder: Path, tenant: SimulatedTenant) -> dict[str, Any]:
    """One tenant's section; writes its secret."""
    store(folder / f"{tenant.name}.secret", tenant.exporter_client_secret.encode())
    return {
        "name": tenant.name,
        "tenant_id": tenant.tenant_id,
        "cloud": "simulated",
        "identity": {
            "type": "client_secret",
            "client_id": tenant.exporter_client_id,
            "client_secret": {"file": f"{tenant.name}.secret"},
        },
        "poll": {"interval": INTERVAL},
    }


def unread_tenant(name: str, tenant_id: str) -> dict[str, Any]:
    """The section of a tenant that is only verified."""
    identity = {"type": "none"}
    return {"name": name, "tenant_id": tenant_id, "cloud": "simulated", "identity": identity}


def target_configuration(
    folder: Path, one: Verification, tenants: Sequence[SimulatedTenant]
) -> dict[str, Any]:
    """One target's section; writes what is stored there, if anything is."""
    content = one.content(tenants)
    if content is not None:
        store(stored_file(folder, one.name), content)
    return {
        "name": one.name,
        "tenant": one.tenant,
        "client_id": one.client_id,
        "certificate" if one.is_certificate else "secret": {
            "file": stored_file(folder, one.name).name
        },
        "resource": one.resource,
        "used_by": dict(one.used_by),
    }


def stored_file(folder: Path, target: str) -> Path:
    """Where a target's value is stored."""
    return folder / f"{target}.stored"


def store_value(folder: Path, target: str, value: str) -> None:
    """Give a target another value, as a mounted Kubernetes Secret gets one: all at once."""
    store(stored_file(folder, target), value.encode())


def store(file: Path, content: bytes) -> None:
    """Write a file that nobody else may read, in one go."""
    fresh = file.with_suffix(".new")
    fresh.touch(PRIVATE)
    fresh.write_bytes(content)
    fresh.replace(file)
