"""Rows of what came of it: questions asked, answers, scores, forecasts shown, what was shared, discharge."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from myotome.clinic.booking.models import Appointment
from myotome.clinic.people.access import NOTHING, ClinicalRow, ClinicRow, DeskRow, StaffRow
from myotome.clinic.people.models import Patient
from myotome.clinic.people.outgoing import Outgoing, indexes_of
from myotome.clinic.screening.models import Course
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import CourseOutcome, Role
from myotome.vocabulary.measures import Occasion


class MeasureRequest(Outgoing, ClinicalRow):
    """A set of questions sent by one link; the birth date opens it, 30 days later it has run out.

    Before a visit the 30 days count from the day it has now, not from the one it was first booked for.
    """

    patient_sees = True

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="measure_requests")
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, null=True, related_name="measure_requests")
    occasion = models.CharField(max_length=16, choices=[(v.value, v.value) for v in Occasion])
    visit_number = models.PositiveSmallIntegerField(null=True)
    measures = models.JSONField(default=list)
    created_at = models.DateTimeField()
    due_on = models.DateField()
    expires_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    n_wrong_birth_dates = models.PositiveSmallIntegerField(default=0)
    link_version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = indexes_of("questions")


class QuestionWish(DeskRow):
    """Whether she wants to be asked after a treatment has ended, which goes on for years; those before a visit belong to it."""

    patient = models.OneToOneField(Patient, on_delete=models.CASCADE, related_name="question_wish")
    no_later_questions = models.BooleanField(default=False)
    changed_at = models.DateTimeField()


class Activity(ClinicalRow):
    """An activity of the patient-specific scale in her own words; another in its place replaces it and keeps the old."""

    patient_sees = True

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="activities")
    code = models.CharField(max_length=12)
    words = models.CharField(max_length=120)
    named_at = models.DateTimeField()
    named_by = models.CharField(max_length=120)
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["course", "code"], condition=Q(replaced_at__isnull=True), name="one_current_activity_per_place"
            )
        ]


class MeasureAnswer(ClinicalRow):
    """One answer to one item; None is "skipped", never zero. A change replaces the row and keeps the old one."""

    patient_path = "request__course__patient"
    patient_sees = True

    request = models.ForeignKey(MeasureRequest, on_delete=models.PROTECT, related_name="answers")
    measure = models.CharField(max_length=32)
    item = models.CharField(max_length=32, blank=True)
    value = models.FloatField(null=True)
    text = models.CharField(max_length=120, blank=True)
    mode = models.CharField(max_length=10, default="phone")
    answered_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["request", "measure", "item"],
                condition=Q(replaced_at__isnull=True),
                name="one_current_answer_per_item",
            )
        ]


class MeasureScore(ClinicalRow):
    """One scored measure on one day, with the version of its rule; where it was measured, and how.

    A second score of the same day corrects the first: that one has `replaced_at` and stays. A skipped one (None) corrects
    nothing. `given_after`: the answer came after the treatment of the visit that it was asked for; it corrects no score from
    before that treatment, and is the score of its own day alone.
    """

    patient_sees = True

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="scores")
    request = models.ForeignKey(MeasureRequest, on_delete=models.PROTECT, null=True, related_name="scores")
    measure = models.CharField(max_length=32)
    site = models.CharField(max_length=80, blank=True)
    details = models.JSONField(default=dict)
    on = models.DateField()
    visit_number = models.PositiveSmallIntegerField(null=True)
    value = models.FloatField(null=True)
    given_after = models.BooleanField(default=False)
    rule_version = models.CharField(max_length=20)
    scored_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["course", "measure", "on"])]
        constraints = [
            models.UniqueConstraint(
                fields=["course", "measure", "site", "on", "given_after"],
                condition=Q(replaced_at__isnull=True, value__isnull=False),
                name="one_current_score_a_day",
            )
        ]


class HeadacheDay(ClinicalRow):
    """One day of her headache diary: how strong the headache was (0 is none), and whether she took something for it.

    A day that is not written is missing, never a day without headache. A correction replaces the row and keeps it.
    """

    patient_sees = True

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="headache_days")
    on = models.DateField()
    strength = models.PositiveSmallIntegerField()
    took_something = models.BooleanField()
    written_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["course", "on"], condition=Q(replaced_at__isnull=True), name="one_current_diary_entry_a_day"
            ),
            models.CheckConstraint(condition=Q(strength__lte=10), name="headache_strength_to_ten"),
        ]


class ForecastShown(ClinicalRow):
    """A forecast as it was shown; append-only, with what it rested on."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="forecasts")
    after_visit = models.PositiveSmallIntegerField()
    shown_at = models.DateTimeField()
    evidence = models.JSONField(default=dict)
    answer = models.JSONField()
    model_version = models.CharField(max_length=20)
    definition_version = models.CharField(max_length=20)


class RecoveryFit(ClinicRow):
    """A refit of the recovery model to the clinic's courses: its run, its file, and since when forecasts rest on it.

    `kind` tells it from the two that no refit of ours is: the scores of a month of past forecasts, which have no file, and
    the result in a file that the owner brought.

    One at most is in force: accepted and not retired. `instead_of` is the one that was in force when it was accepted.
    While it runs it says now and then that it is alive. `baseline` is the plain baseline that speaks from this row on,
    because it has won three months in a row, until the model wins or until the owner sets it aside.
    """

    REFIT, MONTH, FILE = "refit", "month", "file"

    kind = models.CharField(max_length=5, choices=[(v, v) for v in (REFIT, MONTH, FILE)], default=REFIT)

    started_at = models.DateTimeField()
    started_by = models.CharField(max_length=120)
    alive_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    message = models.CharField(max_length=300, blank=True)
    version = models.CharField(max_length=12, blank=True)
    about = models.JSONField(default=dict)
    file = models.BinaryField(null=True)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.CharField(max_length=120, blank=True)
    retired_at = models.DateTimeField(null=True)
    instead_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    baseline = models.CharField(max_length=20, blank=True)
    baseline_set_aside_at = models.DateTimeField(null=True)
    baseline_set_aside_by = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clinic"],
                condition=Q(accepted_at__isnull=False, retired_at__isnull=True),
                name="one_fit_in_force",
            )
        ]

    @classmethod
    def visible_to(cls, actor: Actor) -> Q:
        """The owner."""
        return Q() if actor.holds(Role.OWNER) else NOTHING


class Share(ClinicalRow):
    """What the practitioner chose to show the patient: a chart, a stop rule, a forecast, a map of muscles."""

    patient_sees = True

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="shares")
    what = models.CharField(max_length=20)
    content = models.JSONField(default=dict)
    shared_at = models.DateTimeField()
    shared_by = models.CharField(max_length=120)
    withdrawn_at = models.DateTimeField(null=True)


class Discharge(ClinicalRow):
    """How a course ended, by whom, under which definition."""

    patient_sees = True

    course = models.OneToOneField(Course, on_delete=models.PROTECT, related_name="discharge")
    outcome = models.CharField(max_length=12, choices=[(v.value, v.value) for v in CourseOutcome])
    reason = models.TextField(blank=True)
    summary = models.JSONField(default=dict)
    definition_version = models.CharField(max_length=20)
    at = models.DateTimeField()
    discharged_by = models.CharField(max_length=120)


class LicensedMeasure(StaffRow):
    """A measure whose text does not ship, for which this clinic holds a licence: its totals may be stored."""

    code = models.CharField(max_length=32)
    loinc = models.CharField(max_length=12)
    licence = models.CharField(max_length=200)
    added_at = models.DateTimeField()
    added_by = models.CharField(max_length=120)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "code"], condition=Q(ended_at__isnull=True), name="one_licence_per_measure"
            )
        ]
