"""Messages that do not go out: the desk sees them, phones, or has them tried again.

A mail server may be away for a day and a message may be impossible to make. Neither stops a booking; what nobody was told
of stands here until the visit has begun, was changed since, or somebody has told the patient. So does what a worker died
with: it may have gone out or not, no program sends it a second time, and a person decides. Offers of the waiting list
have the same state while they stand.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet

from myotome.clinic.audit.actions import record
from myotome.clinic.booking.models import Notice, Offered
from myotome.clinic.booking.notices import queue_jobs, send_notice
from myotome.clinic.booking.queries import appointment_for
from myotome.clinic.people.outgoing import begin_anew, fails, is_not_known, told
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.scheduling import AppointmentStatus


def unsent(actor: Actor, *, at: datetime) -> list[Notice]:
    """What did not go out and is still true, of visits to come, the next visit first."""
    rows = notices_unsent(actor, at).select_related(
        "appointment__patient", "appointment__practitioner", "appointment__place"
    )
    return list(rows.order_by("appointment__starts_at", "pk")[:200])


def notices_unsent(actor: Actor, at: datetime) -> QuerySet[Notice]:
    """As `unsent`, in no order."""
    rows = Notice.objects.for_actor(actor).filter(
        Q(sequence=F("appointment__sequence")) | Q(kind="cancelled"),
        fails() | is_not_known(at),
        appointment__starts_at__gt=at,
    )
    ahead = AppointmentStatus.BOOKED.value
    return rows.exclude(Q(kind__startswith="reminder") | Q(kind__startswith="late"), ~Q(appointment__status=ahead))


def offers_mailed(actor: Actor) -> QuerySet[Offered]:
    """Offers of the waiting list as the desk sees them."""
    return Offered.objects.for_actor(actor).select_related("wish__patient", "opening__practitioner", "opening__service")


def offer_not_heard_of(at: datetime) -> Q:
    """Offers that stand and of which nobody can say that she has them."""
    stands = Q(
        answered_at__isnull=True, expires_at__gt=at, opening__closed_at__isnull=True, wish__ended_at__isnull=True
    )
    return stands & (fails() | is_not_known(at))


@transaction.atomic
def told_by_phone(*, by: Actor, at: datetime, appointment_id: int) -> int:
    """How many messages about the visit are not tried any more, for the patient knows; said twice it is said once."""
    rows = _about(by, at, appointment_id)
    told(Notice.objects.filter(pk__in=[row.pk for row in rows]), at)
    _on_record(by, at, "notice.told_by_phone", rows)
    return len(rows)


@transaction.atomic
def try_again(*, by: Actor, at: datetime, appointment_id: int) -> int:
    """How many messages about the visit are queued at once, as if they had never failed or never been begun."""
    rows = _about(by, at, appointment_id)
    begin_anew(Notice.objects.filter(pk__in=[row.pk for row in rows]))
    queue_jobs(send_notice, [([row.pk], None) for row in rows])
    _on_record(by, at, "notice.tried_again", rows)
    return len(rows)


def _about(by: Actor, at: datetime, appointment_id: int) -> list[Notice]:
    by.check_holds(Role.RECEPTIONIST, Role.PRACTITIONER)
    appointment = appointment_for(by, appointment_id)
    rows = notices_unsent(by, at).filter(appointment_id=appointment.pk).select_related("appointment")
    return list(rows.select_for_update(of=("self",)).order_by("pk"))


def _on_record(by: Actor, at: datetime, act: str, rows: list[Notice]) -> None:
    for row in rows:
        record(by=by, at=at, act=act, subject=row, patient_id=row.appointment.patient_id, kind=row.kind)
