"""Rows of the diary. An appointment occupies spans of resources; each span claims 5-minute ticks.

`Claim` is unique over (resource, tick): two appointments cannot hold a practitioner, room or patient at the same
time, whatever the code above does. The practitioner is free while needles are retained; how many may rest under her at
once is kept by the same constraint, as so many places of `resting:3:0`, `resting:3:1`, ...
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from myotome.clinic.booking.models.setup import Service
from myotome.clinic.people.access import ClinicRow, DeskRow
from myotome.clinic.people.models import Patient, Place, Practitioner, Room
from myotome.clinic.screening.models import Course
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.scheduling import AppointmentStatus, HoldKind, ResourceKind


def _clinic_without_index() -> models.ForeignKey:
    """Of rows that are written a score at a time: an index that begins with the clinic is there, or nobody asks."""
    return models.ForeignKey("people.Clinic", on_delete=models.PROTECT, related_name="+", db_index=False)


class Appointment(DeskRow):
    """One visit in the diary. `version` guards two tabs, `sequence` counts what calendars were told."""

    clinic = _clinic_without_index()
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="appointments", db_index=False)
    practitioner = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="appointments")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, null=True, blank=True, related_name="appointments")
    starts_at = models.DateTimeField(db_index=True)
    ends_at = models.DateTimeField()
    status = models.CharField(
        max_length=12,
        choices=[(v.value, v.value) for v in AppointmentStatus],
        default=AppointmentStatus.BOOKED.value,
    )
    intake_id = models.BigIntegerField(null=True)
    series_key = models.CharField(max_length=40, blank=True)
    note_for_desk = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=120)
    arrived_at = models.DateTimeField(null=True)
    in_room_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.CharField(max_length=120, blank=True)
    link_version = models.PositiveIntegerField(default=1)
    sequence = models.PositiveIntegerField(default=0)
    idempotency_key = models.CharField(max_length=64, null=True, blank=True)
    idempotency_digest = models.CharField(max_length=64, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [
            models.Index(fields=["clinic", "starts_at"]),
            models.Index(fields=["patient", "starts_at"]),
            models.Index(fields=["clinic", "status", "created_at"], name="appointments_by_state"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="an_appointment_ends_after_it_starts"),
            models.UniqueConstraint(fields=["clinic", "idempotency_key"], name="one_booking_per_key"),
        ]


class AppointmentSpan(DeskRow):
    """One stretch of one resource within an appointment (`phase` numbers from 0)."""

    patient_path = "appointment__patient"

    clinic = _clinic_without_index()
    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="spans")
    phase = models.PositiveSmallIntegerField()
    resource_kind = models.CharField(max_length=12, choices=[(v.value, v.value) for v in ResourceKind])
    practitioner = models.ForeignKey(
        Practitioner, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    room = models.ForeignKey(Room, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    first_tick = models.BigIntegerField()
    end_tick = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["clinic", "first_tick"], name="spans_by_tick")]
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(resource_kind="practitioner", practitioner__isnull=False, room__isnull=True, patient__isnull=True)
                    | Q(resource_kind="room", room__isnull=False, practitioner__isnull=True, patient__isnull=True)
                    | Q(resource_kind="patient", patient__isnull=False, practitioner__isnull=True, room__isnull=True)
                ),
                name="a_span_names_its_resource",
            )
        ]


class Hold(ClinicRow):
    """Time that is kept without an appointment: while somebody fills in a form, for a waiting list, or blocked.

    With `expires_at` in the past it is nobody's any more, whether or not its claims have been swept away; without one
    it stays until it is given back.
    """

    kind = models.CharField(max_length=8, choices=[(v.value, v.value) for v in HoldKind])
    service = models.ForeignKey(Service, on_delete=models.PROTECT, null=True, related_name="+")
    practitioner = models.ForeignKey(Practitioner, on_delete=models.PROTECT, null=True, related_name="+")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, null=True, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    key = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=120)

    class Meta:
        indexes = [models.Index(fields=["clinic", "starts_at"], name="holds_by_start")]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="a_hold_ends_after_it_starts")
        ]

    @classmethod
    def visible_to(cls, actor: Actor) -> Q:
        """The staff; the public sees only that a time is not free."""
        return Q() if actor.holds(Role.RECEPTIONIST, Role.PRACTITIONER, Role.OWNER) else Q(pk__in=[])


class Claim(ClinicRow):
    """A resource is taken for one tick. `resource` reads `practitioner:3`, `room:2`, `patient:17`, `resting:3:0`."""

    clinic = _clinic_without_index()
    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="claims", null=True)
    hold = models.ForeignKey(Hold, on_delete=models.CASCADE, related_name="claims", null=True)
    resource = models.CharField(max_length=32)
    tick = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["resource", "tick"], name="one_claim_per_resource_and_tick")]

    @classmethod
    def visible_to(cls, actor: Actor) -> Q:
        """Busy ticks are for the staff; patients see only free times."""
        return Q() if actor.holds(Role.RECEPTIONIST, Role.PRACTITIONER) else Q(pk__in=[])


class DeskAct(DeskRow):
    """An act of the staff that can be undone before anybody is told: what the appointment was before it.

    `notices` are the messages it has queued; they wait until `until`.
    """

    patient_path = "appointment__patient"

    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="desk_acts")
    act = models.CharField(max_length=12)
    at = models.DateTimeField()
    until = models.DateTimeField()
    by_user_id = models.BigIntegerField(null=True)
    before = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["clinic", "until"], name="acts_that_can_be_undone")]
