"""Rows of needles that are out are drawn once: the page after each tap shows all of them anew, and nothing in them changes.

What a row says depends on the needle, the language and the place alone. The page's token and the ids of its forms are put
in each time, so that no two pages share a command.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Hashable
from typing import Any

from django.utils.safestring import SafeString, mark_safe

MOST_KEPT = 500
_FRESH = re.compile(r'(?<=name="client_id" value=")[0-9a-f]+(?=")|(?<=name="csrfmiddlewaretoken" value=")[^"]*(?=")')
_kept: dict[Hashable, list[str]] = {}


def what_it_shows(row: Any) -> tuple[Hashable, ...]:
    """Every column of a row, as part of a key."""
    values = (row.__dict__[field.attname] for field in row._meta.concrete_fields)
    return tuple(str(value) if isinstance(value, list | dict) else value for value in values)


def drawn_once(key: Hashable, draw: Callable[[], str], *, token: str) -> SafeString:
    """The HTML under this key, drawn by `draw` when it is not kept, with this page's token and ids of its own.

    `draw` writes a token and ids as every template does; they are cut out before it is kept.
    """
    parts = _kept.get(key)
    if parts is None:
        html, parts, end = draw(), [], 0
        for hit in _FRESH.finditer(html):
            is_id = html[: hit.start()].endswith('name="client_id" value="')
            parts += [html[end : hit.start()], "id" if is_id else "token"]
            end = hit.end()
        parts.append(html[end:])
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[key] = parts
    fresh = {"id": lambda: secrets.token_hex(8), "token": lambda: token}
    made = [fresh[part]() if place % 2 else part for place, part in enumerate(parts)]
    return mark_safe("".join(made))  # noqa: S308 - a template wrote it
