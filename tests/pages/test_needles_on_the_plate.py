"""Needles on the plate: each point on its own face of the body and in its region, and none hidden under another."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myotome.knowledge.acupoints import acupoints
from myotome.knowledge.muscles import muscles
from myotome.pages.needling.places import FACES, place_of
from myotome.pages.plates import NeedleMark, body_plate, locator
from myotome.pages.plates.marks import spots_of, spread
from myotome.pages.plates.outlines import MIDLINE_X, WHOLE
from myotome.vocabulary.anatomy import NeedleRegion

POINTS = list(acupoints().values())
HEIGHTS = {
    # region: between which heights of the outlines its points stand, a little more than the region
    "head": (92, 240), "neck": (195, 310), "shoulder": (285, 410), "arm": (290, 575), "forearm_hand": (500, 842),
    "upper_back": (296, 505), "chest": (290, 450), "abdomen": (440, 765), "low_back": (480, 665), "buttock": (620, 790),
    "thigh": (728, 1022), "lower_leg": (938, 1270), "foot": (1180, 1364),
}  # fmt: skip
FROM_BEHIND = {"upper_back", "low_back"}
FROM_THE_FRONT = {"chest", "abdomen"}
NAPE = {"BL", "GB", "GV", "TE"}


def place(point, side="left"):
    return place_of("acupoint", point.id, None, side)


def test_every_point_belongs_to_one_row_of_the_faces():
    rows = [(f"{row}{n}") for row, first, last, _view in FACES for n in range(first, last + 1)]
    assert sorted(rows) == sorted(point.id for point in POINTS)


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.id)
def test_a_point_stands_on_its_face_in_its_region_and_on_its_side(point):
    left, right = place(point), place(point, "right")
    region = NeedleRegion(point.region).value
    if region in FROM_BEHIND:
        assert left.view == "back"
    if region in FROM_THE_FRONT:
        assert left.view == "front"
    if region == "neck":
        assert left.view == ("back" if point.id[:2] in NAPE else "front")
    if region == "buttock":
        assert left.view == ("front" if point.id == "GB29" else "back")
    if point.id[:2] in ("ST", "SP", "LR", "LU", "PC"):
        assert left.view == "front"
    low, high = HEIGHTS[region]
    assert low <= left.at[1] <= high
    middle, out = MIDLINE_X[left.view], -1 if left.view == "back" else 1
    if point.midline:
        assert left.at[0] == middle
    else:
        assert (left.at[0] - middle) * out > 0
    assert right.view == left.view
    assert right.at == pytest.approx((2 * middle - left.at[0], left.at[1]), abs=6)


@pytest.mark.parametrize("id", ["GB20", "BL10", "GV15", "GV16"])
def test_a_point_of_the_nape_stands_at_the_neck_from_behind(id):
    found = place(acupoints()[id])
    assert found.view == "back"
    assert 195 <= found.at[1] <= 300
    assert abs(found.at[0] - MIDLINE_X["back"]) < 60


def test_points_of_the_bladder_row_go_down_the_back_in_their_order():
    heights = [place(acupoints()[f"BL{n}"]).at[1] for n in range(11, 27)]
    assert heights == sorted(heights)
    assert len(set(heights)) == len(heights)


def test_a_muscle_of_the_back_is_shown_from_behind():
    for id in muscles():
        if id.startswith("trapezius") or id == "gastrocnemius":
            assert place_of("muscle", id, None, "left").view == "back", id
    assert place_of("muscle", "tibialis_anterior", None, "left").view == "front"
    assert place_of("free", "scar", None, "left") is None


def discs(svg):
    return [
        (float(x), float(y)) for x, y in re.findall(r'<circle cx="([-\d.]+)" cy="([-\d.]+)" r="14"/><text', str(svg))
    ]


def test_no_needle_of_a_plate_is_under_another():
    ids = ("BL10", "GB20", "GV16", "GB20", "GV15")
    found = [place(acupoints()[id]) for id in ids]
    marks = [NeedleMark(n, one.key, "out", one.view, one.at) for n, one in enumerate(found, 1)]
    marks += [NeedleMark(9, "left:splenius_capitis", "out", "back")]
    seen = discs(body_plate("back", needles=marks, crop="head_neck_back"))
    assert len(seen) == 6
    assert min(math.dist(a, b) for i, a in enumerate(seen) for b in seen[:i]) >= 27.8
    assert discs(body_plate("front", needles=marks, crop="head_neck_front")) == []
    assert str(locator("front", needles=marks)).count('class="site') == 0
    assert str(locator("back", needles=marks)).count('class="site') == 6


def test_a_needle_alone_stands_on_its_spot():
    mark = NeedleMark(1, "", "in", "back", (1000.0, 300.0))
    assert spots_of([mark], "back") == [(mark, (1000.0, 300.0))]
    assert spots_of([mark], "front") == []


@given(
    st.lists(st.tuples(st.integers(380, 460), st.integers(300, 360)), min_size=1, max_size=40),
    st.sampled_from([28.0, 44.0]),
)
def test_spread_needles_never_overlap_and_the_first_stays(spots, across):
    placed = spread(spots, across, WHOLE["front"], MIDLINE_X["front"])
    assert placed[0] == spots[0]
    assert len(placed) == len(spots)
    assert all(math.dist(a, b) >= across - 0.02 for i, a in enumerate(placed) for b in placed[:i])


@given(st.lists(st.tuples(st.sampled_from([80, 90, 99.5, 100, 101.5, 110, 120]), st.integers(90, 110)), max_size=20))
def test_a_spread_needle_never_crosses_the_midline(spots):
    for (x, _y), (moved, _y2) in zip(spots, spread(spots, 28.0, (0.0, -400.0, 200.0, 1000.0), 100.0), strict=True):
        assert (abs(x - 100) < 1) == (abs(moved - 100) < 1)
        assert (x > 101) == (moved > 101)


@given(st.lists(st.tuples(st.floats(20, 180), st.floats(20, 180)), min_size=1, max_size=12))
def test_spread_needles_stay_in_what_is_shown(spots):
    for x, y in spread(spots, 28.0, (0.0, 0.0, 200.0, 200.0), 100.0):
        assert 14 <= x <= 186
        assert 14 <= y <= 186
