"""What is told to whom: the outbox of appointments, and what a patient wishes not to be told."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import Q

from myotome.clinic.booking.models.diary import Appointment
from myotome.clinic.people.access import DeskRow
from myotome.clinic.people.models import Patient

SHOWN_FROM_FAILURES = 3
"""From so many failures on, which is half an hour, the desk is shown that a message does not go out."""
LONGEST_SENDING = timedelta(minutes=10)
"""What has been on its way for longer is with nobody any more; a mail server is waited for 20 seconds."""


class Notice(DeskRow):
    """A message about an appointment, at most once per kind and sequence: the outbox.

    `going_since` stands while it is being sent. Where it stays, the worker died with it: nobody knows whether it went out.
    """

    patient_path = "appointment__patient"

    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=20)
    sequence = models.PositiveIntegerField()
    queued_at = models.DateTimeField()
    not_before = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    going_since = models.DateTimeField(null=True)
    n_failures = models.PositiveSmallIntegerField(default=0)
    parked_at = models.DateTimeField(null=True)
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(
                fields=["clinic"],
                condition=Q(sent_at__isnull=True, n_failures__gte=SHOWN_FROM_FAILURES),
                name="messages_that_fail",
            ),
            models.Index(fields=["clinic"], condition=Q(going_since__isnull=False), name="messages_on_their_way"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["appointment", "kind", "sequence"], name="one_notice_per_kind_and_sequence")
        ]


class ContactWish(DeskRow):
    """What a patient does not want to be sent. Messages about an act of hers, or a change of her visit, always go out."""

    patient = models.OneToOneField(Patient, on_delete=models.CASCADE, related_name="contact_wish")
    no_reminders = models.BooleanField(default=False)
    no_offers = models.BooleanField(default=False)
    by_sms = models.BooleanField(default=False)
    changed_at = models.DateTimeField()
