"""Rows of what comes after the needles: adverse events and how they went on, the check a day later, who signs for whom."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from myotome.clinic.people.access import ClinicalRow, StaffRow
from myotome.clinic.people.models import Practitioner
from myotome.vocabulary.courses import AdverseGrade, AdverseKind, HowNow, Lasted, Relatedness, Seriousness

VISIT, NEEDLE = "needling.TreatmentVisit", "needling.NeedleInsertion"


def _choices(enum):
    return [(v.value, v.value) for v in enum]


class AfterCheck(ClinicalRow):
    """The check a day after a visit with needles, once per visit: by one link that her birth date opens, or by telephone.

    Without `completed_at` it is not answered, and nothing follows from that. `asked_by` names who asked by telephone, and
    is empty when she answered by the link.
    """

    patient_path = "visit__course__patient"
    patient_sees = True

    visit = models.OneToOneField(VISIT, on_delete=models.PROTECT, related_name="after_check")
    questions_version = models.CharField(max_length=20)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    mail_at = models.DateTimeField(null=True)
    mail_going_since = models.DateTimeField(null=True)
    sms_at = models.DateTimeField(null=True)
    sms_going_since = models.DateTimeField(null=True)
    n_failures = models.PositiveSmallIntegerField(default=0)
    opened_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    asked_by = models.CharField(max_length=120, blank=True)
    n_wrong_birth_dates = models.PositiveSmallIntegerField(default=0)
    link_version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(asked_by="") | Q(completed_at__isnull=False), name="what_was_asked_by_telephone_is_answered"
            )
        ]


class AfterAnswer(ClinicalRow):
    """One answer of the check; an empty one is "skipped", never "no". A change replaces the row and keeps the old one."""

    patient_path = "check_of__visit__course__patient"
    patient_sees = True

    check_of = models.ForeignKey(AfterCheck, on_delete=models.PROTECT, related_name="answers")
    question = models.CharField(max_length=20)
    choice = models.CharField(max_length=20, blank=True)
    answered_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    """When practitioner and owners were written to, of an answer that cannot wait."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["check_of", "question"],
                condition=Q(replaced_at__isnull=True),
                name="one_current_answer_per_question",
            )
        ]


class AdverseEvent(ClinicalRow):
    """What went wrong or was felt, tied to a visit and, where known, a needle; by the patient's own check or by the clinic.

    `expected` is whether it is among what her consent tells of, `preventable` whether another way of working would have
    spared her it; both are None while nobody has judged. `learned` is what the clinic does otherwise since.
    """

    patient_path = "visit__course__patient"

    visit = models.ForeignKey(VISIT, on_delete=models.PROTECT, related_name="adverse_events")
    insertion = models.ForeignKey(NEEDLE, on_delete=models.PROTECT, null=True, related_name="adverse_events")
    answer = models.OneToOneField(AfterAnswer, on_delete=models.PROTECT, null=True, related_name="adverse_event")
    kind = models.CharField(max_length=20, choices=_choices(AdverseKind))
    grade = models.CharField(max_length=10, choices=_choices(AdverseGrade))
    serious = models.CharField(max_length=20, blank=True, choices=_choices(Seriousness))
    relatedness = models.CharField(max_length=10, blank=True, choices=_choices(Relatedness))
    region = models.CharField(max_length=16, blank=True)
    onset_minutes = models.PositiveIntegerField(null=True)
    lasted = models.CharField(max_length=10, blank=True, choices=_choices(Lasted))
    expected = models.BooleanField(null=True)
    preventable = models.BooleanField(null=True)
    action_taken = models.CharField(max_length=300, blank=True)
    outcome = models.CharField(max_length=300, blank=True)
    patient_told = models.BooleanField(null=True)
    reported_to = models.CharField(max_length=120, blank=True)
    learned = models.CharField(max_length=300, blank=True)
    reported_at = models.DateTimeField()
    reported_by = models.CharField(max_length=120)


class AdverseFollowUp(ClinicalRow):
    """How an adverse event stood when somebody asked again: dated and named, added and never changed."""

    patient_path = "event__visit__course__patient"

    event = models.ForeignKey(AdverseEvent, on_delete=models.PROTECT, related_name="follow_ups")
    how = models.CharField(max_length=12, choices=_choices(HowNow))
    lasted = models.CharField(max_length=10, blank=True, choices=_choices(Lasted))
    words = models.CharField(max_length=300, blank=True)
    noted_at = models.DateTimeField()
    noted_by = models.CharField(max_length=120)


class Supervision(StaffRow):
    """Who signs with a supervised practitioner, from a day until another, or until it is ended."""

    practitioner = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="supervisions")
    supervisor = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="supervises")
    from_on = models.DateField()
    until_on = models.DateField(null=True)
    added_at = models.DateTimeField()
    added_by = models.CharField(max_length=120)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(supervisor=F("practitioner")), name="nobody_supervises_herself"),
            models.CheckConstraint(
                condition=Q(until_on__isnull=True) | Q(until_on__gte=F("from_on")),
                name="a_supervision_ends_after_it_begins",
            ),
        ]


class Cosignature(ClinicalRow):
    """A visit that a supervised practitioner has signed: who is to sign with her, and when that was done."""

    patient_path = "visit__course__patient"

    visit = models.OneToOneField(VISIT, on_delete=models.PROTECT, related_name="cosignature")
    signer = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="+")
    cosigner = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="cosignatures")
    asked_at = models.DateTimeField()
    cosigned_at = models.DateTimeField(null=True)
    cosigned_by = models.CharField(max_length=120, blank=True)

    class Meta:
        indexes = [models.Index(fields=["clinic"], condition=Q(cosigned_at__isnull=True), name="visits_to_be_cosigned")]
        constraints = [
            models.CheckConstraint(condition=~Q(cosigner=F("signer")), name="nobody_cosigns_her_own_visit"),
            models.CheckConstraint(
                condition=Q(cosigned_at__isnull=True) | ~Q(cosigned_by=""), name="a_cosignature_has_a_name"
            ),
        ]
