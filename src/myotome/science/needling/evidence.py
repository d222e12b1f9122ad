"""What a needle met, as findings of the segmental examination: grasp, cramp and twitch of a muscle, graded 0 to 3.

Only what was charted is evidence: a response that nobody wrote is not tested. A needle at an acupuncture point or a
free place says nothing here, whatever she names as nearest to it: which muscle it met is not known. Of several needles in one muscle the strongest counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from myotome.vocabulary.anatomy import Side
from myotome.vocabulary.needling import NeedleInsertion, SiteKind

CRAMP_GRADES = ((0, 0), (3, 1), (6, 2), (10, 3))
"""Cramp 0-10 to a grade: up to and including, grade."""
TWITCH_GRADES = ((0, 0), (1, 1), (3, 2), (50, 3))
"""Twitches counted to a grade: up to and including, grade, as the sign words its grades."""


def needle_findings(needles: Iterable[NeedleInsertion]) -> list[dict[str, Any]]:
    """Findings in the shape that `science.assessment.answer.consider_roots` reads, in the order first met.

    Painless is grasp 0 and cramp 0; whether the muscle twitched is not said by it.

    Source: judgement (grades of cramp: thirds of the scale)
    Check: tests/spec/needling/test_what_a_needle_tells.py
    """
    strongest: dict[tuple[str, str | None, Side, str], int] = {}
    for needle in needles:
        if needle.site_kind is not SiteKind.MUSCLE or needle.side is Side.MIDLINE:
            continue
        for sign, grade in _graded(needle):
            key = (needle.site, needle.level, needle.side, sign)
            strongest[key] = max(grade, strongest.get(key, 0))
    return [
        {"muscle": muscle, "side": side.value, "sign": sign, "grade": grade} | ({"level": level} if level else {})
        for (muscle, level, side, sign), grade in strongest.items()
    ]


def _graded(needle: NeedleInsertion) -> Iterable[tuple[str, int]]:
    grasp = 0 if needle.painless and needle.grasp is None else needle.grasp
    cramp = 0 if needle.painless and needle.cramp is None else needle.cramp
    if grasp is not None:
        yield "grasp", grasp
    if cramp is not None:
        yield "cramp", _grade(cramp, CRAMP_GRADES)
    if needle.twitches is not None:
        yield "needle_twitch", _grade(needle.twitches, TWITCH_GRADES)


def _grade(n: int, grades: Iterable[tuple[int, int]]) -> int:
    return next(grade for top, grade in grades if n <= top)
