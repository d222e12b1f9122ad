"""The plates show the patient's own left and right, name every part, and never share an id."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from myotome.knowledge.muscles import muscles
from myotome.knowledge.signs import dermatomes
from myotome.pages.plates import (
    NeedleMark,
    areas_of,
    body_plate,
    crop_for,
    locator,
    middle_of,
    part_key,
    region_plate,
    shapes_of,
    skin_plate,
)
from myotome.pages.plates.dermatomes import areas
from myotome.pages.plates.instruments import count_ring, needle_to_scale
from myotome.pages.plates.ladder import root_ladder
from myotome.pages.plates.outlines import MIDLINE_X, WHOLE, pair
from myotome.pages.plates.schematic import CONTOURS, SPINDLES, STRIPS
from myotome.pages.plates.shapes import OUTLINED
from myotome.pages.plates.zones import ZONES, views_of
from myotome.vocabulary.anatomy import ROOTS, PainRegion

SVG = "{http://www.w3.org/2000/svg}"


def test_in_the_back_view_the_patients_left_is_on_the_viewers_left():
    for muscle, view, _refs, _deg in OUTLINED:
        if view == "back":
            shape = next(s for s in shapes_of(part_key(muscle, "left")) if s.view == "back" and not s.deep)
            assert shape.anchor[0] < MIDLINE_X["back"], muscle


def test_in_the_front_view_the_patients_left_is_on_the_viewers_right():
    for muscle, view, _refs, _deg in OUTLINED:
        if view == "front":
            shape = next(s for s in shapes_of(part_key(muscle, "left")) if s.view == "front" and not s.deep)
            assert shape.anchor[0] > MIDLINE_X["front"], muscle


@pytest.mark.parametrize(("view", "x_sign"), [("back", -1), ("front", 1)])
def test_schematic_muscles_follow_the_same_sides(view, x_sign):
    names = [row[0] for row in (*SPINDLES, *CONTOURS) if row[1] == view]
    for muscle in names:
        for shape in shapes_of(part_key(muscle, "left")):
            if shape.view == view:
                assert (shape.anchor[0] - MIDLINE_X[view]) * x_sign > 0, muscle


def test_every_right_part_mirrors_its_left_twin():
    for _muscle, view, refs, _deg in OUTLINED:
        for slug, number in refs:
            twins = pair(view, slug, number)
            left, right = twins["left"].anchor, twins["right"].anchor
            assert abs(left[0] + right[0] - 2 * MIDLINE_X[view]) < 12, (view, slug, number)
            assert abs(left[1] - right[1]) < 12, (view, slug, number)


def test_every_shape_lies_inside_its_view():
    keys = [part_key(row[0], side) for row in (*SPINDLES, *CONTOURS, *OUTLINED) for side in ("left", "right")]
    keys += [part_key(m, side, root) for m in STRIPS for root in ROOTS for side in ("left", "right")]
    for key in keys:
        for shape in shapes_of(key):
            x, y, w, h = WHOLE[shape.view]
            x0, y0, x1, y1 = shape.box
            assert x <= x0 <= x1 <= x + w, key
            assert y <= y0 <= y1 <= y + h, key


def test_levels_go_down_the_spine_in_cord_order():
    tops = [shapes_of(part_key("multifidus", "left", root))[0].box[1] for root in ROOTS[1:]]
    assert tops == sorted(tops)


def test_every_region_of_pain_can_be_pointed_at():
    assert set(ZONES) == {r.value for r in PainRegion}
    assert all(views_of(region) for region in ZONES)


def _ids(svg: str) -> list[str]:
    return re.findall(r'\bid="([^"]+)"', svg)


def test_two_plates_on_one_page_share_no_id():
    states = {"left:gluteus_medius": 3, "right:gluteus_medius": 0, "left:multifidus:L5": 1}
    page = (
        body_plate("back", states=states) + body_plate("back", states=states) + region_plate("front") + locator("back")
    )
    assert len(_ids(page)) == len(set(_ids(page)))


@pytest.mark.parametrize(
    "svg",
    [
        body_plate("back", states={"left:piriformis": 2}, labelled=True, crop="low_back_buttock"),
        region_plate("front", selected=["left:knee"]),
        locator("front"),
        count_ring(n_in=1, n_out=7, n_planned=3),
        needle_to_scale(depth_mm=40, length_mm=60),
        root_ladder([{"root": "L5", "side": "left", "p": 0.83, "low": 0.7, "high": 0.9}]),
    ],
)
def test_a_plate_is_well_formed_and_carries_no_inline_style_or_script(svg):
    ElementTree.fromstring(svg)
    assert "style=" not in svg
    assert "<script" not in svg
    assert "onclick" not in svg


def test_every_fill_refers_to_a_pattern_of_the_same_plate():
    states = {"left:gluteus_medius": 3, "left:tibialis_anterior": 1, "right:multifidus:L4": None, "left:soleus": 0}
    for svg in (body_plate("back", states=states), body_plate("front", states=states), region_plate("back")):
        assert set(re.findall(r"url\(#([^)]+)\)", svg)) <= set(_ids(svg))


def test_a_plate_says_in_words_what_it_shows():
    svg = body_plate(
        "back",
        states={"left:gluteus_medius": 3, "right:gluteus_medius": 0, "left:piriformis": None},
        names={"left:gluteus_medius": "Gluteus medius, left"},
        details={"left:gluteus_medius": "shortened 3"},
    )
    words = ElementTree.fromstring(svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))
    desc = words.find(f"{SVG}desc").text
    assert desc == "Gluteus medius, left: shortened 3. gluteus medius, right: normal. piriformis, left: not tested."


def test_normal_not_tested_and_each_grade_are_told_apart_without_colour():
    fills = {
        grade: re.search(
            r'<path class="m [^"]*schematic[^"]*"([^>]*?) d=', body_plate("back", states={"left:piriformis": grade})
        )
        for grade in (None, 0, 1, 2, 3)
    }
    found = {grade: re.sub(r"p\d+f", "", match.group(1)) for grade, match in fills.items()}
    assert found[0] == ""
    assert len(set(found.values())) == 5


def test_words_given_to_a_plate_are_escaped():
    svg = body_plate(
        "back", states={"left:piriformis": 1}, names={"left:piriformis": '"><script>x'}, labelled=True, href="?m="
    )
    assert "<script" not in svg


def test_a_muscle_that_no_plate_draws_stays_in_the_words():
    svg = body_plate("back", states={"left:tensor_veli_palatini": 2})
    assert "tensor veli palatini, left: 2" in svg


def test_every_muscle_of_the_tables_is_drawn_on_both_sides():
    not_drawn = [
        (row.id, level, side)
        for row in muscles().values()
        for level in row.levels or ("",)
        for side in ("left", "right")
        if not shapes_of(part_key(row.id, side, level))
    ]
    assert not_drawn == []


def test_parts_of_a_muscle_are_drawn_as_their_whole():
    assert shapes_of("left:trapezius_upper")
    assert shapes_of("left:deltoid_posterior")
    assert shapes_of("left:gastrocnemius_medial")
    assert shapes_of("left:peroneus_longus")


def test_the_smallest_crop_that_shows_the_muscles_is_chosen():
    assert crop_for("back", ["left:gluteus_medius", "left:multifidus:L5"]) == "low_back_close"
    assert crop_for("front", ["left:tibialis_anterior"]) == "leg_front"
    assert crop_for("back", []) == "whole_back"


def test_a_needle_stands_in_its_muscle():
    svg = body_plate("back", needles=[NeedleMark(9, "left:gluteus_medius", "in")])
    x = float(re.search(r'site in">.*?cx="([0-9.]+)"', svg).group(1))
    shape = next(s for s in shapes_of("left:gluteus_medius") if s.deep)
    assert shape.box[0] <= x <= shape.box[2]


@pytest.mark.parametrize(
    ("counts", "label"),
    [
        ({"n_in": 1, "n_out": 7, "n_planned": 4}, "1 in, 7 out, 4 planned"),
        ({"n_in": 0, "n_out": 0}, "0 in, 0 out, 0 planned"),
        ({"n_in": 2, "n_out": 70, "n_odd": 1}, "3 in, 70 out, 0 planned"),
    ],
)
def test_the_count_ring_says_its_counts(counts, label):
    svg = count_ring(**counts)
    assert f'aria-label="{label}"' in svg


def test_a_needle_is_never_drawn_deeper_than_it_is_long():
    assert needle_to_scale(depth_mm=80, length_mm=50) == needle_to_scale(depth_mm=50, length_mm=50)


def test_the_ladder_is_grey_below_15_and_keeps_all_thirty_roots():
    roots = [{"root": r, "side": s, "p": 0.04, "low": None, "high": None} for r in ROOTS for s in ("left", "right")]
    roots[2 * ROOTS.index("L5")] = {"root": "L5", "side": "left", "p": 0.83, "low": 0.7, "high": 0.9}
    svg = root_ladder(roots)
    assert svg.count('class="p"') == 1
    assert 'class="p low"' in svg
    assert "L5 left 83 in 100" in svg
    assert svg.count('class="band"') == 1


def test_every_area_of_skin_of_the_tables_is_drawn_on_its_own_side_and_inside_its_view():
    for view in ("back", "front"):
        x, y, w, h = WHOLE[view]
        for key in areas_of(view):
            side, _colon, root = key.partition(":")
            sign = -1 if (view == "back") == (side == "left") else 1
            for px, py in (point for polygon in areas(view, root, side) for point in polygon):
                assert x <= px <= x + w, key
                assert y <= py <= y + h, key
                assert (px - MIDLINE_X[view]) * sign >= 0, key
    drawn = {key for view in ("back", "front") for key in areas_of(view)}
    assert drawn == {f"{side}:{root}" for root in dermatomes() for side in ("left", "right")}


@pytest.mark.parametrize(
    ("view", "low", "high"),
    [("front", "T4", "T10"), ("front", "T10", "L1"), ("back", "C4", "T4"), ("front", "L2", "L4")],
)
def test_the_skin_of_the_trunk_and_leg_goes_down_in_cord_order(view, low, high):
    assert middle_of(f"left:{low}", view)[1] < middle_of(f"left:{high}", view)[1]


def test_the_thumb_is_c6_and_the_little_finger_c8():
    thumb, little = (middle_of(f"left:{root}", "front")[0] for root in ("C6", "C8"))
    assert thumb > little > MIDLINE_X["front"]


def a_skin_plate(grade, **more):
    states = {"left:L5": grade}
    details = {"left:L5": "cold"} if grade else {}
    return skin_plate(
        "front", WHOLE["front"], states=states, names={"left:L5": "Skin over L5, left"}, details=details,
        leaders=more.pop("leaders", {}), href=lambda key: f"?at={key}", title="Skin", **more,
    )  # fmt: skip


def test_a_skin_plate_tells_not_tested_absent_and_each_number_of_signs_apart_without_colour():
    found = {}
    for grade in (None, 0, 1, 2, 3):
        svg = a_skin_plate(grade)
        ElementTree.fromstring(svg)
        assert "style=" not in svg
        assert set(re.findall(r"url\(#([^)]+)\)", svg)) <= set(_ids(svg))
        area = re.search(r'aria-label="Skin over L5, left[^"]*"><path class="([^"]*)"', svg)
        dots = re.search(r'<pattern id="[^"]*" width="([^"]*)"', svg)
        found[grade] = (area.group(1), dots and dots.group(1))
    assert len(set(found.values())) == 5


def test_a_skin_plate_says_what_was_found_and_leads_to_it():
    svg = a_skin_plate(1, selected=["left:L5"], leaders={"left:L5": 0.5, "left:S5": 0.9})
    assert "Skin over L5, left: cold." in svg
    assert 'href="?at=left:L5"' in svg
    assert "area s1 selected" in svg
    assert svg.count("leader-dot") == 1  # the front does not show S5
    assert 'area-name led">L5' in re.sub(r' x="[^"]*" y="[^"]*" font-size="[^"]*"', "", svg)


def test_the_small_whole_body_shows_signs_of_the_skin():
    svg = locator("front", skin_signs={"left:L5": 2, "right:L5": 0})
    assert svg.count('class="area') == 2
    assert set(re.findall(r"url\(#([^)]+)\)", svg)) <= set(_ids(svg))
