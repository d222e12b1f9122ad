"""Messages that do not go out: the desk sees them, phones, or has them tried again.

A mail server may be away for a day and a message may be impossible to make. Neither stops a booking; what nobody was told
of stands here until the visit has begun, was changed since, or somebody has told the patient. So does what a worker died
with: it may have gone out or not, no program sends it a second time, and a person decides.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet

from myotome.clinic.audit.actions import record
from myotome.clinic.booking.models import Notice
from myotome.clinic.booking.models.messages import LONGEST_SENDING, SHOWN_FROM_FAILURES
from myotome.clinic.booking.notices import queue_jobs, send_notice
from myotome.clinic.booking.queries import appointment_for
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.scheduling import AppointmentStatus


def unsent(actor: Actor, *, at: datetime) -> list[Notice]:
    """What did not go out and is still true, of visits to come, the next visit first."""
    rows = _unsent(actor, at).select_related("appointment__patient", "appointment__practitioner", "appointment__place")
    return list(rows.order_by("appointment__starts_at", "pk")[:200])


def n_unsent(actor: Actor, *, at: datetime) -> int:
    """How many there are."""
    return _unsent(actor, at).count()


@transaction.atomic
def told_by_phone(*, by: Actor, at: datetime, appointment_id: int) -> int:
    """How many messages about the visit are not tried any more, for the patient knows; said twice it is said once."""
    rows = _about(by, at, appointment_id)
    Notice.objects.filter(pk__in=[row.pk for row in rows]).update(sent_at=at, going_since=None)
    _on_record(by, at, "notice.told_by_phone", rows)
    return len(rows)


@transaction.atomic
def try_again(*, by: Actor, at: datetime, appointment_id: int) -> int:
    """How many messages about the visit are queued at once, as if they had never failed or never been begun."""
    rows = _about(by, at, appointment_id)
    anew = {"n_failures": 0, "parked_at": None, "sent_at": None, "going_since": None}
    Notice.objects.filter(pk__in=[row.pk for row in rows]).update(**anew)
    queue_jobs(send_notice, [([row.pk], None) for row in rows])
    _on_record(by, at, "notice.tried_again", rows)
    return len(rows)


def _unsent(actor: Actor, at: datetime) -> QuerySet[Notice]:
    failed = Q(sent_at__isnull=True, n_failures__gte=SHOWN_FROM_FAILURES)
    died = Q(going_since__isnull=False, going_since__lte=at - LONGEST_SENDING)
    rows = Notice.objects.for_actor(actor).filter(
        Q(sequence=F("appointment__sequence")) | Q(kind="cancelled"), failed | died, appointment__starts_at__gt=at
    )
    ahead = AppointmentStatus.BOOKED.value
    return rows.exclude(Q(kind__startswith="reminder") | Q(kind__startswith="late"), ~Q(appointment__status=ahead))


def _about(by: Actor, at: datetime, appointment_id: int) -> list[Notice]:
    by.check_holds(Role.RECEPTIONIST, Role.PRACTITIONER)
    appointment = appointment_for(by, appointment_id)
    rows = _unsent(by, at).filter(appointment_id=appointment.pk).select_related("appointment")
    return list(rows.select_for_update(of=("self",)).order_by("pk"))


def _on_record(by: Actor, at: datetime, act: str, rows: list[Notice]) -> None:
    for row in rows:
        record(by=by, at=at, act=act, subject=row, patient_id=row.appointment.patient_id, kind=row.kind)
