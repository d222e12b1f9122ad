"""What a patient has not been told yet when her visit changes: it is told of the visit as it is then, not lost with it."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from myotome.clinic.booking.models import Appointment, Notice
from myotome.clinic.booking.notices import queue_jobs, send_notice, visits_of_series

OWED = ("booked", "requested", "moved")
"""What she has to be told some time, in the order of what tells more; the message about a series has its own way."""


def owed(appointment: Appointment) -> str:
    """The kind of message that she has not been sent yet about the visit as it stands; empty when she knows.

    What is on its way counts as not sent: it tells of a time that may not hold any more.
    """
    unsent = appointment.notices.filter(
        Q(sent_at__isnull=True) | Q(going_since__isnull=False), sequence=appointment.sequence, kind__in=OWED
    )
    kinds = set(unsent.values_list("kind", flat=True))
    return next((kind for kind in OWED if kind in kinds), "")


def is_told(appointment: Appointment, *, at: datetime) -> bool:
    """True when a mail about the visit as it stands since the act at `at` is queued, or went out at once.

    Ask it in the moment after the act: each act that changes a visit begins a new sequence, so what hangs on this one
    tells of the act, whatever was asked for. The one message about a series tells of the visit too while it waits.
    """
    said = [*OWED, "cancelled"]
    if appointment.notices.filter(sequence=appointment.sequence, kind__in=said).exists():
        return True
    if not appointment.series_key or not appointment.patient.email:
        return False
    rows = Notice.objects.filter(
        clinic_id=appointment.clinic_id,
        kind="series",
        appointment__series_key=appointment.series_key,
        appointment__patient_id=appointment.patient_id,
    )
    return rows.filter(Q(sent_at__isnull=True) | Q(sent_at__gte=at)).exists()


def pass_on_series(appointment: Appointment, *, after: datetime | None) -> bool:
    """True when the one message about the visit's whole series is still to come, and will tell what the visit is now.

    It hangs on the first visit that is still booked, and is not sent before `after`, the end of the time for undoing.
    Call it when a visit was moved, cancelled or taken back.
    """
    if not appointment.series_key:
        return False
    rows = Notice.objects.filter(
        clinic_id=appointment.clinic_id,
        kind="series",
        appointment__series_key=appointment.series_key,
        appointment__patient_id=appointment.patient_id,
    )
    notice = rows.first()
    if notice is None:
        return False
    visits = visits_of_series(appointment)
    if visits:
        notice.appointment, notice.sequence = visits[0], visits[0].sequence
    if after is not None:
        notice.not_before = max(notice.not_before, after)
    unsent = Notice.objects.filter(pk=notice.pk, sent_at__isnull=True)
    changes = {"appointment": notice.appointment, "sequence": notice.sequence, "not_before": notice.not_before}
    if not unsent.update(n_failures=0, **changes):
        return False
    queue_jobs(send_notice, [([notice.pk], notice.not_before)])
    return True


def say_after_all(appointment: Appointment, *, at: datetime) -> None:
    """Queues anew what fell due, and found nothing to say, while an act stood that has been taken back."""
    rows = appointment.notices.filter(sequence=appointment.sequence, sent_at__isnull=True, not_before__lte=at)
    queue_jobs(send_notice, [([pk], None) for pk in rows.order_by("pk").values_list("pk", flat=True)])
