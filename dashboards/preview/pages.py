"""Serves the page, Grafana's icons and fonts, the dashboards and a way to Prometheus on loopback."""  # noqa: E501 - a script

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import ClientSession, web

HERE = Path(__file__).resolve().parent
MODULES = HERE / "node_modules"
FONTS = {"Inter-Regular.woff2": 400, "Inter-Medium.woff2": 500}


@asynccontextmanager
async def serving(prometheus: str, dashboards: Path) -> AsyncIterator[str]:
    """The address of the site, until the block ends."""
    async with ClientSession() as session:
        runner = web.AppRunner(site(session, prometheus, dashboards))
        await runner.setup()
        listener = web.TCPSite(runner, "127.0.0.1", 0)
        await listener.start()
        try:
            host, port = runner.addresses[0][:2]
            yield f"http://{host}:{port}"
        finally:
            await runner.cleanup()


def site(session: ClientSession, prometheus: str, dashboards: Path) -> web.Application:
    """All that the page asks for, at the places where Grafana's components look for it."""

    async def page(_: web.Request) -> web.FileResponse:
        return web.FileResponse(HERE / "src" / "index.html")

    async def font(request: web.Request) -> web.FileResponse:
        weight = FONTS.get(request.match_info["name"])
        if weight is None:
            raise web.HTTPNotFound
        files = MODULES / "@fontsource" / "inter" / "files"
        return web.FileResponse(files / f"inter-latin-{weight}-normal.woff2")

    async def ask(request: web.Request) -> web.Response:
        url = f"{prometheus.rstrip('/')}/{request.match_info['path']}"
        async with session.get(url, params=request.query) as answer:
            return web.Response(
                body=await answer.read(), status=answer.status, content_type=answer.content_type
            )

    app = web.Application()
    app.router.add_get("/", page)
    app.router.add_get("/public/fonts/inter/{name}", font)
    app.router.add_get("/prometheus/{path:.+}", ask)
    app.router.add_static("/build", HERE / "build")
    app.router.add_static("/dashboards", dashboards)
    icons = MODULES / "@grafana" / "ui" / "dist" / "public" / "img"
    app.router.add_static("/public/build/img", icons)
    return app
