"""Where it hurts: the regions a patient points at, as zones of the plate.

A zone is a polygon, clipped by the skin, given as (distance from the midline, y) so that one row serves both sides and
both views. Its key is `"left:low_back"`: side of the patient and `vocabulary.anatomy.PainRegion`. The muscles whose
middle lies in a zone are engraved when it is chosen.
"""

from __future__ import annotations

from functools import cache

from myotome.pages.plates.outlines import VIEWS, parts, x_of
from myotome.pages.plates.shapes import Shape, ground

Polygon = tuple[tuple[float, float], ...]

ZONES: dict[str, dict[str, Polygon]] = {
    "head": {
        "back": ((0, 92), (80, 92), (80, 238), (0, 238)),
        "front": ((0, 92), (80, 92), (80, 172), (0, 172)),
    },
    "jaw_face": {"front": ((0, 172), (80, 172), (80, 218), (30, 240), (0, 244))},
    "neck": {
        "back": ((0, 238), (60, 238), (84, 296), (0, 300)),
        "front": ((0, 244), (30, 240), (80, 218), (84, 296), (0, 310)),
    },
    "shoulder": {
        "back": ((84, 292), (200, 292), (200, 404), (124, 404), (84, 404)),
        "front": ((84, 292), (200, 292), (200, 404), (124, 404), (104, 330), (84, 318)),
    },
    "upper_arm": {"both": ((116, 404), (210, 404), (210, 500), (128, 524), (116, 452))},
    "elbow": {"both": ((128, 524), (210, 500), (232, 556), (140, 572))},
    "forearm": {"both": ((140, 572), (232, 556), (300, 690), (190, 704))},
    "hand": {"both": ((190, 704), (300, 690), (340, 700), (340, 840), (190, 840))},
    "upper_back": {"back": ((0, 300), (84, 296), (84, 404), (116, 404), (116, 500), (0, 500))},
    "chest": {"front": ((0, 310), (84, 296), (84, 318), (104, 330), (116, 404), (116, 448), (0, 448))},
    "abdomen": {"front": ((0, 448), (120, 448), (124, 640), (60, 660), (0, 700))},
    "low_back": {"back": ((0, 500), (120, 500), (130, 624), (0, 628))},
    "buttock": {"back": ((0, 628), (130, 624), (140, 770), (0, 786))},
    "hip_groin": {"front": ((0, 700), (60, 660), (124, 640), (140, 730), (60, 760), (0, 764))},
    "thigh": {
        "back": ((0, 786), (140, 770), (140, 946), (0, 946)),
        "front": ((0, 764), (60, 760), (140, 730), (140, 940), (0, 940)),
    },
    "knee": {
        "back": ((0, 946), (140, 946), (140, 1016), (0, 1016)),
        "front": ((0, 940), (140, 940), (140, 1020), (0, 1020)),
    },
    "lower_leg": {
        "back": ((0, 1016), (140, 1016), (140, 1268), (0, 1268)),
        "front": ((0, 1020), (140, 1020), (140, 1262), (0, 1262)),
    },
    "foot": {
        "back": ((0, 1268), (160, 1268), (160, 1364), (0, 1364)),
        "front": ((0, 1262), (160, 1262), (160, 1364), (0, 1364)),
    },
}


def zone_polygon(view: str, region: str, side: str) -> tuple[tuple[float, float], ...]:
    """The polygon of a region on one side in a view; empty where the view does not show it."""
    rows = ZONES[region]
    points = rows.get("both") or rows.get(view) or ()
    return tuple((x_of(view, side, dx), y) for dx, y in points)


def views_of(region: str) -> tuple[str, ...]:
    """The views that show a region, back last."""
    return tuple(view for view in VIEWS if zone_polygon(view, region, "left"))


@cache
def muscles_in(view: str, region: str, side: str) -> tuple[tuple[Shape, int], ...]:
    """Paths of the ground whose middle lies in the zone, as (shape, index of its path)."""
    polygon = zone_polygon(view, region, side)
    found = []
    for shape in ground(view):
        for i, middle in enumerate(_middles(shape)):
            if shape.side == side and polygon and is_inside(middle, polygon):
                found.append((shape, i))
    return tuple(found)


@cache
def _middles(shape: Shape) -> tuple[tuple[float, float], ...]:
    boxes = {p.path: p.anchor for p in parts(shape.view)}
    return tuple(boxes[path] for path in shape.paths)


def is_inside(point: tuple[float, float], polygon: Polygon) -> bool:
    """True for a point inside the polygon."""
    x, y = point
    inside = False
    for (x0, y0), (x1, y1) in zip(polygon, (*polygon[1:], polygon[0]), strict=True):
        if (y0 > y) != (y1 > y) and x < (x1 - x0) * (y - y0) / (y1 - y0) + x0:
            inside = not inside
    return inside
