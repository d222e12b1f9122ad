"""The course chart, drawn by the server: pain, function, shortened muscles and needles over one time axis.

Pain and function keep their scale 0-10; the line of meaningful change carries its words; the fan is dark for half of
courses and pale for eight in ten, dashed in the middle, the natural course dotted. The same is told in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from myotome.knowledge.measures import PAIN_AVERAGE, measure

WIDTH, LEFT, RIGHT = 820.0, 128.0, 24.0
PAIN_TOP, PAIN_HEIGHT = 46.0, 240.0
FUNCTION_TOP, FUNCTION_HEIGHT = 318.0, 104.0
SHORT_BASE, NEEDLE_BASE, HEIGHT = 520.0, 604.0, 640.0
MOST_BARS = 14
DIGIT, MANY, DOT_APART, A_YEAR = 8.0, 40, 12.0, 365


@dataclass(frozen=True, kw_only=True, slots=True)
class ChartData:
    """What is drawn. Series are (day, value); `visits` (day, number, needles); `fan` as the forecast answers it.

    Of `pain` and `function` those that were given after the treatment they were asked for stand in `pain_after` and
    `function_after` too: they are rings, the others dots. `pain_since` and `function_since` begin where the course did.
    """

    pain: Sequence[tuple[date, float]]
    function: Sequence[tuple[date, float]]
    shortened: Sequence[tuple[date, int]]
    visits: Sequence[tuple[date, int, int]]
    pain_line: float | None
    function_line: float | None
    pain_since: Sequence[tuple[date, float]] = ()
    function_since: Sequence[tuple[date, float]] = ()
    pain_after: Sequence[tuple[date, float]] = ()
    function_after: Sequence[tuple[date, float]] = ()
    fan: Sequence[Mapping[str, Any]] = ()
    natural: Sequence[Mapping[str, Any]] = ()
    first_visit: date | None = None
    today: date | None = None


def course_chart(data: ChartData) -> SafeString:
    """The chart as SVG with its words; an empty course says so."""
    start = min([day for day, *_rest in (*data.pain, *data.function, *data.visits, *data.shortened)], default=None)
    if start is None:
        return format_html("<p class='empty'>{}</p>", _("Nothing to draw yet: the first answers come before visit 1."))
    days = [(day - start).days for day, *_rest in (*data.pain, *data.visits, *data.function)]
    lead = (data.first_visit - start).days if data.first_visit else 0
    span = max([28.0, *days, *(lead + float(point["day"]) for point in data.fan)]) + 6
    x = _Axis(start, span, lead)
    parts = [_frame(data, x), _fan(data, x), _lines(data, x), _bars(data, x)]
    return format_html(
        '<svg class="chart course-chart" viewBox="0 0 820 640" role="img" aria-label="{}">{}</svg>',
        told(data),
        mark_safe("".join(parts)),  # noqa: S308 - parts are built by format_html
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


def change_words(code: str) -> str:
    """How much change of a measure is meaningful, in words short enough to stand beside a chart."""
    change = measure(code).change
    if change is None:
        return ""
    said = {name: f"{getattr(change, name) or 0:g}" for name in ("percent", "points", "line")}
    words = {
        "both": _("%(percent)s %% and %(points)s points"),
        "percent": _("%(percent)s %%"),
        "points": _("%(points)s points"),
        "line": _("%(line)s or more"),
    }
    return words[change.rule] % said


class _Axis:
    """Days since the start as x, values 0-10 as y within a panel."""

    def __init__(self, start: date, span: float, lead: int) -> None:
        self.start, self.span, self.lead = start, span, lead

    def at(self, day: date) -> float:
        return self.of((day - self.start).days)

    def of(self, n_days: float) -> float:
        return LEFT + 14 + (WIDTH - LEFT - 14 - RIGHT) * n_days / self.span

    def ahead(self, n_days: float) -> float:
        """Days of the forecast count from the first visit, the axis from the first answer."""
        return self.of(self.lead + n_days)


def _y(value: float, top: float, height: float) -> float:
    return top + height * (1 - min(10.0, max(0.0, value)) / 10)


def _frame(data: ChartData, x: _Axis) -> SafeString:
    rows: list[SafeString] = []
    for value in (0, 5, 10):
        y = _y(value, PAIN_TOP, PAIN_HEIGHT)
        rows.append(
            format_html(
                '<path class="grid" d="M{} {}H{}"/><text x="{}" y="{}" text-anchor="end">{}</text>',
                LEFT,
                y,
                WIDTH - RIGHT,
                LEFT - 8,
                y + 4,
                value,
            )
        )
    for value in (0, 10):
        y = _y(value, FUNCTION_TOP, FUNCTION_HEIGHT)
        rows.append(
            format_html(
                '<path class="grid" d="M{} {}H{}"/><text x="{}" y="{}" text-anchor="end">{}</text>',
                LEFT,
                y,
                WIDTH - RIGHT,
                LEFT - 8,
                y + 4,
                value,
            )
        )
    heads = (
        (PAIN_TOP + 18, _("Pain"), _("average, 7 days")),
        (FUNCTION_TOP + 18, _("Function"), _("her activities")),
        (SHORT_BASE - 36, _("Shortened"), _("muscles")),
        (NEEDLE_BASE - 30, _("Needles"), _("in the visit")),
    )
    for y, title, small in heads:
        rows.append(
            format_html(
                '<text class="strong" x="4" y="{}">{}</text><text x="4" y="{}">{}</text>', y, title, y + 17, small
            )
        )
    last_x = -99.0
    places = [round(x.at(day), 1) for day, *_rest in data.visits]
    for k in _apart(places, _room([number for _day, number, _n in data.visits])):
        rows.append(
            format_html(
                '<path class="visit" d="M{0} 30V{1}"/><text class="strong" x="{0}" y="22" text-anchor="middle">{2}</text>',
                places[k],
                NEEDLE_BASE,
                data.visits[k][1],
            )
        )
    step = max(14, round(x.span / 6 / 7) * 7)
    for n_days in range(0, int(x.span), step):
        if x.of(n_days) - last_x > 64:
            last_x = x.of(n_days)
            rows.append(
                format_html(
                    '<text x="{}" y="628" text-anchor="middle">{}</text>',
                    round(last_x, 1),
                    date_format(x.start + timedelta(days=n_days), "j M" if x.span < A_YEAR else "M Y"),
                )
            )
    rows.append(format_html('<path class="axis" d="M{} {}H{}"/>', LEFT, NEEDLE_BASE, WIDTH - RIGHT))
    if data.today and 0 <= (data.today - x.start).days <= x.span:
        rows.append(
            format_html(
                '<path class="today" d="M{0} 30V{1}"/>', round(x.at(data.today), 1), FUNCTION_TOP + FUNCTION_HEIGHT
            )
        )
    return mark_safe("".join(rows))  # noqa: S308


def _fan(data: ChartData, x: _Axis) -> SafeString:
    rows: list[SafeString] = []

    def path(points: Sequence[Mapping[str, Any]], low: str, high: str) -> str:
        top = [f"{x.ahead(p['day']):.1f} {_y(p[high], PAIN_TOP, PAIN_HEIGHT):.1f}" for p in points]
        bottom = [f"{x.ahead(p['day']):.1f} {_y(p[low], PAIN_TOP, PAIN_HEIGHT):.1f}" for p in reversed(points)]
        return "M" + "L".join(top + bottom) + "Z"

    def line(points: Sequence[Mapping[str, Any]]) -> str:
        return "M" + "L".join(f"{x.ahead(p['day']):.1f} {_y(p['median'], PAIN_TOP, PAIN_HEIGHT):.1f}" for p in points)

    if len(data.fan) > 1:
        rows.append(
            format_html(
                '<path class="fan3" d="{}"/><path class="fan2" d="{}"/><path class="med" d="{}"/>',
                path(data.fan, "q10", "q90"),
                path(data.fan, "q25", "q75"),
                line(data.fan),
            )
        )
        last = data.fan[-1]
        rows.append(
            format_html(
                '<text class="fan-word" x="{}" y="{}" text-anchor="end">{}</text>',
                WIDTH - RIGHT - 4,
                _y(float(last["q10"]), PAIN_TOP, PAIN_HEIGHT) + 16,
                _("pale: eight in ten courses, dark: half"),
            )
        )
    if len(data.natural) > 1:
        last = data.natural[-1]
        rows.append(
            format_html(
                '<path class="nat" d="{}"/><text x="{}" y="{}" text-anchor="end">{}</text>',
                line(data.natural),
                WIDTH - RIGHT - 4,
                _y(float(last["median"]), PAIN_TOP, PAIN_HEIGHT) - 6,
                _("natural course"),
            )
        )
    return mark_safe("".join(rows))  # noqa: S308


def _lines(data: ChartData, x: _Axis) -> SafeString:
    rows: list[SafeString] = []
    for line, top, height, words in (
        (data.pain_line, PAIN_TOP, PAIN_HEIGHT, change_words(PAIN_AVERAGE)),
        (data.function_line, FUNCTION_TOP, FUNCTION_HEIGHT, change_words("psfs")),
    ):
        if line is not None:
            y = _y(line, top, height)
            rows.append(
                format_html(
                    '<path class="mean" d="M{} {}H{}"/><text class="mean-word" x="4" y="{}">{}</text>'
                    '<text class="mean-word" x="4" y="{}">{}</text>',
                    LEFT,
                    round(y, 1),
                    WIDTH - RIGHT,
                    round(y + 16, 1),
                    _("a real change:"),
                    round(y + 31, 1),
                    words,
                )
            )
    for series, late, css, top, height in (
        (data.pain, data.pain_after, "pain", PAIN_TOP, PAIN_HEIGHT),
        (data.function, data.function_after, "func", FUNCTION_TOP, FUNCTION_HEIGHT),
    ):
        points = [(round(x.at(day), 1), round(_y(value, top, height), 1), value) for day, value in series]
        dots = _apart([a for a, *_rest in points], 0 if len(points) < MANY else DOT_APART)
        rings = [(css, round(x.at(day), 1), round(_y(value, top, height), 1)) for day, value in late]
        if points:
            rows.append(format_html('<path class="{}" d="M{}"/>', css, "L".join(f"{a} {b}" for a, b, _v in points)))
            rows.append(
                format_html_join(
                    "",
                    '<circle class="{}-dot" cx="{}" cy="{}" r="5"/>',
                    ((css, *points[k][:2]) for k in dots if (css, *points[k][:2]) not in rings),
                )
            )
            rows.append(format_html_join("", '<circle class="{} given-after" cx="{}" cy="{}" r="5"/>', rings))
            a, b, value = points[-1]
            rows.append(
                format_html(
                    '<text class="strong" x="{}" y="{}">{}</text>', a + 9, b - 8, f"{value:.1f}".rstrip("0").rstrip(".")
                )
            )
    return mark_safe("".join(rows))  # noqa: S308


def _bars(data: ChartData, x: _Axis) -> SafeString:
    rows: list[SafeString] = []
    for day, n in data.shortened:
        bars = "".join(f"M{x.at(day) - 11:.1f} {SHORT_BASE - 5 * k:.1f}h22" for k in range(min(n, MOST_BARS)))
        rows.append(
            format_html(
                '<path class="short-bars" d="{}"/><text class="strong" x="{}" y="{}" text-anchor="middle">{}</text>',
                bars,
                round(x.at(day), 1),
                SHORT_BASE - 5 * min(n, MOST_BARS) - 6,
                n,
            )
        )
    places = [round(x.at(day), 1) for day, *_rest in data.visits]
    counted = _apart(places, _room([n for *_rest, n in data.visits]))
    for k, (day, _number, n) in enumerate(data.visits):
        strokes = "".join(f"M{x.at(day) + 2.6 * (i - n / 2):.1f} {NEEDLE_BASE - 26}v24" for i in range(n))
        rows.append(format_html('<path class="needle-strokes" d="{}"/>', strokes))
        if k in counted:
            rows.append(
                format_html(
                    '<text class="strong" x="{}" y="{}" text-anchor="middle">{}</text>', places[k], NEEDLE_BASE - 32, n
                )
            )
    return mark_safe("".join(rows))  # noqa: S308


def _room(numbers: Sequence[int]) -> float:
    """How far apart these numbers can be read."""
    return DIGIT * max((len(str(n)) for n in numbers), default=1) + 3


def _apart(places: Sequence[float], least: float) -> list[int]:
    """Which of these places, from left to right, get their words: the last, and of those before as many as stand apart."""
    kept: list[int] = []
    for k in reversed(range(len(places))):
        if not kept or places[kept[-1]] - places[k] >= least:
            kept.append(k)
    return kept[::-1]
