"""Writing the diary: book, move, cancel, and the day's steps from arrival to done.

The time is checked against working hours and bookings for the sake of the message; the unique claims decide.
A room is chosen by the system; when the chosen one is taken in the same moment the next free one is tried.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models import F

from myotome.clinic.audit.actions import record
from myotome.clinic.booking.claims import occupy, release, spans_for
from myotome.clinic.booking.models import Appointment, Service
from myotome.clinic.booking.notices import queue_notice, queue_reminder
from myotome.clinic.booking.queries import (
    Offer,
    appointment_for,
    booked_with,
    check_may_book,
    free_times_for,
    is_within_hours,
    phases_of,
    service_for,
)
from myotome.clinic.people.actions import begin_care
from myotome.clinic.people.models import Place, Practitioner
from myotome.clinic.people.queries import system_actor
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import RedFlagLevel, Role
from myotome.vocabulary.errors import AlreadyBooked, BookingStopped, InvalidValue, KeyReused, NotAllowed, StaleVersion
from myotome.vocabulary.scheduling import TICK_SECONDS, AppointmentStatus

S = AppointmentStatus
NEXT_STEPS: dict[AppointmentStatus, frozenset[AppointmentStatus]] = {
    S.REQUESTED: frozenset({S.BOOKED, S.CANCELLED}),
    S.BOOKED: frozenset({S.ARRIVED, S.IN_ROOM, S.NO_SHOW, S.CANCELLED, S.DONE}),
    S.ARRIVED: frozenset({S.IN_ROOM, S.BOOKED, S.DONE, S.CANCELLED}),
    S.IN_ROOM: frozenset({S.DONE, S.ARRIVED}),
    S.DONE: frozenset({S.IN_ROOM}),
    S.NO_SHOW: frozenset({S.BOOKED}),
    S.CANCELLED: frozenset(),
}
"""Which step may follow which; a step taken by mistake can be taken back."""

STAMPS = {S.ARRIVED: "arrived_at", S.IN_ROOM: "in_room_at", S.DONE: "done_at"}
FURTHEST_DAYS = 400


@transaction.atomic
def book(
    *,
    by: Actor,
    at: datetime,
    patient_id: int,
    service_id: int,
    practitioner_id: int,
    starts_at: datetime,
    level: RedFlagLevel = RedFlagLevel.NONE,
    intake_id: int | None = None,
    course_id: int | None = None,
    note_for_desk: str = "",
    key: str | None = None,
    series_key: str = "",
) -> Appointment:
    """The appointment, booked; with level CALL FIRST the time is held as a request until somebody has phoned.

    The same `key` with the same booking gives the appointment that is already there.

    Raises:
        BookingStopped: an emergency answer is on record.
        NotAllowed: a new patient begins with an assessment.
        AlreadyBooked: practitioner, room or patient is taken.
        InvalidValue: in the past, off the 5-minute steps, outside working hours, more than 400 days away.
        KeyReused: the key came with another booking.
    """
    if level is RedFlagLevel.EMERGENCY:
        raise BookingStopped("Your answers need a doctor now, not a booking. Please read the page about it.")
    digest = hashlib.sha256(f"{patient_id}|{service_id}|{practitioner_id}|{starts_at.isoformat()}".encode()).hexdigest()
    if key is not None:
        existing = booked_with(by, key)
        if existing is not None:
            if existing.idempotency_digest != digest:
                raise KeyReused("This form was already used for another booking. Please begin again.")
            return existing
    service = service_for(by, service_id)
    check_may_book(service, patient_id=patient_id)
    appointment = Appointment(
        clinic_id=by.clinic_id,
        place=Place.objects.filter(clinic_id=by.clinic_id).order_by("pk")[0],
        patient_id=patient_id,
        practitioner=Practitioner.objects.for_actor(by).get_or_not_found(pk=practitioner_id),
        service=service,
        course_id=course_id,
        starts_at=starts_at,
        status=(S.REQUESTED if level is RedFlagLevel.CALL_FIRST else S.BOOKED).value,
        intake_id=intake_id,
        series_key=series_key,
        note_for_desk=note_for_desk,
        created_at=at,
        created_by=by.name,
        idempotency_key=key,
        idempotency_digest=digest if key else "",
    )
    _put_in_diary(by=by, at=at, appointment=appointment, service=service)
    begin_care(by=by, at=at, patient_id=patient_id, user_id=appointment.practitioner.user_id)
    record(
        by=by, at=at, act="appointment.booked", subject=appointment, patient_id=patient_id, status=appointment.status
    )
    queue_notice(appointment, kind="requested" if level is RedFlagLevel.CALL_FIRST else "booked", at=at)
    queue_reminder(appointment, at=at)
    return appointment


@transaction.atomic
def move(
    *,
    by: Actor,
    at: datetime,
    appointment_id: int,
    version: int,
    starts_at: datetime,
    practitioner_id: int | None = None,
) -> Appointment:
    """The appointment at its new time; the old time is free again, calendars are told.

    Raises:
        AlreadyBooked: the new time is taken; the old one stays hers.
        StaleVersion: somebody moved it in the meantime.
        NotAllowed: it has begun, ended or been cancelled.
    """
    Appointment.objects.select_for_update().filter(pk=appointment_id, clinic_id=by.clinic_id).first()
    appointment = appointment_for(by, appointment_id)
    if S(appointment.status) not in {S.REQUESTED, S.BOOKED}:
        raise NotAllowed("Only a visit that has not begun can be moved.")
    if appointment.version != version:
        raise StaleVersion("This visit was changed in the meantime. Look at it again, then move it.")
    before = appointment.starts_at
    try:
        with transaction.atomic():
            release(appointment)
            appointment.starts_at = starts_at
            if practitioner_id is not None:
                appointment.practitioner = Practitioner.objects.for_actor(by).get_or_not_found(pk=practitioner_id)
            appointment.sequence += 1
            _put_in_diary(by=by, at=at, appointment=appointment, service=appointment.service)
            _raise_version(appointment, version)
    except (AlreadyBooked, InvalidValue):
        appointment.refresh_from_db()
        raise
    begin_care(by=by, at=at, patient_id=appointment.patient_id, user_id=appointment.practitioner.user_id)
    _audit(by, at, "appointment.moved", appointment, before=before.isoformat())
    queue_notice(appointment, kind="moved", at=at)
    queue_reminder(appointment, at=at)
    return appointment


@transaction.atomic
def cancel(*, by: Actor, at: datetime, appointment_id: int) -> Appointment:
    """The appointment cancelled and its time free; cancelled already stays as it was.

    Raises:
        NotAllowed: it has begun or ended.
    """
    appointment = appointment_for(by, appointment_id)
    if S(appointment.status) is S.CANCELLED:
        return appointment
    _check_step(appointment, S.CANCELLED)
    release(appointment)
    appointment.status, appointment.cancelled_at, appointment.cancelled_by = S.CANCELLED.value, at, by.name
    appointment.sequence += 1
    appointment.version += 1
    appointment.save()
    _audit(by, at, "appointment.cancelled", appointment)
    queue_notice(appointment, kind="cancelled", at=at)
    return appointment


@transaction.atomic
def step(*, by: Actor, at: datetime, appointment_id: int, to: AppointmentStatus) -> Appointment:
    """The appointment one step on (arrived, in room, done, no-show) or one step back; the same step again is done.

    Raises:
        NotAllowed: the step cannot follow the one it stands at.
    """
    by.check_holds(Role.RECEPTIONIST, Role.PRACTITIONER)
    appointment = appointment_for(by, appointment_id)
    if appointment.status == to.value:
        return appointment
    _check_step(appointment, to)
    if to is S.CANCELLED:
        return cancel(by=by, at=at, appointment_id=appointment_id)
    if to is S.NO_SHOW:
        release(appointment)
    elif S(appointment.status) is S.NO_SHOW:
        occupy_again(appointment)
    appointment.status = to.value
    if to in STAMPS:
        setattr(appointment, STAMPS[to], at)
    appointment.version += 1
    appointment.save()
    _audit(by, at, f"appointment.{to.value}", appointment)
    if to is S.BOOKED and appointment.sequence == 0:
        queue_notice(appointment, kind="booked", at=at)
    return appointment


@transaction.atomic
def attach_course(*, by: Actor, at: datetime, appointment_id: int, course_id: int) -> Appointment:
    """The appointment as a visit of the course."""
    appointment = appointment_for(by, appointment_id)
    if appointment.course_id != course_id:
        appointment.course_id = course_id
        appointment.save(update_fields=["course_id"])
        _audit(by, at, "appointment.attached", appointment, course=course_id)
    return appointment


def nearest_free(by: Actor, *, appointment: Appointment, at: datetime, n: int = 3) -> list[Offer]:
    """The nearest free times to the one that was wanted, for the message that says it is taken."""
    day = appointment.starts_at.astimezone(ZoneInfo(appointment.place.time_zone)).date()
    offers = free_times_for(
        by,
        service=appointment.service,
        first_day=max(day, at.date()),
        n_days=14,
        at=at,
        patient_id=appointment.patient_id,
    )
    return sorted(offers, key=lambda offer: abs(offer.starts_at - appointment.starts_at))[:n]


def occupy_again(appointment: Appointment) -> None:
    """Takes the appointment's own time back, if it is still free.

    Raises:
        AlreadyBooked: somebody else has it now.
    """
    system = system_actor(appointment.clinic, name="the diary")
    _place(system, appointment, appointment.service, appointment.created_at)


def _put_in_diary(*, by: Actor, at: datetime, appointment: Appointment, service: Service) -> None:
    starts_at = appointment.starts_at
    if starts_at.timestamp() % TICK_SECONDS:
        raise InvalidValue("Times are on 5-minute steps.", field="start")
    if starts_at <= at:
        raise InvalidValue("This time has passed. Please choose a later one.", field="start")
    if starts_at > at + timedelta(days=FURTHEST_DAYS):
        raise InvalidValue("Bookings open {furthest_days} days ahead.", field="start", furthest_days=FURTHEST_DAYS)
    appointment.ends_at = starts_at + timedelta(minutes=sum(phase.minutes for phase in phases_of(service)))
    _place(by, appointment, service, at)


def _place(by: Actor, appointment: Appointment, service: Service, at: datetime) -> None:
    """Tries the rooms that look free, one after the other, until the claims hold."""
    tried: set[int | None] = set()
    while True:
        room_id = _free_room(by, appointment, service, at, tried)
        try:
            with transaction.atomic():
                appointment.save()
                occupy(
                    spans_for(appointment, phases_of(service), room_id=room_id, buffer_minutes=service.buffer_minutes)
                )
            return
        except AlreadyBooked:
            tried.add(room_id)
        except IntegrityError as clash:
            raise AlreadyBooked("This booking was made a moment ago.", field="start") from clash


def _free_room(
    by: Actor, appointment: Appointment, service: Service, at: datetime, tried: set[int | None]
) -> int | None:
    """A room for the wanted time, or the error that says why there is none."""
    day = appointment.starts_at.astimezone(ZoneInfo(appointment.place.time_zone)).date()
    offers = free_times_for(
        by,
        service=service,
        first_day=day,
        n_days=1,
        at=min(at, appointment.starts_at - timedelta(minutes=5)),
        practitioner_id=appointment.practitioner_id,
        patient_id=appointment.patient_id,
        ignore_appointment_id=appointment.pk,
        step_minutes=5,
    )
    match = next((offer for offer in offers if offer.starts_at == appointment.starts_at), None)
    if match is None or match.room_id in tried:
        if _works_then(by, appointment, service, at):
            raise AlreadyBooked("This time has just been taken. Please choose another one below.", field="start")
        raise InvalidValue(
            "{practitioner} does not work then, or not for so long.",
            field="start",
            practitioner=appointment.practitioner.name,
        )
    return match.room_id


def _works_then(by: Actor, appointment: Appointment, service: Service, at: datetime) -> bool:
    return is_within_hours(
        by.clinic_id, appointment.practitioner_id, starts_at=appointment.starts_at, ends_at=appointment.ends_at
    )


def _check_step(appointment: Appointment, to: AppointmentStatus) -> None:
    if to not in NEXT_STEPS[S(appointment.status)]:
        raise NotAllowed(
            "A visit that is {status} cannot become {to}.",
            status=appointment.status.replace("_", " "),
            to=to.value.replace("_", " "),
        )


def _raise_version(appointment: Appointment, version: int) -> None:
    if not Appointment.objects.filter(pk=appointment.pk, version=version).update(version=F("version") + 1):
        raise StaleVersion("This visit was changed in the meantime. Look at it again, then move it.")
    appointment.version = version + 1


def _audit(by: Actor, at: datetime, act: str, appointment: Appointment, **detail: object) -> None:
    record(by=by, at=at, act=act, subject=appointment, patient_id=appointment.patient_id, **detail)


def fresh_key() -> str:
    """A key for one booking form: sent twice it is one booking."""
    return secrets.token_urlsafe(16)
