"""Reading across stages: the patient's chart with all her courses."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from myotome.clinic.assessment.queries import examinations_for
from myotome.clinic.assessment.second_look import can_be_second, can_see_agreement
from myotome.clinic.audit.actions import record
from myotome.clinic.booking.models import Appointment
from myotome.clinic.needling.queries import visits_for
from myotome.clinic.people.queries import patient_for
from myotome.clinic.planning.queries import cautions_of, plans_for
from myotome.clinic.screening.courses import courses_for
from myotome.clinic.screening.models import Intake
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.scheduling import AppointmentStatus

OVER = [AppointmentStatus.CANCELLED.value, AppointmentStatus.NO_SHOW.value, AppointmentStatus.DONE.value]


@transaction.atomic
def chart_of(actor: Actor, patient_id: int, *, at: datetime) -> dict[str, Any]:
    """Courses with their examinations, plan and visits, intakes and open appointments; the reading is audited.

    Raises:
        NotFound: there is no such patient for the actor.
    """
    patient = patient_for(actor, patient_id)
    record(by=actor, at=at, act="chart.read", subject=patient, patient_id=patient.pk)
    courses = list(courses_for(actor, patient_id=patient.pk))
    in_courses = {"course_id__in": [course.pk for course in courses]}
    examinations = list(examinations_for(actor).filter(**in_courses).select_related("second_look"))
    for examination in examinations:
        examination.can_be_second = can_be_second(actor, examination, at=at)
        examination.can_see_agreement = can_see_agreement(actor, examination)
    visits = list(visits_for(actor).filter(**in_courses))
    plans = list(plans_for(actor).filter(**in_courses, replaced_at__isnull=True))
    appointments = (
        Appointment.objects.for_actor(actor)
        .filter(patient_id=patient.pk)
        .exclude(status__in=OVER)
        .select_related("service", "practitioner")
        .order_by("starts_at")
    )
    rows = list(appointments)
    for row in rows:
        row.is_assessment = row.service.kind.startswith("assessment")
    return {
        "patient": patient,
        "cautions": cautions_of(actor, patient_id=patient.pk),
        "courses": [
            {
                "course": course,
                "examinations": [row for row in examinations if row.course_id == course.pk],
                "plan": next((row for row in plans if row.course_id == course.pk), None),
                "visits": [row for row in visits if row.course_id == course.pk],
                "n_visits": sum(row.course_id == course.pk for row in visits),
            }
            for course in courses
        ],
        "intakes": list(Intake.objects.for_actor(actor).filter(patient_id=patient.pk).order_by("-started_at")),
        "appointments": rows,
    }
