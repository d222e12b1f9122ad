"""The words of the course chart lie on nothing: over simulated courses, measured anew from the drawing itself."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import combinations, pairwise

import numpy as np
import pytest

from myotome.knowledge.measures import PAIN_AVERAGE, measure
from myotome.pages.followup.drawing import ChartData, course_chart
from myotome.science.followup.answer import forecast_answer
from myotome.science.followup.recovery import Covariates
from myotome.science.followup.scoring import meaningful_line
from myotome.science.followup.simulation import simulate_course

DAY = date(2026, 10, 1)
ASCENT, DESCENT, LETTER, DIGIT, SPACE = 9.5, 3.2, 6.7, 7.4, 3.3
"""Of 13 px in the type of the pages, a little more than measured in a browser for whole words."""
TEXT = re.compile(r'<text(?: class="([^"]*)")? x="([-0-9.]+)" y="([-0-9.]+)"(?: text-anchor="(\w+)")?>([^<]*)</text>')


def drawn(seed: int, *, today_after: int = 3, high: int | None = None) -> str:
    """The chart of a simulated course with its forecast, opened so many days after the last visit."""
    rng = np.random.default_rng(seed)
    course = simulate_course(rng, Covariates(), most_visits=int(rng.integers(2, 17)), interval_days=7.0)
    scores = [min(10, s + (high or 0)) for s in course.scores]
    days = [DAY + timedelta(days=int(day)) for day in course.days]
    given = [{"day": day, "nrs": score} for day, score in zip(course.days, scores, strict=True)]
    answer = forecast_answer({"interval_days": 7, "visits": given})
    function = [(day, value) for day, value in zip(days, course.function, strict=True)][::3]
    return str(
        course_chart(
            ChartData(
                pain=[(DAY - timedelta(days=6), scores[0]), *zip(days, scores, strict=True)],
                function=function,
                shortened=[(day, int(rng.integers(0, 20))) for day in days[::4]],
                visits=[(day, k, int(rng.integers(3, 15))) for k, day in enumerate(days, start=1)],
                pain_line=meaningful_line(measure(PAIN_AVERAGE), scores[0]),
                function_line=min(10.0, function[0][1] + 2),
                fan=[answer["now"], *answer["curve"]] if answer.get("now") else answer["curve"],
                natural=[{"day": 0, "median": answer["first_pain"]}, *answer["natural_course"]],
                first_visit=DAY,
                today=days[-1] + timedelta(days=today_after),
            )
        )
    )


def boxes(svg: str) -> list[tuple[str, str, float, float, float, float]]:
    """(class, words, left, top, right, bottom) of every text."""
    found = TEXT.findall(svg)
    assert len(found) == svg.count("<text")
    rows = []
    for css, x, y, anchor, words in found:
        width = sum(DIGIT if c.isdigit() else SPACE if c in " .,:" else LETTER for c in words)
        left = float(x) - {"": 0.0, "middle": width / 2, "end": width}[anchor]
        rows.append((css, words, left, float(y) - ASCENT, left + width, float(y) + DESCENT))
    return rows


def points(path: str) -> list[tuple[float, float]]:
    return [(float(a), float(b)) for a, b in re.findall(r"([-0-9.]+) ([-0-9.]+)", path)]


def of(svg: str, css: str) -> list[list[tuple[float, float]]]:
    return [points(d) for d in re.findall(rf'<path class="{css}" d="(M[^"hHvV]*)"', svg)]


def thin(line: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points of a line, one a unit across or down."""
    found = []
    for (x0, y0), (x1, y1) in pairwise(line):
        n = max(1, int(max(abs(x1 - x0), abs(y1 - y0))))
        found += [(x0 + (x1 - x0) * k / n, y0 + (y1 - y0) * k / n) for k in range(n + 1)]
    return found


def on_something(svg: str) -> list[str]:
    """Every word that lies on another, on a curve, on the fan, on today's line, or out of the drawing."""
    rows, faults = boxes(svg), []
    for _css, words, left, top, right, bottom in rows:
        if left < 0 or right > 820 or top < 0 or bottom > 640:
            faults.append(f"{words} leaves the drawing")
    for (_c, a, l0, t0, r0, b0), (_d, b, l1, t1, r1, b1) in combinations(rows, 2):
        if min(r0, r1) > max(l0, l1) and min(b0, b1) > max(t0, t1):
            faults.append(f"{a} over {b}")
    (today,) = (float(x) for x in re.findall(r'<path class="today" d="M([-0-9.]+)', svg))
    axis = float(re.search(r'<path class="axis" d="M([-0-9.]+)', svg)[1])
    curves = [("pain", of(svg, "pain")), ("function", of(svg, "func")), ("natural course", of(svg, "nat"))]
    (fan,) = of(svg, "fan3")
    upper, lower = fan[: len(fan) // 2], fan[len(fan) // 2 :][::-1]
    levels = [float(y) for y in re.findall(r'<path class="mean" d="M[-0-9.]+ ([-0-9.]+)H', svg)]
    for _css, words, left, top, right, bottom in rows:
        if left < today < right and top < 422 and bottom > 30:
            faults.append(f"{words} on today's line")
        for name, lines in curves:
            if any(left < x < right and top < y < bottom for line in lines for x, y in thin(line)):
                faults.append(f"{words} on the line of {name}")
        if right > axis and any(top < y < bottom for y in levels):
            faults.append(f"{words} on a line of change")
        for (x0, u0), (x1, u1), (_x, d0), (_y, d1) in zip(upper, upper[1:], lower, lower[1:], strict=False):
            if left < x1 and right > x0 and top < max(d0, d1) and bottom > min(u0, u1):
                at = np.linspace(max(left, x0), min(right, x1), 20)
                u, d = np.interp(at, [x0, x1], [u0, u1]), np.interp(at, [x0, x1], [d0, d1])
                if bool(np.any((u < bottom) & (d > top))):
                    faults.append(f"{words} on the fan")
                    break
    return faults


@pytest.mark.parametrize("seed", range(20))
def test_no_word_lies_on_another_word_a_line_or_the_fan(seed):
    svg = drawn(seed, today_after=seed % 9)
    assert on_something(svg) == []
    said = {words for _css, words, *_box in boxes(svg)}
    assert {"today", "natural course", "30 % and 2 points", "pale: eight in ten courses, dark: half"} <= said


@pytest.mark.parametrize("seed", range(40, 48))
def test_nor_where_pain_stays_high(seed):
    assert on_something(drawn(seed, today_after=0, high=6)) == []


@pytest.mark.parametrize("seed", range(6))
def test_the_needles_of_one_visit_never_touch_those_of_the_next(seed):
    svg = drawn(seed)
    visits = re.findall(r'<path class="needle-strokes" d="([^"]*)"', svg)
    spans = [[float(x) for x in re.findall(r"M([-0-9.]+) ", d)] for d in visits]
    for earlier, later in pairwise(spans):
        assert min(later) - max(earlier) > 3.5, "wider than the gap between two needles of one visit"
    counts = [words for _css, words, *box in boxes(svg) if abs(box[3] - (572 + DESCENT)) < 0.1]
    assert [str(len(span)) for span in spans][-1] == counts[-1]


def test_the_judge_of_this_file_sees_a_word_on_the_fan():
    svg = drawn(3)
    (fan,) = of(svg, "fan3")
    x, y = fan[len(fan) // 4]
    assert "here on the fan" in on_something(svg + f'<text x="{x}" y="{y + 4}">here</text>')
