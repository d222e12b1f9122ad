"""What is told to whom: the outbox of appointments, and what a patient wishes not to be told."""

from __future__ import annotations

from django.db import models

from myotome.clinic.booking.models.diary import Appointment
from myotome.clinic.people.access import DeskRow
from myotome.clinic.people.models import Patient
from myotome.clinic.people.outgoing import Outgoing, indexes_of


class Notice(Outgoing, DeskRow):
    """A message about an appointment, at most once per kind and sequence: the outbox."""

    patient_path = "appointment__patient"

    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=20)
    sequence = models.PositiveIntegerField()
    queued_at = models.DateTimeField()
    not_before = models.DateTimeField()
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = indexes_of("messages")
        constraints = [
            models.UniqueConstraint(fields=["appointment", "kind", "sequence"], name="one_notice_per_kind_and_sequence")
        ]


class ContactWish(DeskRow):
    """What a patient does not want to be sent. Messages about an act of hers, or a change of her visit, always go out.

    `said` is how she told the desk, `noted_by` who of the desk wrote it down; both empty where she chose it herself.
    """

    patient = models.OneToOneField(Patient, on_delete=models.CASCADE, related_name="contact_wish")
    no_reminders = models.BooleanField(default=False)
    no_offers = models.BooleanField(default=False)
    by_sms = models.BooleanField(default=False)
    said = models.CharField(max_length=12, blank=True)
    noted_by = models.CharField(max_length=120, blank=True)
    changed_at = models.DateTimeField()
