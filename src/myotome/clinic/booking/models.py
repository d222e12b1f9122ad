"""Rows of the diary. An appointment occupies spans of resources; each span claims 5-minute ticks.

`Claim` is unique over (resource, tick): two appointments cannot hold a practitioner, room or patient at the same
time, whatever the code above does. The practitioner is free while needles are retained.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from myotome.clinic.people.access import ClinicRow, DeskRow, StaffRow
from myotome.clinic.people.models import Patient, Place, Practitioner, Room
from myotome.clinic.screening.models import Course
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.scheduling import AppointmentStatus, Phase, ResourceKind, ServiceKind


class Service(StaffRow):
    """What can be booked, with its price and who may book it."""

    kind = models.CharField(max_length=24, choices=[(v.value, v.value) for v in ServiceKind])
    name = models.CharField(max_length=80)
    price_cents = models.PositiveIntegerField()
    room_kind = models.CharField(max_length=16, default="any")
    buffer_minutes = models.PositiveSmallIntegerField(default=0)
    new_patients_may_book = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "kind"], name="one_service_per_kind")]

    def __str__(self) -> str:
        return self.name


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
    """A day that differs: a holiday (practitioner null), a sick day, or an extra shift."""

    practitioner = models.ForeignKey(Practitioner, on_delete=models.CASCADE, null=True, related_name="hours_exceptions")
    on = models.DateField()
    closed = models.BooleanField(default=True)
    starts = models.TimeField(null=True)
    ends = models.TimeField(null=True)
    reason = models.CharField(max_length=120, blank=True)


class Appointment(DeskRow):
    """One visit in the diary. `version` guards two tabs, `sequence` counts what calendars were told."""

    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="appointments")
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

    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="spans")
    phase = models.PositiveSmallIntegerField()
    resource_kind = models.CharField(max_length=12, choices=[(v.value, v.value) for v in ResourceKind])
    practitioner = models.ForeignKey(Practitioner, on_delete=models.PROTECT, null=True, related_name="+")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, null=True, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, null=True, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
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


class Claim(ClinicRow):
    """A resource is taken for one tick. `resource` reads `practitioner:3`, `room:2`, `patient:17`."""

    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="claims", null=True)
    resource = models.CharField(max_length=32)
    tick = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["resource", "tick"], name="one_claim_per_resource_and_tick")]

    @classmethod
    def visible_to(cls, actor: Actor) -> Q:
        """Busy ticks are for the staff; patients see only free times."""
        return Q() if actor.holds(Role.RECEPTIONIST, Role.PRACTITIONER) else Q(pk__in=[])


class Notice(DeskRow):
    """A message about an appointment, at most once per kind and sequence: the outbox."""

    patient_path = "appointment__patient"

    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=20)
    sequence = models.PositiveIntegerField()
    queued_at = models.DateTimeField()
    not_before = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    n_failures = models.PositiveSmallIntegerField(default=0)
    parked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["appointment", "kind", "sequence"], name="one_notice_per_kind_and_sequence")
        ]
