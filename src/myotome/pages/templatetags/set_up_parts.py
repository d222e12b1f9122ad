"""The small forms of the set-up page: a part that was refused stays open with what was typed, the reason at its field.

A part has a name of its own, "rules" or "service-12"; the view says which one was `refused`, and what was `typed` there.
Its fields have the ids `<part>-<name>`, so that the line at the top of the page leads to the one that is wrong.
"""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import Context
from django.utils.translation import gettext as _

register = template.Library()


@register.simple_tag(takes_context=True)
def part_open(context: Context, part: str) -> str:
    """The attribute that holds the fold of a refused part open."""
    return "open" if context.get("refused") == part else ""


@register.simple_tag(takes_context=True)
def typed_or(context: Context, part: str, name: str, value: Any = "") -> str:
    """What was typed into a field of a refused part; else its value."""
    if context.get("refused") == part:
        return str(context["typed"].get(name, ""))
    return "" if value is None else str(value)


@register.simple_tag(takes_context=True)
def ticked(context: Context, part: str, name: str, choice: Any, is_on: bool = False) -> str:
    """The attribute of a box that was ticked in a refused part; else of one that stands so."""
    if context.get("refused") == part:
        is_on = str(choice) in context["typed"].getlist(name)
    return "checked" if is_on else ""


@register.inclusion_tag("booking/part_error.html", takes_context=True)
def part_error(context: Context, part: str, name: str) -> dict[str, Any]:
    """The reason at a field, where it is the one that is wrong."""
    return {"id": f"{part}-{name}", "reason": _reason(context, part, name)}


@register.inclusion_tag("booking/part_field.html", takes_context=True)
def part_field(
    context: Context, part: str, name: str, label: str = "", value: Any = "", type: str = "text", most: int = 200
) -> dict[str, Any]:
    """One input with its label; where somebody else saved another value meanwhile, that one stands beside what was typed."""
    shown = typed_or(context, part, name, value)
    is_stale = getattr(context.get("error"), "slug", "") == "stale-version"
    return {
        "id": f"{part}-{name}",
        "name": name,
        "label": label or label_of(name),
        "value": shown,
        "type": type,
        "most": most,
        "reason": _reason(context, part, name),
        "meanwhile": value if is_stale and shown != str(value) else None,
    }


def _reason(context: Context, part: str, name: str) -> str:
    error = context.get("error")
    return error.message if context.get("refused") == part and error is not None and error.field == name else ""


def label_of(name: str) -> str:
    """What a number of the set-up is called on the page; empty for a field that says itself what it wants."""
    return {
        "undo_seconds": _("Seconds to take back"),
        "hold_minutes": _("Minutes a form holds a time"),
        "offer_minutes": _("Minutes to answer an offer"),
        "offers_at_once": _("Asked at once"),
        "reminder_hours": _("Hours before a visit to remind"),
        "cancel_hours": _("Hours before a visit to cancel"),
        "no_show_fee_cents": _("No-show fee in cents"),
        "quiet_from": _("Quiet from"),
        "quiet_until": _("Quiet until"),
        "price_cents": _("Price in cents"),
        "buffer_minutes": _("Minutes after it, for her and the room"),
        "turnover_minutes": _("Minutes to turn the room over"),
        "most_resting": _("Patients resting at once, at most"),
        "phases": _("Phases: minutes and who is there (both, room, practitioner, patient)"),
        "year": _("Year"),
    }.get(name, "")
