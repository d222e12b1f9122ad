"""The words "Left" and "Right" of a plate: on the patient's own sides, as large as can be read, and never on the body.

On a view that shows the head they stand beside it. Where the crop cuts through the body there is a band above it for them:
outside the crop, or in its uppermost strip where the page needs the plate's height as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from django.utils.html import escape
from django.utils.translation import gettext as _

from myotome.pages.placing import ASCENT, DESCENT, Box, shared, width_of
from myotome.pages.plates import crops
from myotome.pages.plates.outlines import MIDLINE_X, parts, x_of

TYPE = 13.0
"""The size of type in which `placing` measures."""

LEAST_PX, SKIN = 12.0, 14.0
BAND = 1.45


@dataclass(frozen=True, slots=True)
class SideWords:
    """The words as SVG, how high the band above the body has to be (0 where none is needed), and their size."""

    svg: str
    band: float
    size: float


def side_words_of(
    view: str, crop: crops.Box, *, shown_px: tuple[float, float] | None = None, is_inside: bool = False
) -> SideWords:
    """The words of both sides that the crop shows.

    `shown_px` is the smallest width and height that the plate has on a screen: the words are at least 12 px there.
    `is_inside` keeps the band within the crop.
    """
    _cx, cy, cw, ch = crop
    size = min(max(11.0, ch / 30), 27.0)
    if shown_px:
        size = max(size, LEAST_PX * max(cw / shown_px[0], ch / (shown_px[1] - BAND * LEAST_PX)))
    words = [
        (side, word)
        for side, word in (("left", _("Left")), ("right", _("Right")))
        if _shows(view, crop, side, word, size)
    ]
    beside = {side: _beside(view, crop, side, word, size) for side, word in words}
    band = 0.0 if all(beside.values()) else round(BAND * size, 1)
    base = cy + size if not band else cy + 1.05 * size if is_inside else cy + 1.05 * size - band
    rows = []
    for side, word in words:
        x = beside[side] if not band else _middle(view, crop, side, word, size)
        at = f'x="{x:.0f}" y="{base:.0f}" font-size="{size:.1f}" text-anchor="middle"'
        rows.append(f'<text class="side-word" {at}>{escape(word)}</text>')
    return SideWords("".join(rows), band, size)


def _span(view: str, crop: crops.Box, side: str) -> tuple[float, float]:
    """What the crop shows of a side of the body, from left to right."""
    cx, _cy, cw, _ch = crop
    middle = min(max(MIDLINE_X[view], cx), cx + cw)
    return (cx, middle) if x_of(view, side, 1.0) < MIDLINE_X[view] else (middle, cx + cw)


def _wide(word: str, size: float) -> float:
    return width_of(word) * size / TYPE


def _shows(view: str, crop: crops.Box, side: str, word: str, size: float) -> bool:
    left, right = _span(view, crop, side)
    return right - left >= _wide(word, size)


def _middle(view: str, crop: crops.Box, side: str, word: str, size: float) -> float:
    """Where the word stands across: near the midline, whole, and on its own side."""
    left, right = _span(view, crop, side)
    half = _wide(word, size) / 2
    return min(max(x_of(view, side, min(crop[2] / 4, 120.0)), left + half), right - half)


def _beside(view: str, crop: crops.Box, side: str, word: str, size: float) -> float | None:
    """The nearest place at the upper edge, from the midline outwards, where the word is clear of the body."""
    left, right = _span(view, crop, side)
    half, first = _wide(word, size) / 2, _middle(view, crop, side, word, size)
    outwards = 1.0 if first > MIDLINE_X[view] else -1.0
    x = first
    while left + half <= x <= right - half:
        box = Box(x - half, crop[1] + size - ASCENT * size / TYPE, x + half, crop[1] + size + DESCENT * size / TYPE)
        if not any(shared(box, one) for one in _body(view)):
            return x
        x += 4.0 * outwards
    return None


@cache
def _body(view: str) -> tuple[Box, ...]:
    """The parts of the body as boxes, with the skin around them."""
    return tuple(Box(p.box[0] - SKIN, p.box[1] - SKIN, p.box[2] + SKIN, p.box[3] + SKIN) for p in parts(view))
