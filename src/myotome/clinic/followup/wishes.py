"""Whether a patient wants to be asked how she is after her treatment has ended; she says so where she chooses her mail."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from myotome.clinic.audit.actions import record
from myotome.clinic.followup.models import QuestionWish
from myotome.clinic.people.models import Patient
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.measures import Occasion

UNWANTED = Q(occasion=Occasion.FOLLOW_UP.value, course__patient__question_wish__no_later_questions=True)
"""Questions after the end of a course of somebody who said that she does not want them."""


@transaction.atomic
def choose_questions(*, by: Actor, at: datetime, patient: Patient, later: bool) -> QuestionWish:
    """Her choice, from now on: without `later` she is asked nothing more after the end of a course, until she chooses again."""
    wish, _ = QuestionWish.objects.update_or_create(
        patient=patient, defaults={"clinic_id": by.clinic_id, "no_later_questions": not later, "changed_at": at}
    )
    record(by=by, at=at, act="questions.chosen", subject=wish, patient_id=patient.pk, later=later)
    return wish


def wants_later_questions(patient: Patient) -> bool:
    """Her choice so far; who never chose is asked."""
    return not QuestionWish.objects.filter(patient=patient, no_later_questions=True).exists()
