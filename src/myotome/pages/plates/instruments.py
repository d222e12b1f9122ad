"""Small instruments of the needle chart: the count ring and the needle at scale."""

from __future__ import annotations

import math

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MOST_SEGMENTS = 60


def count_ring(*, n_in: int, n_out: int, n_planned: int = 0, n_odd: int = 0) -> SafeString:
    """One segment a needle: out, then in (thicker), then odd (left in or a fragment, red), then planned (pale).

    The middle says how many are in; an empty ring has one pale segment. Beyond 60 needles segments join.
    """
    kinds = ["out"] * n_out + ["in"] * n_in + ["odd"] * n_odd + ["planned"] * n_planned
    if not kinds:
        kinds = ["planned"]
    step = 2 * math.pi / len(kinds)
    gap = 0.052 if len(kinds) <= MOST_SEGMENTS else 0.0
    rows = []
    for i, kind in enumerate(kinds):
        a0, a1 = i * step + gap, (i + 1) * step - gap
        if len(kinds) == 1:
            rows.append(f'<circle class="{kind}" cx="56" cy="56" r="46"/>')
            continue
        x0, y0, x1, y1 = (v for a in (a0, a1) for v in (56 + 46 * math.sin(a), 56 - 46 * math.cos(a)))
        rows.append(
            f'<path class="{kind}" d="M{x0:.1f} {y0:.1f}A46 46 0 {int(a1 - a0 > math.pi)} 1 {x1:.1f} {y1:.1f}"/>'
        )
    still = n_in + n_odd
    word = ngettext("needle in", "needles in", still) if still else (_("all out") if n_out else _("no needle yet"))
    label = _("%(n_in)s in, %(n_out)s out, %(n_planned)s planned") % {
        "n_in": still,
        "n_out": n_out,
        "n_planned": n_planned,
    }
    return mark_safe(  # noqa: S308 - numbers, and words that are escaped
        f'<svg class="ring" viewBox="0 0 112 112" role="img" aria-label="{escape(label)}">{"".join(rows)}'
        f'<text class="count" x="56" y="62">{still}</text><text class="word" x="56" y="79">{escape(word)}</text></svg>'
    )


def needle_to_scale(*, depth_mm: int | None, length_mm: int | None) -> SafeString:
    """A needle at 1.2 px a millimetre: black is in tissue, the red tick the skin, the grey block the handle."""
    length = length_mm or 40
    depth = min(depth_mm or 0, length)
    scale = 1.2
    total, inside = length * scale, depth * scale
    label = _("%(depth)s of %(length)s mm in") % {"depth": depth, "length": length}
    tick = f'<path class="skin-tick" d="M{inside:.1f} 1V17"/>' if depth_mm is not None else ""
    return mark_safe(  # noqa: S308 - numbers, and words that are escaped
        f'<svg class="to-scale" width="{total + 16:.0f}" height="18" viewBox="0 0 {total + 16:.0f} 18" role="img" '
        f'aria-label="{escape(label)}"><path class="tissue" d="M0 9H{inside:.1f}"/>'
        f'<path class="air" d="M{inside:.1f} 9H{total:.1f}"/>{tick}'
        f'<rect class="handle" x="{total:.1f}" y="5" width="14" height="8" rx="1"/></svg>'
    )
