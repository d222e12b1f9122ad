"""A real Chromium for the pages, and axe to judge them.

`page` and `expect` wait twenty seconds at most: on a busy machine a page is slow, which is not a fault. `axe(page)` returns what axe-core
finds, one line each. `sheet(page, html)` shows a piece of HTML with the built styles, without a server.
"""

from __future__ import annotations

import json
import mimetypes
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from tests.browser import PATIENCE_MS

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "src" / "myotome" / "website" / "static" / "built"
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = os.environ.get("MYOTOME_CHROMIUM", "/usr/bin/chromium")
STICKY = "[...document.querySelectorAll('*')].filter(e => getComputedStyle(e).position === 'sticky')"
SHEET_URL = "http://sheet.test/"
TABLET: dict[str, Any] = {"viewport": {"width": 820, "height": 1180}, "has_touch": True}
expect.set_options(timeout=PATIENCE_MS)

# Django refuses database work while an event loop is running; Playwright's sync interface runs one in this thread.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the session."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A tablet of 820x1180 with touch, unless the test sets another size."""
    context = browser.new_context(**TABLET)
    context.set_default_timeout(PATIENCE_MS)
    context.set_default_navigation_timeout(30_000)  # the first page of a server that has just started
    page = context.new_page()
    yield page
    context.close()


@pytest.fixture
def page_without_worker(browser: Browser) -> Iterator[Page]:
    """The same tablet without a service worker, for tests that hold requests back: what a page sends in the moment in which
    the worker takes it over is seen by no route.
    """
    context = browser.new_context(**TABLET, service_workers="block")
    context.set_default_timeout(PATIENCE_MS)
    context.set_default_navigation_timeout(30_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def axe() -> Callable[[Page], list[str]]:
    """`axe(page)`: every breach of WCAG 2.2 A and AA that axe-core finds, as `rule: element`.

    Sticky bars are judged where they come to rest when the page is scrolled to its end. On the way there a button is half under
    one, and which button depends on how many times the day still has. Fixed bars, which cover for good, are judged as they are.
    """

    def judge(page: Page) -> list[str]:
        page.evaluate(AXE.read_text())
        page.evaluate(f"() => {{{STICKY}.forEach(e => (e.style.position = 'static'))}}")
        tags = json.dumps(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
        found = page.evaluate(f"axe.run(document, {{runOnly: {{type: 'tag', values: {tags}}}}})")
        page.evaluate(
            "() => document.querySelectorAll('[style*=\"position: static\"]').forEach(e => (e.style.position = ''))"
        )
        return [
            f"{v['id']}: {node['target'][0]} {node.get('failureSummary', '')[:200]}"
            for v in found["violations"]
            for node in v["nodes"]
        ]

    return judge


@pytest.fixture
def sheet() -> Callable[[Page, str], None]:
    """`sheet(page, html)`: shows HTML under the strict policy of the site with its built styles and script."""

    def show(page: Page, html: str) -> None:
        def answer(route: Route) -> None:
            path = route.request.url.removeprefix(SHEET_URL)
            if not path:
                policy = "default-src 'self'; img-src 'self' data:; object-src 'none'"
                route.fulfill(
                    body=html, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": policy}
                )
                return
            file = BUILT / Path(path).name
            if path.startswith("static/built/") and file.exists():
                kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
                route.fulfill(body=file.read_bytes(), content_type=kind)
                return
            route.fulfill(status=404, body="")

        page.route(f"{SHEET_URL}**", answer)
        page.goto(SHEET_URL)

    return show
