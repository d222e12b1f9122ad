"""The waiting list: what somebody waits for, until it ends. `openings` offers what comes free."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Q

from myotome.clinic.audit.actions import record
from myotome.clinic.booking.kept import set_up_of
from myotome.clinic.booking.models import Appointment, Offered, Opening, WaitingWish
from myotome.clinic.booking.openings import give_on
from myotome.clinic.booking.own_records import check_not_herself
from myotome.clinic.booking.queries import check_may_book, practitioner_in, service_for
from myotome.clinic.booking.rules import rules_for, told_from
from myotome.clinic.people.queries import patient_for
from myotome.clinic.screening.courses import open_course_id
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, NotAsThingsStand

MOST_WISHES = 3


@transaction.atomic
def wait_for(
    *,
    by: Actor,
    at: datetime,
    patient_id: int,
    service_id: int,
    first_day: date,
    last_day: date,
    practitioner_id: int | None = None,
    weekdays: Sequence[int] = (),
    from_time: time = time(0),
    until_time: time = time(23, 59),
    course_id: int | None = None,
) -> WaitingWish:
    """A place on the waiting list, behind those who wait already.

    Raises:
        InvalidValue: days or hours that end before they begin, have passed, a fourth wish of one patient, or a practitioner
            who is this patient.
        NotAllowed: a new patient begins with an assessment.
    """
    patient = patient_for(by, patient_id)
    service = service_for(by, service_id)
    check_may_book(service, patient_id=patient_id)
    if practitioner_id is not None:
        known = set_up_of(by.clinic_id)
        check_not_herself(known, patient_id, practitioner_in(known, practitioner_id))
    if last_day < first_day or last_day < at.date() - timedelta(days=1):
        raise InvalidValue("The last day comes after the first, and is still to come.", field="last_day")
    if until_time <= from_time:
        raise InvalidValue("The hours end after they begin.", field="until_time")
    if any(day not in range(7) for day in weekdays):
        raise InvalidValue("A week has seven days.", field="weekdays")
    if WaitingWish.objects.filter(patient=patient, ended_at__isnull=True).count() >= MOST_WISHES:
        raise InvalidValue("One person waits for at most {n} things.", field="patient", n=MOST_WISHES)
    wish = WaitingWish.objects.create(
        clinic_id=by.clinic_id,
        patient=patient,
        service_id=service.pk,
        practitioner_id=practitioner_id,
        course_id=course_id,
        first_day=first_day,
        last_day=last_day,
        weekdays=sorted(set(weekdays)),
        from_time=from_time,
        until_time=until_time,
        created_at=at,
        created_by=by.name,
    )
    record(by=by, at=at, act="waiting.begun", subject=wish, patient_id=patient_id)
    return wish


@transaction.atomic
def stop_waiting(*, by: Actor, at: datetime, wish_id: int) -> None:
    """The wish ended, and what was held for it offered to the next when it can no longer be put back; ended already stays ended."""
    _end(WaitingWish.objects.for_actor(by).get_or_not_found(pk=wish_id), by=by, at=at)


@transaction.atomic
def put_back(*, by: Actor, at: datetime, wish_id: int) -> None:
    """Somebody who was taken off a moment ago waits again, in her old place; what was held for her still is.

    Raises:
        NotAsThingsStand: it is too late for that, or her course has ended.
    """
    by.check_holds(Role.RECEPTIONIST, Role.PRACTITIONER)
    WaitingWish.objects.select_for_update().filter(pk=wish_id, clinic_id=by.clinic_id).first()
    wish = WaitingWish.objects.for_actor(by).get_or_not_found(pk=wish_id)
    if wish.ended_at is None:
        return
    if wish.pk not in {row.pk for row in just_taken_off(by, at=at)}:
        raise NotAsThingsStand(
            "It is too late to put her back in her place: the next are being asked. Put her on the list anew."
        )
    wait_again(wish)
    record(by=by, at=at, act="waiting.put_back", subject=wish, patient_id=wish.patient_id)


def just_taken_off(actor: Actor, *, at: datetime) -> list[WaitingWish]:
    """Who can still be put back in her place, the last one first; nobody whose course has ended."""
    since = at - timedelta(seconds=rules_for(actor.clinic_id).undo_seconds)
    rows = WaitingWish.objects.for_actor(actor).filter(ended_at__gt=since, booked__isnull=True)
    rows = rows.select_related("patient", "service").order_by("-ended_at", "-pk")
    return [row for row in rows if row.course_id is None or row.course_id == _open_course(row)]


def wait_again(wish: WaitingWish) -> None:
    """The wish as it was before it ended; call it in the transaction that takes the end back."""
    WaitingWish.objects.filter(pk=wish.pk).update(ended_at=None, booked=None)


def booking_taken_back(appointment: Appointment) -> None:
    """Whoever got this visit from the list waits again, and the time that came free stands as not answered.

    Call it in the transaction that takes the booking back.
    """
    wish = WaitingWish.objects.filter(booked=appointment).first()
    if wish is not None:
        Offered.objects.filter(wish=wish, opening__taken_by=wish).update(answered_at=None, said_yes=None)
        Opening.objects.filter(taken_by=wish).update(taken_by=None)
        wait_again(wish)


def _open_course(wish: WaitingWish) -> int | None:
    return open_course_id(clinic_id=wish.clinic_id, patient_id=wish.patient_id)


def waiting(actor: Actor) -> list[WaitingWish]:
    """Who waits, the longest first."""
    rows = WaitingWish.objects.for_actor(actor).filter(ended_at__isnull=True)
    return list(rows.select_related("patient", "service", "practitioner").order_by("created_at", "pk"))


@transaction.atomic
def end_wishes_of_course(*, by: Actor, at: datetime, course_id: int, patient_id: int, is_last: bool) -> None:
    """What was waited for in this course ended; with `is_last` also what the patient waits for outside any course."""
    of_it = Q(course_id=course_id)
    if is_last:
        of_it |= Q(course_id__isnull=True, patient_id=patient_id)
    for wish in WaitingWish.objects.filter(of_it, clinic_id=by.clinic_id, ended_at__isnull=True).order_by("pk"):
        _end(wish, by=by, at=at)


def _end(wish: WaitingWish, *, by: Actor, at: datetime) -> None:
    if WaitingWish.objects.filter(pk=wish.pk, ended_at__isnull=True).update(ended_at=at):
        record(by=by, at=at, act="waiting.ended", subject=wish, patient_id=wish.patient_id)
        give_on(wish, at=at, after=told_from(by, at=at, rules=rules_for(by.clinic_id)))
