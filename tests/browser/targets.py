"""What a gloved thumb may hit on a page, and how small it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

LEAST_PX = 44
MEASURED = """() => [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
    .filter(e => e.checkVisibility({visibilityProperty: true}) && !e.closest(".vh, .skip"))
    .map(e => {
        const box = ((e.matches("input") && e.closest("label")) || e).getBoundingClientRect();
        const name = e.id || e.getAttribute("aria-label") || e.name || e.textContent.trim().slice(0, 40);
        return [`${e.tagName.toLowerCase()} ${name}`, Math.round(10 * Math.min(box.width, box.height)) / 10];
    })"""
"""Header, main part and foot; a box or a radio in a label is as large as its label."""


def targets(page: Page, *, unfolded: bool = False) -> list[tuple[str, float]]:
    """(what, its smaller side in px) of every visible target of the page, with every fold opened first when `unfolded`."""
    if unfolded:
        page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    return [(name, px) for name, px in page.evaluate(MEASURED)]


def too_small(rows: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """Those below the least that this house allows."""
    return [row for row in rows if row[1] < LEAST_PX]
