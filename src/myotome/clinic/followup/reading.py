"""A course as a forecast and a refit can read it, whatever stands in its record.

What cannot be is taken as not known. Of a long course a forecast reads the newest part and a refit the beginning: no course
is too long to be opened, and no visit too late to be closed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from myotome.clinic.screening.models import Course
from myotome.knowledge.conditions import conditions
from myotome.science.followup.course import (
    LONGEST_DAYS,
    LONGEST_GAP_DAYS,
    MOST_SEGMENTS,
    MOST_VISITS,
    expected_or_none,
    is_older_than,
)
from myotome.science.followup.recovery import LONGEST_WEEKS

MOST_READ = 96  # a forecast of twice as many takes seconds, and those who close wait for it
STEP = 48  # whole fours: reviews are at every fourth visit
OLDEST = 120
LONGEST_INTERVAL = 90


def facts_of(course: Course, *, on: date) -> dict[str, Any]:
    """What is known of her on a day, in the words of `myotome forecast`; what cannot be is not known."""
    age = _within(int((on - course.patient.born_on).days // 365.25), 0, OLDEST)
    weeks = _within(course.duration_weeks, 0, LONGEST_WEEKS)
    return {
        "condition": course.condition if course.condition in conditions() else "unknown",
        "age": age,
        "duration_weeks": None if is_older_than(weeks, age) else weeks,
        "segments": _within(course.n_segments, 1, MOST_SEGMENTS),
        "scar": course.prior_surgery,
        "expected": expected_or_none(course.expected_duration),
    }


def newest_part(days: Sequence[date]) -> Sequence[date]:
    """The days of treatment, in order, that a forecast reads: all, or the newest; none from before four years without any.

    The part begins anew once in 48 visits and not at each: what counts from its first score does not move every week.
    """
    returned = [k for k in range(1, len(days)) if (days[k] - days[k - 1]).days > LONGEST_GAP_DAYS]
    of_one = days[returned[-1] :] if returned else days
    begins = max(0, -(-(len(of_one) - MOST_READ) // STEP) * STEP)
    return [day for day in of_one[begins:] if (days[-1] - day).days <= LONGEST_DAYS]


def beginning(entries: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
    """The entries of a course, in order of days, that a refit reads: all, or the first, up to four years without any."""
    read: list[dict[str, Any]] = []
    for entry in entries[:MOST_VISITS]:
        if entry["day"] > LONGEST_DAYS or (read and entry["day"] - read[-1]["day"] > LONGEST_GAP_DAYS):
            break
        read.append(entry)
    return read


def days_between(days: int) -> int:
    """How far apart visits to come are, as far as the model knows."""
    return min(LONGEST_INTERVAL, max(1, days))


def _within(value: Any, low: float, high: float) -> Any:
    return value if value is not None and low <= value <= high else None
