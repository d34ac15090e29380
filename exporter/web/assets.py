"""
The files that pages load, each under an address that changes with its content, so that browsers may
keep it for good. Knows no page.
"""

from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files

from aiohttp import hdrs, web

FOR_GOOD = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its bytes, its type, and a mark that changes with it."""

    body: bytes
    content_type: str
    mark: str


def load(name: str, content_type: str) -> Asset:
    """The file of that name in the package."""
    body = (files("exporter.web") / "static" / name).read_bytes()
    return Asset(body, content_type, sha256(body).hexdigest()[:12])


ASSETS = {
    "style.css": load("style.css", "text/css"),
    "copy.js": load("copy.js", "text/javascript"),
}


def asset(name: str) -> str:
    """Where a page finds the file, seen from the exporter's root."""
    return f"static/{name}?v={ASSETS[name].mark}"


async def serve(request: web.Request) -> web.Response:
    """The file; kept for good by whoever asks for it with the right mark."""
    found = ASSETS.get(request.match_info["name"])
    if found is None:
        return web.Response(status=404, text="There is no such file.\n")
    etag = f'"{found.mark}"'
    current = request.query.get("v") == found.mark
    headers = {hdrs.ETAG: etag, hdrs.CACHE_CONTROL: FOR_GOOD if current else ASK_AGAIN}
    if request.headers.get(hdrs.IF_NONE_MATCH) == etag:
        return web.Response(status=304, headers=headers)
    return web.Response(
        body=found.body, content_type=found.content_type, charset="utf-8", headers=headers
    )
