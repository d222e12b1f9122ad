"""The words "Left" and "Right" of a plate: on the patient's own sides, large enough, whole, and never on the body."""

from __future__ import annotations

import re
from functools import cache

import pytest

from myotome.pages.followup.muscles import LAY_PX, ON_HER_PAGE_PX, THEN_AND_NOW_PX
from myotome.pages.plates import body_plate, region_plate
from myotome.pages.plates.crops import CUTS
from myotome.pages.plates.outlines import MIDLINE_X, skin

WORD = re.compile(r'<text class="side-word" x="([-0-9.]+)" y="([-0-9.]+)" font-size="([0-9.]+)"[^>]*>(\w+)<')
CLIP = re.compile(r'<clipPath id="\w+crop"><rect x="([-0-9.]+)" y="([-0-9.]+)" width="([0-9.]+)" height="([0-9.]+)"')
LETTER, ASCENT, DESCENT = 0.5, 0.72, 0.22
"""Of a letter of these two words, as shares of its size."""


@cache
def outline(view: str) -> list[tuple[float, float]]:
    """The corners of the skin: the ends of its curves, close together."""
    found: list[tuple[float, float]] = []
    for command, numbers in re.findall(r"([MLQCA])([^MLQCAZ]*)", skin(view)):
        values = [float(n) for n in re.findall(r"-?\d*\.?\d+", numbers)]
        step = {"M": 2, "L": 2, "Q": 4, "C": 6, "A": 7}[command]
        found += [(values[k + step - 2], values[k + step - 1]) for k in range(0, len(values), step)]
    return found


def is_on_body(view: str, x: float, y: float) -> bool:
    inside, corners = False, outline(view)
    for (x0, y0), (x1, y1) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if (y0 > y) != (y1 > y) and x < x0 + (x1 - x0) * (y - y0) / (y1 - y0):
            inside = not inside
    return inside


def judged(view: str, svg: str) -> list[str]:
    """What is wrong with the words of a plate."""
    at = [float(n) for n in re.search(r'viewBox="(\S+) (\S+) (\S+) (\S+)"', svg).groups()]
    clip = [float(n) for n in CLIP.search(svg).groups()]
    faults, spans = [], []
    words = [(float(x), float(y), float(size), word) for x, y, size, word in WORD.findall(svg)]
    if not words:
        faults.append("no word of a side")
    for x, y, size, word in words:
        half = LETTER * size * len(word) / 2
        left, right, top, bottom = x - half, x + half, y - ASCENT * size, y + DESCENT * size
        if left < at[0] - 1 or right > at[0] + at[2] + 1 or top < at[1] - 1 or bottom > at[1] + at[3]:
            faults.append(f"{word} is cut")
        is_viewers_left = (view == "back") == (word == "Left")
        if (x < MIDLINE_X[view]) != is_viewers_left:
            faults.append(f"{word} on the other side")
        places = [(left + (right - left) * k / 8, top + (bottom - top) * j / 4) for k in range(9) for j in range(5)]
        drawn = [(a, b) for a, b in places if clip[0] <= a <= clip[0] + clip[2] and clip[1] < b <= clip[1] + clip[3]]
        if any(is_on_body(view, a, b) for a, b in drawn):
            faults.append(f"{word} on the body")
        spans.append((left, right))
    if len(spans) == 2 and max(spans[0][0], spans[1][0]) < min(spans[0][1], spans[1][1]):
        faults.append("one word on the other")
    return faults


@pytest.mark.parametrize("shown_px", [None, THEN_AND_NOW_PX, ON_HER_PAGE_PX, LAY_PX])
@pytest.mark.parametrize("ratio", [None, 0.72])
@pytest.mark.parametrize("crop", CUTS)
def test_the_words_are_whole_on_their_own_side_and_never_on_the_body(crop, ratio, shown_px):
    view, _box = CUTS[crop]
    assert judged(view, str(body_plate(view, crop=crop, ratio=ratio, shown_px=shown_px))) == []


@pytest.mark.parametrize("view", ["front", "back"])
def test_so_they_are_where_regions_are_picked(view):
    assert judged(view, str(region_plate(view))) == []


@pytest.mark.parametrize("shown_px", [THEN_AND_NOW_PX, ON_HER_PAGE_PX, LAY_PX])
@pytest.mark.parametrize("crop", CUTS)
def test_where_the_size_on_a_screen_is_known_they_are_at_least_eleven_pixels_high_there(crop, shown_px):
    view, _box = CUTS[crop]
    svg = str(body_plate(view, crop=crop, shown_px=shown_px))
    width, height = (float(n) for n in re.search(r'viewBox="\S+ \S+ (\S+) (\S+)"', svg).groups())
    scale = min(shown_px[0] / width, shown_px[1] / height)
    assert all(float(size) * scale >= 11 for _x, _y, size, _word in WORD.findall(svg))


def test_the_judge_of_this_file_sees_a_word_on_the_body():
    svg = str(body_plate("back", crop="low_back_buttock"))
    assert "Left on the body" in judged(
        "back", re.sub(r'(class="side-word" x="[-0-9.]+" y=)"[-0-9.]+"', r'\1"560"', svg)
    )
