"""Drawings of the front page: one visit as a line of time for each treatment, and the back with one needle.

To scale: thirty minutes wide, one stroke a needle. Strokes carry classes, never colours, so that light, dark and
print follow the tokens.
"""

from __future__ import annotations

import re
from functools import lru_cache

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from myotome.pages.plates import body_plate, part_key

MINUTES, WIDTH, LEFT = 30, 520, 0
IMS_NEEDLES_AT = (2.3, 3.6, 4.6, 6.0, 7.4, 8.7, 9.9, 11.2, 12.6, 13.9, 15.2, 16.6)
ACUPUNCTURE_NEEDLES_AT = (2.0, 3.0, 4.1, 5.2, 6.3, 7.4, 8.6, 10.0)
OUT_AT = 27.5
HERO_BOX = "792 262 500 614"


def ims_line() -> SafeString:
    """Twelve needles, one after another, seconds each."""
    return _ims_line(get_language())


def acupuncture_line() -> SafeString:
    """Eight needles set one after another, resting together, out together."""
    return _acupuncture_line(get_language())


def hero_plate() -> SafeString:
    """The back, engraved: three shortened muscles of the left low back and buttock, and one needle."""
    return _hero_plate(get_language())


@lru_cache(maxsize=8)
def _ims_line(language: str | None) -> SafeString:
    strokes = "".join(
        f'<path class="stroke" d="M{_x(minute)} 88V{38 if n % 3 == 0 else 46}"/>'
        for n, minute in enumerate(IMS_NEEDLES_AT)
    )
    return _line(
        _("IMS over one visit: twelve needles, one after another, seconds each."),
        _("12 needles, one after another, seconds each"),
        strokes,
    )


@lru_cache(maxsize=8)
def _acupuncture_line(language: str | None) -> SafeString:
    strokes = "".join(
        f'<path class="rests" d="M{_x(minute)} {82 - 6 * n}H{_x(OUT_AT) - 2 * n}"/>'
        f'<path class="grip" d="M{_x(OUT_AT) - 2 * n} {82 - 6 * n}h12"/>'
        for n, minute in enumerate(ACUPUNCTURE_NEEDLES_AT)
    )
    return _line(
        _("Acupuncture over one visit: eight needles, resting together for 15 to 20 minutes."),
        _("8 needles, resting together 15 to 20 minutes"),
        strokes,
    )


def _x(minute: float) -> float:
    return round(LEFT + minute / MINUTES * WIDTH, 1)


def _line(told: str, caption: str, strokes: str) -> SafeString:
    return format_html(
        '<svg class="visit-line" viewBox="-4 0 530 116" role="img" aria-label="{}"><text x="36" y="22">{}</text>'
        '<path class="axis" d="M0 88H520"/>{}<text x="0" y="108">0</text>'
        '<text class="middle" x="260" y="108">{}</text><text class="end" x="520" y="108">30</text></svg>',
        told,
        caption,
        mark_safe(strokes),  # noqa: S308 - our own numbers
        _("15 minutes"),
    )


@lru_cache(maxsize=8)
def _hero_plate(language: str | None) -> SafeString:
    states = {
        part_key("multifidus", "left", "L4"): 2,
        part_key("multifidus", "left", "L5"): 3,
        part_key("multifidus", "left", "S1"): 1,
        part_key("gluteus_medius", "left"): 3,
        part_key("piriformis", "left"): 2,
    }
    told = _("Engraved drawing of the back. One needle rests in a shortened muscle of the left buttock.")
    svg = str(body_plate("back", states=states, crop="back_half", title=told))
    fades = (
        '<defs><linearGradient id="hero-right"><stop class="fade-to-paper" offset="0" stop-opacity="0"/>'
        '<stop class="fade-to-paper" offset="1"/></linearGradient>'
        '<linearGradient id="hero-left" x1="1" x2="0"><stop class="fade-to-paper" offset="0" stop-opacity="0"/>'
        '<stop class="fade-to-paper" offset="1"/></linearGradient>'
        '<linearGradient id="hero-top" x2="0" y1="1"><stop class="fade-to-paper" offset="0" stop-opacity="0"/>'
        '<stop class="fade-to-paper" offset="1"/></linearGradient></defs>'
        '<rect x="1196" y="440" width="96" height="436" fill="url(#hero-right)"/>'
        '<rect x="870" y="440" width="96" height="436" fill="url(#hero-left)"/>'
        '<rect x="792" y="440" width="79" height="436" class="hero-paper"/>'
        '<rect x="792" y="261" width="500" height="60" fill="url(#hero-top)"/>'
    )
    needle = (
        '<path class="needle-shaft" d="M878 566L1004 658"/><path class="leader hero-grip" d="M838 537L880 567"/>'
        '<path class="leader" d="M1066 625L1150 605H1184"/>'
        '<path class="leader" d="M924 694H940L986 672"/><path class="leader" d="M924 748H940L1028 706"/>'
    )
    words = format_html(
        '<text class="latin-name" font-size="21" x="816" y="520">{}</text>'
        '<text class="latin-name" font-size="21" x="1188" y="600">multifidus</text>'
        '<text class="latin-name" font-size="21" x="918" y="690" text-anchor="end">gluteus medius,</text>'
        '<text class="latin-name" font-size="21" x="918" y="714" text-anchor="end">{}</text>'
        '<text class="latin-name" font-size="21" x="918" y="754" text-anchor="end">piriformis</text>',
        _("one thin needle"),
        _("shortened"),
    )
    svg = re.sub(r'viewBox="[^"]*"', f'viewBox="{HERO_BOX}"', svg, count=1)
    return mark_safe(svg.removesuffix("</svg>") + fades + needle + str(words) + "</svg>")  # noqa: S308 - our own shapes
