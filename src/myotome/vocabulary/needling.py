"""One needle, as a value: where, how deep, what it met, when it went in and came out.

What has happened is always recorded, so the value refuses only what cannot be typed in earnest (a depth beyond
150 mm, a grasp of 7). It never judges a depth: no safe depth exists here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from myotome.vocabulary.anatomy import ROOT_INDEX, NeedleRegion, Position, Side
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.sentences import Sentence


class TreatmentMode(StrEnum):
    """IMS: one needle at a time, in and out. Acupuncture: a set that is retained."""

    IMS = "ims"
    ACUPUNCTURE = "acupuncture"


class SiteKind(StrEnum):
    """What the needle was aimed at."""

    MUSCLE = "muscle"
    ACUPOINT = "acupoint"
    FREE = "free"


class Technique(StrEnum):
    """How the needle was moved."""

    IN_OUT = "in_out"
    PECK = "peck"
    HOLD = "hold"
    ROTATE = "rotate"
    ELECTRICAL = "electrical"


class NeedleState(StrEnum):
    """A needle is in, out, deliberately left in, broken, or missing; only `OUT` is accounted for without a word.

    `MISSING` was searched for and not found: a second person signed for it, and an incident is open.
    """

    IN = "in"
    OUT = "out"
    LEFT_IN = "left_in"
    FRAGMENT = "fragment"
    MISSING = "missing"


class Style(StrEnum):
    """The school that a series is planned in, as reports on needling ask for it."""

    IMS = "ims"
    TRIGGER_POINT = "trigger_point"
    WESTERN = "western"
    CHINESE = "chinese"
    JAPANESE = "japanese"
    KOREAN = "korean"
    FIVE_ELEMENT = "five_element"
    EAR = "ear"


class NoNextVisit(StrEnum):
    """Why closing a visit booked no next one.

    `TAKEN`: the time that was chosen was somebody else's by then; `REFUSED`: it cannot be booked, as the refusal says.
    """

    RECEPTION_BOOKS = "reception_books"
    SHE_BOOKS = "she_books_herself"
    NOT_NEEDED = "not_needed"
    TAKEN = "taken"
    REFUSED = "refused"


class Adjunct(StrEnum):
    """What else was given at a visit beside needles; `NOTHING` is an answer, an empty list is not."""

    NOTHING = "nothing"
    EXERCISE = "exercise"
    STRETCHING = "stretching"
    HEAT = "heat"
    MASSAGE = "massage"
    CUPPING = "cupping"
    MOXA = "moxa"
    EDUCATION = "education"


LONGEST_S = 4 * 3600
"""Longer than this no needle is in during a treatment; what stays in longer has its two times and no seconds."""
GAUGES_MM: tuple[float, ...] = (0.16, 0.18, 0.20, 0.22, 0.25, 0.30, 0.35, 0.40)
LENGTHS_MM: tuple[int, ...] = (13, 25, 30, 40, 50, 60, 75, 100)
RANGES: dict[str, tuple[float, float, Sentence]] = {
    "depth_mm": (0, 150, Sentence("A depth is 0 to 150 mm.")),
    "grasp": (0, 3, Sentence("A grasp is 0 to 3.")),
    "cramp": (0, 10, Sentence("A cramp is 0 to 10.")),
    "twitches": (0, 50, Sentence("Twitches are 0 to 50.")),
    "seconds": (0, LONGEST_S, Sentence("A needle is in for at most four hours.")),
    "gauge_mm": (0.1, 1.0, Sentence("A needle is 0.10 to 1.00 mm thick.")),
    "length_mm": (5, 150, Sentence("A needle is 5 to 150 mm long.")),
}
"""What can be typed in earnest, and what is said of anything else."""


def check_range(name: str, value: float | None) -> None:
    """Nothing is charted, or a value within its range.

    Raises:
        InvalidValue: it lies outside; the sentence says which values there are.
    """
    low, high, said = RANGES[name]
    if value is not None and not low <= value <= high:
        raise InvalidValue(said, field=name)


@dataclass(frozen=True, kw_only=True, slots=True)
class NeedleInsertion:
    """One insertion. `grasp` 0-3, `cramp` 0-10, `twitches` counted; None is "not charted".

    `nearest` of a free place is the muscle with its level, or the point, that she names as nearest to it
    (`multifidus-L4`, `ST36`); empty when she names none.
    """

    client_id: str
    site_kind: SiteKind
    site: str
    side: Side
    region: NeedleRegion
    level: str | None = None
    nearest: str = ""
    site_detail: str = ""
    depth_mm: int | None = None
    gauge_mm: float | None = None
    length_mm: int | None = None
    lot: str = ""
    technique: Technique = Technique.IN_OUT
    electrical_hz: float | None = None
    electrical_ms: float | None = None
    electrical_ma: float | None = None
    electrical_min: float | None = None
    response_sought: str = ""
    painless: bool | None = None
    grasp: int | None = None
    cramp: int | None = None
    twitches: int | None = None
    release: bool | None = None
    deqi: tuple[str, ...] = ()
    position: Position | None = None
    state: NeedleState = NeedleState.IN
    seconds: float | None = None
    in_at: datetime | None = None
    out_at: datetime | None = None
    note: str = ""

    def __post_init__(self) -> None:
        for name in RANGES:
            check_range(name, getattr(self, name))
        if self.level is not None and self.level not in ROOT_INDEX:
            raise InvalidValue("{level} is not a spinal level.", field="level", level=self.level)
        if self.nearest and self.site_kind is not SiteKind.FREE:
            raise InvalidValue("Only a free place has a nearest muscle or point.", field="nearest")
        if self.in_at and self.out_at and self.out_at < self.in_at:
            raise InvalidValue("A needle cannot come out before it went in.", field="out_at")
