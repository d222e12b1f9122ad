"""Findings of the segmental examination, as values.

A finding is what one examiner found once. "Not tested" has no finding; "normal" is a finding with grade 0
(for reflexes 2, for strength 5). Unknown is a value wherever an answer can be missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from myotome.vocabulary.anatomy import ROOT_INDEX, Side
from myotome.vocabulary.errors import InvalidValue


class Presence(StrEnum):
    """Present, absent, or nobody asked."""

    PRESENT = "present"
    ABSENT = "absent"
    NOT_ASKED = "not_asked"


class FindingKind(StrEnum):
    """What was examined: a muscle, the skin of a dermatome, or a reflex."""

    MUSCLE = "muscle"
    SKIN = "skin"
    REFLEX = "reflex"


@dataclass(frozen=True, kw_only=True, slots=True)
class MuscleFinding:
    """One sign of one muscle (or one level of a paraspinal muscle) on one side.

    `muscle` and `sign` are ids of `knowledge.muscles` and `knowledge.signs`; `level` is a root name for muscles
    that are examined level by level and None otherwise; `grade` is 0-3, or 0-5 for the sign `weak` (5 normal).
    """

    muscle: str
    side: Side
    sign: str
    grade: int
    level: str | None = None

    def __post_init__(self) -> None:
        top = 5 if self.sign == "weak" else 3
        if not 0 <= self.grade <= top:
            raise InvalidValue(
                "A grade of {sign} is 0 to {top}, not {grade}.",
                field="grade",
                sign=self.sign,
                top=top,
                grade=self.grade,
            )
        if self.level is not None and self.level not in ROOT_INDEX:
            raise InvalidValue("{level} is not a spinal level.", field="level", level=self.level)
        if self.side is Side.MIDLINE:
            raise InvalidValue("A muscle finding is left or right.", field="side")


@dataclass(frozen=True, kw_only=True, slots=True)
class SkinFinding:
    """One sensory, autonomic or trophic sign in one dermatome on one side."""

    dermatome: str
    side: Side
    sign: str
    present: bool

    def __post_init__(self) -> None:
        if self.dermatome not in ROOT_INDEX:
            raise InvalidValue("{dermatome} is not a spinal level.", field="dermatome", dermatome=self.dermatome)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReflexFinding:
    """One tendon reflex on one side: 0 absent, 1 reduced, 2 normal, 3 brisk, 4 clonus."""

    reflex: str
    side: Side
    grade: int

    def __post_init__(self) -> None:
        if not 0 <= self.grade <= 4:
            raise InvalidValue("A reflex is graded 0 to 4, not {grade}.", field="grade", grade=self.grade)


Finding = MuscleFinding | SkinFinding | ReflexFinding
