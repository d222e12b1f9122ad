"""Running late: whoever comes next is told, once for each delay, by mail and by SMS where she wants it.

As after any act of the desk there are minutes in which it can be taken back before anybody is told, or told at once.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet

from myotome.clinic.audit.actions import record
from myotome.clinic.booking.models import Appointment, Notice
from myotome.clinic.booking.notices import of_delays, queue_jobs, queue_notice, send_notice, wish_of
from myotome.clinic.booking.queries import practitioner_of
from myotome.clinic.booking.rules import rules_for
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.scheduling import AppointmentStatus

N_TOLD = 3
LONGEST_DAY = timedelta(hours=25)


def next_today(actor: Actor, practitioner_id: int, *, at: datetime, n: int = N_TOLD) -> list[Appointment]:
    """The next visits that have not begun, of today by the clock of each visit's place, in order; at most `n`."""
    rows = Appointment.objects.for_actor(actor).filter(
        practitioner_id=practitioner_id,
        starts_at__gt=at,
        starts_at__lt=at + LONGEST_DAY,
        status=AppointmentStatus.BOOKED.value,
    )
    rows = rows.select_related("patient", "place").order_by("starts_at", "pk")
    return [row for row in rows if _on(row, row.starts_at) == _on(row, at)][:n]


def waiting(actor: Actor, practitioner_id: int, *, at: datetime) -> list[Notice]:
    """The messages of a delay that wait for the end of the time in which they can be taken back, in order of the visits."""
    rows = _unsent(actor, practitioner_id).filter(not_before__gt=at)
    rows = rows.select_related("appointment__patient", "appointment__place")
    return list(rows.order_by("appointment__starts_at", "pk"))


@transaction.atomic
def tell_running_late(*, by: Actor, at: datetime, practitioner_id: int, minutes: int) -> list[Appointment]:
    """Who will be told when the time for taking it back is over: the next three of today who can be reached.

    The delay that somebody was told last, or is about to be, is told her once. Another takes the place of every one that
    has not gone out, whether it waits or fails; so does the same one where it fails.

    Raises:
        InvalidValue: not 5 to 240 minutes.
        NotFound: no such practitioner.
    """
    by.check_holds(Role.RECEPTIONIST, Role.PRACTITIONER)
    if not 5 <= minutes <= 240:
        raise InvalidValue("Late is 5 to 240 minutes.", field="minutes")
    practitioner_of(by, practitioner_id)
    rows = _unsent(by, practitioner_id)
    _put_aside([row for row in rows if row.detail.get("minutes") != minutes or row.n_failures])
    not_before = at + timedelta(seconds=rules_for(by.clinic_id).undo_seconds)
    told = []
    for appointment in next_today(by, practitioner_id, at=at):
        # Whose visit begins before that is told just before it: a message about a visit that has begun is not sent.
        by_when = max(at, min(not_before, appointment.starts_at - timedelta(seconds=30)))
        patient, wish = appointment.patient, wish_of(appointment.patient)
        ways = [""] if patient.email else []
        if wish is not None and wish.by_sms and patient.phone_digits:
            ways.append("_sms")
        kinds = [kind for way in ways if (kind := _kind(appointment, minutes, way))]
        detail = {"minutes": minutes}
        if any([queue_notice(appointment, kind, at=at, detail=detail, not_before=by_when) for kind in kinds]):
            _note(by, at, "late.told", appointment, minutes)
            told.append(appointment)
    return told


def _kind(appointment: Appointment, minutes: int, way: str) -> str:
    """What the message is filed under: `late-20`, the second time (after another delay) `late-20-2`; empty for no news."""
    before = list(of_delays(appointment, way))
    if before and before[-1].detail.get("minutes") == minutes:
        return ""
    n_same = sum(row.detail.get("minutes") == minutes for row in before)
    return f"late-{minutes}-{n_same + 1}{way}" if n_same else f"late-{minutes}{way}"


def _unsent(actor: Actor, practitioner_id: int) -> QuerySet[Notice]:
    """Every message of a delay that has not gone out."""
    return Notice.objects.for_actor(actor).filter(
        appointment__practitioner_id=practitioner_id, kind__startswith="late-", sent_at__isnull=True
    )


def _on(appointment: Appointment, moment: datetime) -> date:
    """The day of the moment on the wall of the visit's place."""
    return moment.astimezone(ZoneInfo(appointment.place.time_zone)).date()


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
