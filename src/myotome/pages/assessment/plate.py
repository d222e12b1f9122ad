"""The plate of the examination: the region that is open, its muscles engraved by grade, each a link to its keys.

Muscles that the outlines lack are schematic. A column of labels stands beside the figure, one row a muscle, on leader
lines: it is the touch target that a small muscle cannot be. The list below does what the picture does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from myotome.knowledge import muscles as muscle_table
from myotome.pages.assessment.labels import label_column, site_of
from myotome.pages.assessment.names import SIDE_WORDS, sign_name, subject_name, value_words
from myotome.pages.assessment.touch import REFLEXES, SKIN, SPINE, levels_from_the_limb
from myotome.pages.plates import body_plate, box_of, locator, part_key, shapes_of
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
RATIO = 0.72
"""Width by height of the figure: the label column beside it is as high, so that a leader begins where its label stands."""


def plate_of(
    asked: Mapping[str, str],
    opened: str,
    spine: str,
    region: str,
    charted: Mapping[str, int],
    href: Callable[..., str],
) -> dict[str, Any]:
    """The plate, its labels, both locators, the view shown and the other one; `href` makes links of what is open."""
    view = asked.get("view", "")
    if view not in ("back", "front"):
        view = "front" if opened in FRONT_FIRST else "back"
    crop = _crop(opened, region, view)
    sites = _sites(opened, spine, region)
    states, signs = _states(sites, charted, view)
    chosen = asked.get("at", "")
    labels = label_column(
        states,
        signs,
        chosen=chosen,
        opened={site_of(part_key(id, "left", level)) for id, level in sites},
        view=view,
        box=box_of(view, crop, RATIO),
        href=href,
    )
    names = {key: subject_name("muscle", *split_key(key)[1:]) for key in states}
    names |= {key: f"{names[key]}, {SIDE_WORDS[split_key(key)[0]]}" for key, grade in states.items() if grade is None}
    tested = {key: grade for key, grade in states.items() if grade is not None}
    details = {
        key: f"{SIDE_WORDS[split_key(key)[0]]}, {sign_name('muscle', sign)} {value_words('muscle', sign, tested[key])}"
        for key, sign in signs.items()
        if key in tested
    }
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
            selected=[key for key in states if site_of(key) == chosen],
            ratio=RATIO,
            leaders={label.leads_to: label.share for label in labels},
            deep=asked.get("layer", "deep") != "superficial",
            href=lambda key: href(at=site_of(key)),
            zones=_zones(view, opened, href),
            title=title % {"place": opened.replace("_", " ")},
        ),
        "labels": labels,
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


def _crop(opened: str, region: str, view: str) -> str:
    if opened in (SPINE, SKIN, REFLEXES):
        return SPINE_CROP[region] if view == "back" else "trunk_front"
    back, front = CROP_OF[NeedleRegion(opened)]
    return back if view == "back" else front


def _sites(opened: str, spine: str, region: str) -> list[tuple[str, str]]:
    """Muscles of what is open, with their level: what fingers find of a region, or the spine muscle level by level."""
    if opened == SPINE:
        levels = muscle_table.muscle(spine).levels
        return [(spine, level) for level in levels_from_the_limb(region) if level in levels]
    rows = muscle_table.muscles().values()
    return [(row.id, "") for row in rows if row.region == opened and not row.levels and row.palpable]


def _states(
    sites: Iterable[tuple[str, str]], charted: Mapping[str, int], view: str
) -> tuple[dict[str, int | None], dict[str, str]]:
    """Every part of the sites that can be drawn, not tested unless charted, and all that is charted elsewhere.

    The grade is the worst of its signs; that sign is told beside.
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
    drawn = {part: grade for part, grade in states.items() if any(s.view == view for s in shapes_of(part))}
    return drawn, signs
