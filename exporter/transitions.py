"""
What a configuration, or one with mistakes, makes of the snapshot: what is known of a tenant or a
target that stays is kept. Pure.
"""

from dataclasses import replace

from exporter.config import Config, TenantConfig
from exporter.snapshot import ReloadStatus, Snapshot, Target, TargetView, TenantView
from exporter.verify.job import identity, jobs


def reload_failed(old: Snapshot) -> Snapshot:
    """The snapshot after a configuration file with mistakes."""
    return replace(old, reload=replace(old.reload, successful=False))


def configured(old: Snapshot, new: Config, own_url: str, status: ReloadStatus) -> Snapshot:
    """The snapshot under another configuration: what is known of a tenant that stays is kept."""
    known = {(view.name, view.tenant_id, view.cloud): view for view in old.tenants}
    views = (view_of(tenant) for tenant in new.tenants)
    return Snapshot(
        tenants=tuple(keep(known.get((v.name, v.tenant_id, v.cloud)), v) for v in views),
        reload=status,
        external_url=new.web.external_url or own_url,
        targets=target_views(old, new),
    )


def view_of(tenant: TenantConfig) -> TenantView:
    """A tenant of which nothing is known yet."""
    return TenantView(
        name=tenant.name,
        tenant_id=tenant.tenant_id,
        cloud=tenant.cloud,
        expiring_within=tenant.poll.expiring_within,
        polled=tenant.polls,
    )


def keep(old: TenantView | None, new: TenantView) -> TenantView:
    """The old view with the settings of the new one; nothing old when polling was switched off."""
    if old is None or not new.polled:
        return new
    return replace(old, expiring_within=new.expiring_within, polled=new.polled)


def target_views(old: Snapshot, config: Config) -> tuple[TargetView, ...]:
    """The targets under another configuration: what is known of one that stays is kept."""
    known = {view.target.name: view for view in old.targets}
    return tuple(
        keep_target(known.get(described.name), described)
        for described in (job.described for job in jobs(config))
    )


def keep_target(old: TargetView | None, new: Target) -> TargetView:
    """The old view with what people are told of it now; nothing old when it is another secret."""
    if old is None or identity(old.target) != identity(new):
        return TargetView(new)
    return replace(old, target=new)
