"""What a clinic describes once: services in phases, weekly shifts, days that differ, and the rules of its diary."""

from __future__ import annotations

from datetime import time
from typing import Any

from django.db import models
from django.db.models import F, Q

from myotome.clinic.people.access import StaffRow
from myotome.clinic.people.models import Place, Practitioner
from myotome.clinic.people.queries import search_key
from myotome.vocabulary.scheduling import Phase, ServiceKind

MOST_OF_A_NAME = 160


class Service(StaffRow):
    """What can be booked under a name of its own, with its price and who may book it; a clinic has as many of a kind as it likes.

    `kind` is what the visit is clinically and never changes; `search_name` is the name as it is compared and looked up.
    `equipment` names what its room must have, `credential` the programme its practitioner must hold on the day (empty:
    none is asked for). `buffer_minutes` after a visit keep practitioner and room, `turnover_minutes` the room alone;
    `most_resting` how many patients may rest with needles in under one practitioner.
    """

    kind = models.CharField(max_length=24, choices=[(v.value, v.value) for v in ServiceKind])
    name = models.CharField(max_length=80)
    search_name = models.CharField(max_length=MOST_OF_A_NAME, editable=False)
    price_cents = models.PositiveIntegerField()
    room_kind = models.CharField(max_length=16, default="any")
    equipment = models.JSONField(default=list, blank=True)
    credential = models.CharField(max_length=120, blank=True)
    most_resting = models.PositiveSmallIntegerField(default=3)
    buffer_minutes = models.PositiveSmallIntegerField(default=0)
    turnover_minutes = models.PositiveSmallIntegerField(default=0)
    new_patients_may_book = models.BooleanField(default=False)
    in_care_may_book = models.BooleanField(default=False, db_default=False)
    """A patient whose agreed plan asks for it books it herself."""
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1, db_default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "search_name"], name="one_service_per_name")]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """As Django's, with the name as it is compared; on every database alike."""
        self.search_name = search_key(self.name)[:MOST_OF_A_NAME]
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "search_name"}
        super().save(*args, **kwargs)

    @property
    def minutes(self) -> int:
        """How long a visit lasts, all its phases."""
        return sum(phase.minutes for phase in self.phases.all())

    @property
    def is_assessment(self) -> bool:
        """A first examination, not a treatment."""
        return self.kind in {ServiceKind.ASSESSMENT_IMS.value, ServiceKind.ASSESSMENT_ACUPUNCTURE.value}


class ServicePhase(StaffRow):
    """One phase of a service: minutes, and whether it occupies practitioner and room."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="phases")
    order = models.PositiveSmallIntegerField()
    minutes = models.PositiveSmallIntegerField()
    occupies_practitioner = models.BooleanField(default=True)
    occupies_room = models.BooleanField(default=True)

    class Meta:
        ordering = ["service_id", "order"]
        constraints = [
            models.UniqueConstraint(fields=["service", "order"], name="one_phase_per_order"),
            models.CheckConstraint(condition=Q(minutes__gt=0), name="a_phase_lasts"),
        ]

    def as_value(self) -> Phase:
        """The phase as a value."""
        return Phase(self.minutes, self.occupies_practitioner, self.occupies_room)


class WorkingHours(StaffRow):
    """A weekly shift in the place's wall-clock time; weekday 0 is Monday."""

    practitioner = models.ForeignKey(Practitioner, on_delete=models.CASCADE, related_name="working_hours")
    place = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="+")
    weekday = models.PositiveSmallIntegerField()
    starts = models.TimeField()
    ends = models.TimeField()
    valid_from = models.DateField(null=True)
    valid_until = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="a_shift_ends_after_it_starts"),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="a_week_has_seven_days"),
        ]


class HoursException(StaffRow):
    """A day that differs: a holiday (practitioner null), a sick day, or an extra shift.

    Without a place a closed day holds at every place, an extra shift is where she works in the week, else at the clinic's
    first place. Its times are on that place's wall.
    """

    practitioner = models.ForeignKey(Practitioner, on_delete=models.CASCADE, null=True, related_name="hours_exceptions")
    place = models.ForeignKey(Place, on_delete=models.CASCADE, null=True, related_name="+")
    on = models.DateField()
    closed = models.BooleanField(default=True)
    starts = models.TimeField(null=True)
    ends = models.TimeField(null=True)
    reason = models.CharField(max_length=120, blank=True)


class DiaryRules(StaffRow):
    """The rules of one clinic's diary; a clinic without a row keeps the defaults.

    Nothing but what a person has just asked for is sent between `quiet_from` and `quiet_until`, wall clock of the place.
    """

    undo_seconds = models.PositiveSmallIntegerField(default=180)
    hold_minutes = models.PositiveSmallIntegerField(default=10)
    offer_minutes = models.PositiveSmallIntegerField(default=120)
    offers_at_once = models.PositiveSmallIntegerField(default=1)
    reminder_hours = models.PositiveSmallIntegerField(default=24)
    cancel_hours = models.PositiveSmallIntegerField(default=24)
    quiet_from = models.TimeField(default=time(21))
    quiet_until = models.TimeField(default=time(8))
    no_show_fee_cents = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic"], name="one_set_of_rules_per_clinic"),
            models.CheckConstraint(condition=Q(offers_at_once__gte=1), name="an_offer_goes_to_somebody"),
        ]


class SetUpVersion(models.Model):
    """A number that the database changes by itself whenever anything that a clinic describes is changed (`kept`)."""

    clinic_id = models.BigIntegerField(primary_key=True)
    version = models.BigIntegerField()
