"""The course chart, drawn by the server: pain, function, shortened muscles and needles over one time axis.

Pain and function keep their scale 0-10; the line of meaningful change carries its words; the fan is dark for half of
courses and pale for eight in ten, dashed in the middle, the natural course dotted. The same is told in words.
"""

from __future__ import annotations

from datetime import timedelta

from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from myotome.pages.followup.axis import (
    FUNCTION_HEIGHT,
    FUNCTION_TOP,
    HEIGHT,
    IN,
    NEEDLE_BASE,
    PAIN_HEIGHT,
    PAIN_TOP,
    RIGHT,
    TODAY_ENDS,
    WIDTH,
    Axis,
    ChartData,
    change_words,
    curve,
    heads,
    path,
    points_of,
    text,
    today_at,
    together,
    y_of,
)
from myotome.pages.followup.bars import apart, bars, room_for
from myotome.pages.followup.chart_words import curve_words, last_scores, line_words, today_word
from myotome.pages.placing import Box, Place, Taken, along, between

__all__ = ["ChartData", "change_words", "course_chart", "told"]

MANY, DOT_APART, A_YEAR = 40, 12.0, 365


def course_chart(data: ChartData) -> SafeString:
    """The chart as SVG with its words; an empty course says so."""
    start = min([day for day, *_rest in (*data.pain, *data.function, *data.visits, *data.shortened)], default=None)
    if start is None:
        return format_html("<p class='empty'>{}</p>", _("Nothing to draw yet: the first answers come before visit 1."))
    days = [(day - start).days for day, *_rest in (*data.pain, *data.visits, *data.function)]
    lead = (data.first_visit - start).days if data.first_visit else 0
    span = max([28.0, *days, *(lead + float(point["day"]) for point in data.fan)]) + 6
    x = Axis(start, span, lead)
    taken = Taken(Box(0.0, 0.0, WIDTH, HEIGHT))
    shapes = [_frame(data, x, taken), _fan(data, x, taken), _lines(data, x, taken), bars(data, x, taken)]
    words = [line_words(data, x, taken), last_scores(data, x, taken), today_word(data, x, taken)]
    words.append(curve_words(data, x, taken))
    return format_html(
        '<svg class="chart course-chart" viewBox="0 0 820 640" role="img" aria-label="{}">{}</svg>',
        told(data),
        together((*shapes, *words)),
    )


def told(data: ChartData) -> str:
    """The chart in words: first and last values, visits, needles."""
    said = []
    if pain := data.pain_since:
        said.append(_("Pain from %(a)s to %(b)s of 10.") % {"a": f"{pain[0][1]:g}", "b": f"{pain[-1][1]:g}"})
    if could := data.function_since:
        said.append(_("Function from %(a)s to %(b)s of 10.") % {"a": f"{could[0][1]:.1f}", "b": f"{could[-1][1]:.1f}"})
    if data.shortened:
        said.append(
            _("Shortened muscles from %(a)s to %(b)s.") % {"a": data.shortened[0][1], "b": data.shortened[-1][1]}
        )
    if data.pain_after or data.function_after:
        said.append(_("A ring is an answer given after the treatment that it was asked for."))
    said.append(_("%(n)s visits so far.") % {"n": len(data.visits)})
    return " ".join(said)


def _frame(data: ChartData, x: Axis, taken: Taken) -> SafeString:
    rows: list[SafeString] = []
    for top, height, values in ((PAIN_TOP, PAIN_HEIGHT, (0, 5, 10)), (FUNCTION_TOP, FUNCTION_HEIGHT, (0, 10))):
        for value in values:
            y = y_of(value, top, height)
            rows.append(format_html('<path class="grid" d="M{} {}H{}"/>', round(x.left, 1), y, WIDTH - RIGHT))
            rows.append(text(str(value), Place(round(x.left - 8, 1), y + 4, "end"), taken))
            taken.soft.append(Box(x.left, y - 1, WIDTH - RIGHT, y + 1))
    for y, title, small in heads():
        rows.append(text(title, Place(IN, y), taken, "strong"))
        rows.append(text(small, Place(IN, y + 17), taken))
        taken.soft.append(Box(IN, y, x.left - 30, y + 26))
    places = [round(x.at(day), 1) for day, *_rest in data.visits]
    for k in apart(places, room_for([number for _day, number, _n in data.visits])):
        rows.append(format_html('<path class="visit" d="M{} 30V{}"/>', places[k], NEEDLE_BASE))
        rows.append(text(str(data.visits[k][1]), Place(places[k], 22, "middle"), taken, "strong"))
        taken.soft.append(Box(places[k] - 1, 30, places[k] + 1, NEEDLE_BASE))
    step, last_x = max(14, round(x.span / 6 / 7) * 7), -99.0
    for n_days in range(0, int(x.span), step):
        if x.of(n_days) - last_x > 64:
            last_x = x.of(n_days)
            words = date_format(x.start + timedelta(days=n_days), "j M" if x.span < A_YEAR else "M Y")
            rows.append(text(words, Place(round(last_x, 1), 628, "middle"), taken))
    rows.append(format_html('<path class="axis" d="M{} {}H{}"/>', round(x.left, 1), NEEDLE_BASE, WIDTH - RIGHT))
    if (today := today_at(data, x)) is not None:
        rows.append(format_html('<path class="today" d="M{0} 30V{1}"/>', today, TODAY_ENDS))
        taken.hard.append(Box(today - 2, 30, today + 2, TODAY_ENDS))
    return together(rows)


def _fan(data: ChartData, x: Axis, taken: Taken) -> SafeString:
    rows: list[SafeString] = []
    if len(data.fan) > 1:
        for css, low, high in (("fan3", "q10", "q90"), ("fan2", "q25", "q75")):
            top, bottom = curve(data.fan, high, x), curve(data.fan, low, x)
            rows.append(format_html('<path class="{}" d="{}Z"/>', css, path([*top, *reversed(bottom)])))
            taken.hard += between(top, bottom)
        rows.append(format_html('<path class="med" d="{}"/>', path(curve(data.fan, "median", x))))
    if len(data.natural) > 1:
        line = curve(data.natural, "median", x)
        rows.append(format_html('<path class="nat" d="{}"/>', path(line)))
        taken.hard += along(line)
    return together(rows)


def _lines(data: ChartData, x: Axis, taken: Taken) -> SafeString:
    rows: list[SafeString] = []
    for line, top, height in (
        (data.pain_line, PAIN_TOP, PAIN_HEIGHT),
        (data.function_line, FUNCTION_TOP, FUNCTION_HEIGHT),
    ):
        if line is not None:
            y = round(y_of(line, top, height), 1)
            rows.append(format_html('<path class="mean" d="M{} {}H{}"/>', round(x.left, 1), y, WIDTH - RIGHT))
            taken.hard.append(Box(x.left, y - 1, WIDTH - RIGHT, y + 1))
    for series, late, css, top, height in (
        (data.pain, data.pain_after, "pain", PAIN_TOP, PAIN_HEIGHT),
        (data.function, data.function_after, "func", FUNCTION_TOP, FUNCTION_HEIGHT),
    ):
        points = points_of(series, x, top, height)
        shown = apart([a for a, _b in points], 0 if len(points) < MANY else DOT_APART)
        rings = points_of(late, x, top, height)
        if points:
            rows.append(format_html('<path class="{}" d="{}"/>', css, path(points)))
            rows.append(
                format_html_join(
                    "",
                    '<circle class="{}-dot" cx="{}" cy="{}" r="5"/>',
                    ((css, *points[k]) for k in shown if points[k] not in rings),
                )
            )
            rows.append(
                format_html_join(
                    "", '<circle class="{} given-after" cx="{}" cy="{}" r="5"/>', ((css, *ring) for ring in rings)
                )
            )
            taken.hard += along(points)
            taken.hard += [Box(a - 6, b - 6, a + 6, b + 6) for a, b in (*(points[k] for k in shown), *rings)]
    return together(rows)
