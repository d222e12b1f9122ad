"""Which score is that of a visit: what she answered before its treatment, to the questions of that visit.

Later visits are asked about in the week that they end; the first is asked about when she books it, which may be weeks
ahead. That answer, of a day on which she went to look for help, is what the model calls the first score.

An answer belongs to the visit that its link asks about. Given after that visit's treatment it is a score of its own day and
of no visit: needles lay between the question and the answer, and the next visit has questions of its own. A score that no
visit asked for (said at intake, noted in the room) is that of the next treatment, and of one treatment only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F, Min, Q, QuerySet

from myotome.clinic.followup.models import MeasureRequest, MeasureScore
from myotome.clinic.needling.models import TreatmentVisit
from myotome.vocabulary.measures import Occasion

DAYS_BEFORE = 6
DAYS_BEFORE_FIRST = 30
BEFORE = (Occasion.BEFORE_VISIT.value, Occasion.REVIEW.value)


@dataclass(frozen=True, slots=True)
class Given:
    """A score given before a treatment, on a day; `of` is the day of the visit that it was asked for, None where none was,
    or where that visit was never treated."""

    on: date
    value: float
    of: date | None = None


def scores_before(given: Iterable[Given], days: Sequence[date]) -> Mapping[date, int | None]:
    """The score of each treatment, of days in order: the last of the week before it, of the thirty days before the first.

    None without one. No score is that of two treatments.
    """
    given = list(given)
    found: dict[date, int | None] = {}
    for k, day in enumerate(days):
        near = [row for row in given if _is_before(row, day, previous=days[k - 1] if k else None)]
        found[day] = round(max(near, key=lambda row: row.on).value) if near else None
    return found


def _is_before(row: Given, day: date, *, previous: date | None) -> bool:
    within = DAYS_BEFORE_FIRST if previous is None else DAYS_BEFORE
    if not 0 <= (day - row.on).days <= within:
        return False
    if row.of is not None:
        return row.of == day and (previous is None or row.on >= previous)
    return previous is None or row.on > previous


def with_day_asked_for(scores: QuerySet[MeasureScore]) -> QuerySet[MeasureScore]:
    """The scores with `asked_for`: when the visit was treated that they were asked for, None where there is none."""
    return scores.annotate(asked_for=F("request__appointment__visit__opened_at"))


def given_of(row: Any, zone: ZoneInfo) -> Given:
    """A score with its `asked_for` as what was given, on days of the clinic."""
    return Given(row.on, row.value, row.asked_for.astimezone(zone).date() if row.asked_for else None)


def treated_at(request: MeasureRequest) -> datetime | None:
    """When the treatment of the visit began that these questions are asked before: with its first needle, and without one
    when the visit was closed. None when it has not begun, or when they belong to no visit."""
    if request.appointment_id is None or request.occasion not in BEFORE:
        return None
    rows = TreatmentVisit.objects.filter(appointment_id=request.appointment_id)
    first = Min("insertions__in_at", filter=Q(insertions__struck_at__isnull=True))
    row = rows.annotate(first=first).values_list("first", "closed_at").first()
    return None if row is None else row[0] or row[1]
