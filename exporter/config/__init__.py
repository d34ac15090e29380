"""The configuration: a YAML file in, frozen checked values or every mistake at once out."""

from exporter.config.clouds import CloudConfig
from exporter.config.load import load, parse
from exporter.config.schema import (
    CertificateConfig,
    Config,
    FilterConfig,
    IdentityConfig,
    PollConfig,
    SourceConfig,
    StateConfig,
    TargetConfig,
    TenantConfig,
    UsedByConfig,
    VerifyConfig,
    WebConfig,
)

__all__ = [
    "CertificateConfig",
    "CloudConfig",
    "Config",
    "FilterConfig",
    "IdentityConfig",
    "PollConfig",
    "SourceConfig",
    "StateConfig",
    "TargetConfig",
    "TenantConfig",
    "UsedByConfig",
    "VerifyConfig",
    "WebConfig",
    "load",
    "parse",
]
