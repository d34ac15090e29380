"""
The clouds that exist, and the shape of one's own. Where to sign in and where Graph answers;
nothing here connects to them.
"""

from collections.abc import Mapping
from types import MappingProxyType

from pydantic import Field

from exporter.config.addresses import HOST_ONLY, HttpsRoot
from exporter.config.section import Section
from exporter.config.values import ExistingFile


class CloudConfig(Section):
    """The addresses of one cloud; `ca_file` when its certificates come from a private authority."""

    authority: HttpsRoot = Field(description=HOST_ONLY)
    graph: HttpsRoot = Field(description=HOST_ONLY)
    ca_file: ExistingFile | None = Field(default=None, description="a PEM file that exists")


BUILT_IN: Mapping[str, CloudConfig] = MappingProxyType(
    {
        "public": CloudConfig(
            authority="https://login.microsoftonline.com",
            graph="https://graph.microsoft.com",
        ),
        "usgov": CloudConfig(
            authority="https://login.microsoftonline.us",
            graph="https://graph.microsoft.us",
        ),
        "usgov-dod": CloudConfig(
            authority="https://login.microsoftonline.us",
            graph="https://dod-graph.microsoft.us",
        ),
        "china": CloudConfig(
            authority="https://login.chinacloudapi.cn",
            graph="https://microsoftgraph.chinacloudapi.cn",
        ),
    }
)

MANAGEMENT: Mapping[str, str] = MappingProxyType(
    {
        "usgov": "https://management.usgovcloudapi.net",
        "usgov-dod": "https://management.usgovcloudapi.net",
        "china": "https://management.chinacloudapi.cn",
    }
)
"""Azure Resource Manager, where it is not the public cloud's."""

PUBLIC_MANAGEMENT = "https://management.azure.com"


def management(cloud: str) -> str:
    """What most applications ask a token for, in the cloud of that name."""
    return MANAGEMENT.get(cloud, PUBLIC_MANAGEMENT)
