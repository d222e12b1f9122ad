"""Her pain as one line for a phone: first and last value on a scale from 0 to 10, and the line below which the change is one she would notice.

The words of that line stand under the drawing, where no score can come to lie over them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

WIDTH, TOP, HEIGHT, SIDE, RIGHT = 330.0, 26.0, 130.0, 32.0, 66.0
AXIS = 22.0
DAYS_AT, WORDS_AT, BOTTOM = 176.0, 202.0, 214.0
NEAR = 9.0


def phone_chart(pain: Sequence[tuple[date, float]], line: float | None) -> SafeString:
    """The line of pain 0-10 as SVG, with its words as label; it says so when there is one answer or none."""
    if len(pain) < 2:
        return format_html("<p>{}</p>", _("After your next answers you will see a line here."))
    start, span = pain[0][0], max(1, (pain[-1][0] - pain[0][0]).days)
    points = [
        (round(SIDE + (WIDTH - RIGHT - SIDE) * (day - start).days / span, 1), round(_y(value), 1))
        for day, value in pain
    ]
    rows = [format_html('<path class="grid" d="M{3} {0}H{2}M{3} {1}H{2}"/>', _y(10), _y(0), WIDTH, AXIS)]
    rows += [
        format_html('<text x="{}" y="{}" text-anchor="end">{}</text>', AXIS - 6, round(_y(end) + 4.5, 1), end)
        for end in (10, 0)
    ]
    if line is not None:
        rows.append(
            format_html(
                '<path class="mean" d="M{5} {0}H{1}"/><path class="mean" d="M0 {2}h34"/>'
                '<text class="mean-word" x="42" y="{3}">{4}</text>',
                round(_y(line), 1),
                WIDTH,
                WORDS_AT - 4,
                WORDS_AT,
                _("a change you would notice"),
                AXIS,
            )
        )
    rows.append(format_html('<path class="pain" d="M{}"/>', "L".join(f"{x} {y}" for x, y in points)))
    rows.append(format_html_join("", '<circle class="pain-dot" cx="{}" cy="{}" r="5"/>', points))
    (x0, y0), (x1, y1) = points[0], points[-1]
    rows.append(format_html('<text class="strong" x="{}" y="{}">{}</text>', x0 - 4, y0 - 10, f"{pain[0][1]:g}"))
    beside = y1 + 5
    if line is not None and abs(_y(line) - y1) < NEAR:  # the number stands above the line or below it, never on it
        beside = _y(line) + (17 if y1 > _y(line) else -6)
    rows.append(
        format_html(
            '<text class="strong" x="{}" y="{}">{}</text>',
            x1 + 11,
            round(beside, 1),
            _("%(n)s now") % {"n": f"{pain[-1][1]:g}"},
        )
    )
    for x, day, anchor in ((AXIS, pain[0][0], "start"), (x1, pain[-1][0], "middle")):
        rows.append(
            format_html('<text x="{}" y="{}" text-anchor="{}">{}</text>', x, DAYS_AT, anchor, date_format(day, "j M"))
        )
    return format_html(
        '<svg class="chart" viewBox="0 0 330 {}" role="img" aria-label="{}">{}</svg>',
        round(BOTTOM if line is not None else DAYS_AT + 8),
        told(pain),
        mark_safe("".join(rows)),  # noqa: S308 - rows are built by format_html
    )


def told(pain: Sequence[tuple[date, float]]) -> str:
    """The line in words."""
    weeks = max(1, round((pain[-1][0] - pain[0][0]).days / 7))
    words = ngettext(
        "Your pain went from %(a)s to %(b)s in %(n)s week.", "Your pain went from %(a)s to %(b)s in %(n)s weeks.", weeks
    )
    return words % {"a": f"{pain[0][1]:g}", "b": f"{pain[-1][1]:g}", "n": weeks}


def _y(value: float) -> float:
    return TOP + HEIGHT * (1 - min(10.0, max(0.0, value)) / 10)
