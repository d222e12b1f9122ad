"""The headache diary as scores: days with headache, their mean strength, days with something taken, in 28 days.

A day that is not written is missing. With 21 of the 28 days or more the counts are taken up to 28 days in proportion,
with fewer nothing is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

DAYS = 28
FEWEST = 21


@dataclass(frozen=True, slots=True)
class DiaryDay:
    """One written day: strength 0-10, 0 being no headache, and whether something was taken."""

    strength: int
    took_something: bool


def diary_scores(written: Sequence[DiaryDay]) -> dict[str, float | None] | None:
    """The scores of the headache measures from the written days among the last 28; None when they are fewer than 21.

    Strength is the mean over days with headache; without any there is none to speak of (None).

    Source: linde2016 (headache days in four weeks), judgement (how many days have to be written)
    Check: tests/unit/followup/test_diary.py
    """
    if not FEWEST <= len(written) <= DAYS:
        return None
    aching = [day.strength for day in written if day.strength]
    taken = sum(day.took_something for day in written)
    return {
        "headache_days": float(round(DAYS * len(aching) / len(written))),
        "headache_intensity": round(sum(aching) / len(aching), 2) if aching else None,
        "headache_drug_days": float(round(DAYS * taken / len(written))),
    }
