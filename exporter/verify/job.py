"""One target as the configuration has it, with the tenant and the cloud that belong to it."""

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from exporter.config import CloudConfig, Config, SourceConfig, TargetConfig, TenantConfig
from exporter.config.clouds import BUILT_IN, management
from exporter.identity.trial import Applicant
from exporter.model import CredentialKind
from exporter.snapshot import Place, Target


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be verified, every `interval` seconds."""

    target: TargetConfig
    tenant: TenantConfig
    cloud: CloudConfig
    interval: float

    @property
    def applicant(self) -> Applicant:
        """Who asks for a token, and for what."""
        client_id, tenant_id = self.target.client_id, self.tenant.tenant_id
        return Applicant(tenant_id, client_id, self.described.resource, self.cloud)

    @property
    def login(self) -> tuple[str, str]:
        """Whose login service is asked."""
        return self.cloud.authority, self.tenant.tenant_id

    @property
    def own_cloud(self) -> bool:
        """Whether the cloud is one of the configuration's own."""
        return self.tenant.cloud not in BUILT_IN

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that the stored value is read from."""
        target = self.target
        sources = [target.secret, target.certificate and target.certificate.password]
        files = [source.file for source in sources if source is not None]
        files.append(target.certificate.file if target.certificate else None)
        return tuple(file for file in files if file is not None)

    @property
    def described(self) -> Target:
        """What people are told of it."""
        target = self.target
        used_by = target.used_by
        return Target(
            name=target.name,
            tenant=self.tenant.name,
            tenant_id=self.tenant.tenant_id,
            cloud=self.tenant.cloud,
            client_id=target.client_id,
            kind=CredentialKind.SECRET if target.secret else CredentialKind.CERTIFICATE,
            resource=target.resource or management(self.tenant.cloud),
            place=place_of(target),
            consumer=used_by.kind if used_by else "other",
            details=used_by.details if used_by else MappingProxyType({}),
            expires_at=target.expires_at.timestamp() if target.expires_at else None,
        )


def jobs(config: Config) -> tuple[Job, ...]:
    """Every target of a configuration."""
    tenants = {tenant.name: tenant for tenant in config.tenants}
    return tuple(
        Job(target, tenants[target.tenant], config.cloud_of(tenants[target.tenant]), interval)
        for target in config.verify.targets
        for interval in (config.verify.interval,)
    )


def place_of(target: TargetConfig) -> Place:
    """Where its value is stored."""
    certificate = target.certificate
    source = target.secret or SourceConfig(file=certificate.file if certificate else None)
    return Place(
        form=source.form,
        env=source.env or "",
        file=str(source.file) if source.file else "",
        key=source.key or "",
        vault=source.key_vault or "",
        name=source.name or "",
    )


def identity(target: Target) -> tuple[object, ...]:
    """What makes a target the same: whose secret it is, where it is stored, what it is used for."""
    account = (target.tenant, target.tenant_id, target.cloud, target.client_id)
    return (*account, target.kind, target.place, target.resource)
