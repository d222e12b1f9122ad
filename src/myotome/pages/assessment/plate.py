"""The plate of the examination: the region that is open, its muscles engraved by grade, each a link to its keys.

Muscles that the outlines lack are schematic. The labels beside the figure and the list below do what the picture does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from myotome.knowledge import muscles as muscle_table
from myotome.pages.assessment.names import SIDE_WORDS, sign_name, subject_name, value_words
from myotome.pages.assessment.touch import REFLEXES, SKIN, SPINE
from myotome.pages.plates import CROPS, body_plate, locator, part_key, shapes_of
from myotome.pages.plates.shapes import split_key
from myotome.vocabulary.anatomy import ExamRegion, NeedleRegion

CROP_OF: Mapping[str, tuple[str, str]] = {
    # what is open: crop from the back, crop from the front
    NeedleRegion.HEAD: ("head_neck_back", "head_neck_front"),
    NeedleRegion.NECK: ("head_neck_back", "head_neck_front"),
    NeedleRegion.SHOULDER: ("shoulder_back", "shoulder_front"),
    NeedleRegion.UPPER_BACK: ("shoulder_back", "shoulder_front"),
    NeedleRegion.CHEST: ("shoulder_back", "shoulder_front"),
    NeedleRegion.ARM: ("back_half", "shoulder_front"),
    NeedleRegion.FOREARM_HAND: ("whole_back", "whole_front"),
    NeedleRegion.ABDOMEN: ("low_back_close", "trunk_front"),
    NeedleRegion.LOW_BACK: ("low_back_close", "trunk_front"),
    NeedleRegion.BUTTOCK: ("low_back_close", "hip_thigh_front"),
    NeedleRegion.THIGH: ("thigh_back", "hip_thigh_front"),
    NeedleRegion.LOWER_LEG: ("leg_back", "leg_front"),
    NeedleRegion.FOOT: ("leg_back", "leg_front"),
}
OPENED_BY: Mapping[str, tuple[NeedleRegion, NeedleRegion]] = {
    # a zone of the body: what it opens from the back, and from the front
    "head": (NeedleRegion.HEAD, NeedleRegion.HEAD),
    "jaw_face": (NeedleRegion.HEAD, NeedleRegion.HEAD),
    "neck": (NeedleRegion.NECK, NeedleRegion.NECK),
    "shoulder": (NeedleRegion.SHOULDER, NeedleRegion.SHOULDER),
    "upper_arm": (NeedleRegion.ARM, NeedleRegion.ARM),
    "elbow": (NeedleRegion.FOREARM_HAND, NeedleRegion.FOREARM_HAND),
    "forearm": (NeedleRegion.FOREARM_HAND, NeedleRegion.FOREARM_HAND),
    "hand": (NeedleRegion.FOREARM_HAND, NeedleRegion.FOREARM_HAND),
    "upper_back": (NeedleRegion.UPPER_BACK, NeedleRegion.UPPER_BACK),
    "chest": (NeedleRegion.CHEST, NeedleRegion.CHEST),
    "abdomen": (NeedleRegion.ABDOMEN, NeedleRegion.ABDOMEN),
    "low_back": (NeedleRegion.LOW_BACK, NeedleRegion.LOW_BACK),
    "buttock": (NeedleRegion.BUTTOCK, NeedleRegion.BUTTOCK),
    "hip_groin": (NeedleRegion.THIGH, NeedleRegion.THIGH),
    "thigh": (NeedleRegion.THIGH, NeedleRegion.THIGH),
    "knee": (NeedleRegion.LOWER_LEG, NeedleRegion.THIGH),
    "lower_leg": (NeedleRegion.LOWER_LEG, NeedleRegion.LOWER_LEG),
    "foot": (NeedleRegion.FOOT, NeedleRegion.FOOT),
}
SPINE_CROP = {ExamRegion.NECK_ARM: "shoulder_back", ExamRegion.BACK_LEG: "low_back_close", "": "back_half"}
FRONT_FIRST = {NeedleRegion.CHEST, NeedleRegion.ABDOMEN}
MOST_LABELS = 8
WIDEST_LABELLED = 330.0
"""Width of a crop beside which names can stand and still be read on a tablet."""


def plate_of(
    asked: Mapping[str, str],
    opened: str,
    region: str,
    charted: Mapping[str, int],
    href: Callable[..., str],
) -> dict[str, Any]:
    """The plate, both locators, the view shown and the other one; `href` makes links of what is open."""
    view = asked.get("view", "")
    if view not in ("back", "front"):
        view = "front" if opened in FRONT_FIRST else "back"
    crop = _crop(opened, region, view)
    states, details = _states(opened, charted, view, crop)
    selected = [key for key in states if asked.get("at", "") and _at(key) == asked["at"]]
    names = {key: subject_name("muscle", *split_key(key)[1:]) for key in states}
    names |= {key: f"{names[key]}, {SIDE_WORDS[split_key(key)[0]]}" for key, grade in states.items() if grade is None}
    tested = {key: grade for key, grade in states.items() if grade is not None}
    title = _("Back view, %(place)s") if view == "back" else _("Front view, %(place)s")
    return {
        "view": view,
        "other_view": "front" if view == "back" else "back",
        "plate": body_plate(
            view,
            states=states,
            names=names,
            details=details,
            crop=crop,
            selected=selected,
            labelled=_labels(tested, crop),
            deep=asked.get("layer", "deep") != "superficial",
            href=lambda key: href(at=_at(key)),
            zones=_zones(view, opened, href),
            title=title % {"place": opened.replace("_", " ")},
        ),
        "locators": _locators(crop, view, tested),
    }


def _zones(view: str, opened: str, href: Callable[..., str]) -> dict[str, tuple[str, str]]:
    """Each zone that is not open yet leads to its muscles by layer."""
    found = {}
    for zone, (back, front) in OPENED_BY.items():
        region = back if view == "back" else front
        if region == opened:
            continue
        for side in ("left", "right"):
            words = _("%(place)s, %(side)s: its muscles by layer") % {
                "place": _(region.replace("_", " ").capitalize()),
                "side": SIDE_WORDS[side],
            }
            found[f"{side}:{zone}"] = (href(open=region.value), words)
    return found


def _labels(tested: Mapping[str, int], crop: str) -> list[str]:
    """What was found on the side with more findings, worst first; none where names would leave no room for the body."""
    if CROPS[crop][1][2] > WIDEST_LABELLED:
        return []
    sides = Counter(split_key(key)[0] for key in tested)
    side = max(sides, key=lambda one: sides[one], default="")
    worst = sorted((key for key in tested if split_key(key)[0] == side), key=lambda key: -tested[key])
    return worst[:MOST_LABELS]


def _locators(crop: str, view: str, tested: Mapping[str, int]) -> list[tuple[str, SafeString]]:
    return [(one, locator(one, crop=crop if one == view else None, states=tested)) for one in ("back", "front")]


def _crop(opened: str, region: str, view: str) -> str:
    if opened in (SPINE, SKIN, REFLEXES):
        return SPINE_CROP[region] if view == "back" else "trunk_front"
    back, front = CROP_OF[NeedleRegion(opened)]
    return back if view == "back" else front


def _states(
    opened: str, charted: Mapping[str, int], view: str, crop: str
) -> tuple[dict[str, int | None], dict[str, str]]:
    """Every muscle of what is open that can be drawn, not tested unless charted; all that is charted elsewhere."""
    states: dict[str, int | None] = {}
    for row in muscle_table.muscles().values():
        if row.region == opened and not row.levels and row.palpable:
            states |= {part_key(row.id, side): None for side in ("left", "right")}
    details: dict[str, str] = {}
    for key, grade in charted.items():
        kind, subject, level, side, sign = key.split(":")
        if kind != "muscle" or sign == "weak":
            continue
        part = part_key(subject, side, level)
        if (states.get(part) or -1) < grade:
            states[part] = grade
            details[part] = f"{SIDE_WORDS[side]}, {sign_name(kind, sign)} {value_words(kind, sign, grade)}"
    drawn = {part: grade for part, grade in states.items() if any(s.view == view for s in shapes_of(part))}
    return drawn, details


def _at(key: str) -> str:
    _side, muscle, level = split_key(key)
    return f"{muscle}:{level}" if level else muscle
