"""The column of labels beside the figure: both sides in words, never on top of each other, each leader to its muscle."""

from __future__ import annotations

import re

import pytest

from myotome.pages.assessment.labels import MOST, SLOTS, label_column, muscle_words, site_of
from myotome.pages.plates import anchor_of, body_plate, box_of, part_key

BUTTOCK = ("gluteus_maximus", "gluteus_medius", "gluteus_minimus", "piriformis", "quadratus_femoris")


def column(states, *, signs=None, chosen="", opened=(), view="back", crop="low_back_close"):
    return label_column(
        states,
        {key: at for key in states if (at := anchor_of(key, view))},
        lambda keys: muscle_words(keys, states, signs or {}),
        chosen=chosen,
        opened=opened,
        box=box_of(view, crop, 0.72),
        href=lambda **asked: f"?at={asked['at']}",
    )


def untested(*muscles, level=""):
    return {part_key(muscle, side, level): None for muscle in muscles for side in ("left", "right")}


def test_a_row_is_a_muscle_with_both_its_sides_in_words() -> None:
    states = untested(*BUTTOCK) | {"left:gluteus_medius": 3, "right:gluteus_medius": 0, "left:piriformis": 2}
    signs = {"left:gluteus_medius": "shortened", "right:gluteus_medius": "shortened", "left:piriformis": "tender"}
    told = {label.name: (label.sides, label.href) for label in column(states, signs=signs)}
    assert told["Gluteus medius"] == ("left 3, right normal", "?at=gluteus_medius")
    assert told["Piriformis"] == ("left tender 2", "?at=piriformis")
    assert told["Gluteus minimus"] == ("neither side tested", "?at=gluteus_minimus")
    assert len(told) == len(BUTTOCK)


@pytest.mark.parametrize("view", ["back", "front"])
def test_rows_stand_in_slots_of_their_own_in_order_of_height_with_the_last_left_free(view: str) -> None:
    levels = {part_key("multifidus", "left", level): None for level in ("T12", "L1", "L2", "L3", "L4", "L5", "S1")}
    states = untested(*BUTTOCK, "rectus_femoris", "sartorius", "quadratus_lumborum") | levels
    crop = "low_back_close" if view == "back" else "trunk_front"
    labels = column(states, view=view, crop=crop)
    slots = [label.slot for label in labels]
    assert slots == sorted(set(slots))
    assert len(labels) <= MOST
    assert all(1 <= slot < SLOTS for slot in slots)
    heights = [min(anchor_of(f"{side}:{site_of(label.leads_to)}", view)[1] for side in ("left",)) for label in labels]
    assert heights == sorted(heights)


def test_where_there_is_no_room_the_chosen_one_stays_then_what_is_open_then_the_worst() -> None:
    levels = [f"multifidus:{level}" for level in ("T12", "L1", "L2", "L3", "L4", "L5", "S1")]
    states = {f"left:{site}": None for site in levels} | {"left:piriformis": 1, "left:gluteus_medius": 3}
    states["left:gluteus_maximus"] = 1
    kept = [label.href for label in column(states, signs=dict.fromkeys(states, "shortened"), opened=levels)]
    assert set(kept) == {f"?at={site}" for site in [*levels, "gluteus_medius"]}
    asked = column(states, signs=dict.fromkeys(states, "shortened"), opened=levels, chosen="piriformis")
    assert [label.name for label in asked if label.is_chosen] == ["Piriformis"]
    assert len(asked) == MOST


@pytest.mark.parametrize(
    ("view", "crop", "middle", "nearer"),
    [("back", "shoulder_back", 1084, "left"), ("front", "shoulder_front", 364, "right")],
)
def test_a_leader_leads_to_the_worse_side_and_of_equals_to_the_nearer(view, crop, middle, nearer) -> None:
    states = untested("deltoid")
    (label,) = column(states, view=view, crop=crop)
    assert label.leads_to == f"{nearer}:deltoid"
    assert anchor_of(label.leads_to, view)[0] < middle, "the labels stand on the viewer's left"
    worse = {"left": "right", "right": "left"}[nearer]
    (label,) = column(states | {f"{worse}:deltoid": 1}, signs={f"{worse}:deltoid": "tender"}, view=view, crop=crop)
    assert label.leads_to == f"{worse}:deltoid"


def test_what_the_view_does_not_show_or_cuts_off_has_no_row() -> None:
    assert column(untested("tibialis_anterior")) == []
    assert column(untested("biceps_brachii"), view="back") == []


def test_the_figure_draws_each_leader_from_its_slot_at_the_left_edge_to_the_muscle() -> None:
    x, y, _w, h = box_of("back", "low_back_close", 0.72)
    svg = body_plate(
        "back", states={"left:piriformis": 2}, crop="low_back_close", ratio=0.72, leaders={"left:piriformis": 0.5}
    )
    ax, ay = anchor_of("left:piriformis", "back")
    (path,) = re.findall(r'class="leader" d="M([\d.]+) ([\d.]+)H[\d.]+L([\d.]+) ([\d.]+)"', svg)
    assert [float(number) for number in path] == pytest.approx([x, y + h / 2, ax, ay], abs=0.06)


@pytest.mark.parametrize("crop", ["shoulder_back", "leg_back", "back_half"])
def test_a_crop_grows_to_the_proportion_and_keeps_what_it_shows(crop: str) -> None:
    x, y, w, h = box_of("back", crop)
    fx, fy, fw, fh = box_of("back", crop, 0.72)
    assert fw / fh == pytest.approx(0.72)
    assert max(fx - x, fy - y) <= 0
    assert min(fx + fw - x - w, fy + fh - y - h) >= -1e-9
