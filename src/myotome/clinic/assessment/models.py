"""Rows of the segmental examination.

A finding is never overwritten: a change replaces the row and keeps the old one. The root ladder that was shown is
stored with the ids of its evidence and the versions that computed it.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from myotome.clinic.booking.models import Appointment
from myotome.clinic.people.access import ClinicalRow, ClinicRow
from myotome.clinic.people.models import Practitioner
from myotome.clinic.screening.models import Course
from myotome.vocabulary.findings import FindingKind


class Examination(ClinicalRow):
    """One segmental examination by one examiner; her own impression comes before the ranked roots.

    `blind_to` is the examination of a colleague that this one repeats unseen; it serves their reliability, not the course.
    """

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="examinations")
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, null=True, related_name="examinations")
    examiner = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="+")
    region = models.CharField(max_length=12, blank=True)
    impression = models.TextField(blank=True)
    impression_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    blind_to = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="second_look")
    version = models.PositiveIntegerField(default=1)


class ExaminerReliability(ClinicRow):
    """What an examiner's blind pairs say of her hands: kappa 0 to 1 (null while too few places are shared), and of how many."""

    practitioner = models.OneToOneField(Practitioner, on_delete=models.PROTECT, related_name="reliability")
    kappa = models.FloatField(null=True)
    n_places = models.PositiveIntegerField()
    updated_at = models.DateTimeField()


class ExamFinding(ClinicalRow):
    """One sign, graded; `subject` is a muscle id, a dermatome or a reflex; `present` for skin signs only."""

    patient_path = "examination__course__patient"

    examination = models.ForeignKey(Examination, on_delete=models.PROTECT, related_name="findings")
    kind = models.CharField(max_length=8, choices=[(v.value, v.value) for v in FindingKind])
    subject = models.CharField(max_length=60)
    level = models.CharField(max_length=4, blank=True)
    side = models.CharField(max_length=8)
    sign = models.CharField(max_length=32, blank=True)
    grade = models.SmallIntegerField(null=True)
    present = models.BooleanField(null=True)
    entered_at = models.DateTimeField()
    entered_by = models.CharField(max_length=120)
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["examination", "kind", "subject", "level", "side", "sign"],
                condition=Q(replaced_at__isnull=True),
                name="one_current_finding_per_sign",
            ),
            models.CheckConstraint(
                condition=Q(grade__isnull=False, present__isnull=True) | Q(grade__isnull=True, present__isnull=False),
                name="a_finding_is_graded_or_present",
            ),
        ]


class RootBelief(ClinicalRow):
    """The ranked roots as they were shown; append-only."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="root_beliefs")
    examination = models.ForeignKey(Examination, on_delete=models.PROTECT, null=True, related_name="root_beliefs")
    shown_at = models.DateTimeField()
    evidence_ids = models.JSONField(default=list)
    answer = models.JSONField()
    knowledge_version = models.CharField(max_length=20)
    engine_version = models.CharField(max_length=20)
