"""
`/metrics`: what was rendered, in the format and encoding that the scraper takes, and what is of
this moment at the end: the process's metrics, how the exporter does. Costs a copy, not a render.
"""

from collections.abc import Iterator

from aiohttp import hdrs, web

from exporter.health import Health
from exporter.metrics.exposition import Exposition
from exporter.metrics.gzip_stream import Body
from exporter.metrics.health import health_metrics
from exporter.metrics.process import process_openmetrics, process_text
from exporter.web.negotiation import Format, accepts_gzip, exposition_format

PIECE = 256 * 1024
"""Bytes handed to a connection at a time: what a slow reader holds in memory."""


async def respond(
    request: web.Request, exposition: Exposition, health: Health
) -> web.StreamResponse:
    """The answer to a scrape."""
    chosen = exposition_format(request.headers.get(hdrs.ACCEPT, ""))
    openmetrics = chosen is Format.OPENMETRICS
    body = exposition.openmetrics if openmetrics else exposition.text
    own = health_metrics(health, exposition)
    tail = process_openmetrics(own) if openmetrics else process_text(own)
    packed = accepts_gzip(request.headers.get(hdrs.ACCEPT_ENCODING, ""))
    end = body.gzip_end(tail) if packed else tail

    response = web.StreamResponse()
    response.headers[hdrs.CONTENT_TYPE] = chosen.value
    response.headers[hdrs.VARY] = "Accept, Accept-Encoding"
    if packed:
        response.headers[hdrs.CONTENT_ENCODING] = "gzip"
    response.content_length = (len(body.packed) if packed else body.size) + len(end)
    await response.prepare(request)
    if request.method != hdrs.METH_HEAD:
        for piece in pieces(body) if packed else body.plain():
            await response.write(piece)
        await response.write(end)
    return response


def pieces(body: Body) -> Iterator[memoryview]:
    """The packed body in pieces, without copying it."""
    view = memoryview(body.packed)
    return (view[start : start + PIECE] for start in range(0, len(view), PIECE))
