"""Areas of the body in which a fact of the patient holds: a region on one side, as `arm:left`.

A fact such as lymphoedema or broken skin stops needles in an area and nowhere else. Where somebody named the area, a
needle in it is a STOP; its words alone are read by no program, so that they ask.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from myotome.vocabulary.anatomy import NeedleRegion, Side
from myotome.vocabulary.errors import InvalidValue

SIDES = (Side.LEFT, Side.RIGHT)
AREAS = tuple(f"{region.value}:{side.value}" for region in NeedleRegion for side in SIDES)
LIMBS: Mapping[str, tuple[NeedleRegion, ...]] = {
    "whole_arm": (NeedleRegion.ARM, NeedleRegion.FOREARM_HAND),
    "whole_leg": (NeedleRegion.THIGH, NeedleRegion.LOWER_LEG, NeedleRegion.FOOT),
}
"""Regions that are one limb: `whole_leg:left` names them all."""


def areas_of(region: NeedleRegion) -> tuple[str, ...]:
    """The two areas of a region, left first.

    Source: judgement
    Check: tests/spec/needling/test_what_is_said_before_a_needle.py
    """
    return tuple(f"{region.value}:{side.value}" for side in SIDES)


def lies_in(areas: Collection[str], region: NeedleRegion, side: str) -> bool:
    """True when a needle of this region and side lies in one of the areas; on the midline, or without a side, of either.

    Source: judgement (on the midline no half of the body is left out)
    Check: tests/spec/needling/test_what_is_said_before_a_needle.py
    """
    if side in SIDES:
        return f"{region.value}:{side}" in areas
    return any(area in areas for area in areas_of(region))


def limbs_of(region: NeedleRegion) -> tuple[str, ...]:
    """The two limbs that a region is a part of, left first; none for the trunk.

    Source: judgement
    Check: tests/spec/needling/test_asks_and_missing_needles.py
    """
    return tuple(f"{limb}:{side.value}" for limb, regions in LIMBS.items() if region in regions for side in SIDES)


def checked_areas(areas: Collection[str]) -> tuple[str, ...]:
    """The areas, each once, in the order of the body, a limb as its regions.

    Source: judgement
    Check: tests/spec/needling/test_asks_and_missing_needles.py

    Raises:
        InvalidValue: one of them is none.
    """
    named: set[str] = set()
    for area in areas:
        limb, _colon, side = area.partition(":")
        parts = [f"{region.value}:{side}" for region in LIMBS.get(limb, ())] or [area]
        if not set(parts) <= set(AREAS):
            raise InvalidValue("“{area}” is no region with a side.", field="fact_area", area=area[:40])
        named.update(parts)
    return tuple(area for area in AREAS if area in named)
