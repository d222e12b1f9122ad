"""The first scores of a course: measures that the intake has asked, as they were answered before the first visit."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from myotome.clinic.followup.actions import answer, finish
from myotome.clinic.followup.asking import ask
from myotome.clinic.followup.models import MeasureScore
from myotome.clinic.followup.queries import questions_of
from myotome.clinic.people.days import clinic_day
from myotome.clinic.screening.intakes import baseline_of
from myotome.clinic.screening.models import Course, Intake
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.measures import Occasion


@transaction.atomic
def baseline_taken(*, by: Actor, at: datetime, course: Course, intake: Intake) -> list[MeasureScore]:
    """The scores of the intake, dated with the day it was answered; none when it asked nothing that is scored.

    Call it once, when the course opens from the intake.
    """
    items = baseline_of(intake)
    if not items:
        return []
    answered_on = clinic_day(course.clinic, intake.submitted_at or intake.started_at)
    request = ask(by=by, at=at, course=course, occasion=Occasion.INTAKE, due_on=answered_on)
    asked = {(question.measure, question.item) for question in questions_of(request)}
    for (measure_code, item), (value, _) in items.items():
        if (measure_code, item) in asked:
            answer(by=by, at=at, request=request, measure_code=measure_code, item=item, value=value, mode="intake")
    return finish(by=by, at=at, request=request, on=answered_on)
