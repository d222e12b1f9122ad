"""A series of a course: the plan in force and the forecast propose its length, the practitioner and the patient decide.

Booking knows neither plan nor forecast; what they say is read here and passed on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from myotome.clinic.booking.queries import is_new
from myotome.clinic.booking.series import SeriesBooked, book_series
from myotome.clinic.followup.actions import ask_before_visit
from myotome.clinic.needling.models import TreatmentVisit
from myotome.clinic.people.models import Patient
from myotome.clinic.planning.models import Plan
from myotome.clinic.screening.courses import open_course_id
from myotome.clinic.screening.models import Course
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.errors import BookingStopped

FIRST_SERIES = 4
EVERY_DAYS = 7


@dataclass(frozen=True, kw_only=True, slots=True)
class WishedSeries:
    """How many visits, how far apart, and who says so: `plan`, or `usual` while there is none."""

    n_visits: int
    every_days: int
    says: str


def wished_series(actor: Actor, *, patient_id: int) -> WishedSeries:
    """What the plan in force still asks for; the usual first series of four weekly visits when there is no plan.

    Only numbers are read, so that the desk learns nothing of the plan itself.
    """
    course_id = open_course_id(clinic_id=actor.clinic_id, patient_id=patient_id)
    plan = (
        Plan.objects.filter(clinic_id=actor.clinic_id, course_id=course_id, replaced_at__isnull=True)
        .order_by("-pk")
        .values_list("n_treatments", "interval_days")
        .first()
    )
    if course_id is None or plan is None:
        return WishedSeries(n_visits=FIRST_SERIES, every_days=EVERY_DAYS, says="usual")
    had = TreatmentVisit.objects.filter(clinic_id=actor.clinic_id, course_id=course_id).count()
    return WishedSeries(n_visits=max(1, plan[0] - had), every_days=plan[1], says="plan")


def series_booked(
    *,
    by: Actor,
    at: datetime,
    patient: Patient,
    service_id: int,
    practitioner_id: int,
    starts: Sequence[datetime],
    all_or_nothing: bool,
    key: str | None = None,
) -> SeriesBooked:
    """The visits of a course, each with the two questions that come before it.

    Raises:
        BookingStopped: somebody new; her safety questions and her assessment come first.
        and everything that `booking.series.book_series` raises.
    """
    if is_new(patient.pk):
        raise BookingStopped("A new patient begins with an assessment; a series comes after it.")
    course_id = open_course_id(clinic_id=by.clinic_id, patient_id=patient.pk)
    with transaction.atomic():
        done = book_series(
            by=by,
            at=at,
            patient_id=patient.pk,
            service_id=service_id,
            practitioner_id=practitioner_id,
            starts=starts,
            all_or_nothing=all_or_nothing,
            course_id=course_id,
            key=key,
        )
        if course_id is not None:
            course = Course.objects.select_related("patient", "clinic").get(pk=course_id)
            for appointment in done.booked:
                ask_before_visit(by=by, at=at, course=course, appointment=appointment)
    return done
