"""A set of questions is asked: its row, its link, and the mail that brings it on the day."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction

from myotome.clinic.audit.actions import record
from myotome.clinic.booking.models import Appointment
from myotome.clinic.followup.models import MeasureRequest
from myotome.clinic.followup.notices import queue_questions
from myotome.clinic.people.links import LINK_DAYS
from myotome.clinic.screening.models import Course
from myotome.knowledge.measures import measures_for
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.measures import Occasion


@transaction.atomic
def ask(
    *,
    by: Actor,
    at: datetime,
    course: Course,
    occasion: Occasion,
    due_on: date,
    visit_number: int | None = None,
    appointment: Appointment | None = None,
) -> MeasureRequest:
    """The questions of an occasion, sent by one link; asked already for the same appointment stays as it is."""
    if appointment is not None:
        existing = MeasureRequest.objects.filter(appointment=appointment, occasion=occasion.value).first()
        if existing is not None:
            return existing
    row = MeasureRequest.objects.create(
        clinic_id=by.clinic_id,
        course=course,
        appointment=appointment,
        occasion=occasion.value,
        visit_number=visit_number,
        measures=list(measures_for(occasion, condition=course.condition, visit_number=visit_number)),
        created_at=at,
        due_on=due_on,
        expires_at=datetime.combine(due_on + timedelta(days=LINK_DAYS), at.timetz()),
    )
    record(by=by, at=at, act="measures.asked", subject=row, patient_id=course.patient_id, occasion=occasion.value)
    if occasion is not Occasion.INTAKE:
        queue_questions(row, at=at)
    return row
