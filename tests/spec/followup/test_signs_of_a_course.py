"""The signs of a course are those of its examinations; a colleague's blind second look serves her hands, not the course."""

from datetime import timedelta

import pytest

from myotome.clinic.assessment.models import ExamFinding, Examination
from myotome.clinic.followup.queries import story_of
from myotome.clinic.people.models import Practitioner
from tests.clinic.followup.courses import a_course_in_care
from tests.factories import AT

pytestmark = pytest.mark.django_db


def examined(course, *, days_ago, blind_to=None, **grades):
    exam = Examination.objects.create(
        clinic=course.clinic,
        course=course,
        examiner=Practitioner.objects.filter(clinic=course.clinic).first(),
        started_at=AT - timedelta(days=days_ago),
        blind_to=blind_to,
    )
    for sign, grade in grades.items():
        ExamFinding.objects.create(
            clinic=course.clinic, examination=exam, kind="muscle", subject="gluteus_medius", side="left", sign=sign,
            grade=grade, entered_at=AT, entered_by="Elena Marchetti",
        )  # fmt: skip
    return exam


def test_the_worst_sign_of_a_day_leaves_out_strength_and_blind_second_looks():
    course, _ = a_course_in_care()
    first = examined(course, days_ago=30, shortened=2, tender=1, weak=5)
    examined(course, days_ago=30, blind_to=first, shortened=3)
    examined(course, days_ago=0, shortened=0, weak=5)
    day = AT.date()
    assert story_of(course).worst_signs == [(day - timedelta(days=30), 2), (day, 0)]
    assert story_of(course).shortened == [(day - timedelta(days=30), 1), (day, 0)]
