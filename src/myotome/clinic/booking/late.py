"""Running late: whoever comes next is told, once for each delay, by mail and by SMS where she wants it.

As after any act of the desk there are minutes in which it can be taken back before anybody is told, or told at once.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from myotome.clinic.audit.actions import record
from myotome.clinic.booking.models import Appointment, Notice
from myotome.clinic.booking.notices import queue_jobs, queue_notice, send_notice, wish_of
from myotome.clinic.booking.queries import practitioner_of
from myotome.clinic.booking.rules import rules_for
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


def waiting(actor: Actor, practitioner_id: int, *, at: datetime) -> list[Notice]:
    """The messages of a delay that wait for the end of the time in which they can be taken back, in order of the visits."""
    rows = Notice.objects.for_actor(actor).filter(
        appointment__practitioner_id=practitioner_id, kind__startswith="late-", sent_at__isnull=True, not_before__gt=at
    )
    return list(rows.select_related("appointment__patient").order_by("appointment__starts_at", "pk"))


@transaction.atomic
def tell_running_late(*, by: Actor, at: datetime, practitioner_id: int, minutes: int, zone: str) -> list[Appointment]:
    """Who will be told when the time for taking it back is over: the next three of today who can be reached.

    The same delay is told to nobody twice; another delay takes the place of one that still waits.

    Raises:
        InvalidValue: not 5 to 240 minutes.
        NotFound: no such practitioner.
    """
    by.check_holds(Role.RECEPTIONIST, Role.PRACTITIONER)
    if not 5 <= minutes <= 240:
        raise InvalidValue("Late is 5 to 240 minutes.", field="minutes")
    practitioner_of(by, practitioner_id)
    _put_aside([row for row in waiting(by, practitioner_id, at=at) if row.detail.get("minutes") != minutes])
    not_before = at + timedelta(seconds=rules_for(by.clinic_id).undo_seconds)
    told = []
    for appointment in next_today(by, practitioner_id, at=at, zone=zone):
        # Whose visit begins before that is told just before it: a message about a visit that has begun is not sent.
        by_when = max(at, min(not_before, appointment.starts_at - timedelta(seconds=30)))
        patient, wish = appointment.patient, wish_of(appointment.patient)
        kinds = [f"late-{minutes}"] if patient.email else []
        if wish is not None and wish.by_sms and patient.phone_digits:
            kinds.append(f"late-{minutes}_sms")
        detail = {"minutes": minutes}
        if any([queue_notice(appointment, kind, at=at, detail=detail, not_before=by_when) for kind in kinds]):
            _note(by, at, "late.told", appointment, minutes)
            told.append(appointment)
    return told


@transaction.atomic
def take_back_late(*, by: Actor, at: datetime, practitioner_id: int) -> list[Appointment]:
    """Whose message was taken back before it went out; those who have been told stay told."""
    by.check_holds(Role.RECEPTIONIST, Role.PRACTITIONER)
    return _each(by, at, "late.taken_back", _put_aside(waiting(by, practitioner_id, at=at)))


@transaction.atomic
def tell_now(*, by: Actor, at: datetime, practitioner_id: int) -> list[Appointment]:
    """Who is told at once, without the time for taking it back."""
    by.check_holds(Role.RECEPTIONIST, Role.PRACTITIONER)
    rows = waiting(by, practitioner_id, at=at)
    Notice.objects.filter(pk__in=[row.pk for row in rows]).update(not_before=at)
    queue_jobs(send_notice, [([row.pk], None) for row in rows])
    return _each(by, at, "late.told_now", rows)


def _put_aside(rows: list[Notice]) -> list[Notice]:
    """Those of the messages that had not gone out; they never will."""
    return [row for row in rows if Notice.objects.filter(pk=row.pk, sent_at__isnull=True).delete()[0]]


def _each(by: Actor, at: datetime, act: str, rows: list[Notice]) -> list[Appointment]:
    found = {row.appointment_id: row for row in rows}
    for row in found.values():
        _note(by, at, act, row.appointment, row.detail["minutes"])
    return [row.appointment for row in found.values()]


def _note(by: Actor, at: datetime, act: str, appointment: Appointment, minutes: int) -> None:
    record(by=by, at=at, act=act, subject=appointment, patient_id=appointment.patient_id, minutes=minutes)
