"""Small words of the examination page."""

from __future__ import annotations

from collections.abc import Mapping

from django import template

register = template.Library()


@register.filter
def of_key(table: Mapping[str, str], key: str) -> str:
    """The entry of a key; nothing when there is none."""
    return table.get(key, "")
