"""Under the curves of the course chart: shortened muscles as bars, needles as strokes, a count over each.

A visit's needles stand side by side, or in rows where visits are close: those of one visit never touch the next one's.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import ceil
from statistics import median

from django.utils.html import format_html
from django.utils.safestring import SafeString

from myotome.pages.followup.axis import NEEDLE_BASE, SHORT_BASE, Axis, ChartData, text, together
from myotome.pages.placing import Box, Place, Taken

MOST_BARS, HALF_BAR, BAR_APART = 14, 11.0, 5
NEEDLE_APART, NEEDLES_HIGH, ROW_GAP = 2.6, 24.0, 1.6
VISITS_APART = 5.0
DIGIT = 8.0


def bars(data: ChartData, x: Axis, taken: Taken) -> SafeString:
    """Both rows of bars with their counts."""
    return together((*_shortened(data, x, taken), *_needles(data, x, taken)))


def _shortened(data: ChartData, x: Axis, taken: Taken) -> list[SafeString]:
    rows: list[SafeString] = []
    places = [round(x.at(day), 1) for day, _n in data.shortened]
    counted = apart(places, room_for([n for _day, n in data.shortened]))
    for k, (at, room, (_day, n)) in enumerate(zip(places, half_rooms(places), data.shortened, strict=True)):
        half, n_bars = min(HALF_BAR, room), min(n, MOST_BARS)
        strokes = "".join(f"M{at - half:.1f} {SHORT_BASE - BAR_APART * i:.1f}h{2 * half:.1f}" for i in range(n_bars))
        top = SHORT_BASE - BAR_APART * n_bars
        rows.append(format_html('<path class="short-bars" d="{}"/>', strokes))
        taken.hard.append(Box(at - half, top, at + half, SHORT_BASE + 2))
        if k in counted:
            rows.append(text(str(n), Place(at, top - 6, "middle"), taken, "strong"))
    return rows


def _needles(data: ChartData, x: Axis, taken: Taken) -> list[SafeString]:
    rows: list[SafeString] = []
    places = [round(x.at(day), 1) for day, *_rest in data.visits]
    counted = apart(places, room_for([n for *_rest, n in data.visits]))
    rooms, most = half_rooms(places), max((n for *_rest, n in data.visits), default=1)
    high = NEEDLES_HIGH / rows_of(most, median(rooms)) if rooms else NEEDLES_HIGH
    for k, (at, room, (_day, _number, n)) in enumerate(zip(places, rooms, data.visits, strict=True)):
        strokes = needle_strokes(at, room, n, min(high, NEEDLES_HIGH / rows_of(n, room)))
        rows.append(format_html('<path class="needle-strokes" d="{}"/>', strokes))
        if k in counted:
            rows.append(text(str(n), Place(at, NEEDLE_BASE - 32, "middle"), taken, "strong"))
    return rows


def needle_strokes(at: float, room: float, n: int, high: float) -> str:
    """One stroke a needle about a place, in rows so high, from below: so many in a row as there is room to both sides."""
    a_row = ceil(n / rows_of(n, room))
    stroke = max(0.6 * high, high - ROW_GAP)
    left = at - NEEDLE_APART * (a_row - 1) / 2
    return "".join(
        f"M{left + NEEDLE_APART * (i % a_row):.1f} {NEEDLE_BASE - 2 - high * (i // a_row):.1f}v{-stroke:.1f}"
        for i in range(n)
    )


def rows_of(n: int, room: float) -> int:
    """In how many rows so many needles stand where there is so much room to either side."""
    return max(1, ceil(n / (int(2 * room / NEEDLE_APART) + 1)))


def half_rooms(places: Sequence[float]) -> list[float]:
    """How far what stands at each place may reach to either side, so that a gap is left to its neighbours."""
    kept = sorted(set(places))
    gaps = [float("inf"), *(b - a for a, b in pairwise(kept)), float("inf")]
    room = {at: max(0.0, (min(gaps[k], gaps[k + 1]) - VISITS_APART) / 2) for k, at in enumerate(kept)}
    return [min(room[at], 400.0) for at in places]


def room_for(numbers: Sequence[int]) -> float:
    """How far apart these numbers can be read."""
    return DIGIT * max((len(str(n)) for n in numbers), default=1) + 3


def apart(places: Sequence[float], least: float) -> list[int]:
    """Which of these places, from left to right, get their words: the last, and of those before as many as stand apart."""
    kept: list[int] = []
    for k in reversed(range(len(places))):
        if not kept or places[kept[-1]] - places[k] >= least:
            kept.append(k)
    return kept[::-1]
