"""
The files of some tenants, read and understood, or why one is not used; and the snapshot with what
was in them. Runs in the thread of the directory; logs nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypedDict

from exporter.config import Config, TenantConfig
from exporter.errors import where
from exporter.snapshot import Snapshot, Target, TargetView, TenantView
from exporter.state.envelope import SPOILT, UnusableError
from exporter.state.folder import Folder
from exporter.state.keeping import made_with
from exporter.state.record import Record
from exporter.state.restoring import past, targets_of, tenant_of
from exporter.verify.job import jobs

NEWER = "run the newer exporter again and rename the file back, or delete it"
SPOILT_STEP = "nothing to do but to find out why: everything is read and tried anew"


class Problem(TypedDict):
    """A file that is not used, as fields of a log line."""

    file: str
    why: str
    kept_as: str | None
    next_step: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """
    What was known of some tenants and their targets; `intact` names the tenants of which the file
    says just this, so that it need not be written again.
    """

    tenants: tuple[TenantView, ...] = ()
    targets: tuple[TargetView, ...] = ()
    intact: frozenset[str] = frozenset()
    problems: tuple[Problem, ...] = ()


def load(
    folder: Folder, config: Config, tenants: Sequence[TenantConfig], key: bytes, now: float
) -> Loaded:
    """What the files of these tenants hold; `key` is that of the marks that are made now."""
    described = [job.described for job in jobs(config)]
    found: list[Loaded] = []
    problems: list[Problem] = []
    for tenant in tenants:
        try:
            found.append(read(folder, tenant, described, key, now))
        except UnusableError as error:
            problems.append(problem(folder, tenant.name, error))
    return Loaded(
        tenants=tuple(view for one in found for view in one.tenants),
        targets=tuple(view for one in found for view in one.targets),
        intact=frozenset(name for one in found for name in one.intact),
        problems=tuple(problems),
    )


def read(
    folder: Folder, tenant: TenantConfig, described: Sequence[Target], key: bytes, now: float
) -> Loaded:
    """What a tenant's file holds, nothing without one; raises UnusableError, and nothing else."""
    try:
        record = folder.load(tenant.name, tenant.tenant_id, tenant.cloud)
        return understood(record, described, key, now) if record else Loaded()
    except UnusableError:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever is in a file, the exporter starts
        raise UnusableError(f"a bug of the exporter ({where(error)}); report it") from None


def understood(record: Record, described: Sequence[Target], key: bytes, now: float) -> Loaded:
    """What a record says of a tenant and those of the targets that are its."""
    targets = [one for one in described if one.tenant == record.name]
    same = past(record, now) and record.marks == made_with(key)
    return Loaded(
        tenants=(tenant_of(record, now),),
        targets=targets_of(record, targets, key, now),
        intact=frozenset({record.name}) if same else frozenset(),
    )


def problem(folder: Folder, name: str, error: UnusableError) -> Problem:
    """What is said of a file that is not used, once it is out of the way."""
    aside = folder.set_aside(name, error.aside)
    return Problem(
        file=str(folder.file(name)),
        why=str(error),
        kept_as=aside.name if aside else None,
        next_step=SPOILT_STEP if error.aside == SPOILT else NEWER,
    )


def snapshot_with(loaded: Loaded, snapshot: Snapshot) -> Snapshot:
    """The snapshot and what was loaded of tenants that it does not have."""
    known = {(view.name, view.tenant_id, view.cloud) for view in snapshot.tenants}
    new = [t for t in loaded.tenants if (t.name, t.tenant_id, t.cloud) not in known]
    names = {view.name for view in new}
    targets = (view for view in loaded.targets if view.target.tenant in names)
    return replace(
        snapshot, tenants=(*snapshot.tenants, *new), targets=(*snapshot.targets, *targets)
    )
