"""No visit without its questions, whichever way it was booked.

Most are asked for when a visit is booked. A time taken from the waiting list, one that was imported, and one booked before
its course was opened are not: their questions are there when she opens her page, from three days before.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from myotome.clinic.booking.models import Appointment
from myotome.clinic.followup.actions import ask_before_visit
from myotome.clinic.followup.queries import DAYS_BEFORE
from myotome.clinic.screening.courses import courses_for
from myotome.clinic.screening.models import Course
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.scheduling import AppointmentStatus

AHEAD = [AppointmentStatus.BOOKED.value, AppointmentStatus.ARRIVED.value]


def questions_before_visits(*, by: Actor, at: datetime) -> None:
    """Her visits of the next days have their questions, those of the visit that each is now."""
    soon = Appointment.objects.for_actor(by).filter(
        patient_id=by.patient_id,
        status__in=AHEAD,
        visit__isnull=True,
        ends_at__gt=at,
        starts_at__lt=at + timedelta(days=DAYS_BEFORE + 1),
    )
    appointments = list(soon.order_by("starts_at"))
    if not appointments:
        return
    course = courses_for(by, patient_id=by.patient_id or 0).filter(closed_at__isnull=True).first()
    for appointment in appointments:
        if course is not None and appointment.course_id in (None, course.pk):
            with transaction.atomic():
                Course.objects.select_for_update().filter(pk=course.pk).exists()
                ask_before_visit(by=by, at=at, course=course, appointment=appointment)
