"""
The pages in a real browser: search, filters, copy buttons, no violation of the content security
policy, no error in the console, and axe-core's rules of accessibility. Needs Chromium.
"""

import contextlib
import time
from collections.abc import AsyncIterator, Iterator

import pytest
from axe_playwright_python.async_playwright import Axe
from command import ANY_PORT, started, wait_for
from playwright.async_api import Browser, ConsoleMessage, Page, Request, async_playwright
from test_end_to_end import demo_ready
from test_prometheus import tool

from exporter.simulator import expected_series

VIOLATIONS = """
window.violations = [];
const note = (event) => window.violations.push(event.violatedDirective);
document.addEventListener("securitypolicyviolation", note);
"""
PHONE, DESK = {"width": 390, "height": 800}, {"width": 1200, "height": 900}
CAUSES = ("EntraVerifyExpired", "EntraVerifyFormatError", "EntraVerifyFailed")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running demo whose first poll is on show."""
    with started(tmp_path_factory.mktemp("demo"), "demo", "--web.listen-address", ANY_PORT) as one:
        demo_ready(one)
        wait_for(lambda: all(alert in one.get("/") for alert in CAUSES) or None, one.said)
        yield one.url


@contextlib.asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """The system's Chromium."""
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(
            executable_path=tool("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        yield running
        await running.close()


class Watched:
    """A page, and everything in it that went wrong."""

    def __init__(self, page: Page, origin: str) -> None:
        self.page = page
        self.origin = origin
        self.wrong: list[str] = []
        page.on("console", self.said)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("request", self.asked)

    def said(self, message: ConsoleMessage) -> None:
        """Something in the console."""
        if message.type in {"error", "warning"}:
            self.wrong.append(message.text)

    def asked(self, request: Request) -> None:
        """A request, which must be for the exporter."""
        if not request.url.startswith(self.origin):
            self.wrong.append(request.url)

    async def open(self, path: str) -> Page:
        """Go to a page of the exporter's."""
        answer = await self.page.goto(f"{self.origin}{path}")
        assert answer is not None
        assert answer.ok
        return self.page

    async def faults(self) -> list[str]:
        """What went wrong on it, violations of the policy and of axe's rules included."""
        violations = await self.page.evaluate("window.violations")
        found = (await Axe().run(self.page)).response["violations"]
        rules = [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]
        return [*self.wrong, *violations, *rules]


@pytest.fixture
async def watched(demo: str) -> AsyncIterator[Watched]:
    """A page in a browser that may use the clipboard."""
    async with browser() as running:
        context = await running.new_context(bypass_csp=False)
        await context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = await context.new_page()
        await page.add_init_script(VIOLATIONS)
        yield Watched(page, demo)


def link(page_text: str, alert: str) -> str:
    """The address of a runbook that a page links to."""
    start = page_text.index(f"runbooks/{alert}")
    return "/" + page_text[start : page_text.index('"', start)].replace("&amp;", "&")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
async def test_every_page_is_without_errors_and_accessible(
    watched: Watched, scheme: str, size: dict[str, int]
) -> None:
    await watched.page.set_viewport_size({"width": size["width"], "height": size["height"]})
    await watched.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    start = await (await watched.open("/")).content()
    paths = ["/", "/?q=a", "/?state=expired", "/runbooks/"]
    paths += [link(start, alert) for alert in CAUSES]
    for path in paths:
        page = await watched.open(path)
        assert await watched.faults() == [], path
        wide = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{path} is {wide} pixels too wide"


async def test_search_finds_by_name_and_shows_nothing_else(watched: Watched) -> None:
    page = await watched.open("/")
    await page.get_by_label("Search").fill("payroll")
    await page.get_by_label("Search").press("Enter")
    await page.wait_for_load_state()
    rows = await page.locator("tbody tr").all_inner_texts()

    assert rows
    assert all("payroll" in row for row in rows)
    assert await page.get_by_label("Search").input_value() == "payroll"


async def test_filter_by_state_shows_what_has_expired(watched: Watched) -> None:
    page = await watched.open("/")
    await page.get_by_label("State").select_option("expired")
    await page.get_by_role("button", name="Search").click()
    await page.wait_for_load_state()
    rows = await page.locator("tbody tr").all_inner_texts()
    expired = [one for one in expected_series(time.time()) if one.state == "expired"]

    assert len([row for row in rows if "expired" in row]) == len(expired)


async def test_command_is_copied_as_it_stands(watched: Watched) -> None:
    start = await (await watched.open("/")).content()
    page = await watched.open(link(start, "EntraVerifyExpired"))
    command = await page.locator("pre code").nth(1).inner_text()
    await page.locator("button.copy").nth(1).click()

    assert await page.evaluate("navigator.clipboard.readText()") == command.rstrip("\n")
    assert await page.get_by_text("Copied").count()


async def test_pages_work_by_keyboard(watched: Watched) -> None:
    page = await watched.open("/")
    await page.keyboard.press("Tab")
    focused = await page.evaluate("document.activeElement.textContent")

    assert "content" in focused.lower()
