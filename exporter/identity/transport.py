"""
How azure-identity reaches a login service whose certificate a private authority signed: with one
TLS context for each authority file. azure-core would make one for each request, which takes up to
20 ms in which nothing else runs.
"""

import ssl
from functools import lru_cache
from pathlib import Path
from typing import Any

import aiohttp
from azure.core.pipeline.transport import AioHttpTransport


def trusting(ca_file: Path | None) -> dict[str, Any]:
    """
    Keyword arguments of a credential that trusts the file's authorities alone, none for the
    system's; raises OSError where the file cannot be used.
    """
    if ca_file is None:
        return {}
    context = context_of(ca_file, ca_file.stat().st_mtime_ns)
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=context),
        # As azure-core makes its own.
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=True,
    )
    return {"transport": AioHttpTransport(session=session)}


@lru_cache(maxsize=16)
def context_of(ca_file: Path, _changed: int) -> ssl.SSLContext:
    """The context; another one when the file has changed."""
    return ssl.create_default_context(cafile=ca_file)
