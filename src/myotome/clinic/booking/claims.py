"""Claims: one row for each resource and 5-minute tick, written in one sorted statement.

The unique constraint decides who is first; a clash rolls the savepoint back and comes out as `AlreadyBooked`.
Sorting keeps two writers from waiting for each other in a circle.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import IntegrityError, OperationalError, transaction

from myotome.clinic.booking.models import Appointment, AppointmentSpan, Claim
from myotome.vocabulary.errors import AlreadyBooked
from myotome.vocabulary.scheduling import Phase, ResourceKind, ticks

DEADLOCK = "40P01"
"""PostgreSQL's code for a circle of waiting writers that it has broken."""


def spans_for(
    appointment: Appointment, phases: Iterable[Phase], *, room_id: int | None, buffer_minutes: int = 0
) -> list[AppointmentSpan]:
    """The appointment's stretches of patient, practitioner and room; neighbours of one resource are not joined.

    The buffer lengthens the last stretch of practitioner and room, never the patient's.
    """
    spans: list[AppointmentSpan] = []
    start = appointment.starts_at
    phases = list(phases)
    last = {"practitioner": -1, "room": -1}
    for number, phase in enumerate(phases):
        last["practitioner"] = number if phase.practitioner else last["practitioner"]
        last["room"] = number if phase.room else last["room"]
    for number, phase in enumerate(phases):
        end = start + timedelta(minutes=phase.minutes)
        buffered = {who: end + timedelta(minutes=buffer_minutes if last[who] == number else 0) for who in last}
        common = {"clinic_id": appointment.clinic_id, "appointment": appointment, "phase": number, "starts_at": start}
        kinds = ResourceKind
        spans.append(
            AppointmentSpan(**common, ends_at=end, resource_kind=kinds.PATIENT.value, patient_id=appointment.patient_id)
        )
        if phase.practitioner:
            spans.append(
                AppointmentSpan(
                    **common,
                    ends_at=buffered["practitioner"],
                    resource_kind=kinds.PRACTITIONER.value,
                    practitioner_id=appointment.practitioner_id,
                )
            )
        if phase.room and room_id is not None:
            spans.append(
                AppointmentSpan(**common, ends_at=buffered["room"], resource_kind=kinds.ROOM.value, room_id=room_id)
            )
        start = end
    return spans


def claims_for(spans: Iterable[AppointmentSpan]) -> list[Claim]:
    """The claims of the spans, sorted by resource and tick, each once."""
    keys = {
        (f"{span.resource_kind}:{span.practitioner_id or span.room_id or span.patient_id}", tick)
        for span in spans
        for tick in ticks(span.starts_at, span.ends_at)
    }
    first = next(iter(spans), None)
    if first is None:
        return []
    return [
        Claim(clinic_id=first.clinic_id, appointment=first.appointment, resource=resource, tick=tick)
        for resource, tick in sorted(keys)
    ]


def occupy(spans: list[AppointmentSpan]) -> None:
    """Writes spans and claims, all or nothing.

    Raises:
        AlreadyBooked: one of the ticks is taken.
    """
    try:
        with transaction.atomic():
            AppointmentSpan.objects.bulk_create(spans)
            Claim.objects.bulk_create(claims_for(spans))
    except IntegrityError as clash:
        raise AlreadyBooked("This time has just been taken. Please choose another one below.", field="start") from clash
    except OperationalError as fault:
        # Two visits moved onto each other's time in the same moment wait in a circle; PostgreSQL lets one go.
        if getattr(fault.__cause__, "sqlstate", None) != DEADLOCK:
            raise
        raise AlreadyBooked("This time has just been taken. Please choose another one below.", field="start") from fault


def release(appointment: Appointment, *, from_instant: datetime | None = None) -> None:
    """Gives the appointment's resources back."""
    Claim.objects.filter(appointment=appointment).delete()
    AppointmentSpan.objects.filter(appointment=appointment).delete()


def give_claims_to(*, from_patient: int, to_patient: int) -> None:
    """The claims and spans of one patient as another's, when two records are joined or parted.

    Raises:
        AlreadyBooked: both are booked at the same time; cancel one of the visits first.
    """
    try:
        with transaction.atomic():
            Claim.objects.filter(resource=f"patient:{from_patient}", appointment__patient_id=to_patient).update(
                resource=f"patient:{to_patient}"
            )
    except IntegrityError as clash:
        raise AlreadyBooked(
            "Both records are booked at the same time. Cancel one of the two visits, then join them.", field="other"
        ) from clash
