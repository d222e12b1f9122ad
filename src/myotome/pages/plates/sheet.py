"""The sheet around a plate: its SVG with title and words, "Left" and "Right" beside or above the body, its parts as links."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import count

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from myotome.pages.plates.crops import Box
from myotome.pages.plates.outlines import skin
from myotome.pages.plates.sides import SideWords

_plate_number = count(1)


def new_uid() -> str:
    """The beginning of a plate's ids, so that two plates on one page share none."""
    return f"p{next(_plate_number)}"


def skin_clip(uid: str, view: str) -> str:
    """What cuts a zone or an area to the skin: `clip-path="url(#{uid}skin)"`."""
    return f'<clipPath id="{uid}skin"><path d="{skin(view)}"/></clipPath>'


def as_control(
    key: str, inner: str, word: str, href: Callable[[str], str] | str | None, pick: bool, extra: str = ""
) -> str:
    """The drawing of a part as a link, as something to pick, or as a group; its word is what a screen reader hears."""
    if href is not None:
        target = href(key) if callable(href) else f"{href}{key}"
        return f'<a href="{escape(target)}" class="part{extra}" aria-label="{escape(word)}">{inner}</a>'
    if pick:
        return f'<g class="part pickable{extra}" data-key="{escape(key)}"><title>{escape(word)}</title>{inner}</g>'
    return f'<g class="part{extra}"><title>{escape(word)}</title>{inner}</g>'


def svg_of(
    uid: str,
    view: str,
    box: Box,
    definitions: str,
    body: Iterable[str],
    labels: str,
    title: str,
    words: str,
    interactive: object,
    css_class: str,
    crop: Box,
    sides: SideWords,
    is_band_inside: bool = False,
) -> SafeString:
    """The whole SVG: `box` is what it shows, `crop` the part of it that the body may fill, the rest is for labels.

    Above the body there is a band for the words of the sides where they need one: added to the box, or cut from the body.
    """
    x, y, w, h = box
    cx, cy, cw, ch = crop
    if is_band_inside:
        cy, ch = cy + sides.band, ch - sides.band
    else:
        y, h = y - sides.band, h + sides.band
    title = title or (_("Body, front view") if view == "front" else _("Body, back view"))
    clip = f'<clipPath id="{uid}crop"><rect x="{cx}" y="{cy}" width="{cw}" height="{ch}"/></clipPath>'
    role = "group" if interactive else "img"
    return mark_safe(  # noqa: S308 - every word is escaped above; the rest are numbers and our own paths
        f'<svg class="plate {escape(css_class)}" viewBox="{x:.0f} {y:.0f} {w:.0f} {h:.0f}" role="{role}" '
        f'aria-labelledby="{uid}t {uid}d"><title id="{uid}t">{escape(title)}</title>'
        f'<desc id="{uid}d">{escape(words)}</desc>'
        f"<defs>{definitions}{clip}</defs>"
        f'<g clip-path="url(#{uid}crop)">{"".join(body)}</g>{sides.svg}{labels}</svg>'
    )
