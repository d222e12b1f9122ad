"""Her pain as one line for a phone: first and last value, and the line below which the change is one she would notice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

WIDTH, TOP, HEIGHT, SIDE = 330.0, 14.0, 130.0, 10.0


def phone_chart(pain: Sequence[tuple[date, float]], line: float | None) -> SafeString:
    """The line of pain 0-10 as SVG, with its words as label; it says so when there is one answer or none."""
    if len(pain) < 2:
        return format_html("<p>{}</p>", _("After your next answers you will see a line here."))
    start, span = pain[0][0], max(1, (pain[-1][0] - pain[0][0]).days)
    points = [
        (round(SIDE + (WIDTH - 110 - SIDE) * (day - start).days / span, 1), round(_y(value), 1)) for day, value in pain
    ]
    rows = [format_html('<path class="grid" d="M0 {0}H{2}M0 {1}H{2}"/>', _y(10), _y(0), WIDTH)]
    if line is not None:
        rows.append(
            format_html(
                '<path class="mean" d="M0 {0}H{1}"/><text class="mean-word" x="{1}" y="{2}" text-anchor="end">{3}</text>',
                round(_y(line), 1),
                WIDTH,
                round(_y(line) - 7, 1),
                _("a change you would notice"),
            )
        )
    rows.append(format_html('<path class="pain" d="M{}"/>', "L".join(f"{x} {y}" for x, y in points)))
    rows.append(format_html_join("", '<circle class="pain-dot" cx="{}" cy="{}" r="5"/>', points))
    (x0, y0), (x1, y1) = points[0], points[-1]
    rows.append(format_html('<text class="strong" x="{}" y="{}">{}</text>', x0 - 4, y0 - 10, f"{pain[0][1]:g}"))
    rows.append(
        format_html(
            '<text class="strong" x="{}" y="{}">{}</text>', x1 + 9, y1 + 18, _("%(n)s now") % {"n": f"{pain[-1][1]:g}"}
        )
    )
    for x, day, anchor in ((0, pain[0][0], "start"), (x1, pain[-1][0], "middle")):
        rows.append(
            format_html(
                '<text x="{}" y="{}" text-anchor="{}">{}</text>', x, TOP + HEIGHT + 20, anchor, date_format(day, "j M")
            )
        )
    return format_html(
        '<svg class="chart" viewBox="0 0 330 170" role="img" aria-label="{}">{}</svg>',
        told(pain),
        mark_safe("".join(rows)),  # noqa: S308 - rows are built by format_html
    )


def told(pain: Sequence[tuple[date, float]]) -> str:
    """The line in words."""
    weeks = max(1, round((pain[-1][0] - pain[0][0]).days / 7))
    return _("Your pain went from %(a)s to %(b)s in %(n)s weeks.") % {
        "a": f"{pain[0][1]:g}",
        "b": f"{pain[-1][1]:g}",
        "n": weeks,
    }


def _y(value: float) -> float:
    return TOP + HEIGHT * (1 - min(10.0, max(0.0, value)) / 10)
