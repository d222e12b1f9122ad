"""The words beside the curves of the course chart. Each is put where it lies on no line, no fan, no dot and no other word."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from myotome.knowledge.measures import PAIN_AVERAGE
from myotome.pages.followup.axis import (
    BETWEEN_PANELS,
    FUNCTION_HEIGHT,
    FUNCTION_TOP,
    IN,
    PAIN_HEIGHT,
    PAIN_TOP,
    RIGHT,
    TODAY_ENDS,
    WIDTH,
    Axis,
    ChartData,
    change_words,
    curve,
    drawn,
    points_of,
    today_at,
    together,
    y_of,
)
from myotome.pages.placing import NEXT_LINE, Box, Place, Taken, box_of_words, stepped, width_of


def line_words(data: ChartData, x: Axis, taken: Taken) -> SafeString:
    """Beside the line of meaningful change, left of the axis: what it is."""
    rows: list[SafeString] = []
    for line, top, height, words in (
        (data.pain_line, PAIN_TOP, PAIN_HEIGHT, change_words(PAIN_AVERAGE)),
        (data.function_line, FUNCTION_TOP, FUNCTION_HEIGHT, change_words("psfs")),
    ):
        if line is not None:
            y = y_of(line, top, height)
            heights = [y + 16, y - 21, *(y + 16 + 4 * k for k in range(1, 20)), *(y - 21 - 4 * k for k in range(1, 20))]
            head = _("a real change:")
            place = taken.put(f"{head}\n{words}", [Place(IN, round(at, 1)) for at in heights])
            rows.append(drawn(head, place, "mean-word"))
            rows.append(drawn(words, Place(IN, round(place.y + NEXT_LINE, 1)), "mean-word"))
    return together(rows)


def last_scores(data: ChartData, x: Axis, taken: Taken) -> SafeString:
    """The last score of each line beside its dot, on whichever side nothing else stands."""
    rows: list[SafeString] = []
    for series, top, height in ((data.pain, PAIN_TOP, PAIN_HEIGHT), (data.function, FUNCTION_TOP, FUNCTION_HEIGHT)):
        if not series:
            continue
        a, b = points_of(series, x, top, height)[-1]
        near = ((9, -8, "start"), (0, -11, "middle"), (-9, -8, "end"), (-9, 17, "end"), (0, 22, "middle"))
        further = ((9, 17, "start"), (10, 5, "start"), (-10, 5, "end"))
        far = [
            (dx, dy, side) for far in (20, 32, 44) for dx, side in ((-4, "end"), (4, "start")) for dy in (-far, far + 9)
        ]
        places = [Place(round(a + dx, 1), round(b + dy, 1), side) for dx, dy, side in (*near, *further, *far)]
        words = f"{series[-1][1]:.1f}".rstrip("0").rstrip(".")
        rows.append(drawn(words, taken.put(words, places), "strong"))
    return together(rows)


def today_word(data: ChartData, x: Axis, taken: Taken) -> SafeString | str:
    """What the upright line is."""
    today = today_at(data, x)
    if today is None:
        return ""
    heights = (42.0, TODAY_ENDS + 16, BETWEEN_PANELS, *range(60, int(TODAY_ENDS), 12))
    places = [
        place
        for y in heights
        for place in (
            *([Place(today, y, "middle")] if y > TODAY_ENDS else []),
            Place(today + 5, y),
            Place(today - 5, y, "end"),
        )
    ]
    words = _("today")
    return drawn(words, taken.put(words, places), "strong")


def curve_words(data: ChartData, x: Axis, taken: Taken) -> SafeString:
    """What the fan and the dotted line are: beside them where that lies on nothing, else under the panel with a sample."""
    rows: list[SafeString] = []
    for points, low, high, words, css in (
        (data.fan, "q10", "q90", _("pale: eight in ten courses, dark: half"), "fan-word"),
        (data.natural, "median", "median", _("natural course"), ""),
    ):
        if len(points) < 2:
            continue
        above, below = stepped(curve(points, high, x)), stepped(curve(points, low, x))
        ends = [(a, t, b) for (a, t), (_a, b) in zip(reversed(above), reversed(below), strict=True)]
        beside = [Place(a, round(at, 1), "end") for a, t, b in ends for at in (b + 17, t - 8, b + 20, t - 11, t - 14)]
        inside = [at for at in beside if at.x - width_of(words) >= above[0][0] and at.y < BETWEEN_PANELS]
        free = [at for at in inside if taken.is_free(words, at)]
        start = WIDTH - RIGHT - 4 - width_of(words)
        under = [Place(round(start - 12 * k, 1), BETWEEN_PANELS) for k in range(40)]
        place = taken.put(words, free or under)
        rows.append(drawn(words, place, css))
        if not free and points is data.natural:
            left = round(box_of_words(words, place).left - 34, 1)
            rows.append(format_html('<path class="nat" d="M{} {}h28"/>', left, place.y - 4))
            taken.hard.append(Box(left, place.y - 6, left + 28, place.y - 2))
    return together(rows)
