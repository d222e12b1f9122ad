"""Reminders of visits that are booked already, when what decides about them has changed: her wish, her address, the rules.

A visit has one reminder of each way, so that asking twice queues nothing twice; one that waits is moved to its new time.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django_tasks import task

from myotome.clinic.booking.models import Appointment, Notice
from myotome.clinic.booking.notices import queue_jobs, queue_notices, reminders_of, send_notice
from myotome.clinic.booking.rules import rules_for
from myotome.clinic.people.models import Patient
from myotome.vocabulary.scheduling import AppointmentStatus

AHEAD = (AppointmentStatus.REQUESTED.value, AppointmentStatus.BOOKED.value)


def remind_of_visits_ahead(patient: Patient, *, at: datetime) -> None:
    """Queues the reminders that this patient's visits ahead should have by now; call it in the transaction of the change."""
    rows = Appointment.objects.filter(patient_id=patient.pk, starts_at__gt=at, status__in=AHEAD)
    rows = rows.select_for_update(of=("self",)).select_related("patient", "place")  # nobody moves them meanwhile
    for appointment in rows.order_by("pk"):
        _remind(appointment, at)


@task()
def remind_clinic(clinic_id: int) -> None:
    """The same for every visit ahead of the clinic: its rule of how long before has changed."""
    at = timezone.now()
    rows = Appointment.objects.filter(clinic_id=clinic_id, starts_at__gt=at, status__in=AHEAD)
    for pk in list(rows.order_by("starts_at").values_list("pk", flat=True)):
        with transaction.atomic():
            one = rows.filter(pk=pk).select_for_update(of=("self",)).select_related("patient", "place")
            appointment = one.first()
            if appointment is not None:
                _remind(appointment, at)


def hear_of_contacts(sender: Any, *, patient: Patient, at: datetime, **kwargs: Any) -> None:
    """Her address or number was changed."""
    remind_of_visits_ahead(patient, at=at)


def _remind(appointment: Appointment, at: datetime) -> None:
    rules = rules_for(appointment.clinic_id)
    for kind, when in reminders_of(appointment, at, rules):
        waits = Notice.objects.filter(
            appointment=appointment, kind=kind, sequence=appointment.sequence, sent_at__isnull=True, not_before__gt=at
        ).exclude(not_before=when)
        pk = waits.values_list("pk", flat=True).first()
        if pk is not None and waits.update(not_before=when):
            queue_jobs(send_notice, [([pk], when)])
    queue_notices(appointment, "", at=at, rules=rules)
