"""Text that people type: kept exactly, shown inert, and refused only where no database can hold it.

NUL, lone surrogates and other control characters cannot be stored everywhere; tabs and line breaks can. Nothing is cut
off in silence: what is too long is refused with its limit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_ODD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def odd_character(text: str) -> int | None:
    """The place (from 1) of the first character that cannot be stored, or None."""
    found = _ODD.search(text)
    return found.start() + 1 if found else None


def without_odd_characters(text: str) -> str:
    """The text without them: for a row that must be kept whatever was typed, such as a needle that is in."""
    return _ODD.sub("", text)


def inert(text: str) -> str:
    """The text as a cell of a spreadsheet that no program takes for a formula: an apostrophe before what would be one."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def texts_in(value: Any) -> Iterator[str]:
    """Every text in a value as JSON knows it: keys, items and the value itself."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from texts_in(key)
            yield from texts_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts_in(item)
