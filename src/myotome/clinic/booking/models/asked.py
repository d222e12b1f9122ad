"""A first booking that waits for its patient to follow the link in her mail."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from myotome.clinic.booking.models.diary import Appointment
from myotome.clinic.booking.models.setup import Service
from myotome.clinic.people.access import NOTHING, ClinicRow
from myotome.clinic.people.models import Practitioner
from myotome.vocabulary.actors import Actor


class AskedBooking(ClinicRow):
    """What somebody new typed, kept with the time it asks for until the address is proved; then it goes, booked or not.

    No patient exists before that. `key` is the form's: sent twice it is one.
    """

    intake_id = models.BigIntegerField()
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+")
    practitioner = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    given_name = models.CharField(max_length=80)
    family_name = models.CharField(max_length=80)
    born_on = models.DateField()
    phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField()
    language = models.CharField(max_length=8, default="en")
    key = models.CharField(max_length=64)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    n_failures = models.PositiveSmallIntegerField(default=0)
    booked = models.ForeignKey(Appointment, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "key"], name="one_asked_booking_per_key")]

    @classmethod
    def visible_to(cls, actor: Actor) -> Q:
        """Nobody: it is the holder's of the link."""
        return NOTHING
