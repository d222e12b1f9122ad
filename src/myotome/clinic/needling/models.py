"""Rows of the visit: every needle in and out.

A needle that is in is always recorded. The database keeps what must hold of a row; that a visit cannot close while
a needle is in is kept by `actions` and by the constraint that a closed visit names who counted.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from myotome.clinic.booking.models import Appointment
from myotome.clinic.needling.after_models import AdverseEvent as AdverseEvent
from myotome.clinic.needling.after_models import AdverseFollowUp as AdverseFollowUp
from myotome.clinic.needling.after_models import AfterAnswer as AfterAnswer
from myotome.clinic.needling.after_models import AfterCheck as AfterCheck
from myotome.clinic.needling.after_models import Cosignature as Cosignature
from myotome.clinic.needling.after_models import Supervision as Supervision
from myotome.clinic.people.access import LONGEST_TEXT, ClinicalRow, ClinicRow, StaffRow
from myotome.clinic.people.models import Practitioner, Room
from myotome.clinic.planning.models import Plan
from myotome.clinic.screening.models import Course
from myotome.knowledge.aftercare import grave_kinds
from myotome.vocabulary.anatomy import NeedleRegion, Position
from myotome.vocabulary.needling import NeedleState, NoNextVisit, SiteKind, Technique, TreatmentMode
from myotome.vocabulary.text import without_odd_characters


def _choices(enum):
    return [(v.value, v.value) for v in enum]


class AlwaysKept(ClinicalRow):
    """A row about what has happened: a text that its column cannot hold is made to fit, the row is never refused."""

    class Meta:
        abstract = True

    def save(self, *args, **kwargs) -> None:
        """As Django's, after the texts were made to fit."""
        for field in self._meta.concrete_fields:
            text = self.__dict__.get(field.attname)
            if isinstance(text, str):
                setattr(self, field.attname, without_odd_characters(text)[: field.max_length or LONGEST_TEXT])
        super().save(*args, **kwargs)


class TreatmentVisit(ClinicalRow):
    """One visit in one mode. Signed means locked: only addenda follow."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="visits")
    appointment = models.OneToOneField(Appointment, on_delete=models.PROTECT, null=True, related_name="visit")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, null=True, related_name="visits")
    practitioner = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="visits")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, null=True, related_name="+")
    number = models.PositiveSmallIntegerField()
    mode = models.CharField(max_length=12, choices=_choices(TreatmentMode))
    opened_at = models.DateTimeField()
    reask = models.JSONField(default=dict)
    reask_at = models.DateTimeField(null=True)
    retain_minutes = models.PositiveSmallIntegerField(default=20)
    note = models.TextField(blank=True)
    advice = models.TextField(blank=True)
    adjuncts = models.JSONField(default=list)
    n_needles_opened = models.PositiveSmallIntegerField(null=True)
    n_needles_in_sharps = models.PositiveSmallIntegerField(null=True)
    all_out_called_at = models.DateTimeField(null=True)
    counted_at = models.DateTimeField(null=True)
    handed_to = models.ForeignKey(Practitioner, on_delete=models.PROTECT, null=True, related_name="+")
    handover_accepted_at = models.DateTimeField(null=True)
    fit_to_drive_asked = models.BooleanField(null=True)
    no_next_because = models.CharField(max_length=20, null=True, choices=_choices(NoNextVisit))
    """Why closing booked no next visit; unknown when nothing was said, or when one was booked."""
    next_refused_at = models.DateTimeField(null=True)
    """The start that was chosen at closing and was not booked."""
    next_refusal = models.JSONField(null=True)
    """Why it was not (unknown of visits closed before this was kept), as `vocabulary.sentences.as_kept` keeps it."""
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=120, blank=True)
    signed_at = models.DateTimeField(null=True)
    signed_by = models.CharField(max_length=120, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [
            # The few visits that are open now, among all of the years: what the desk and the wall board ask for.
            models.Index(fields=["clinic"], condition=Q(closed_at__isnull=True), name="visits_that_are_open")
        ]
        constraints = [
            models.UniqueConstraint(fields=["course", "mode", "number"], name="visits_of_a_course_are_numbered"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | ~Q(closed_by=""), name="a_closed_visit_names_who_closed"
            ),
            models.CheckConstraint(
                condition=Q(signed_at__isnull=True) | (Q(closed_at__isnull=False) & ~Q(signed_by="")),
                name="only_a_closed_visit_is_signed",
            ),
        ]


class NeedleInsertion(AlwaysKept):
    """One needle: field names and units are those of `vocabulary.needling.NeedleInsertion`."""

    patient_path = "visit__course__patient"

    visit = models.ForeignKey(TreatmentVisit, on_delete=models.PROTECT, related_name="insertions")
    client_id = models.CharField(max_length=64)
    number = models.PositiveSmallIntegerField()
    site_kind = models.CharField(max_length=8, choices=_choices(SiteKind))
    site = models.CharField(max_length=60)
    level = models.CharField(max_length=4, blank=True)
    nearest = models.CharField(max_length=60, blank=True)
    """Of a free place: the muscle with its level, or the point, that she names as nearest."""
    site_detail = models.CharField(max_length=60, blank=True)
    side = models.CharField(max_length=8)
    region = models.CharField(max_length=16, choices=_choices(NeedleRegion))
    depth_mm = models.PositiveSmallIntegerField(null=True)
    gauge_mm = models.FloatField(null=True)
    length_mm = models.PositiveSmallIntegerField(null=True)
    lot = models.CharField(max_length=40, blank=True)
    technique = models.CharField(max_length=12, choices=_choices(Technique), default=Technique.IN_OUT.value)
    electrical_hz = models.FloatField(null=True)
    electrical_ms = models.FloatField(null=True)
    electrical_ma = models.FloatField(null=True)
    electrical_min = models.FloatField(null=True)
    response_sought = models.CharField(max_length=40, blank=True)
    painless = models.BooleanField(null=True)
    grasp = models.PositiveSmallIntegerField(null=True)
    cramp = models.PositiveSmallIntegerField(null=True)
    twitches = models.PositiveSmallIntegerField(null=True)
    release = models.BooleanField(null=True)
    deqi = models.JSONField(default=list)
    position = models.CharField(max_length=12, choices=_choices(Position), blank=True)
    state = models.CharField(max_length=8, choices=_choices(NeedleState), default=NeedleState.IN.value)
    seconds = models.FloatField(null=True)
    in_at = models.DateTimeField(null=True)
    out_at = models.DateTimeField(null=True)
    removed_by = models.CharField(max_length=120, blank=True)
    charted_at = models.DateTimeField()
    charted_by = models.CharField(max_length=120)
    found_at = models.DateTimeField(null=True)
    """When it was charted although the visit was closed: found afterwards, or sent late by a tablet."""
    note = models.CharField(max_length=300, blank=True)
    struck_at = models.DateTimeField(null=True)
    struck_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["visit_id", "number"]
        indexes = [
            models.Index(fields=["clinic"], condition=Q(found_at__isnull=False), name="needles_found_afterwards"),
            # From a recalled lot to its patients, among the needles of years.
            models.Index("clinic", Upper("lot"), condition=~Q(lot=""), name="needles_by_lot"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["visit", "client_id"], name="a_needle_is_charted_once"),
            models.UniqueConstraint(fields=["visit", "number"], name="needles_are_numbered"),
            models.CheckConstraint(
                condition=Q(depth_mm__isnull=True) | Q(depth_mm__lte=150), name="a_depth_can_be_typed"
            ),
            models.CheckConstraint(
                condition=Q(nearest="") | Q(site_kind="free"), name="only_a_free_place_has_a_nearest"
            ),
            models.CheckConstraint(condition=Q(grasp__isnull=True) | Q(grasp__lte=3), name="grasp_is_0_to_3"),
            models.CheckConstraint(condition=Q(cramp__isnull=True) | Q(cramp__lte=10), name="cramp_is_0_to_10"),
            models.CheckConstraint(
                condition=~Q(state="out") | (Q(out_at__isnull=False) & ~Q(removed_by="")),
                name="a_needle_out_names_its_remover",
            ),
        ]


class Incident(AlwaysKept):
    """A breach that was recorded because it had happened: needled without consent, against a STOP, miscounted."""

    patient_path = "visit__course__patient"

    visit = models.ForeignKey(TreatmentVisit, on_delete=models.PROTECT, related_name="incidents")
    kind = models.CharField(max_length=40)
    detail = models.CharField(max_length=300, blank=True)
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=120)
    opened_by_user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.CharField(max_length=120, blank=True)
    resolved_by_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    resolution = models.CharField(max_length=300, blank=True)
    witnessed_by = models.CharField(max_length=120, blank=True)
    review_due_at = models.DateTimeField(null=True)

    @property
    def is_told_by_patient(self) -> bool:
        """True when it was opened by what she answered a day after her visit: somebody phones her."""
        return self.kind in grave_kinds()


class CautionAnswer(ClinicalRow):
    """Why a needle went on past an ASK: once per visit and place, counted again when the fact changes."""

    patient_path = "visit__course__patient"

    visit = models.ForeignKey(TreatmentVisit, on_delete=models.PROTECT, related_name="caution_answers")
    code = models.CharField(max_length=40)
    place = models.CharField(max_length=16)
    reason = models.CharField(max_length=300)
    shown_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField()
    answered_by = models.CharField(max_length=120)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="an_ask_is_answered_with_a_reason"),
        ]


class VisitCommand(ClinicRow):
    """A command that was done, by the id that the page gave it: the same again is answered and not done."""

    visit = models.ForeignKey(TreatmentVisit, on_delete=models.PROTECT, related_name="+")
    act = models.CharField(max_length=40)
    client_id = models.CharField(max_length=64)
    content = models.CharField(max_length=64)
    done_at = models.DateTimeField()
    answer_table = models.CharField(max_length=60, blank=True)
    answer_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["visit", "act", "client_id"], name="a_command_of_a_visit_is_done_once"),
        ]


class NeedleLot(StaffRow):
    """Needles of one size and lot as they came; how many are left is the sum of its changes."""

    gauge_mm = models.FloatField()
    length_mm = models.PositiveSmallIntegerField()
    lot = models.CharField(max_length=40)
    maker = models.CharField(max_length=80, blank=True)
    expires_on = models.DateField(null=True)
    low_at = models.PositiveIntegerField(default=20)
    received_at = models.DateTimeField()
    set_aside_at = models.DateTimeField(null=True)
    set_aside_why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "gauge_mm", "length_mm", "lot"], name="a_lot_of_a_size_is_once"),
            models.CheckConstraint(condition=~Q(lot=""), name="a_lot_has_its_number"),
            models.CheckConstraint(
                condition=Q(set_aside_at__isnull=True, set_aside_why="")
                | (Q(set_aside_at__isnull=False) & ~Q(set_aside_why="")),
                name="a_lot_set_aside_says_why",
            ),
        ]


class StockChange(StaffRow):
    """Needles of a lot received, used by a visit, or corrected after counting: signed, dated and named."""

    class Kind(models.TextChoices):
        """What happened to the needles."""

        RECEIVED = "received"
        USED = "used"
        CORRECTED = "corrected"

    lot = models.ForeignKey(NeedleLot, on_delete=models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    n = models.IntegerField()
    visit = models.ForeignKey(TreatmentVisit, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    by_name = models.CharField(max_length=120)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="used", visit__isnull=False, n__lte=0)
                | Q(kind="received", visit__isnull=True, n__gt=0)
                | Q(kind="corrected", visit__isnull=True),
                name="a_stock_change_is_one_of_three",
            ),
            models.UniqueConstraint(fields=["lot", "visit"], name="a_visit_takes_from_a_lot_once"),
        ]


class RetainedNeedle(ClinicalRow):
    """A needle that went home with her on purpose: by which day it comes out, and when she was last reminded."""

    patient_path = "needle__visit__course__patient"

    needle = models.OneToOneField(NeedleInsertion, on_delete=models.PROTECT, related_name="retained")
    due_on = models.DateField()
    n_reminders = models.PositiveSmallIntegerField(default=0)
    reminded_at = models.DateTimeField(null=True)
    n_failures = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(n_reminders=0, reminded_at__isnull=True) | Q(n_reminders__gt=0, reminded_at__isnull=False),
                name="a_reminder_has_its_time",
            ),
        ]


class DeviceBeat(ClinicRow):
    """When a device of whoever holds the visit, or one that shows its chart, was last heard while needles are in.

    A row of its own: a beat waits for nobody who charts, and it is no act of care, so the audit does not hold it.
    """

    visit = models.OneToOneField(TreatmentVisit, on_delete=models.PROTECT, related_name="beat")
    heard_at = models.DateTimeField()


class VisitAddendum(ClinicalRow):
    """What is added after signing, dated and named."""

    patient_path = "visit__course__patient"

    visit = models.ForeignKey(TreatmentVisit, on_delete=models.PROTECT, related_name="addenda")
    text = models.TextField()
    written_at = models.DateTimeField()
    written_by = models.CharField(max_length=120)
