"""How far apart the visits of a course are: as they are booked, else as the plan says, else as they have been."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from statistics import median

from django.db.models import FilteredRelation, OuterRef, Q, Subquery

from myotome.clinic.people.days import clinic_day
from myotome.clinic.planning.models import Plan
from myotome.clinic.screening.models import Course
from myotome.vocabulary.scheduling import AppointmentStatus

USUAL_DAYS = 7
MOST_DAYS = 60
FEWEST_BOOKED = 2
AHEAD = [AppointmentStatus.BOOKED.value, AppointmentStatus.REQUESTED.value]


@dataclass(frozen=True, slots=True)
class Spacing:
    """Visits every `days` days; `says` is where that is from: booked, plan, so_far or usual."""

    days: int
    says: str


def spacing_of(course: Course, *, visits: Sequence[date]) -> Spacing:
    """The spacing of the visits to come, given the days of those that were; one query."""
    plans = Plan.objects.filter(course=OuterRef("pk"), replaced_at__isnull=True).order_by("-made_at", "-pk")
    ahead = FilteredRelation("appointments", condition=Q(appointments__status__in=AHEAD))
    rows = Course.objects.filter(pk=course.pk).annotate(
        ahead=ahead, planned=Subquery(plans.values("interval_days")[:1])
    )
    found = list(rows.values_list("planned", "ahead__starts_at"))
    booked = sorted({clinic_day(course.clinic, starts_at) for _planned, starts_at in found if starts_at is not None})
    booked = [day for day in booked if not visits or day > max(visits)]
    if len(booked) >= FEWEST_BOOKED:
        return Spacing(_between([*sorted(visits)[-1:], *booked]), "booked")
    planned = found[0][0] if found else None
    if planned is not None:
        return Spacing(planned, "plan")
    if len(set(visits)) > FEWEST_BOOKED:
        return Spacing(_between(sorted(set(visits))), "so_far")
    return Spacing(USUAL_DAYS, "usual")


def _between(days: Sequence[date]) -> int:
    """The middle gap between these days, in order, within 1 to 60."""
    gaps = [(later - earlier).days for earlier, later in pairwise(days)]
    return min(MOST_DAYS, max(1, round(median(gaps))))
