"""Opening a visit shows how the course goes: pain, function, shortened muscles and needles on one axis."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from myotome.clinic.assessment.models import ExamFinding, Examination
from myotome.clinic.followup.queries import story_of
from myotome.clinic.followup.scores import note_score
from myotome.clinic.needling.models import NeedleInsertion, TreatmentVisit
from myotome.clinic.people.models import Practitioner
from myotome.pages.followup.story import chart_of, verdict
from tests.clinic.followup.courses import a_course_in_care, with_visits
from tests.factories import AT, PASSWORD, a_needle, an_actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit():
    """The fourth visit of a course, just opened; there were needles before, shortened muscles and function."""
    from myotome.clinic.needling.actions import record_insertion

    course, actor = a_course_in_care()
    with_visits(course, [7, 6, 4, 3])
    visits = list(course.visits.order_by("number"))
    record_insertion(by=actor, at=AT, visit_id=visits[0].pk, needle=a_needle())
    examiner = Practitioner.objects.get(clinic=course.clinic)
    exam = Examination.objects.create(
        clinic=course.clinic, course=course, examiner=examiner, started_at=AT - timedelta(days=21), region="back_leg"
    )
    ExamFinding.objects.create(
        clinic=course.clinic, examination=exam, kind="muscle", subject="gluteus_medius", side="left", sign="shortened",
        grade=2, entered_at=AT, entered_by="Elena Marchetti",
    )  # fmt: skip
    for days, value in ((21, 3), (0, 6)):
        note_score(
            by=actor,
            at=AT,
            course_id=course.pk,
            measure_code="psfs",
            value=value,
            on=(AT - timedelta(days=days)).date(),
        )
    assert NeedleInsertion.objects.count() == 1
    return visits[-1]


@pytest.fixture
def page_of(client):
    def get(visit):
        client.login(username=visit.practitioner.user.email, password=PASSWORD)
        where = reverse("needling:chart", kwargs={"clinic": visit.clinic.slug, "visit": visit.pk})
        return client.get(where).content.decode()

    return get


def test_the_graph_stands_before_the_first_question_of_the_visit(visit, page_of):
    page = page_of(visit)
    assert page.index("course-chart") < page.index("Anything new since last time?")
    assert "Past the line of meaningful change at visit 3" in page
    assert (
        "Pain from 7 to 3 of 10. Function from 3.0 to 6.0 of 10. Shortened muscles from 1 to 1. 4 visits so far."
        in page
    )
    for css in ("pain-dot", "func-dot", "short-bars", "needle-strokes", "mean"):
        assert f'class="{css}"' in page
    assert page.count('class="visit"') == 4


def test_low_mood_is_said_where_the_visit_opens(visit, page_of):
    assert "Talk about it today" not in page_of(visit)
    elena = an_actor(visit.practitioner.user, visit.clinic)
    note_score(by=elena, at=AT, course_id=visit.course_id, measure_code="gad2", value=3, on=AT.date())
    page = page_of(visit)
    assert page.index("Talk about it today") < page.index("Anything new since last time?")


def test_once_she_was_asked_the_needles_have_the_page(visit, page_of):
    TreatmentVisit.objects.filter(pk=visit.pk).update(reask_at=AT)
    assert "course-chart" not in page_of(visit)


@pytest.mark.parametrize(
    ("pains", "said", "drawn"),
    [
        ([3, 2], "Not past the line of meaningful change after 2 answers", True),
        ([3, 1], "Past the line of meaningful change at visit 2", True),
        ([1, 0], "Pain began too low for a meaningful change to show", False),
    ],
)
def test_of_little_pain_a_third_is_not_enough_and_the_line_is_drawn_where_there_is_room_for_it(pains, said, drawn):
    course, _ = a_course_in_care()
    story = story_of(with_visits(course, pains))
    assert verdict(story) == said
    assert ("30 % and 2 points" in chart_of(story, None, today=AT.date())) is drawn
