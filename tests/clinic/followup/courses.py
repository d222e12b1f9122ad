"""A course with visits and answers, for tests of the follow-up stage."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from myotome.clinic.followup.actions import answer, finish
from myotome.clinic.followup.asking import ask
from myotome.clinic.followup.models import MeasureRequest
from myotome.clinic.followup.queries import questions_of
from myotome.clinic.needling.models import TreatmentVisit
from myotome.clinic.people.models import Practitioner
from myotome.clinic.screening.models import Course
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.measures import Occasion
from tests.factories import AT, a_clinic, a_course, a_patient, a_practitioner, an_actor, the_system


def a_course_in_care(clinic=None) -> tuple[Course, Actor]:
    """(course of Hannah, her practitioner's actor)."""
    clinic = clinic or a_clinic()
    elena = a_practitioner(clinic)
    course = a_course(clinic, a_patient(clinic, in_care_of=elena), opened_at=AT - timedelta(days=60))
    return course, an_actor(elena.user, clinic)


def asked(course: Course, *, days_ago: int = 0, occasion: Occasion = Occasion.BEFORE_VISIT, **more) -> MeasureRequest:
    """A set of questions that was due some days ago."""
    at = AT - timedelta(days=days_ago)
    return ask(by=the_system(course.clinic), at=at, course=course, occasion=occasion, due_on=at.date(), **more)


def answered(course: Course, pain: int | None, *, days_ago: int = 0, **more) -> MeasureRequest:
    """The same, answered: pain on average and at its worst; all else is skipped."""
    request, by = asked(course, days_ago=days_ago, **more), the_system(course.clinic)
    at = AT - timedelta(days=days_ago)
    for question in questions_of(request):
        value = pain if question.measure.startswith("pain_nrs") else None
        answer(by=by, at=at, request=request, measure_code=question.measure, item=question.item, value=value)
    finish(by=by, at=at, request=request)
    return request


def with_visits(course: Course, pains: Sequence[int | None]) -> Course:
    """A visit a week up to today, each with its answer before (None: not answered)."""
    for k, pain in enumerate(pains):
        days_ago = 7 * (len(pains) - 1 - k)
        if pain is not None:
            answered(course, pain, days_ago=days_ago, visit_number=k + 1)
        TreatmentVisit.objects.create(
            clinic=course.clinic,
            course=course,
            number=k + 1,
            mode="ims",
            practitioner=Practitioner.objects.filter(clinic=course.clinic).first(),
            opened_at=AT - timedelta(days=days_ago),
        )
    return course
