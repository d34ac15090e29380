"""
Reads a tenant's applications and service principals through msgraph-sdk, which is used here alone.
The SDK builds, signs and retries the requests; its JSON models are left aside, as decoding one page
of 999 applications with them takes seconds of CPU.
"""

import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol, cast
from urllib.parse import urlsplit

import httpx
import msgspec
from azure.core.credentials import AccessToken
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_abstractions.native_response_handler import NativeResponseHandler
from kiota_abstractions.request_information import RequestInformation
from kiota_abstractions.request_option import RequestOption
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from kiota_http._exceptions import KiotaHTTPXError
from kiota_http.kiota_client_factory import KiotaClientFactory
from kiota_http.middleware.options import RedirectHandlerOption, ResponseHandlerOption
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.applications.applications_request_builder import ApplicationsRequestBuilder
from msgraph.generated.service_principals.service_principals_request_builder import (
    ServicePrincipalsRequestBuilder,
)

from exporter.config import CloudConfig
from exporter.graph.answers import failure, refused
from exporter.graph.meter import Allowance, Meter
from exporter.graph.wire import Page, Unreadable, decode_page
from exporter.model import FailureReason, ObjectType
from exporter.work import aside

PAGE_SIZE = 999  # the most that Graph gives
CONNECT_TIMEOUT = 10.0

NO_REDIRECTS: dict[str, RequestOption] = {
    RedirectHandlerOption.get_key(): RedirectHandlerOption(should_redirect=False)
}
"""Graph sends nobody elsewhere; whoever does is not Graph, and gets no second request."""

MOST_PAGES = 5000
"""Of a listing: five million objects, more than a directory holds. Links may go on for ever."""

COMMON_FIELDS = ("id", "appId", "displayName", "tags", "passwordCredentials", "keyCredentials")
FIELDS: Mapping[ObjectType, tuple[str, ...]] = MappingProxyType(
    {
        ObjectType.APPLICATION: COMMON_FIELDS,
        ObjectType.SERVICE_PRINCIPAL: (
            *COMMON_FIELDS,
            "servicePrincipalType",
            "appOwnerOrganizationId",
            "preferredTokenSigningKeyThumbprint",
        ),
    }
)
"""
What is asked for. A list never holds a certificate's `key` bytes, selected or not.
Source: learn.microsoft.com/graph/api/resources/keycredential
"""


class TokenSource(Protocol):
    """Whatever signs in; its errors pass through as they are."""

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:  # noqa: ANN401 - azure's signature
        """A token for the scopes."""


class Graph:
    """One tenant's Graph; `requests` counts by HTTP status, or `error`."""

    def __init__(
        self,
        sign_in: TokenSource,
        cloud: CloudConfig,
        timeout: float,
        clock: Callable[[], float],
        allowance: Allowance | None = None,
    ) -> None:
        self.root = cloud.graph
        self.clock = clock
        self.meter = Meter(timeout, allowance or Allowance())
        self.http = http_client(cloud, self.meter, timeout)
        provider = AzureIdentityAuthenticationProvider(
            cast("Any", sign_in),
            scopes=[f"{self.root}/.default"],
            allowed_hosts=[urlsplit(self.root).hostname or ""],
        )
        self.adapter = GraphRequestAdapter(provider, client=self.http)
        self.adapter.base_url = f"{self.root}/v1.0"
        self.client = GraphServiceClient(request_adapter=self.adapter)

    @property
    def requests(self) -> Mapping[str, int]:
        """Requests sent so far."""
        return MappingProxyType(dict(self.meter.counts))

    async def close(self) -> None:
        """End its connections."""
        await self.http.aclose()

    async def pages(self, object_type: ObjectType) -> AsyncIterator[tuple[Page, list[Unreadable]]]:
        """Every page of a listing with what was left out of it; raises `PollError`."""
        builder = self.builder(object_type)
        request = builder.to_get_request_information(query(builder, FIELDS[object_type]))
        seen = set[str]()
        while True:
            page, lost = await self.page(request)
            yield page, lost
            if page.next_link is None:
                return
            self.check_link(page.next_link, seen)
            request = builder.with_url(page.next_link).to_get_request_information()

    def builder(self, object_type: ObjectType) -> Any:  # noqa: ANN401 - the SDK's models are not typed here
        """The SDK's request builder for a listing."""
        if object_type is ObjectType.APPLICATION:
            return self.client.applications
        return self.client.service_principals

    async def page(self, request: RequestInformation) -> tuple[Page, list[Unreadable]]:
        """The page that a request asks for."""
        body = await self.send(request)
        try:
            # A thousand objects take milliseconds: in a thread they do not delay a scrape.
            return await aside(decode_page, body)
        except msgspec.DecodeError as error:
            raise failure(FailureReason.MALFORMED, f"Graph sent no page: {error}") from error

    async def send(self, request: RequestInformation) -> bytes:
        """The body of a successful answer."""
        request.add_request_options([ResponseHandlerOption(NativeResponseHandler())])
        try:
            answer = await self.adapter.send_primitive_async(request, "bytes", {})
        except (httpx.DecodingError, httpx.InvalidURL, KiotaHTTPXError) as error:
            raise failure(FailureReason.MALFORMED, f"Graph's answer: {error}") from error
        except httpx.HTTPError as error:
            said = f"{type(error).__name__}: {error}".rstrip(": ")
            raise failure(FailureReason.NETWORK, f"Graph: {said}") from error
        response = cast("httpx.Response", answer)
        if response.status_code != httpx.codes.OK:
            raise refused(response, self.clock())
        return response.content

    def check_link(self, link: str, seen: set[str]) -> None:
        """Refuse a next page on another host, which must not get a token, and one seen before."""
        if not link.startswith(f"{self.root}/"):
            raise failure(FailureReason.MALFORMED, "Graph's nextLink leads to another host")
        if link in seen:
            raise failure(
                FailureReason.MALFORMED, "Graph's nextLink leads back to a page read before"
            )
        if len(seen) == MOST_PAGES:
            raise failure(
                FailureReason.MALFORMED, f"Graph's nextLinks do not end after {MOST_PAGES} pages"
            )
        seen.add(link)


def query(builder: Any, fields: tuple[str, ...]) -> RequestConfiguration[Any]:  # noqa: ANN401 - as above
    """`$select` and `$top` for a listing."""
    kinds = {
        ApplicationsRequestBuilder: (
            ApplicationsRequestBuilder.ApplicationsRequestBuilderGetQueryParameters
        ),
        ServicePrincipalsRequestBuilder: (
            ServicePrincipalsRequestBuilder.ServicePrincipalsRequestBuilderGetQueryParameters
        ),
    }
    parameters = kinds[type(builder)](select=list(fields), top=PAGE_SIZE)
    return RequestConfiguration(query_parameters=parameters)


def changed(ca_file: Path | None) -> float:
    """When a file was changed; 0 for none."""
    try:
        return ca_file.stat().st_mtime if ca_file else 0.0
    except OSError:
        return 0.0


@lru_cache(maxsize=8)
def trust(ca_file: Path | None, _changed: float) -> ssl.SSLContext:
    """
    Whom to trust: shared by all tenants of a cloud, as each copy costs a megabyte, until the file
    changes. Raises PollError when the file cannot be used.
    """
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # an ssl.SSLError too
        said = error.strerror or error
        raise failure(FailureReason.NETWORK, f"ca_file {ca_file}: {said}") from error


def http_client(cloud: CloudConfig, meter: Meter, timeout: float) -> httpx.AsyncClient:
    """
    The SDK's HTTP client: proxies from the environment, the SDK's retries, then the meter.

    HTTP/1.1 on purpose: pages follow each other, so HTTP/2 gains nothing and costs twice the CPU.
    """
    verify = trust(cloud.ca_file, changed(cloud.ca_file))
    limits = httpx.Timeout(timeout, connect=min(CONNECT_TIMEOUT, timeout))
    # The codings that the meter unpacks.
    asked = {"Accept-Encoding": "gzip, deflate"}
    client = httpx.AsyncClient(verify=verify, timeout=limits, http2=False, headers=asked)
    middleware = [*KiotaClientFactory.get_default_middleware(NO_REDIRECTS), meter]
    # Not msgraph_core's factory: its transport never closes the connections below it.
    return KiotaClientFactory.create_with_custom_middleware(middleware, client)
