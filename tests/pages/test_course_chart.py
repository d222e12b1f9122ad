"""The graph of a course of any length can be read: its numbers stand apart, and its days say of which year they are."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise

import pytest

from myotome.pages.followup.drawing import ChartData, course_chart

DAY = date(2026, 10, 1)
DIGIT, LETTER = 7.2, 7.6


def graph(n, *, every=7, needles=9):
    """The graph of `n` visits, each with a score of its day."""
    days = [DAY + timedelta(days=every * k) for k in range(n)]
    visits, pain = [(day, k, needles) for k, day in enumerate(days, start=1)], [(day, 5) for day in days]
    data = ChartData(pain=pain, function=[], shortened=[], visits=visits, pain_line=3, function_line=None)
    return str(course_chart(data))


def in_row(svg, y, width):
    """(words, left, right) of the words that stand in the middle of their place at this height, from left to right."""
    found = re.findall(rf'<text(?: class="strong")? x="([-0-9.]+)" y="{y}" text-anchor="middle">([^<]*)</text>', svg)
    return sorted((float(x) - width * len(w) / 2, float(x) + width * len(w) / 2, w) for x, w in found)


@pytest.mark.parametrize(("n", "every"), [(1, 7), (4, 7), (12, 7), (20, 7), (60, 7), (260, 7), (12, 400), (900, 3)])
def test_the_numbers_of_visits_and_needles_and_the_days_stand_apart_and_the_last_visit_is_named(n, every):
    svg = graph(n, every=every)
    for y, width in ((22, DIGIT), (572.0, DIGIT), (628, LETTER)):
        row = in_row(svg, y, width)
        assert row
        for (_, right, words), (left, _, other) in pairwise(row):
            assert right <= left, (words, other)
    assert in_row(svg, 22, DIGIT)[-1][2] == str(n)
    assert svg.count('class="visit"') == len(in_row(svg, 22, DIGIT))
    assert svg.count('class="needle-strokes"') == n, "every needle is drawn"


def test_up_to_twenty_weekly_visits_each_has_its_number_and_its_dot():
    svg = graph(20)
    assert [words for *_, words in in_row(svg, 22, DIGIT)] == [str(k) for k in range(1, 21)]
    assert svg.count('class="pain-dot"') == 20


def test_a_score_is_on_the_line_though_its_dot_would_hide_it():
    svg = graph(260)
    (line,) = re.findall(r'<path class="pain" d="M([^"]*)"', svg)
    assert len(line.split("L")) == 260
    at = [float(x) for x in re.findall(r'<circle class="pain-dot" cx="([-0-9.]+)"', svg)]
    assert all(later - earlier >= 12 for earlier, later in pairwise(at))


@pytest.mark.parametrize(("n", "words"), [(20, "1 Oct"), (260, "Oct 2026")])
def test_a_graph_of_more_than_a_year_says_of_which_year_its_days_are(n, words):
    assert in_row(graph(n), 628, LETTER)[0][2] == words
