"""How the clinic's ended courses went: pain afterwards with those who were lost, and who was free of pain for years.

Counts only; names no patient.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from myotome.clinic.followup.models import Discharge, MeasureRequest, MeasureScore
from myotome.clinic.followup.queries import LINK_DAYS
from myotome.clinic.people.days import clinic_day
from myotome.clinic.people.models import Clinic
from myotome.knowledge.measures import PAIN_AVERAGE, definitions
from myotome.science.followup.afterwards import Share, pain_free_for, share_of
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.measures import Occasion

AFTERWARDS = [Occasion.DISCHARGE.value, Occasion.FOLLOW_UP.value]
MONTH_DAYS = 30.44
MONTHS = (0, 3, 6, 12)


@dataclass(frozen=True, slots=True)
class Results:
    """`eased` by months since the end: 30 % less average pain than at the beginning; `pain_free` by years."""

    n_ended: int
    eased: dict[int, Share]
    pain_free: dict[int, Share]
    version: str


def results_of(actor: Actor, *, at: datetime) -> Results:
    """The clinic's results as far as the time to answer has passed.

    Raises:
        NotAllowed: neither practitioner nor owner.
    """
    actor.check_holds(Role.PRACTITIONER, Role.OWNER)
    clinic = Clinic.objects.get(pk=actor.clinic_id)
    ended = dict(Discharge.objects.filter(clinic_id=actor.clinic_id).values_list("course_id", "at"))
    first = _first_pain(actor.clinic_id)
    pain = _pain_afterwards(clinic, ended, clinic_day(clinic, at))
    definition = definitions()["responder"]
    line = 1 - definition.thresholds["pain_percent"] / 100
    eased = {
        months: share_of(
            [
                None if value is None or course not in first else value <= line * first[course]
                for course, found in pain.items()
                for month, value in found.items()
                if month == months
            ]
        )
        for months in MONTHS
    }
    years = sorted({month // 12 for found in pain.values() for month in found if month and month % 12 == 0})
    by_year = {course: {m // 12: v for m, v in found.items() if m and m % 12 == 0} for course, found in pain.items()}
    pain_free = {
        year: share_of([pain_free_for(year, found) for found in by_year.values() if year in found]) for year in years
    }
    return Results(len(ended), eased, pain_free, definition.version)


def _pain_afterwards(clinic: Clinic, ended: dict[int, datetime], today: date) -> dict[int, dict[int, float | None]]:
    """Average pain by months since the end, for each course; None where the link ran out without an answer."""
    requests = MeasureRequest.objects.filter(clinic=clinic, occasion__in=AFTERWARDS, course_id__in=ended)
    answered = dict(
        MeasureScore.objects.filter(
            clinic=clinic, request__occasion__in=AFTERWARDS, measure=PAIN_AVERAGE, value__isnull=False
        ).values_list("request_id", "value")
    )
    found: dict[int, dict[int, float | None]] = {}
    for pk, course, due_on in requests.values_list("pk", "course_id", "due_on"):
        if pk in answered or due_on + timedelta(days=LINK_DAYS) < today:
            months = round((due_on - clinic_day(clinic, ended[course])).days / MONTH_DAYS)
            found.setdefault(course, {})[months] = answered.get(pk)
    return found


def _first_pain(clinic_id: int) -> dict[int, float]:
    """The first average pain of each course."""
    rows = MeasureScore.objects.filter(
        clinic_id=clinic_id, measure=PAIN_AVERAGE, value__isnull=False, replaced_at__isnull=True
    )
    found: dict[int, float] = {}
    for course, value in rows.order_by("on", "pk").values_list("course_id", "value"):
        found.setdefault(course, value)
    return found
