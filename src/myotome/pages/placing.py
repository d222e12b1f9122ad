"""Where the words of a drawing stand: every word knows its box and takes the first of its places where it lies on nothing.

Lengths are units of a drawing whose text is 13 high; letters are reckoned a little wider than they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

ASCENT, DESCENT = 11.0, 4.0
NARROW, WIDE, FIRST_IDEOGRAPH = frozenset(" ijlt.,:;'|!()"), frozenset("mwMW%"), "\u2e80"
STEP, NEXT_LINE = 4.0, 15.0


class Box(NamedTuple):
    """A rectangle; y grows downwards."""

    left: float
    top: float
    right: float
    bottom: float


class Place(NamedTuple):
    """Where a word may stand: a point of its baseline, and which end of the word that is."""

    x: float
    y: float
    anchor: str = "start"


@lru_cache(maxsize=256)
def width_of(words: str) -> float:
    """About how wide words are, the longest line of them, rather too wide than too narrow."""
    return max(
        sum(13.0 if c >= FIRST_IDEOGRAPH else 4.6 if c in NARROW else 12.0 if c in WIDE else 7.7 for c in line)
        for line in words.split("\n")
    )


def box_of_words(words: str, place: Place) -> Box:
    """The room that words take at a place; of more than one line the first stands there."""
    width = width_of(words)
    left = place.x - {"start": 0.0, "middle": width / 2, "end": width}[place.anchor]
    return Box(left, place.y - ASCENT, left + width, place.y + DESCENT + NEXT_LINE * words.count("\n"))


def shared(a: Box, b: Box) -> float:
    """The area that two boxes have in common."""
    across, down = min(a.right, b.right) - max(a.left, b.left), min(a.bottom, b.bottom) - max(a.top, b.top)
    return across * down if across > 0 and down > 0 else 0.0


def along(points: Sequence[tuple[float, float]], half: float = 1.5) -> list[Box]:
    """A line through points, so thick to both sides, as small boxes."""
    found = []
    for (x0, y0), (x1, y1) in pairwise(points):
        n = max(1, round(max(abs(x1 - x0), abs(y1 - y0)) / STEP))
        for k in range(n):
            a, b = k / n, (k + 1) / n
            xs, ys = (x0 + (x1 - x0) * a, x0 + (x1 - x0) * b), (y0 + (y1 - y0) * a, y0 + (y1 - y0) * b)
            found.append(Box(min(xs) - half, min(ys) - half, max(xs) + half, max(ys) + half))
    return found


def stepped(points: Sequence[tuple[float, float]], step: float = 10.0) -> list[tuple[float, float]]:
    """The points of a line, and between them others no further apart across than a step."""
    found = [points[0]]
    for (x0, y0), (x1, y1) in pairwise(points):
        n = max(1, round((x1 - x0) / step))
        found += [(round(x0 + (x1 - x0) * k / n, 1), y0 + (y1 - y0) * k / n) for k in range(1, n + 1)]
    return found


def between(top: Sequence[tuple[float, float]], bottom: Sequence[tuple[float, float]]) -> list[Box]:
    """A band between two lines over the same xs, as upright boxes."""
    found = []
    for ((x0, t0), (x1, t1)), ((_x0, b0), (_x1, b1)) in zip(pairwise(top), pairwise(bottom), strict=True):
        n = max(1, round(abs(x1 - x0) / STEP))
        for k in range(n):
            a, b = k / n, (k + 1) / n
            tops, bottoms = (t0 + (t1 - t0) * a, t0 + (t1 - t0) * b), (b0 + (b1 - b0) * a, b0 + (b1 - b0) * b)
            found.append(Box(x0 + (x1 - x0) * a, min(tops), x0 + (x1 - x0) * b, max(bottoms)))
    return found


@dataclass
class Taken:
    """What a drawing has already filled: `hard` is never to be written on, `soft` only where nothing else is left."""

    frame: Box
    hard: list[Box] = field(default_factory=list)
    soft: list[Box] = field(default_factory=list)

    def put(self, words: str, places: Iterable[Place]) -> Place:
        """The first place where the words lie on nothing; else on soft things only; else where they cover the least."""
        tried = [(place, box_of_words(words, place)) for place in places]
        inside = [row for row in tried if self._holds(row[1])] or tried
        covered = [(self._covered(box, self.hard), self._covered(box, self.soft)) for _place, box in inside]
        place, box = inside[covered.index(min(covered))]
        self.hard.append(box)
        return place

    def is_free(self, words: str, place: Place) -> bool:
        """Whether words would lie on nothing hard there."""
        box = box_of_words(words, place)
        return self._holds(box) and not self._covered(box, self.hard)

    def _holds(self, box: Box) -> bool:
        at = self.frame
        return at.left <= box.left and box.right <= at.right and at.top <= box.top and box.bottom <= at.bottom

    @staticmethod
    def _covered(box: Box, boxes: Iterable[Box]) -> float:
        """The sum of what it shares with each; most are nowhere near, and are passed over as cheaply as can be."""
        left, top, right, bottom = box
        near = (at for at in boxes if at[0] < right and left < at[2] and at[1] < bottom and top < at[3])
        return sum(shared(box, at) for at in near)
