"""Rows of the plan: sites, series, price, and the consent that comes before the first needle."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from myotome.clinic.assessment.models import Examination
from myotome.clinic.booking.models import Service
from myotome.clinic.people.access import ClinicalRow
from myotome.clinic.people.models import Practitioner
from myotome.clinic.screening.models import Course
from myotome.vocabulary.anatomy import NeedleRegion
from myotome.vocabulary.needling import SiteKind, Style, TreatmentMode


class Plan(ClinicalRow):
    """A series up to its reviews, shown in treatments and money before the patient says yes.

    `service` is what her visits are booked as; None where nobody has said, and the clinic's first of the mode is meant.
    """

    patient_sees = True

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="plans")
    examination = models.ForeignKey(Examination, on_delete=models.PROTECT, null=True, related_name="plans")
    made_by = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="+")
    mode = models.CharField(max_length=12, choices=[(v.value, v.value) for v in TreatmentMode])
    service = models.ForeignKey(Service, on_delete=models.PROTECT, null=True, db_index=False, related_name="+")
    n_treatments = models.PositiveSmallIntegerField()
    review_visits = models.JSONField(default=list)
    interval_days = models.PositiveSmallIntegerField(default=7)
    price_cents_each = models.PositiveIntegerField()
    rationale = models.TextField(blank=True)
    style = models.CharField(max_length=16, choices=[(v.value, v.value) for v in Style], blank=True)
    made_at = models.DateTimeField()
    agreed_at = models.DateTimeField(null=True)
    replaced_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(n_treatments__gte=1, n_treatments__lte=40), name="a_series_has_visits"),
            models.UniqueConstraint(
                fields=["course", "mode"], condition=Q(replaced_at__isnull=True), name="one_current_plan_per_mode"
            ),
        ]


class PlannedSite(ClinicalRow):
    """A muscle (with level) or an acupoint that the plan means to needle, and why."""

    patient_path = "plan__course__patient"

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="sites")
    order = models.PositiveSmallIntegerField()
    site_kind = models.CharField(max_length=8, choices=[(v.value, v.value) for v in SiteKind])
    site = models.CharField(max_length=60)
    level = models.CharField(max_length=4, blank=True)
    side = models.CharField(max_length=8)
    region = models.CharField(max_length=16, choices=[(v.value, v.value) for v in NeedleRegion])
    segment = models.CharField(max_length=4, blank=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["plan_id", "order"]


class Consent(ClinicalRow):
    """One yes to one versioned text, for the course, for a hazard region, or for retained needles."""

    patient_sees = True

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="consents")
    kind = models.CharField(max_length=8, choices=[(v, v) for v in ("course", "region", "retained")])
    subject = models.CharField(max_length=40, blank=True)
    text_id = models.CharField(max_length=40)
    text_version = models.CharField(max_length=20)
    language = models.CharField(max_length=8, default="en")
    how = models.CharField(max_length=20, default="in person")
    given_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=120)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_reason = models.CharField(max_length=300, blank=True)
