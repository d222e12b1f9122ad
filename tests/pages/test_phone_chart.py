"""Her chart on a phone: no word lies over another, over the line of change, or outside the drawing."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from myotome.pages.portal.drawing import phone_chart

DAY = date(2026, 10, 1)
LETTER, ASCENT, DESCENT = 7.6, 10.5, 3.5
"""A wide guess at a letter of 13 px: digits and small letters are narrower."""
TEXT = re.compile(r'<text class="?([^" ]*)"? ?x="([-0-9.]+)" y="([-0-9.]+)"(?: text-anchor="(\w+)")?>([^<]*)</text>')
PLAIN = re.compile(r'<text x="([-0-9.]+)" y="([-0-9.]+)"(?: text-anchor="(\w+)")?>([^<]*)</text>')


def boxes(svg: str) -> list[tuple[str, float, float, float, float]]:
    """(words, left, right, top, bottom) of every text."""
    found = [m.groups()[1:] for m in TEXT.finditer(svg)] + [m.groups() for m in PLAIN.finditer(svg)]
    assert len(found) == svg.count("<text")
    rows = []
    for x, y, anchor, words in found:
        width = LETTER * len(words)
        left = float(x) - (width / 2 if anchor == "middle" else width if anchor == "end" else 0)
        rows.append((words, left, left + width, float(y) - ASCENT, float(y) + DESCENT))
    return rows


@pytest.mark.parametrize("last", range(11))
@pytest.mark.parametrize("first", range(11))
def test_no_word_lies_over_another_or_over_the_line_of_change(first, last):
    line = 0.7 * first
    pain = [(DAY, first), (DAY + timedelta(days=9), 10), (DAY + timedelta(days=28), last)]
    svg = str(phone_chart(pain, line))
    height = float(re.search(r'viewBox="0 0 330 (\d+)"', svg).group(1))
    rows = boxes(svg)
    for words, left, right, top, bottom in rows:
        assert left >= -1, words
        assert right <= 331, words
        assert top >= 0, words
        assert bottom <= height, words
    for k, (words, left, right, top, bottom) in enumerate(rows):
        for other, left2, right2, top2, bottom2 in rows[k + 1 :]:
            assert right <= left2 or right2 <= left or bottom <= top2 or bottom2 <= top, (words, other)
    across = 26 + 130 * (1 - line / 10)
    now = next(row for row in rows if row[0].endswith(" now"))
    assert not now[3] + 2 < across < now[4] - 2, "the last score stands on the line of change"


def test_the_ends_of_the_axis_stand_at_their_lines():
    svg = str(phone_chart([(DAY, 5), (DAY + timedelta(days=7), 4)], 3.5))
    for end, y in (("10", 26), ("0", 156)):
        (top, bottom) = next(row[3:] for row in boxes(svg) if row[0] == end)
        assert top < y < bottom


def test_without_a_line_there_are_no_words_of_it():
    svg = str(phone_chart([(DAY, 5), (DAY + timedelta(days=7), 4)], None))
    assert "notice" not in svg
    assert "mean" not in svg


def test_the_scale_says_its_ends_left_of_the_line():
    svg = str(phone_chart([(DAY, 10), (DAY + timedelta(days=7), 0)], 7))
    ends = {
        words: (right, (top + bottom) / 2) for words, _left, right, top, bottom in boxes(svg) if words in {"0", "10"}
    }
    (first_x, at_ten), (_last_x, at_nought) = re.findall(r'<circle class="pain-dot" cx="([0-9.]+)" cy="([0-9.]+)"', svg)
    assert ends["10"][0] < float(first_x) - 5
    assert abs(ends["10"][1] - float(at_ten)) < 3
    assert abs(ends["0"][1] - float(at_nought)) < 3
