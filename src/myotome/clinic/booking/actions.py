"""Writing the diary: book, move, cancel, and the day's steps from arrival to done.

What is asked is checked before the transaction begins (`placing.wanted_for`), for the sake of the message; the unique
claims decide. What the staff does can be undone until the patient is told (`undo`); what she does herself is told at once.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction

from myotome.clinic.audit.actions import record
from myotome.clinic.booking.claims import clash_is_already_booked, release
from myotome.clinic.booking.models import Appointment
from myotome.clinic.booking.notices import queue_notices
from myotome.clinic.booking.openings import tell_waitlist
from myotome.clinic.booking.owed import owed, pass_on_series
from myotome.clinic.booking.placing import Wanted, place, wanted_for
from myotome.clinic.booking.queries import Offer, appointment_for, booked_with, free_times_for
from myotome.clinic.booking.rules import rules_for
from myotome.clinic.booking.undo import keep_undo, snapshot
from myotome.clinic.people.actions import begin_care
from myotome.clinic.people.models import Patient
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import RedFlagLevel, Role
from myotome.vocabulary.errors import (
    AlreadyBooked,
    BookingStopped,
    KeyReused,
    NotAsThingsStand,
    StaleVersion,
    TakenBack,
)
from myotome.vocabulary.scheduling import AppointmentStatus

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
    wanted: Wanted | None = None,
    patient: Patient | None = None,
    tell: bool = True,
    also: Callable[[Appointment], None] | None = None,
) -> Appointment:
    """The appointment, booked; with level CALL FIRST the time is held as a request until somebody has phoned.

    The same `key` with the same booking gives the appointment that is already there. `wanted` is what `wanted_for` gave
    for this patient, service, practitioner and start, when the caller has asked before her own transaction; without
    `tell` the caller sends one message for several visits herself. `also` is what stands or falls with the booking.

    Raises:
        BookingStopped: an emergency answer is on record.
        NotAllowed: a new patient begins with an assessment.
        AlreadyBooked: practitioner, room or patient is taken.
        InvalidValue: in the past, off the 5-minute steps, outside working hours, more than 400 days away.
        KeyReused: the key came with another booking.
        TakenBack: the key came with this booking, which has been cancelled since.
    """
    if level is RedFlagLevel.EMERGENCY:
        raise BookingStopped("Your answers need a doctor now, not a booking. Please read the page about it.")
    digest = hashlib.sha256(f"{patient_id}|{service_id}|{practitioner_id}|{starts_at.isoformat()}".encode()).hexdigest()
    if key is not None and wanted is None and (existing := _booked_before(by, key, digest)):
        return existing
    wanted = wanted or wanted_for(
        by,
        at=at,
        service_id=service_id,
        practitioner_id=practitioner_id,
        starts_at=starts_at,
        patient_id=patient_id,
    )
    rules = wanted.rules
    appointment = Appointment(
        clinic_id=by.clinic_id,
        patient=patient or Patient.objects.filter(clinic_id=by.clinic_id).get_or_not_found(pk=patient_id),
        service=wanted.service,
        course_id=course_id,
        status=(S.REQUESTED if level is RedFlagLevel.CALL_FIRST else S.BOOKED).value,
        intake_id=intake_id,
        series_key=series_key,
        note_for_desk=note_for_desk,
        created_at=at,
        created_by=by.name,
        idempotency_key=key,
        idempotency_digest=digest if key else "",
    )
    try:
        with transaction.atomic():
            place(wanted, appointment, at=at)
            begin_care(by=by, at=at, patient_id=patient_id, user_id=wanted.practitioner.user_id)
            record(
                by=by,
                at=at,
                act="appointment.booked",
                subject=appointment,
                patient_id=patient_id,
                status=appointment.status,
            )
            if tell:
                kind = "requested" if level is RedFlagLevel.CALL_FIRST else "booked"
                until = keep_undo(by=by, at=at, appointment=appointment, act="booked", before={}, rules=rules)
                queue_notices(appointment, kind, at=at, not_before=until, rules=rules, is_new=True)
            if also is not None:
                also(appointment)
    except IntegrityError as clash:
        # Its own row clashed: the same form was sent twice in the same moment, and the other was first.
        if key is not None and (existing := _booked_before(by, key, digest)):
            return existing
        raise AlreadyBooked("This booking was made a moment ago.", field="start") from clash
    return appointment


def _booked_before(by: Actor, key: str, digest: str) -> Appointment | None:
    existing = booked_with(by, key)
    if existing is not None and existing.idempotency_digest != digest:
        raise KeyReused("This form was already used for another booking. Please begin again.")
    if existing is not None and existing.status == S.CANCELLED.value:
        raise TakenBack("This booking was taken back. Open the page anew and choose the time again.")
    return existing


def move(
    *,
    by: Actor,
    at: datetime,
    appointment_id: int,
    version: int,
    starts_at: datetime,
    practitioner_id: int | None = None,
    service_id: int | None = None,
    tell: bool = True,
) -> Appointment:
    """The appointment at its new time; the old time is free again, calendars are told unless `tell` is false.

    It stays what it was booked as, also of a service that is retired; the staff may move it as another one (`service_id`).

    What had not gone out yet about the old time is told of the new one instead, whatever `tell` says.

    Raises:
        AlreadyBooked: the new time is taken; the old one stays hers.
        StaleVersion: somebody moved it in the meantime.
        NotAsThingsStand: it has begun, ended or been cancelled; for the patient herself also when its time has come.
        NotAllowed: a patient as another service; for somebody new as what she may not book.
        InvalidValue: the new time cannot be booked.
        NotFound: no such service is offered.
    """
    seen = appointment_for(by, appointment_id)
    as_other = service_id if service_id != seen.service_id else None
    if as_other is not None:
        by.check_holds(Role.RECEPTIONIST, Role.PRACTITIONER)
    wanted = wanted_for(
        by,
        at=at,
        service_id=as_other or seen.service_id,
        service=None if as_other else seen.service,
        practitioner_id=practitioner_id or seen.practitioner_id,
        starts_at=starts_at,
        patient_id=seen.patient_id if as_other else None,
    )
    rules = wanted.rules
    with transaction.atomic():
        appointment = _locked(by, appointment_id)
        if S(appointment.status) not in {S.REQUESTED, S.BOOKED}:
            raise NotAsThingsStand("Only a visit that has not begun can be moved.")
        check_patient_may_change(by, appointment, at=at)
        if appointment.version != version:
            raise StaleVersion("This visit was changed in the meantime. Look at it again, then move it.")
        before, not_told_yet = snapshot(appointment), owed(appointment)
        was_at = appointment.starts_at
        with clash_is_already_booked():
            release(appointment)
            appointment.sequence += 1
            appointment.version += 1
            place(wanted, appointment, at=at)
        begin_care(by=by, at=at, patient_id=appointment.patient_id, user_id=appointment.practitioner.user_id)
        _audit(by, at, "appointment.moved", appointment, before=was_at.isoformat())
        until = keep_undo(by=by, at=at, appointment=appointment, act="moved", before=before, rules=rules)
        is_told_with_series = pass_on_series(appointment, after=until)
        kind = not_told_yet or ("moved" if tell and not is_told_with_series else "")
        queue_notices(appointment, kind, at=at, not_before=until, rules=rules)
        tell_waitlist(seen, seen.starts_at, seen.practitioner_id, after=until)
    return appointment


@transaction.atomic
def cancel(
    *, by: Actor, at: datetime, appointment_id: int, tell: bool = True, version: int | None = None
) -> Appointment:
    """The appointment cancelled and its time free; cancelled already stays as it was.

    `version` is that of the page somebody decided on; a job that knows what it cancels gives none.

    Raises:
        StaleVersion: somebody moved or changed it in the meantime.
        NotAsThingsStand: it has begun or ended; for the patient herself also when its time has come.
    """
    appointment = _locked(by, appointment_id)
    if S(appointment.status) is S.CANCELLED:
        return appointment
    _check_version(appointment, version)
    _check_step(appointment, S.CANCELLED)
    check_patient_may_change(by, appointment, at=at)
    rules = rules_for(by.clinic_id)
    before = snapshot(appointment)
    release(appointment)
    appointment.status, appointment.cancelled_at, appointment.cancelled_by = S.CANCELLED.value, at, by.name
    appointment.sequence += 1
    appointment.version += 1
    appointment.save()
    _audit(by, at, "appointment.cancelled", appointment)
    until = keep_undo(by=by, at=at, appointment=appointment, act="cancelled", before=before, rules=rules)
    pass_on_series(appointment, after=until)
    if tell:
        queue_notices(appointment, "cancelled", at=at, not_before=until, rules=rules)
    tell_waitlist(appointment, appointment.starts_at, appointment.practitioner_id, after=until)
    return appointment


@transaction.atomic
def step(
    *,
    by: Actor,
    at: datetime,
    appointment_id: int,
    to: AppointmentStatus,
    is_phoned: bool = False,
    is_charted: bool = False,
    version: int | None = None,
) -> Appointment:
    """The appointment one step on (arrived, in room, done, no-show) or one step back; the same step again is done.

    A held time becomes booked only with `is_phoned`, by what notes the call. `is_charted` is said by a chart that was
    opened or closed: what was done in the room was done, whatever day it was booked for. `version` as for `cancel`.

    Raises:
        StaleVersion: somebody moved or changed it in the meantime.
        NotAsThingsStand: the step cannot follow the one it stands at, nobody has phoned yet, or it is too early to know.
    """
    by.check_holds(Role.RECEPTIONIST, Role.PRACTITIONER)
    appointment = _locked(by, appointment_id)
    if appointment.status == to.value:
        return appointment
    _check_version(appointment, version)
    _check_step(appointment, to)
    if not is_charted:
        _check_is_time(appointment, to, at)
    was_requested, before = S(appointment.status) is S.REQUESTED, snapshot(appointment)
    if to is S.BOOKED and was_requested and not is_phoned:
        raise NotAsThingsStand(
            "This time is held until somebody has phoned. Write what the call came to; that books it."
        )
    if to is S.CANCELLED:
        return cancel(by=by, at=at, appointment_id=appointment_id)
    if to is S.NO_SHOW:
        release(appointment)
    elif S(appointment.status) is S.NO_SHOW:
        occupy_again(by, appointment, at=at)
    appointment.status = to.value
    if to in STAMPS:
        setattr(appointment, STAMPS[to], at)
    appointment.version += 1
    appointment.save()
    _audit(by, at, f"appointment.{to.value}", appointment)
    if to is S.BOOKED and was_requested:
        rules = rules_for(by.clinic_id)
        until = keep_undo(by=by, at=at, appointment=appointment, act="confirmed", before=before, rules=rules)
        queue_notices(appointment, "booked", at=at, not_before=until, rules=rules)
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


def check_patient_may_change(by: Actor, appointment: Appointment, *, at: datetime) -> None:
    """Nothing, when the actor may move or cancel a visit at this moment: the desk may even after its time has come.

    Raises:
        NotAsThingsStand: a patient, and the time of her visit has come.
    """
    is_hers = by.patient_id is not None and not by.holds(Role.RECEPTIONIST, Role.PRACTITIONER)
    if is_hers and appointment.starts_at <= at:
        raise NotAsThingsStand("This visit has begun. Please phone us.")


def patient_may_change(appointment: Appointment, *, at: datetime) -> bool:
    """True while she can move or cancel the visit by herself."""
    return S(appointment.status) in {S.REQUESTED, S.BOOKED} and appointment.starts_at > at


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


def occupy_again(by: Actor, appointment: Appointment, *, at: datetime) -> None:
    """Takes the appointment's own time back, if it is still free; the time itself may have begun or passed.

    Raises:
        AlreadyBooked: somebody else has it now.
    """
    wanted = wanted_for(
        by,
        at=min(at, appointment.created_at),
        service_id=appointment.service_id,
        service=appointment.service,
        practitioner_id=appointment.practitioner_id,
        starts_at=appointment.starts_at,
    )
    with clash_is_already_booked():
        place(wanted, appointment, at=at)


def _locked(by: Actor, appointment_id: int) -> Appointment:
    """The appointment as it is once nobody else is changing it."""
    Appointment.objects.select_for_update().filter(pk=appointment_id, clinic_id=by.clinic_id).first()
    return appointment_for(by, appointment_id)


def _check_step(appointment: Appointment, to: AppointmentStatus) -> None:
    if to not in NEXT_STEPS[S(appointment.status)]:
        raise NotAsThingsStand(
            "A visit that is {status} cannot become {to}.",
            status=appointment.status.replace("_", " "),
            to=to.value.replace("_", " "),
        )


def _check_version(appointment: Appointment, version: int | None) -> None:
    if version is not None and appointment.version != version:
        raise StaleVersion("This visit was changed in the meantime. Look at it again, then decide.")


def _check_is_time(appointment: Appointment, to: AppointmentStatus, at: datetime) -> None:
    """Nobody has stayed away before the visit begins, and none is done before its day."""
    zone = ZoneInfo(appointment.place.time_zone)
    starts = appointment.starts_at.astimezone(zone)
    if to is S.NO_SHOW and at < starts:
        raise NotAsThingsStand(
            "That she did not come can be said from {when:%Y-%m-%d %H:%M} on, when the visit begins.", when=starts
        )
    if to is S.DONE and at.astimezone(zone).date() < starts.date():
        raise NotAsThingsStand(
            "This visit can be said to be done from {on:%Y-%m-%d} on, its own day.", on=starts.date()
        )


def _audit(by: Actor, at: datetime, act: str, appointment: Appointment, **detail: object) -> None:
    record(by=by, at=at, act=act, subject=appointment, patient_id=appointment.patient_id, **detail)


def fresh_key() -> str:
    """A key for one booking form: sent twice it is one booking."""
    return secrets.token_urlsafe(16)
