"""Pages in Chromium."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from django.db import OperationalError

if TYPE_CHECKING:
    from playwright.sync_api import Page

PATIENCE_MS = 20_000
"""How long a page may take on a busy machine; a page that is slow is not at fault."""
SHOTS = Path(os.environ["MYOTOME_SCREENSHOTS"]) if os.environ.get("MYOTOME_SCREENSHOTS") else None
"""Where pictures go; none are taken unless somebody wants to look at them (`make screenshots`)."""


def photograph(page: Page, name: str, *, full_page: bool = False) -> None:
    """A picture of the page for people to look at, where `make screenshots` asks for it."""
    if SHOTS is not None:
        page.screenshot(path=SHOTS / f"{name}.png", full_page=full_page)


def wait_until(page: Page, is_so: Callable[[], bool]) -> None:
    """Lets the page work until something is so; a table that is being written is waited for.

    A minute at most: a server that does not answer a tap in four seconds is asked again after fifteen.
    """
    for _ in range(600):
        with suppress(OperationalError):
            if is_so():
                return
        page.wait_for_timeout(100)
    raise AssertionError("It did not become so.")
