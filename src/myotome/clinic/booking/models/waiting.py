"""Who waits for an earlier or another time, and which times they were offered."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from myotome.clinic.booking.models.diary import Appointment, Hold
from myotome.clinic.booking.models.setup import Service
from myotome.clinic.people.access import DeskRow
from myotome.clinic.people.models import Patient, Practitioner
from myotome.clinic.people.outgoing import Outgoing, indexes_of


class WaitingWish(DeskRow):
    """Somebody who waits: for which service, with whom (null: anybody), on which days, between which hours.

    `weekdays` holds 0 (Monday) to 6; empty means any. Whoever waits longest is asked first.
    """

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="waiting_wishes")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+")
    practitioner = models.ForeignKey(Practitioner, on_delete=models.PROTECT, null=True, related_name="+")
    course_id = models.BigIntegerField(null=True)
    first_day = models.DateField()
    last_day = models.DateField()
    weekdays = models.JSONField(default=list)
    from_time = models.TimeField()
    until_time = models.TimeField()
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=120)
    ended_at = models.DateTimeField(null=True)
    booked = models.ForeignKey(Appointment, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="a_wish_ends_after_it_starts"),
            models.CheckConstraint(condition=Q(until_time__gt=F("from_time")), name="a_wish_has_hours"),
        ]
        indexes = [models.Index(fields=["clinic", "ended_at", "created_at"], name="wishes_in_order")]


class Opening(DeskRow):
    """A time that has come free and is held while it is offered; `taken_by` is the first yes, and there is only one.

    `freed_by` is whose visit stood there; she is not asked about it.
    """

    patient_path = "taken_by__patient"

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+")
    practitioner = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    hold = models.ForeignKey(Hold, on_delete=models.SET_NULL, null=True, related_name="openings")
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    freed_by = models.ForeignKey(Patient, on_delete=models.SET_NULL, null=True, db_index=False, related_name="+")
    taken_by = models.ForeignKey(WaitingWish, on_delete=models.SET_NULL, null=True, related_name="+")


class Offered(Outgoing, DeskRow):
    """One opening offered to one who waits, until `expires_at`. A wish is offered an opening once.

    With `by_phone` nothing is sent and nothing held for her: no message reaches her, and the desk phones.
    """

    patient_path = "wish__patient"

    opening = models.ForeignKey(Opening, on_delete=models.CASCADE, related_name="offers")
    wish = models.ForeignKey(WaitingWish, on_delete=models.CASCADE, related_name="offers")
    offered_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    said_yes = models.BooleanField(null=True)
    by_phone = models.BooleanField(default=False, db_default=False)

    class Meta:
        indexes = indexes_of("offers")
        constraints = [models.UniqueConstraint(fields=["opening", "wish"], name="an_opening_is_offered_once")]
