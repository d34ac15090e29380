"""Addresses in a configuration: of clouds, of pages, of resources. Connects to none of them."""

import re
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator

from exporter.config.values import GUID, refused

HOST_ONLY = "https://HOST or https://HOST:PORT, without a path"
A_PAGE = "an address such as https://entra-exporter.example.com"
A_RESOURCE = "https://..., api://... or the id of an application, without /.default"


def split(value: str, accepted: str) -> SplitResult:
    """The parts of an address; a user name or password in it is refused and not repeated."""
    try:
        parts = urlsplit(value)
        well_formed = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        raise refused(accepted) from None
    if "@" in value:
        raise refused(accepted, "an address with a user name or password in it (not shown)")
    if not well_formed or parts.query or parts.fragment or re.search(r"\s", value):
        raise refused(accepted)
    return parts


def https_root(value: str) -> str:
    """A scheme and a host, which is what azure-identity and Graph's client start from."""
    parts = split(value, HOST_ONLY)
    if parts.scheme == "http":
        raise refused(f"{HOST_ONLY} (credentials are sent there, so only over TLS)")
    if parts.scheme != "https" or parts.path not in {"", "/"}:
        raise refused(HOST_ONLY)
    return f"https://{parts.netloc}".lower()


def page_root(value: str) -> str:
    """What the names of pages are appended to; a proxy may have put it below a path."""
    if split(value, A_PAGE).scheme not in {"http", "https"}:
        raise refused(A_PAGE)
    return value.rstrip("/")


def resource(value: str) -> str:
    """What a token is asked for, exactly as given: a slash at the end makes it another one."""
    if GUID.fullmatch(value):
        return value
    if split(value, A_RESOURCE).scheme not in {"https", "api"} or value.endswith("/.default"):
        raise refused(A_RESOURCE)
    return value


HttpsRoot = Annotated[str, AfterValidator(https_root)]
PageRoot = Annotated[str, AfterValidator(page_root)]
Resource = Annotated[str, AfterValidator(resource)]
