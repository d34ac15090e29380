"""State files over a configuration in a temporary directory, with a clock that is set by hand."""

import contextlib
import copy
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import yaml
from builders import APP_ID, KEY_ID, NOW, TENANT_ID, application, credential, inventory
from verifying import Clock

from exporter import config
from exporter.config import Config
from exporter.model import Cause, DirectoryObject
from exporter.snapshot import Memory, ReloadStatus, Snapshot, Target, TargetView, TenantView
from exporter.state import Keeper
from exporter.store import Store
from exporter.transitions import configured
from exporter.verdict import Diagnosis, Verdict
from exporter.verify.job import jobs

MARK = b"\x01" * 32
HINT = "Qz7"
CONFIGURATION: dict[str, Any] = {
    "state": {"dir": "state"},
    "tenants": [{"name": "contoso", "tenant_id": TENANT_ID}],
    "verify": {
        "targets": [
            {
                "name": "billing-api",
                "tenant": "contoso",
                "client_id": APP_ID,
                "secret": {"env": "BILLING"},
            }
        ]
    },
}


@dataclass
class Desk:
    """A keeper and the store that it keeps, as one exporter has them."""

    config: Config
    clock: Clock
    store: Store[None]
    keeper: Keeper

    @property
    def contoso(self) -> TenantView:
        """The tenant as it stands."""
        view = self.store.snapshot.tenant("contoso")
        assert view is not None
        return view

    @property
    def billing(self) -> TargetView:
        """The target as it stands."""
        view = self.store.snapshot.target("billing-api")
        assert view is not None
        return view

    @property
    def target(self) -> Target:
        """What is verified."""
        return jobs(self.config)[0].described

    async def learn(
        self, *objects: DirectoryObject, view: TargetView | None = None, taken_at: float = NOW
    ) -> None:
        """A poll has ended, and a verification if there is a view of one; all is written."""
        read = inventory(*(objects or (application(secret()),)), taken_at=taken_at)
        self.store.update_tenant("contoso", lambda old: replace(old, inventory=read, tried=1))
        if view is not None:
            self.store.update_target("billing-api", lambda _old: view)
        await self.keeper.look()


def secret(**fields: Any) -> Any:  # noqa: ANN401 - fields of Credential
    """A secret with a hint."""
    return msgspec.structs.replace(credential(), **({"hint": HINT} | fields))


def refused(target: Target, at: float = NOW, not_before: float = NOW + 900) -> TargetView:
    """A target that is refused."""
    told = Diagnosis(Cause.INVALID_SECRET, 7000215, "Unknown.", ("Said so.",), "likely")
    verdict = Verdict(at, told)
    memory = Memory(
        value=MARK,
        refused=verdict,
        refused_since=at,
        refusals=3,
        not_before=not_before,
        worked=((MARK, at - 100),),
        known=((MARK, KEY_ID),),
    )
    return TargetView(target, verdict, last_success=at - 100, since=at, memory=memory)


def written(folder: Path, **changes: Any) -> Path:  # noqa: ANN401 - YAML
    """A configuration file with some sections changed."""
    file = folder / "config.yaml"
    changed = copy.deepcopy(CONFIGURATION) | changes
    file.write_text(yaml.safe_dump(json.loads(json.dumps(changed))), encoding="utf-8")
    return file


@contextlib.asynccontextmanager
async def desk(
    folder: Path,
    now: float = NOW,
    *,
    flush: bool = True,
    **changes: Any,  # noqa: ANN401 - YAML
) -> AsyncIterator[Desk]:
    """An exporter's keeper from its start to its end; killed at the end without `flush`."""
    loaded = config.load(written(folder, **changes))
    clock = Clock(now)
    status = ReloadStatus(successful=True, last_success=now)
    store: Store[None] = Store(Snapshot((), status), lambda _snapshot, _now: None, clock)
    keeper = Keeper(store)
    await keeper.apply(loaded)
    store.update(lambda old: configured(old, loaded, "", status))
    await keeper.look()
    yield Desk(loaded, clock, store, keeper)
    if flush:
        await keeper.flush()
    await keeper.leave()


def state_file(folder: Path, tenant: str = "contoso") -> Path:
    """Where a tenant's state is."""
    return folder / "state" / f"{tenant}.state"


def events(logs: Sequence[Any]) -> list[str]:
    """What was logged, without the fields."""
    return [entry["event"] for entry in logs]
