"""Somebody who comes without a visit: booked for the next free time, and here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from myotome.clinic.booking.actions import step
from myotome.clinic.booking.models import Appointment
from myotome.clinic.pathway.actions import patient_booked
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.scheduling import AppointmentStatus


@transaction.atomic
def walked_in(*, by: Actor, at: datetime, **visit: Any) -> Appointment:
    """The visit booked as `patient_booked` books it, and its patient arrived; both or neither.

    Raises:
        NotAllowed: a practitioner has to phone or see her answers first, so that the time is only asked for.
        and everything that `patient_booked` raises.
    """
    appointment = patient_booked(by=by, at=at, **visit)
    return step(by=by, at=at, appointment_id=appointment.pk, to=AppointmentStatus.ARRIVED)
