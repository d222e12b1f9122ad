"""What the parts of the course chart share: what is drawn, the time axis, the scale of a panel, words at their place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from myotome.knowledge.measures import PAIN_AVERAGE, measure
from myotome.pages.placing import Place, Taken, box_of_words, width_of

WIDTH, LEAST_LEFT, RIGHT, HEIGHT = 820.0, 128.0, 24.0, 640.0
IN = 4.0
PAIN_TOP, PAIN_HEIGHT = 46.0, 240.0
BETWEEN_PANELS = 306.0
FUNCTION_TOP, FUNCTION_HEIGHT = 318.0, 104.0
TODAY_ENDS = FUNCTION_TOP + FUNCTION_HEIGHT
SHORT_BASE, NEEDLE_BASE = 520.0, 604.0


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


class Axis:
    """Days since the start as x, values 0-10 as y within a panel; the words left of it are never on its numbers."""

    def __init__(self, start: date, span: float, lead: int) -> None:
        self.start, self.span, self.lead = start, span, lead
        self.left = max(LEAST_LEFT, IN + max(width_of(words) for words in _on_the_left()) + 6 + width_of("10") + 8)

    def at(self, day: date) -> float:
        return self.of((day - self.start).days)

    def of(self, n_days: float) -> float:
        return self.left + 14 + (WIDTH - self.left - 14 - RIGHT) * n_days / self.span

    def ahead(self, n_days: float) -> float:
        """Days of the forecast count from the first visit, the axis from the first answer."""
        return self.of(self.lead + n_days)


def y_of(value: float, top: float, height: float) -> float:
    """The height of a value 0-10 in a panel."""
    return top + height * (1 - min(10.0, max(0.0, value)) / 10)


def heads() -> tuple[tuple[float, str, str], ...]:
    """What each panel is, as (height, title, second line)."""
    return (
        (PAIN_TOP + 18, _("Pain"), _("average, 7 days")),
        (FUNCTION_TOP + 18, _("Function"), _("activities")),
        (SHORT_BASE - 36, _("Shortened"), _("muscles")),
        (NEEDLE_BASE - 30, _("Needles"), _("in the visit")),
    )


def _on_the_left() -> list[str]:
    """All words of the column left of the axis."""
    words = [word for _y, title, small in heads() for word in (title, small)]
    return [*words, _("a real change:"), change_words(PAIN_AVERAGE), change_words("psfs")]


def today_at(data: ChartData, x: Axis) -> float | None:
    """Where today stands, when it is on the chart."""
    if data.today is None or not 0 <= (data.today - x.start).days <= x.span:
        return None
    return round(x.at(data.today), 1)


def together(parts: Iterable[SafeString | str]) -> SafeString:
    """Parts of the drawing as one; what is not markup already is escaped."""
    return format_html_join("", "{}", ((part,) for part in parts))


def text(words: str, place: Place, taken: Taken, css: str = "") -> SafeString:
    """Words where they have to stand, whatever else there is."""
    taken.hard.append(box_of_words(words, place))
    return drawn(words, place, css)


def drawn(words: str, place: Place, css: str = "") -> SafeString:
    """Words at a place that is known to be theirs."""
    anchor = format_html(' text-anchor="{}"', place.anchor) if place.anchor != "start" else ""
    of_class = format_html(' class="{}"', css) if css else ""
    return format_html('<text{} x="{}" y="{}"{}>{}</text>', of_class, place.x, place.y, anchor, words)


def curve(points: Sequence[Mapping[str, Any]], name: str, x: Axis) -> list[tuple[float, float]]:
    """A curve of the forecast in the panel of pain."""
    return [(round(x.ahead(float(p["day"])), 1), round(y_of(float(p[name]), PAIN_TOP, PAIN_HEIGHT), 1)) for p in points]


def path(points: Sequence[tuple[float, float]]) -> str:
    """Points as a line of SVG."""
    return "M" + "L".join(f"{a} {b}" for a, b in points)


def points_of(series: Sequence[tuple[date, float]], x: Axis, top: float, height: float) -> list[tuple[float, float]]:
    """A series of scores in a panel."""
    return [(round(x.at(day), 1), round(y_of(value, top, height), 1)) for day, value in series]
