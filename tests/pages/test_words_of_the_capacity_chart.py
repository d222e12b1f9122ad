"""The picture of a simulated year says what it shows, and on a phone, where its words are largest, none lies on another."""

from __future__ import annotations

import re
from itertools import combinations

import pytest

from myotome.pages.owner.capacity import LARGEST_TYPE, year_picture

LETTER, ASCENT, DESCENT = 0.56, 0.75, 0.25
YEAR = [40 + k % 12 for k in range(52)]


@pytest.mark.parametrize(
    ("weeks", "low", "high"),
    [(YEAR, 34, 52), (YEAR, 50, 52), (YEAR, 2, 51), ([3, 4] * 26, 3, 4), ([0] * 52, 0, 1), ([140] * 52, 101, 180)],
)
@pytest.mark.parametrize("size", [13.0, LARGEST_TYPE])
def test_no_word_lies_on_another_on_a_bar_or_out_of_the_picture(weeks, low, high, size):
    svg = str(year_picture(weeks, low, high))
    width, height = (float(n) for n in re.search(r'viewBox="0 0 (\S+) (\S+)"', svg).groups())
    boxes = [
        (words, float(x), float(y) - ASCENT * size, float(x) + LETTER * size * len(words), float(y) + DESCENT * size)
        for x, y, words in re.findall(r'<text[^>]* x="([0-9.]+)" y="([0-9.]+)">([^<]+)</text>', svg)
    ]
    assert {"Visits in each week", "52 weeks of one simulated clinic", "0", str(high)} <= {row[0] for row in boxes}
    bars = [
        tuple(float(n) for n in row)
        for row in re.findall(r'<rect class="short" x="(\S+)" y="(\S+)" width="(\S+)" height="(\S+)"', svg)
    ]
    for words, left, top, right, bottom in boxes:
        assert left >= 0, words
        assert right <= width, words
        assert top >= 0, words
        assert bottom <= height, words
        for x, y, w, h in bars:
            assert h == 0 or right <= x or left >= x + w or bottom <= y or top >= y + h, words
    for (a, l0, t0, r0, b0), (b, l1, t1, r1, b1) in combinations(boxes, 2):
        assert r0 <= l1 or r1 <= l0 or b0 <= t1 or b1 <= t0, (a, b)
