"""Answers that cannot both be true: asked again, never resolved by the program.

Each contradiction names the screens to look at again and quotes what was given. An intake with one cannot be sent;
it is not scored, not summarised and never read in anybody's favour.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from myotome.knowledge.screening import Content

DAYS_IN = {"days": 1.0, "weeks": 7.0, "months": 30.44, "years": 365.25}
YOUNGEST, OLDEST = 1, 120
FIT_RATIO = 2.0


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Which sentence of `content.again`, filled with what was given, and the fields to look at again."""

    code: str
    fields: tuple[str, ...]
    sentence: str


def contradictions(answers: Mapping[str, Any], *, content: Content, today: date) -> tuple[Contradiction, ...]:
    """All contradictions among the answers given so far, in the order of the screens.

    Check: tests/spec/screening/test_contradictions.py
    """
    found: list[Contradiction] = []

    def again(code: str, *fields: str, **values: Any) -> None:
        found.append(Contradiction(code, fields, content.again[code].filled(**values)))

    age = answers.get("age")
    if age is not None and not YOUNGEST <= age <= OLDEST:
        again("age_impossible", "age", age=age)
    _beginning(answers, today, again)
    _pain(answers, again)
    for n in (1, 2, 3):
        activity, score = answers.get(f"activity_{n}"), answers.get(f"activity_{n}_score")
        if activity and score is None:
            again("activity_without_score", f"activity_{n}_score", activity=activity)
        if score is not None and not activity:
            again("score_without_activity", f"activity_{n}")
    return tuple(found)


def duration_days(answers: Mapping[str, Any], today: date) -> float | None:
    """Days since the complaint began, by its date if given, otherwise by the length of time; None if neither."""
    if began_on := answers.get("began_on"):
        return float((today - date.fromisoformat(began_on)).days)
    n, unit = answers.get("since_n"), answers.get("since_unit")
    return float(n) * DAYS_IN[unit] if n is not None and unit in DAYS_IN else None


def _beginning(answers: Mapping[str, Any], today: date, again: Any) -> None:
    days = duration_days(answers, today)
    if days is None:
        return
    if days < 0:
        again("began_in_future", "began_on")
        return
    age = answers.get("age")
    if age is not None and days > (age + 1) * DAYS_IN["years"]:
        again("began_before_birth", "since_n", "began_on", "age")
    spoken = duration_days({k: v for k, v in answers.items() if k != "began_on"}, today)
    if answers.get("began_on") and spoken is not None:
        longer, shorter = max(days, spoken), min(days, spoken)
        if longer - shorter > DAYS_IN["weeks"] and longer > FIT_RATIO * shorter:
            again("two_beginnings", "since_n", "began_on")


def _pain(answers: Mapping[str, Any], again: Any) -> None:
    average, worst = answers.get("pain_average"), answers.get("pain_worst")
    if average is not None and worst is not None and average > worst:
        again("average_above_worst", "pain_average", "pain_worst", average=average, worst=worst)
