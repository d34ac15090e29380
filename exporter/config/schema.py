"""
The shape of the configuration, one class per section. A field's description is what it accepts: it
is shown when the value is missing or wrong. What concerns several fields at once is in `checks`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, ConfigDict, Field, StrictBool

from exporter.config.addresses import A_PAGE, A_RESOURCE, HttpsRoot, PageRoot, Resource
from exporter.config.clouds import BUILT_IN, CloudConfig
from exporter.config.section import FrozenMap, Section
from exporter.config.values import (
    A_DURATION,
    A_GUID,
    A_TENANT_ID,
    Directory,
    Duration,
    EnvName,
    File,
    Guid,
    Instant,
    Regex,
    TargetName,
    TenantGuid,
    TenantName,
    Text,
    VaultName,
)

IdentityType = Literal[
    "default",
    "managed_identity",
    "workload_identity",
    "client_secret",
    "client_certificate",
    "azure_cli",
    "none",
]
SourceForm = Literal["env", "file", "file_key", "key_vault"]
ServicePrincipals = Literal["own", "all", "none"]
Consumer = Literal["aks", "app_service", "sql", "vm", "other"]

A_SOURCE = (
    "where the value is: {env: NAME}, {file: PATH}, {file: PATH, key: NAME} or "
    "{key_vault: https://NAME.vault.azure.net, name: NAME}"
)
A_BOOLEAN = "true or false"
A_PATH = "the path of a file"


class SourceConfig(Section):
    """Where a secret's value is: exactly one of the forms, never the value itself."""

    env: EnvName | None = Field(default=None, description="the name of an environment variable")
    file: File | None = Field(default=None, description=A_PATH)
    key: Text | None = Field(default=None, description="a key of the file, as AzureAd.ClientSecret")
    key_vault: HttpsRoot | None = Field(default=None, description="https://NAME.vault.azure.net")
    name: VaultName | None = Field(default=None, description="the name of the secret in the vault")
    version: VaultName | None = Field(default=None, description="a version of that secret")

    @property
    def form(self) -> SourceForm:
        """Which of the forms it is."""
        if self.env is not None:
            return "env"
        if self.key_vault is not None:
            return "key_vault"
        return "file" if self.key is None else "file_key"

    @property
    def place(self) -> str:
        """For people: where the value is, as in "environment variable BILLING_SECRET"."""
        places = {
            "env": f"environment variable {self.env}",
            "file": f"file {self.file}",
            "file_key": f"key {self.key} of file {self.file}",
            "key_vault": f"secret {self.name} of {self.key_vault}",
        }
        return places[self.form]


class CertificateConfig(Section):
    """A certificate with its private key: PEM, or PKCS#12 with an optional password."""

    file: File = Field(description=A_PATH)
    password: SourceConfig | None = Field(default=None, description=A_SOURCE)


class IdentityConfig(Section):
    """How the exporter signs in to a tenant."""

    type: IdentityType = Field(default="default", description="a way to sign in")
    client_id: Guid | None = Field(default=None, description=A_GUID)
    client_secret: SourceConfig | None = Field(default=None, description=A_SOURCE)
    certificate: CertificateConfig | None = Field(default=None, description="{file: PATH}")
    token_file: File | None = Field(default=None, description=A_PATH)


class FilterConfig(Section):
    """One rule: all fields that are given must match."""

    app_id: Guid | None = Field(default=None, description=A_GUID)
    name: Regex | None = Field(default=None, description="a regular expression")
    tag: Text | None = Field(default=None, description="a tag, exactly")


class PollConfig(Section):
    """What is read from Graph, and how often."""

    interval: Duration = Field(default=3600.0, description=A_DURATION)
    timeout: Duration = Field(default=60.0, description=A_DURATION)
    applications: StrictBool = Field(default=True, description=A_BOOLEAN)
    service_principals: ServicePrincipals = Field(default="own", description="own, all or none")
    expiring_within: Duration = Field(default=30 * 86_400.0, description=A_DURATION)
    include: tuple[FilterConfig, ...] = Field(default=(), description="a list of rules")
    exclude: tuple[FilterConfig, ...] = Field(default=(), description="a list of rules")


class TenantConfig(Section):
    """One tenant."""

    name: TenantName = Field(description="a name of lower-case letters, digits and -")
    tenant_id: TenantGuid = Field(description=A_TENANT_ID)
    cloud: str = Field(default="public", description="the name of a cloud")
    identity: IdentityConfig = Field(default=IdentityConfig(), description="{type: default}")
    poll: PollConfig = Field(default=PollConfig(), description="the settings of polling")

    @property
    def polls(self) -> bool:
        """Whether the tenant's inventory is read at all."""
        return self.identity.type != "none"


class UsedByConfig(Section):
    """Who uses a secret, so that the remedy is specific; other keys are free text."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow")

    kind: Consumer = Field(description="aks, app_service, sql, vm or other")
    __pydantic_extra__: dict[str, str] = Field(init=False)

    @property
    def details(self) -> Mapping[str, str]:
        """The keys beside `kind`, such as resource_group and name."""
        return MappingProxyType(self.__pydantic_extra__)


class TargetConfig(Section):
    """One stored secret or certificate, verified by asking for a token with it."""

    name: TargetName = Field(description="a name of letters, digits and . _ -")
    tenant: str = Field(description="the name of a tenant above")
    client_id: Guid = Field(description=A_GUID)
    secret: SourceConfig | None = Field(default=None, description=A_SOURCE)
    certificate: CertificateConfig | None = Field(default=None, description="{file: PATH}")
    resource: Resource | None = Field(default=None, description=A_RESOURCE)
    expires_at: Instant | None = Field(default=None, description="a date such as 2027-01-31")
    used_by: UsedByConfig | None = Field(default=None, description="{kind: aks, ...}")


class VerifyConfig(Section):
    """What is verified, and how often."""

    interval: Duration = Field(default=900.0, description=A_DURATION)
    targets: tuple[TargetConfig, ...] = Field(default=(), description="a list of targets")


class WebConfig(Section):
    """The exporter's own pages."""

    external_url: PageRoot | None = Field(default=None, description=A_PAGE)


class StateConfig(Section):
    """What outlives a restart."""

    dir: Directory | None = Field(default=None, description="the path of a directory")


CloudMap = Annotated[Mapping[TenantName, CloudConfig], AfterValidator(FrozenMap)]


class Config(Section):
    """A whole configuration file."""

    web: WebConfig = Field(default=WebConfig(), description="the settings of the pages")
    state: StateConfig = Field(default=StateConfig(), description="the settings of the state")
    tenants: tuple[TenantConfig, ...] = Field(description="at least one tenant")
    verify: VerifyConfig = Field(default=VerifyConfig(), description="what is verified")
    clouds: CloudMap = Field(
        default=FrozenMap[CloudConfig]({}), description="clouds of your own, by name"
    )

    def cloud_of(self, tenant: TenantConfig) -> CloudConfig:
        """The addresses of a tenant's cloud, built in or the file's own."""
        return BUILT_IN.get(tenant.cloud) or self.clouds[tenant.cloud]
