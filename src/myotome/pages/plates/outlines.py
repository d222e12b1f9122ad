"""The outlines of the body, front and back, as drawn by react-muscle-highlighter (MIT; licence beside the data).

`outlines.json` is made once by `frontend/convert/body-outlines.mjs`. There every part already carries the PATIENT's
side: the package says "left" for the viewer's left, so in the front view sides were swapped. Coordinates are those of
the package: one unit is about a third of a pixel on a phone; y grows downwards.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

CREDIT = "Body outlines: react-muscle-highlighter 1.2.0, MIT, (c) 2024 My Muscle Contributors"
VIEWS = ("front", "back")
MIDLINE_X = {"front": 364.2, "back": 1083.5}
WHOLE = {"front": (40.0, 92.0, 648.0, 1272.0), "back": (760.0, 92.0, 648.0, 1272.0)}
"""View box of each whole view: x, y, width, height."""


@dataclass(frozen=True, slots=True)
class Outline:
    """One closed path: `slug` and `number` of the package, the patient's `side`, and the box (x0, y0, x1, y1)."""

    slug: str
    number: int
    side: str
    box: tuple[float, float, float, float]
    path: str

    @property
    def anchor(self) -> tuple[float, float]:
        """Middle of the box, where a leader line may end."""
        x0, y0, x1, y1 = self.box
        return ((x0 + x1) / 2, (y0 + y1) / 2)


@cache
def _data() -> dict:
    return json.loads(files(__package__).joinpath("outlines.json").read_text())["views"]


@cache
def skin(view: str) -> str:
    """The path around the whole body."""
    return _data()[view]["outline"]


@cache
def parts(view: str) -> tuple[Outline, ...]:
    """All parts of a view in drawing order."""
    return tuple(Outline(p["slug"], p["n"], p["side"], tuple(p["box"]), p["d"]) for p in _data()[view]["parts"])


def x_of(view: str, side: str, from_midline: float) -> float:
    """The x of a place so many units from the midline on the patient's own side."""
    viewers_left = (view == "back") == (side == "left")
    return MIDLINE_X[view] + (-from_midline if viewers_left else from_midline)


@cache
def pair(view: str, slug: str, number: int) -> dict[str, Outline]:
    """`{"left": ..., "right": ...}`: the patient's left part of that number, and the part on the right that mirrors it.

    The package numbers its right parts in another order, so the twin is found by its place.
    """
    left = next(p for p in parts(view) if p.slug == slug and p.number == number and p.side == "left")
    twice = 2 * MIDLINE_X[view]
    mirrored = (twice - left.box[2], left.box[1], twice - left.box[0], left.box[3])
    others = [p for p in parts(view) if p.slug == slug and p.side == "right"]
    right = min(others, key=lambda p: sum(abs(a - b) for a, b in zip(p.box, mirrored, strict=True)))
    return {"left": left, "right": right}
