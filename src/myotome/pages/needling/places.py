"""Where a needle stands on the plate: in its muscle where that is drawn, at a point on its own face of the body and in its region.

The plate has no places of points. A point stands at its level beside the spine where one of its muscles is drawn level by
level, else in the first of its muscles that lies in its region on its face of the body, else as near to such a muscle as its
region reaches, else in the middle of its region. A place to see, not to measure on. Source: judgement, awaiting clinical
sign-off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from myotome.knowledge import acupoints as points
from myotome.knowledge.acupoints import Acupoint
from myotome.pages.plates import drawn_as, part_key, shapes_of
from myotome.pages.plates.outlines import MIDLINE_X
from myotome.pages.plates.shapes import Shape
from myotome.pages.plates.zones import is_inside, zone_polygon
from myotome.vocabulary.anatomy import NeedleRegion
from myotome.vocabulary.needling import SiteKind

Box = tuple[float, float, float, float]
REACH = 16.0
"""Half of the box around a point: what a crop has to show of it."""
SEEN_FROM_BEHIND = ("trapezius", "gastrocnemius")
"""Muscles that both views draw and that are needled from behind."""

FACES: tuple[tuple[str, int, int, str], ...] = (
    # meridian, first and last point, the view that shows them
    ("LU", 1, 11, "front"),
    ("LI", 1, 16, "back"),
    ("LI", 17, 20, "front"),
    ("ST", 1, 45, "front"),
    ("SP", 1, 21, "front"),
    ("HT", 1, 8, "front"),
    ("HT", 9, 9, "back"),
    ("SI", 1, 7, "back"),
    ("SI", 8, 8, "front"),
    ("SI", 9, 15, "back"),
    ("SI", 16, 19, "front"),
    ("BL", 1, 4, "front"),
    ("BL", 5, 61, "back"),
    ("BL", 62, 67, "front"),
    ("KI", 1, 1, "back"),
    ("KI", 2, 8, "front"),
    ("KI", 9, 10, "back"),
    ("KI", 11, 27, "front"),
    ("PC", 1, 9, "front"),
    ("TE", 1, 20, "back"),
    ("TE", 21, 23, "front"),
    ("GB", 1, 7, "front"),
    ("GB", 8, 12, "back"),
    ("GB", 13, 16, "front"),
    ("GB", 17, 21, "back"),
    ("GB", 22, 29, "front"),
    ("GB", 30, 30, "back"),
    ("GB", 31, 44, "front"),
    ("LR", 1, 14, "front"),
    ("GV", 1, 20, "back"),
    ("GV", 21, 28, "front"),
    ("CV", 1, 1, "back"),
    ("CV", 2, 24, "front"),
)
ZONES_OF: dict[NeedleRegion, tuple[str, ...]] = {
    NeedleRegion.HEAD: ("head", "jaw_face"),
    NeedleRegion.NECK: ("neck", "head", "jaw_face"),
    NeedleRegion.SHOULDER: ("shoulder",),
    NeedleRegion.ARM: ("upper_arm", "elbow", "shoulder"),
    NeedleRegion.FOREARM_HAND: ("hand", "forearm", "elbow"),
    NeedleRegion.UPPER_BACK: ("upper_back",),
    NeedleRegion.CHEST: ("chest",),
    NeedleRegion.ABDOMEN: ("abdomen", "hip_groin"),
    NeedleRegion.LOW_BACK: ("low_back", "buttock"),
    NeedleRegion.BUTTOCK: ("buttock", "hip_groin"),
    NeedleRegion.THIGH: ("thigh", "knee"),
    NeedleRegion.LOWER_LEG: ("lower_leg", "knee"),
    NeedleRegion.FOOT: ("foot",),
}
"""The zones of the plate in which the points of a region lie, the one that stands for it first."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a needle is drawn: the part of the plate (empty: no muscle), the view, the spot, and what a crop has to show.

    `is_point` for an acupuncture point, whose needle stands on the spot and not along the muscle.
    """

    key: str
    view: str
    at: tuple[float, float]
    box: Box
    is_point: bool = False


@lru_cache(maxsize=4096)
def place_of(kind: str, site: str, level: str | None, side: str) -> Place | None:
    """The place of a site; None where the plate shows none: a free place, or a muscle that is not drawn."""
    shown = side if side in ("left", "right") else "left"
    if kind == SiteKind.MUSCLE.value:
        return _in_muscle(site, level, shown)
    if kind == SiteKind.ACUPOINT.value and (point := points.acupoints().get(site)):
        return _at_point(point, shown)
    return None


def face_of(point: str) -> str:
    """The view that shows a point: front or back."""
    meridian, number = point[:2], int(point[2:])
    return next(view for row, first, last, view in FACES if row == meridian and first <= number <= last)


def _in_muscle(muscle: str, level: str | None, side: str) -> Place | None:
    shapes = shapes_of(part_key(muscle, side, level))
    if drawn_as(muscle) in SEEN_FROM_BEHIND:
        shapes = tuple(shape for shape in shapes if shape.view == "back")
    return Place(shapes[-1].key, shapes[-1].view, shapes[-1].anchor, shapes[-1].box) if shapes else None


def _at_point(point: Acupoint, side: str) -> Place:
    view = face_of(point.id)
    shapes = [
        shape
        for link in point.muscles
        for shape in shapes_of(part_key(link.muscle, side, link.level))
        if shape.view == view
    ]
    zones = [zone for name in ZONES_OF[NeedleRegion(point.region)] if (zone := zone_polygon(view, name, side))]
    shape, (x, y) = _spot(shapes, zones)
    x = MIDLINE_X[view] if point.midline else x
    box = (x - REACH, y - REACH, x + REACH, y + REACH)
    return Place(shape.key if shape else "", view, (x, y), box, is_point=True)


def _spot(
    shapes: Sequence[Shape], zones: Sequence[tuple[tuple[float, float], ...]]
) -> tuple[Shape | None, tuple[float, float]]:
    """The muscle that the point stands in, none when none is drawn there, and the spot."""
    for shape in shapes:
        if shape.level and shape.deep:  # one level of a muscle beside the spine: nothing is more exact
            return shape, shape.anchor
    for shape in shapes:
        if any(is_inside(shape.anchor, zone) for zone in zones):
            return shape, shape.anchor
    x0, y0, x1, y1 = _bounds(zones[0])
    if not shapes:
        return None, ((x0 + x1) / 2, (y0 + y1) / 2)
    x, y = shapes[0].anchor
    return shapes[0], (min(max(x, x0), x1), min(max(y, y0), y1))


def _bounds(zone: tuple[tuple[float, float], ...]) -> Box:
    xs, ys = [x for x, _y in zone], [y for _x, y in zone]
    return min(xs), min(ys), max(xs), max(ys)
