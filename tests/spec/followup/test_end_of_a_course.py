"""How a course ends, what is asked afterwards, and how it begins again."""

from datetime import timedelta

import pytest

from myotome.clinic.followup.actions import discharge, finish
from myotome.clinic.followup.models import MeasureRequest
from myotome.clinic.screening.courses import reopen_after_relapse
from myotome.vocabulary.courses import CourseOutcome
from myotome.vocabulary.errors import InvalidValue, NotAllowed, StaleVersion
from tests.clinic.followup.courses import a_course_in_care, with_visits
from tests.factories import AT, a_receptionist, an_actor, the_system

pytestmark = pytest.mark.django_db


def ended(course, actor, outcome=CourseOutcome.RECOVERED, reason="", version=None):
    return discharge(
        by=actor, at=AT, course_id=course.pk, version=version or course.version, outcome=outcome, reason=reason
    )


@pytest.mark.parametrize(
    ("outcome", "needs_a_reason"),
    [
        (CourseOutcome.RECOVERED, False),
        (CourseOutcome.PLATEAUED, True),
        (CourseOutcome.REFERRED, True),
        (CourseOutcome.LEFT, False),
    ],
)
def test_a_course_ends_in_one_of_four_ways_and_a_plateau_or_referral_says_why(outcome, needs_a_reason):
    course, actor = a_course_in_care()
    if needs_a_reason:
        with pytest.raises(InvalidValue):
            ended(course, actor, outcome, reason="  ")
    row = ended(course, actor, outcome, reason="to her family doctor")
    course.refresh_from_db()
    assert (row.outcome, course.outcome, course.closed_at) == (outcome.value, outcome.value, AT)
    assert row.definition_version == "recovered-1"
    assert row.discharged_by == actor.name


def test_what_the_definitions_say_is_kept_with_the_end_and_refuses_nothing():
    course, actor = a_course_in_care()
    with_visits(course, [8, 8, 2])
    row = ended(course, actor, CourseOutcome.RECOVERED)
    kept = row.summary["definitions"]
    assert {code: (held["version"], held["holds"]) for code, held in kept.items()} == {
        "responder": ("responder-1", None),
        "recovered": ("recovered-1", False),
        "plateau": ("plateau-1", None),
        "relapse": ("relapse-1", False),
    }
    assert "Average pain was 2 on 2026-11-24." in kept["recovered"]["against"]


def test_after_the_end_she_is_asked_at_once_and_after_3_6_and_12_months():
    course, actor = a_course_in_care()
    ended(course, actor)
    rows = MeasureRequest.objects.filter(course=course).order_by("due_on")
    assert [row.occasion for row in rows] == ["discharge", "follow_up", "follow_up", "follow_up"]
    assert [(row.due_on - AT.date()).days for row in rows] == [0, 91, 183, 365]


def test_as_long_as_she_answers_she_is_asked_every_year():
    course, actor = a_course_in_care()
    ended(course, actor)
    rows = list(MeasureRequest.objects.filter(course=course, occasion="follow_up").order_by("due_on"))
    finish(by=the_system(course.clinic), at=AT + timedelta(days=92), request=rows[0])
    assert MeasureRequest.objects.filter(course=course, occasion="follow_up").count() == 3
    finish(by=the_system(course.clinic), at=AT + timedelta(days=366), request=rows[2])
    newest = MeasureRequest.objects.filter(course=course).latest("due_on")
    assert newest.due_on == rows[2].due_on + timedelta(days=365)


def test_a_course_ends_once_and_not_from_an_old_page():
    course, actor = a_course_in_care()
    ended(course, actor)
    with pytest.raises(StaleVersion):
        ended(course, actor)


def test_reception_does_not_end_a_course():
    course, _ = a_course_in_care()
    robin = an_actor(a_receptionist(course.clinic), course.clinic)
    with pytest.raises(NotAllowed):
        ended(course, robin)


def test_a_relapse_opens_a_new_course_that_is_linked_to_the_first():
    course, actor = a_course_in_care()
    ended(course, actor)
    again = reopen_after_relapse(by=actor, at=AT + timedelta(days=200), course_id=course.pk)
    assert again != course
    assert (again.relapse_of, again.complaint, again.closed_at) == (course, course.complaint, None)
    course.refresh_from_db()
    assert course.outcome == "recovered"
