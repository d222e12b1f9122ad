"""What of a course is doubted: zeros that look like missing scores, a duration or an age of 0, years without a visit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from myotome.science.followup.course import YOUNGEST
from myotome.science.followup.particles import ScoredVisit
from myotome.science.followup.scoring import begins_at_zero, is_nothing_but_zeros, zeros_to_ask_about
from myotome.vocabulary.sentences import Sentence

LONG_GAP_DAYS = 365


def doubts_about(course: Mapping[str, Any]) -> list[Sentence]:
    """What of a course that can be read is taken as not known, because it looks like a missing value typed as a number.

    Source: judgement
    Check: tests/unit/science/test_forecast_answer.py
    """
    found, age = [], course.get("age")
    scores = [row["nrs"] for row in course.get("visits") or () if row.get("nrs") is not None]
    if course.get("duration_weeks") == 0:
        found.append(
            Sentence("A duration of 0 weeks is taken as not known; a complaint that began today has lasted 0.1.")
        )
    if age is not None and age < YOUNGEST:
        found.append(Sentence("An age of {age} is taken as not known.", age=f"{age:g}"))
    if begins_at_zero(scores):
        found.append(
            Sentence(
                "The first score is 0: no pain at all, or not answered? It is taken as not known; a missing score is null."
            )
        )
    return found


def warnings_about(visits: Sequence[ScoredVisit]) -> list[Sentence]:
    """What to ask before the answer is believed: zeros that look like missing scores, a gap of more than a year.

    Source: judgement
    Check: tests/unit/science/test_forecast_answer.py
    """
    scored = [(number, visit.nrs) for number, visit in enumerate(visits, start=1) if visit.nrs is not None]
    scores = [score for _, score in scored]
    found = [
        Sentence(
            "Visit {number} has 0 straight after {before}: no pain at all, or not answered? A missing score is null.",
            number=scored[k][0],
            before=scored[k - 1][1],
        )
        for k in zeros_to_ask_about(scores)
    ]
    if is_nothing_but_zeros(scores):
        found.append(
            Sentence("All {n} scores are 0: never any pain, or not answered? Missing scores are null.", n=len(scores))
        )
    found += [
        Sentence(
            "Visit {number} is {days} days after the one before it, and read as of the same course; after so long a new course says more.",
            number=number,
            days=round(visit.day - before.day),
        )
        for number, (before, visit) in enumerate(pairwise(visits), start=2)
        if visit.day - before.day > LONG_GAP_DAYS
    ]
    return found


def without_first_zero(visits: Sequence[ScoredVisit]) -> list[ScoredVisit]:
    """The visits with a first score of 0 as not answered: nobody comes to be treated for no pain, and a forecast from it
    would speak of relief from nothing.

    Source: judgement
    Check: tests/unit/science/test_forecast_answer.py
    """
    if not begins_at_zero(_scores_in(visits)):
        return list(visits)
    first = next(k for k, visit in enumerate(visits) if visit.nrs is not None)
    return [replace(visit, nrs=None) if k == first else visit for k, visit in enumerate(visits)]


def without_last_zeros(visits: Sequence[ScoredVisit]) -> list[ScoredVisit] | None:
    """The visits with the zeros at their end as not answered, where they come straight after a 4 or more; else None.

    Source: judgement
    Check: tests/unit/science/test_forecast_answer.py
    """
    scored = [k for k, visit in enumerate(visits) if visit.nrs is not None]
    scores = _scores_in(visits)
    at = max(zeros_to_ask_about(scores), default=None)
    if at is None or any(scores[at:]):
        return None
    return [replace(visit, nrs=None) if k >= scored[at] else visit for k, visit in enumerate(visits)]


def _scores_in(visits: Sequence[ScoredVisit]) -> list[int]:
    return [visit.nrs for visit in visits if visit.nrs is not None]
