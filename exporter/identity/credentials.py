"""Each `identity.type` as azure-identity's credential: a function a type, and their table."""

from collections.abc import Callable
from typing import Any, Protocol

from azure.core.credentials import AccessToken
from azure.identity.aio import (
    AzureCliCredential,
    CertificateCredential,
    ClientSecretCredential,
    DefaultAzureCredential,
    ManagedIdentityCredential,
    WorkloadIdentityCredential,
)

from exporter.config import CloudConfig, TenantConfig
from exporter.sources import Secret
from exporter.transport import trusting

NO_RETRIES: dict[str, Any] = {"retry_total": 0}
"""
The next poll is the retry, after a pause that obeys Retry-After; azure-core would sleep here. It is
left to retry for managed identities, whose service on a machine that boots fails for a while.
"""


class AzureCredential(Protocol):
    """What azure-identity's credentials have in common, as far as it is used here."""

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:  # noqa: ANN401 - azure's signature
        """A token for the scopes."""

    async def close(self) -> None:
        """End its connections."""


def endpoint(cloud: CloudConfig) -> dict[str, Any]:
    """
    Keyword arguments that lead azure-identity to the cloud's login service, for one credential;
    raises OSError where the cloud's ca_file cannot be used.
    """
    # Instance discovery would ask Microsoft's public login service about hosts of other clouds.
    return {
        "authority": cloud.authority,
        "disable_instance_discovery": True,
        **trusting(cloud.ca_file),
    }


def client_secret(tenant: TenantConfig, to: dict[str, Any], secret: Secret) -> AzureCredential:
    """`client_secret`: an application's secret."""
    client_id = tenant.identity.client_id or ""
    return ClientSecretCredential(tenant.tenant_id, client_id, secret.reveal(), **to, **NO_RETRIES)


def client_certificate(
    tenant: TenantConfig, to: dict[str, Any], content: bytes, password: Secret | None
) -> AzureCredential:
    """`client_certificate`: PEM or PFX with its private key."""
    return CertificateCredential(
        tenant.tenant_id,
        tenant.identity.client_id or "",
        certificate_data=content,
        password=password.reveal() if password else None,
        **to,
        **NO_RETRIES,
    )


def managed_identity(tenant: TenantConfig, to: dict[str, Any]) -> AzureCredential:
    """`managed_identity`: of the machine, or the user-assigned one that `client_id` names."""
    return ManagedIdentityCredential(client_id=tenant.identity.client_id, transport=to["transport"])


def workload_identity(tenant: TenantConfig, to: dict[str, Any]) -> AzureCredential:
    """`workload_identity`: a Kubernetes service account's token."""
    token_file = tenant.identity.token_file
    return WorkloadIdentityCredential(
        tenant_id=tenant.tenant_id,
        client_id=tenant.identity.client_id,
        token_file_path=str(token_file) if token_file else None,
        **to,
        **NO_RETRIES,
    )


def azure_cli(tenant: TenantConfig, to: dict[str, Any]) -> AzureCredential:  # noqa: ARG001 - the makers' shape
    """`azure_cli`: whoever ran `az login`."""
    return AzureCliCredential(tenant_id=tenant.tenant_id)


def default(tenant: TenantConfig, to: dict[str, Any]) -> AzureCredential:
    """`default`: the first that works of environment, workload and managed identity, and tools."""
    return DefaultAzureCredential(
        managed_identity_client_id=tenant.identity.client_id,
        workload_identity_client_id=tenant.identity.client_id,
        workload_identity_tenant_id=tenant.tenant_id,
        additionally_allowed_tenants=[tenant.tenant_id],
        **to,
    )


CREDENTIALS: dict[str, Callable[..., AzureCredential]] = {
    "default": default,
    "managed_identity": managed_identity,
    "workload_identity": workload_identity,
    "client_secret": client_secret,
    "client_certificate": client_certificate,
    "azure_cli": azure_cli,
}
