"""
Graph v1.0 for applications and service principals: lists, pages and single objects of the tenant
that the bearer token belongs to. Read-only; every other request is refused as Graph refuses it.
"""

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from exporter.simulator.answer import Answer
from exporter.simulator.directory import READ_ALL, DirectoryObject, SimulatedTenant
from exporter.simulator.graph_errors import (
    GraphError,
    bad_request,
    common_headers,
    error_answer,
    of_status,
    unauthenticated,
)
from exporter.simulator.paging import Page, next_link, read_page, read_select
from exporter.simulator.tokens import GRAPH, Grant, Tokens
from exporter.simulator.wire import represent, with_certificates

ROOT = "/v1.0"
COLLECTIONS = ("applications", "servicePrincipals")
BY_APP_ID = re.compile(r"(\w+)\(appId='([^']*)'\)")
CONTENT_TYPE = (
    "application/json;odata.metadata=minimal;odata.streaming=true;"
    "IEEE754Compatible=false;charset=utf-8"
)
# Encoded pages are kept, because a large tenant is read again and again; this bounds the memory.
MAXIMUM_PAGES = 128
SMALL_TOP = 20
PATH_AND_ID = 2


@dataclass(frozen=True, slots=True)
class GraphRequest:
    """
    A request below `/v1.0`. `url` is where the simulator is reached, without a path; `eventual` is
    the header `ConsistencyLevel: eventual`, without which nothing is counted.
    """

    method: str
    path: str
    query: Mapping[str, str]
    authorization: str | None
    url: str
    client_request_id: str | None = None
    eventual: bool = False


class GraphEndpoint:
    """Answers requests from the directory; keeps encoded pages until `forget`."""

    def __init__(self, page_size: int) -> None:
        self.page_size = page_size
        self.pages: dict[tuple[str, str, str, Page, str, bool], bytes] = {}

    def forget(self) -> None:
        """Drop the encoded pages: the directory has changed."""
        self.pages.clear()

    def answer(
        self,
        request: GraphRequest,
        tenants: Mapping[str, SimulatedTenant],
        tokens: Tokens,
        now: float,
    ) -> Answer:
        """Answer one request."""
        try:
            grant = authenticate(request.authorization, tokens, now)
            if READ_ALL not in grant.roles:
                raise of_status(403)
            return self.read(request, tenants[grant.tenant_id])
        except GraphError as error:
            return error_answer(error, now, request.client_request_id)

    def read(self, request: GraphRequest, tenant: SimulatedTenant) -> Answer:
        """Tell a list from a single object."""
        segments = request.path.removeprefix(ROOT).strip("/").split("/")
        by_app_id = BY_APP_ID.fullmatch(segments[0])
        collection = by_app_id[1] if by_app_id else segments[0]
        if collection not in COLLECTIONS:
            raise bad_request(f"Resource not found for the segment '{segments[0]}'.")
        if len(segments) + bool(by_app_id) > PATH_AND_ID:
            raise bad_request(f"Resource not found for the segment '{segments[-1]}'.")
        if request.method != "GET":
            message = "Specified HTTP method is not allowed for the request target."
            raise GraphError(405, "Request_BadRequest", message)
        if segments[-1] == "$count":
            raise bad_request("$count is not currently supported.", "Request_BadRequest")
        if by_app_id:
            return self.single(request, tenant, collection, "app_id", by_app_id[2])
        if len(segments) == PATH_AND_ID:
            return self.single(request, tenant, collection, "id", segments[1])
        return self.listing(request, tenant, collection)

    def listing(self, request: GraphRequest, tenant: SimulatedTenant, collection: str) -> Answer:
        """Answer with a page, encoded once."""
        page = read_page(collection, request.query)
        options = "&".join(f"{name}={value}" for name, value in request.query.items())
        key = (tenant.tenant_id, request.url, collection, page, options, request.eventual)
        body = self.pages.get(key)
        if body is None:
            if len(self.pages) >= MAXIMUM_PAGES:
                self.pages.clear()
            body = self.pages[key] = self.encode_page(request, tenant, collection, page)
        cost = 2 if collection == "applications" else 1
        cost -= bool(page.select) + (page.top < SMALL_TOP)
        return ok(request, body, max(cost, 1))

    def encode_page(
        self, request: GraphRequest, tenant: SimulatedTenant, collection: str, page: Page
    ) -> bytes:
        """Write a page and the link to the next one."""
        objects, root = objects_of(tenant, collection), request.url + ROOT
        end = page.skip + min(page.top, self.page_size)
        chosen = f"({','.join(page.select)})" if page.select else ""
        body: dict[str, object] = {"@odata.context": f"{root}/$metadata#{collection}{chosen}"}
        if request.eventual and request.query.get("$count") == "true":
            body["@odata.count"] = len(objects)
        if end < len(objects):
            body["@odata.nextLink"] = next_link(root, collection, request.query, end)
        items = objects[page.skip : end]
        body["value"] = [represent(item, collection, page.select) for item in items]
        return msgspec.json.encode(body)

    def single(
        self,
        request: GraphRequest,
        tenant: SimulatedTenant,
        collection: str,
        attribute: str,
        value: str,
    ) -> Answer:
        """Answer with one object; its certificates are in it only when they are selected."""
        objects = objects_of(tenant, collection)
        item = next((one for one in objects if getattr(one, attribute) == value), None)
        if item is None:
            message = (
                f"Resource '{value}' does not exist or one of its queried reference-property"
                " objects are not present."
            )
            raise GraphError(404, "Request_ResourceNotFound", message)
        select = read_select(collection, request.query)
        body = represent(item, collection, select)
        if "keyCredentials" in select:
            body = with_certificates(body, item)
        chosen = f"({','.join(select)})" if select else ""
        context = f"{request.url}{ROOT}/$metadata#{collection}{chosen}/$entity"
        return ok(request, msgspec.json.encode({"@odata.context": context} | body), 1)


def objects_of(tenant: SimulatedTenant, collection: str) -> Sequence[DirectoryObject]:
    """Give a tenant's objects of one collection."""
    return tenant.applications if collection == "applications" else tenant.service_principals


def authenticate(authorization: str | None, tokens: Tokens, now: float) -> Grant:
    """Read the bearer token."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise unauthenticated("Access token is empty.")
    grant = tokens.find(token)
    if grant is None:
        raise unauthenticated("CompactToken validation failed with reason code: 80049228.")
    if grant.expires_at <= now:
        raise unauthenticated("Lifetime validation failed, the token is expired.")
    if grant.resource != GRAPH:
        raise unauthenticated("Access token validation failure. Invalid audience.")
    return grant


def ok(request: GraphRequest, body: bytes, resource_units: int) -> Answer:
    """Answer with data."""
    headers = common_headers(str(uuid.uuid4()), request.client_request_id)
    odata = {"OData-Version": "4.0", "x-ms-resource-unit": str(resource_units)}
    return Answer(200, body, headers | odata | {"Content-Type": CONTENT_TYPE})
