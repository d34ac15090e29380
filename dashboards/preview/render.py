"""
Draws the dashboards as pictures with Grafana's own components, over a Prometheus that watches the
demo or over any other. Prints what each panel shows and where its links go. README.md says more.
"""

import asyncio
import contextlib
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import click
from pages import HERE, serving
from playwright.async_api import Browser, Page, async_playwright
from watched import watched_demo

ROOT = HERE.parent.parent
PICTURES = {
    "entra-overview": "dashboard-overview.png",
    "entra-verification": "dashboard-verification.png",
    "entra-exporter": "dashboard-exporter.png",
}
PATIENCE_MS = 60_000
# Rates are over a minute: before the range that is shown begins, there has to be one.
WARM_UP = 75
SETTLED = """
async () => {
  await document.fonts.ready;
  for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame);
}
"""


@click.command()
@click.option("--minutes", default=5.0, show_default=True, help="Range of time on show.")
@click.option("--prometheus", help="A running Prometheus, instead of a new one over the demo.")
@click.option("--theme", type=click.Choice(["dark", "light"]), default="dark", show_default=True)
@click.option("--width", default=1600, show_default=True, help="Of the pictures, in pixels.")
@click.option(
    "--dashboards",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=ROOT / "dashboards",
    help="Where the dashboards' JSON is.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=ROOT / "docs" / "images",
    help="Where the pictures go.",
)
def main(**options: Any) -> None:  # noqa: ANN401 - click's options, passed on as they are
    """Draw the dashboards as PNG files; takes --minutes and some seconds more."""
    bundle()
    options["out"].mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        prometheus = options["prometheus"]
        if prometheus is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="preview-")))
            rules = ROOT / "alerts" / "entra.rules.yml"
            prometheus = stack.enter_context(watched_demo(folder, rules))
            seconds = options["minutes"] * 60 + WARM_UP
            click.echo(f"Watching the demo for {seconds:.0f} seconds", err=True)
            time.sleep(seconds)
        report = asyncio.run(pictures({**options, "prometheus": prometheus}))
    click.echo(json.dumps(report, indent=2))
    if any(panel.get("error") for panels in report.values() for panel in panels):
        raise click.ClickException("some queries failed: see `error` above")


def bundle() -> None:
    """Install what package.json names, once, and bundle the page."""
    npm = required("npm")
    if not (HERE / "node_modules" / "@grafana" / "ui").exists():
        click.echo("Installing Grafana's components (450 MB, about half a minute)", err=True)
        install = ["install", "--no-audit", "--no-fund", "--legacy-peer-deps", "--ignore-scripts"]
        run(npm, *install)
    run(npm, "run", "--silent", "build")


def run(*command: str) -> None:
    """Run a command here; what it says is shown when it fails."""
    result = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if result.returncode:
        raise click.ClickException(f"{' '.join(command)} failed:\n{result.stdout}{result.stderr}")


def required(tool: str) -> str:
    """The path of a tool that has to be installed."""
    path = shutil.which(tool)
    if path is None:
        raise click.ClickException(f"{tool} is missing; README.md says what is needed")
    return path


async def pictures(options: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Draw every dashboard that is there; what each one's panels show."""
    report = {}
    out: Path = options["out"]
    async with serving(options["prometheus"], options["dashboards"]) as site, browser() as running:
        for path in sorted(options["dashboards"].glob("*.json")):
            picture = out / PICTURES.get(path.stem, f"{path.stem}.png")
            report[path.stem] = await draw(running, f"{site}/", path.stem, options, picture)
            click.echo(f"{picture} ({picture.stat().st_size // 1000} kB)", err=True)
    return report


@contextlib.asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """The system's Chromium."""
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(
            executable_path=required("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        yield running
        await running.close()


async def draw(
    running: Browser, site: str, name: str, options: dict[str, Any], picture: Path
) -> list[dict[str, Any]]:
    """Write one picture; what its panels show."""
    width = options["width"]
    page = await running.new_page(viewport={"width": width, "height": 1000})
    await page.route(lambda url: not url.startswith((site, "data:")), lambda route: route.abort())
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(error.stack or str(error)))
    address = (
        f"{site}?dashboard={name}&theme={options['theme']}&width={width}"
        f"&minutes={options['minutes']}&to={int(time.time())}"
    )
    await page.goto(address)
    shown = await finished(page, name)
    await page.set_viewport_size({"width": width, "height": await height(page)})
    await page.wait_for_load_state("networkidle")
    await page.evaluate(SETTLED)
    await page.screenshot(path=picture, full_page=True)
    await page.close()
    if broken:
        raise click.ClickException(f"{name} is not drawn right: {broken[0]}")
    return shown


async def finished(page: Page, name: str) -> list[dict[str, Any]]:
    """What the panels report, once each has its data."""
    await page.wait_for_function("window.preview?.done", timeout=PATIENCE_MS)
    preview = await page.evaluate("window.preview")
    if "failed" in preview:
        raise click.ClickException(f"{name}: {preview['failed']}")
    return list(preview["reports"])


async def height(page: Page) -> int:
    """How high the whole page is."""
    return int(await page.evaluate("document.documentElement.scrollHeight"))


if __name__ == "__main__":
    main()
