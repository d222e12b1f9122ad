"""Needles on a plate: where each stands, and apart from each other, so that none is hidden under another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from myotome.pages.plates.crops import Box
from myotome.pages.plates.shapes import one_layer, shapes_of

Spot = tuple[float, float]
MOST_RINGS = 12


@dataclass(frozen=True, slots=True)
class NeedleMark:
    """A needle on a plate: its number, `state` planned | in | out, and the key of the muscle it stands in.

    `view` is the only view that shows it (empty: each that draws the muscle), `at` its own spot there (None: the muscle's).
    """

    number: int
    key: str
    state: str
    view: str = ""
    at: tuple[float, float] | None = None


def spots_of(needles: Sequence[NeedleMark], view: str, *, size: float = 1.0) -> list[tuple[NeedleMark, Spot]]:
    """The needles that this view shows, each with its spot: its own, or along its muscle with the others in it."""
    per_key: dict[str, list[NeedleMark]] = {}
    for mark in needles:
        if mark.at is None and mark.view in ("", view):
            per_key.setdefault(mark.key, []).append(mark)
    spots = {id(mark): mark.at for mark in needles if mark.at is not None and mark.view == view}
    for key, marks in per_key.items():
        shapes = one_layer(tuple(s for s in shapes_of(key) if s.view == view), deep=True)
        if not shapes:
            continue
        (ax, ay), (x0, y0, x1, y1) = shapes[0].anchor, shapes[0].box
        along_y = (y1 - y0) >= (x1 - x0)
        step = max(20.0 * size, min(27.0 * size, (y1 - y0 if along_y else x1 - x0) / len(marks)))
        for i, mark in enumerate(marks):
            off = (i - (len(marks) - 1) / 2) * step
            spots[id(mark)] = (ax, ay + off) if along_y else (ax + off, ay)
    return [(mark, spots[id(mark)]) for mark in needles if id(mark) in spots]


def spread(spots: Sequence[Spot], across: float, box: Box, middle: float) -> list[Spot]:
    """The spots moved so that no two discs of this width lie on each other, the earlier keep their place.

    One that is taken goes to the nearest free spot on rings around it, inside the box when it was inside, and never to the
    other side of the midline (at x = `middle`): what stands on it moves up or down. Where a dozen rings are full it stays.
    """
    placed: list[Spot] = []
    for spot in spots:
        ring = (one for one in _around(spot, across, box) if _side(one, middle) == _side(spot, middle))
        placed.append(next((free for free in ring if _is_free(free, placed, across)), spot))
    return placed


def _side(spot: Spot, middle: float) -> int:
    off = spot[0] - middle
    return 0 if abs(off) < 1.0 else 1 if off > 0 else -1


def _around(spot: Spot, across: float, box: Box) -> Sequence[Spot]:
    x, y = spot
    found = [spot]
    for ring in range(1, MOST_RINGS + 1):
        n = 6 * ring
        for k in range(n):
            turn = math.pi / 2 + 2 * math.pi * k / n
            found.append((x + ring * across * math.cos(turn), y + ring * across * math.sin(turn)))
    if not _lies_in(spot, across, box):
        return found
    return [one for one in found if _lies_in(one, across, box)]


def _lies_in(spot: Spot, across: float, box: Box) -> bool:
    (x, y), (bx, by, w, h), half = spot, box, across / 2
    return bx + half <= x <= bx + w - half and by + half <= y <= by + h - half


def _is_free(spot: Spot, placed: Sequence[Spot], across: float) -> bool:
    return all(math.dist(spot, other) >= across - 0.01 for other in placed)
