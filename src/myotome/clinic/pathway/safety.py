"""A safety answer given after booking reaches the diary: the time is held again until a practitioner has phoned."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F

from myotome.clinic.audit.actions import record
from myotome.clinic.booking.models import Appointment
from myotome.clinic.screening.actions import answer_safety
from myotome.clinic.screening.models import Intake
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import RedFlagLevel, SafetyAnswer
from myotome.vocabulary.scheduling import AppointmentStatus

HOLDS = (RedFlagLevel.EMERGENCY.value, RedFlagLevel.CALL_FIRST.value)


@transaction.atomic
def safety_answered(
    *, by: Actor, at: datetime, intake_id: int, code: str, answer: SafetyAnswer, reason: str = ""
) -> Intake:
    """The intake with the answer added; booked times of it that are still to come become requests to phone about.

    Raises:
        NotFound, InvalidValue: as `screening.actions.answer_safety`.
    """
    intake = answer_safety(by=by, at=at, intake_id=intake_id, code=code, answer=answer, reason=reason)
    if intake.level in HOLDS and intake.called_at is None:
        booked = Appointment.objects.filter(
            clinic_id=by.clinic_id, intake_id=intake.pk, status=AppointmentStatus.BOOKED.value, starts_at__gt=at
        )
        for appointment in booked:
            Appointment.objects.filter(pk=appointment.pk).update(
                status=AppointmentStatus.REQUESTED.value, version=F("version") + 1
            )
            record(
                by=by,
                at=at,
                act="appointment.held",
                subject=appointment,
                patient_id=appointment.patient_id,
                level=intake.level,
            )
    return intake
