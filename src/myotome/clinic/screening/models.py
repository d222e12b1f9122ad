"""Rows of the first station: intake, safety answers, facts that caution, and the course that begins here."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from myotome.clinic.people.access import ClinicalRow, StaffRow
from myotome.clinic.people.models import Patient, User
from myotome.vocabulary.courses import CourseOutcome, RedFlagLevel, SafetyAnswer


class Intake(ClinicalRow):
    """One person's answers before a first assessment, saved answer by answer.

    `answers` maps a question code of `knowledge.screening` to what was typed or chosen. Safety answers live in
    `RedFlagAnswer`, append-only. `patient` is null until she has given her name at booking.
    """

    patient_path = "patient"
    patient_sees = True

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, null=True, blank=True, related_name="intakes")
    content_version = models.CharField(max_length=20)
    channel = models.CharField(max_length=8, choices=[("online", "online"), ("phone", "phone"), ("desk", "desk")])
    language = models.CharField(max_length=8, default="en")
    regions = models.JSONField(default=list)
    answers = models.JSONField(default=dict)
    step = models.CharField(max_length=40, blank=True)
    level = models.CharField(
        max_length=12, choices=[(v.value, v.value) for v in RedFlagLevel], default=RedFlagLevel.NONE.value
    )
    started_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    called_at = models.DateTimeField(null=True)
    called_by = models.CharField(max_length=120, blank=True)
    call_outcome = models.CharField(max_length=300, blank=True)
    link_version = models.PositiveIntegerField(default=1)
    version = models.PositiveIntegerField(default=1)


class RedFlagAnswer(ClinicalRow):
    """One answer to one safety question; a correction is a new row, the old one stays."""

    patient_path = "intake__patient"

    intake = models.ForeignKey(Intake, on_delete=models.PROTECT, related_name="flag_answers")
    code = models.CharField(max_length=60)
    answer = models.CharField(max_length=10, choices=[(v.value, v.value) for v in SafetyAnswer])
    level = models.CharField(max_length=12, choices=[(v.value, v.value) for v in RedFlagLevel])
    answered_at = models.DateTimeField()
    answered_by = models.CharField(max_length=120, blank=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["id"]


class Course(ClinicalRow):
    """One course of care for one complaint, from the first question to discharge."""

    patient_path = "patient"
    patient_sees = True

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="courses")
    intake = models.ForeignKey(Intake, on_delete=models.PROTECT, null=True, blank=True, related_name="courses")
    complaint = models.CharField(max_length=200)
    condition = models.CharField(max_length=60, blank=True)
    regions = models.JSONField(default=list)
    onset_on = models.DateField(null=True)
    duration_weeks = models.FloatField(null=True)
    n_segments = models.PositiveSmallIntegerField(null=True)
    prior_surgery = models.BooleanField(null=True)
    expected_duration = models.CharField(max_length=40, blank=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, choices=[(v.value, v.value) for v in CourseOutcome], blank=True)
    relapse_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="relapses")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(Q(closed_at__isnull=True) & Q(outcome="")) | (Q(closed_at__isnull=False) & ~Q(outcome="")),
                name="a_closed_course_has_an_outcome",
            )
        ]


class PatientFact(ClinicalRow):
    """A dated fact that raises a caution (`anticoagulant`, `pacemaker`, ...); corrected by a newer row.

    `areas` are regions with a side, as `arm:left`, where it was named that the fact holds; a fact without may hold anywhere.
    """

    patient_path = "patient"
    patient_sees = True

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="facts")
    code = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=[(v, v) for v in ("present", "absent", "not_asked")])
    detail = models.CharField(max_length=200, blank=True)
    areas = models.JSONField(default=list, blank=True)
    noted_at = models.DateTimeField()
    noted_by = models.CharField(max_length=120)
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "code"], condition=Q(replaced_at__isnull=True), name="one_current_fact_per_code"
            )
        ]


class ContentVersion(StaffRow):
    """One version of a caution or condition in this clinic: changed cells, or none for the row as shipped.

    Versions stay; the newest is in force. A sign-off belongs to one version and, by `shipped_digest`, to the shipped
    row that it was read beside: when an upgrade changes that row, it awaits sign-off again.
    """

    table = models.CharField(max_length=12, choices=[(v, v) for v in ("conditions", "cautions")])
    row = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    cells = models.JSONField(default=dict)
    shipped_digest = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=120)
    replaced_at = models.DateTimeField(null=True)
    signed_at = models.DateTimeField(null=True)
    signed_by = models.CharField(max_length=120, blank=True)
    signed_by_user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["clinic", "table", "row", "version"], name="content_versions_count_up"),
            models.UniqueConstraint(
                fields=["clinic", "table", "row"], condition=Q(replaced_at__isnull=True), name="one_content_in_force"
            ),
            models.CheckConstraint(
                condition=Q(signed_at__isnull=True) | ~Q(signed_by=""), name="a_sign_off_has_a_name"
            ),
        ]
