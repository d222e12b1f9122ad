"""The region under examination opens, the rest folds: crops of a view, and the small whole body that says where."""

from __future__ import annotations

from collections.abc import Iterable

from myotome.pages.plates.outlines import WHOLE
from myotome.pages.plates.shapes import shapes_of

Box = tuple[float, float, float, float]

CROPS: dict[str, tuple[str, Box]] = {
    # name: view, (x, y, width, height)
    "head_neck_back": ("back", (980, 110, 207, 215)),
    "head_neck_front": ("front", (261, 100, 207, 215)),
    "shoulder_back": ("back", (880, 225, 407, 290)),
    "shoulder_front": ("front", (160, 225, 407, 290)),
    "trunk_front": ("front", (220, 290, 288, 470)),
    "low_back_buttock": ("back", (880, 470, 407, 420)),
    "hip_thigh_front": ("front", (210, 590, 308, 400)),
    "low_back_close": ("back", (930, 470, 307, 420)),
    "thigh_back": ("back", (925, 690, 317, 330)),
    "leg_back": ("back", (925, 930, 317, 430)),
    "leg_front": ("front", (206, 930, 317, 430)),
    "left_arm_back": ("back", (765, 380, 205, 450)),
    "right_arm_back": ("back", (1197, 380, 205, 450)),
    "right_arm_front": ("front", (45, 380, 205, 450)),
    "left_arm_front": ("front", (478, 380, 205, 450)),
    "back_half": ("back", (880, 225, 407, 660)),
    "lower_half_back": ("back", (900, 470, 367, 890)),
    "lower_half_front": ("front", (180, 470, 367, 890)),
    "upper_half_back": ("back", (770, 100, 627, 750)),
    "upper_half_front": ("front", (50, 100, 628, 750)),
    "from_the_waist_back": ("back", (783, 490, 601, 920)),
    "from_the_waist_front": ("front", (64, 490, 601, 920)),
    "whole_front": ("front", WHOLE["front"]),
    "whole_back": ("back", WHOLE["back"]),
}


HALVES: dict[str, tuple[str, Box]] = {
    # one side only, tall: the region under the needle
    "left_low_back_buttock": ("back", (905, 480, 240, 400)),
    "right_low_back_buttock": ("back", (1022, 480, 240, 400)),
    "left_leg_back": ("back", (925, 690, 165, 660)),
    "right_leg_back": ("back", (1077, 690, 165, 660)),
    "right_leg_front": ("front", (206, 690, 165, 660)),
    "left_leg_front": ("front", (357, 690, 165, 660)),
    "left_shoulder_back": ("back", (890, 200, 240, 330)),
    "right_shoulder_back": ("back", (1037, 200, 240, 330)),
}
CUTS = CROPS | HALVES
"""Every part of a view that can be opened by its name."""


def framed(box: Box, ratio: float) -> Box:
    """The box grown about its middle, in height or in width, until its width is `ratio` of its height."""
    x, y, w, h = box
    if w / h > ratio:
        tall = w / ratio
        return x, y - (tall - h) / 2, w, tall
    wide = h * ratio
    return x - (wide - w) / 2, y, wide, h


def crop_for(view: str, keys: Iterable[str]) -> str:
    """Name of the smallest crop of the view that shows every drawn key; the whole view when none does."""
    boxes = [s.box for key in keys for s in shapes_of(key) if s.view == view]
    whole = f"whole_{view}"
    if not boxes:
        return whole
    x0, y0 = min(b[0] for b in boxes), min(b[1] for b in boxes)
    x1, y1 = max(b[2] for b in boxes), max(b[3] for b in boxes)
    fitting = [
        (w * h, name)
        for name, (v, (x, y, w, h)) in CROPS.items()
        if v == view and x <= x0 and y <= y0 and x1 <= x + w and y1 <= y + h
    ]
    return min(fitting)[1] if fitting else whole
