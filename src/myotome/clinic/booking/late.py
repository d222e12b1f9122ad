"""Running late: whoever comes next is told, once for each delay, by mail and by SMS where she wants it."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from myotome.clinic.audit.actions import record
from myotome.clinic.booking.models import Appointment
from myotome.clinic.booking.notices import queue_notice, wish_of
from myotome.clinic.booking.queries import practitioner_of
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.scheduling import AppointmentStatus

N_TOLD = 3


def next_today(actor: Actor, practitioner_id: int, *, at: datetime, zone: str, n: int = N_TOLD) -> list[Appointment]:
    """The next visits of today that have not begun, in order; at most `n`."""
    midnight = datetime.combine(at.astimezone(ZoneInfo(zone)).date() + timedelta(days=1), time(), tzinfo=ZoneInfo(zone))
    rows = Appointment.objects.for_actor(actor).filter(
        practitioner_id=practitioner_id,
        starts_at__gt=at,
        starts_at__lt=midnight,
        status=AppointmentStatus.BOOKED.value,
    )
    return list(rows.select_related("patient", "place").order_by("starts_at", "pk")[:n])


@transaction.atomic
def tell_running_late(*, by: Actor, at: datetime, practitioner_id: int, minutes: int, zone: str) -> list[Appointment]:
    """Who has been told: the next three of today who can be reached. The same delay is told to nobody twice.

    Raises:
        InvalidValue: not 5 to 240 minutes.
        NotFound: no such practitioner.
    """
    by.check_holds(Role.RECEPTIONIST, Role.PRACTITIONER)
    if not 5 <= minutes <= 240:
        raise InvalidValue("Late is 5 to 240 minutes.", field="minutes")
    practitioner_of(by, practitioner_id)
    told = []
    for appointment in next_today(by, practitioner_id, at=at, zone=zone):
        patient, wish = appointment.patient, wish_of(appointment.patient)
        kinds = [f"late-{minutes}"] if patient.email else []
        if wish is not None and wish.by_sms and patient.phone_digits:
            kinds.append(f"late-{minutes}_sms")
        queued = [queue_notice(appointment, kind, at=at, detail={"minutes": minutes}) for kind in kinds]
        if any(queued):
            record(
                by=by,
                at=at,
                act="late.told",
                subject=appointment,
                patient_id=appointment.patient_id,
                minutes=minutes,
            )
            told.append(appointment)
    return told
