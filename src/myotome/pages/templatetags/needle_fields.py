"""The fields in the row of a needle: what was typed when its act was refused stays, with the error at its field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag(takes_context=True)
def typed_for(context: Any, needle: Any, *acts: str) -> Mapping[str, str]:
    """What was typed for one of these acts of this needle when it was refused; nothing otherwise."""
    refused = context.get("refused")
    is_it = refused is not None and refused.number == needle.number and refused.act in acts
    return context["typed"] if is_it else {}


@register.simple_tag(takes_context=True)
def row_field(
    context: Any, label: str, start: str, name: str, typed: Mapping[str, str], kind: str = "text"
) -> SafeString:
    """A field of a row with its label, what was typed in it and the error where this is its place; never a password.

    `start` is the id without the number of the needle.
    """
    place = f"{start}{context['needle'].number}"
    is_wrong = place in context.get("wrong_at", ())
    error = context["error"].message if is_wrong else ""
    return format_html(
        '<div class="field{}"><label for="{}">{}</label><input id="{}" name="{}" type="{}" maxlength="300" '
        'autocomplete="off" value="{}"{}>{}</div>',
        " wrong" if is_wrong else "",
        place,
        label,
        place,
        name,
        kind,
        "" if kind == "password" else typed.get(name, ""),
        format_html(' aria-invalid="true" aria-describedby="{}-error"', place) if is_wrong else "",
        format_html('<p class="field-error" id="{}-error">{}</p>', place, error) if is_wrong else "",
    )
