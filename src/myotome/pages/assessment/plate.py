"""The plate of the examination: the region that is open in one of its layers, each part a link to its keys.

Muscles are engraved by grade; those that the outlines lack are schematic. A column of labels stands beside the figure, one row a muscle, on leader
lines: it is the touch target that a small muscle cannot be. The list below does what the picture does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from myotome.knowledge import muscles as muscle_table
from myotome.pages.assessment.labels import RATIO, label_column, muscle_words, site_of
from myotome.pages.assessment.layers import Site, layer_of, lies_in, switch
from myotome.pages.assessment.names import SIDE_WORDS, found_words, subject_name
from myotome.pages.assessment.skin import skin_in
from myotome.pages.assessment.touch import DEEP, REFLEXES, REGIONS, SKIN, SPINE, levels_from_the_limb
from myotome.pages.plates import anchor_of, body_plate, box_of, locator, part_key, shapes_of
from myotome.pages.plates.crops import Box
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
SKIN_CROP = {
    # the skin of all roots of a region: from the back, from the front
    ExamRegion.NECK_ARM: ("upper_half_back", "upper_half_front"),
    ExamRegion.BACK_LEG: ("from_the_waist_back", "from_the_waist_front"),
    "": ("whole_back", "whole_front"),
}
FRONT_FIRST = {NeedleRegion.CHEST, NeedleRegion.ABDOMEN}


def plate_of(
    asked: Mapping[str, str],
    opened: Mapping[str, Any],
    region: str,
    charted: Mapping[str, int],
    href: Callable[..., str],
) -> dict[str, Any]:
    """The plate in its layer, its labels, both locators, the view shown and the other one.

    `opened` is the touch panel, which says what is open; `href` makes links of what is open.
    """
    place = opened["place"]
    view = asked.get("view", "")
    if view not in ("back", "front"):
        view = "front" if place in FRONT_FIRST else "back"
    crop = _crop(place, region, view)
    sites = _sites(place, opened["spine"], region)
    layer = layer_of(asked, opened["opened"], sites, view)
    words = _("Back view, %(place)s") if view == "back" else _("Front view, %(place)s")
    title = words % {"place": place.replace("_", " ")}
    drawn = {"view": view, "other_view": "front" if view == "back" else "back", "layers": switch(layer, href)}
    if layer == SKIN:
        return drawn | skin_in(view, crop, region, charted, chosen=asked.get("at", ""), title=title, href=href)
    chosen = asked.get("at", "")
    deep = layer == DEEP
    box = box_of(view, crop, RATIO)
    inside = _around_the_spine(region) if place in (SPINE, REFLEXES) and not deep else sites
    shown = [site for site in inside if lies_in(site, layer, view)]
    states, signs = _states(shown, charted, view, layer, chosen)
    places = {key: at for key in states if (at := anchor_of(key, view, deep=deep)) and _is_in(at, box)}
    if not deep:
        states = {key: grade for key, grade in states.items() if key in places}
    labels = label_column(
        states,
        places,
        lambda keys: muscle_words(keys, states, signs),
        chosen=chosen,
        opened={site_of(part_key(id, "left", level)) for id, level in shown},
        box=box,
        href=href,
    )
    names = {key: subject_name("muscle", *split_key(key)[1:]) for key in states}
    names |= {key: f"{names[key]}, {SIDE_WORDS[split_key(key)[0]]}" for key, grade in states.items() if grade is None}
    tested = {key: grade for key, grade in states.items() if grade is not None}
    details = {
        key: f"{SIDE_WORDS[split_key(key)[0]]}, {found_words('muscle', sign, tested[key])}"
        for key, sign in signs.items()
        if key in tested
    }
    return drawn | {
        "plate": body_plate(
            view,
            states=states,
            names=names,
            details=details,
            crop=crop,
            selected=[key for key in states if site_of(key) == chosen],
            ratio=RATIO,
            leaders={label.leads_to: label.share for label in labels},
            deep=deep,
            href=lambda key: href(at=site_of(key)),
            zones=_zones(view, place, href),
            title=title,
        ),
        "labels": labels,
        "labels_title": _("Muscles on the body"),
        "plate_note": _("Deep muscles are schematic.") if deep else _("Broken lines are schematic."),
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


def _locators(crop: str, view: str, tested: Mapping[str, int]) -> list[tuple[str, SafeString]]:
    return [
        (one, locator(one, crop=crop if one == view else None, ratio=RATIO, states=tested)) for one in ("back", "front")
    ]


def _crop(place: str, region: str, view: str) -> str:
    if place == SKIN:
        return SKIN_CROP[region][view == "front"]
    if place in (SPINE, REFLEXES):
        return SPINE_CROP[region] if view == "back" else "trunk_front"
    back, front = CROP_OF[NeedleRegion(place)]
    return back if view == "back" else front


def _is_in(at: tuple[float, float], box: Box) -> bool:
    x, y, w, h = box
    return x <= at[0] <= x + w and y <= at[1] <= y + h


def _sites(place: str, spine: str, region: str) -> list[Site]:
    """Muscles of what is open, with their level: what fingers find of a region, or the spine muscle level by level."""
    if place in (SPINE, SKIN):
        levels = muscle_table.muscle(spine).levels
        return [(spine, level) for level in levels_from_the_limb(region) if level in levels]
    rows = muscle_table.muscles().values()
    return [(row.id, "") for row in rows if row.region == place and not row.levels and row.palpable]


def _around_the_spine(region: str) -> list[Site]:
    """Muscles of all places of the region: at the surface they lie over the spine."""
    places = REGIONS.get(region, REGIONS[""])
    rows = muscle_table.muscles().values()
    return [(row.id, "") for row in rows if row.region in places and not row.levels and row.palpable]


def _states(
    sites: Iterable[Site], charted: Mapping[str, int], view: str, layer: str, chosen: str
) -> tuple[dict[str, int | None], dict[str, str]]:
    """Every part of the sites and of the chosen one, not tested unless charted, and what is charted elsewhere.

    Deep shows every finding, the surface those of its own muscles. The grade is the worst of a part's signs; that sign
    is told beside.
    """
    states: dict[str, int | None] = {
        part_key(id, side, level): None for id, level in sites for side in ("left", "right")
    }
    signs: dict[str, str] = {}
    for key, grade in charted.items():
        kind, subject, level, side, sign = key.split(":")
        if kind != "muscle" or sign == "weak":
            continue
        part = part_key(subject, side, level)
        if (-1 if states.get(part) is None else states[part]) < grade:
            states[part] = grade
            signs[part] = sign
    id, _colon, level = chosen.partition(":")
    if id in muscle_table.muscles():
        states = {part_key(id, side, level): None for side in ("left", "right")} | states

    def is_shown(part: str) -> bool:
        if not any(shape.view == view for shape in shapes_of(part)):
            return False
        return layer == DEEP or site_of(part) == chosen or lies_in(split_key(part)[1:], layer, view)

    return {part: grade for part, grade in states.items() if is_shown(part)}, signs
