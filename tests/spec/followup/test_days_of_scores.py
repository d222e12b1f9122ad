"""A score is of a day at the clinic, of this course, and of the numbers that its measure counts in."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from myotome.clinic.followup.actions import answer, discharge, finish
from myotome.clinic.followup.models import MeasureRequest, MeasureScore
from myotome.clinic.followup.queries import forecast_input, questions_of, story_of
from myotome.clinic.followup.scores import note_score
from myotome.clinic.screening.courses import open_course
from myotome.vocabulary.courses import CourseOutcome
from myotome.vocabulary.errors import InvalidValue
from tests.clinic.followup.courses import a_course_in_care, answered, asked, with_visits
from tests.factories import AT, the_system

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 24)
EVENING = datetime(2026, 11, 25, 4, 30, tzinfo=UTC)
"""Half past eight in the evening of 24 November in Vancouver, already the 25th at Greenwich."""


def noted(course, actor, *, value=5, on=TODAY, at=AT, code="pain_nrs_average_7d", **more):
    return note_score(by=actor, at=at, course_id=course.pk, measure_code=code, value=value, on=on, **more)


def test_what_she_answers_in_the_evening_is_a_score_of_that_evening():
    course, _ = a_course_in_care()
    request = asked(course)
    for question in questions_of(request):
        answer(
            by=the_system(course.clinic), at=EVENING, request=request, measure_code=question.measure,
            item=question.item, value=5,
        )  # fmt: skip
    assert {score.on for score in finish(by=the_system(course.clinic), at=EVENING, request=request)} == {TODAY}


def test_in_the_evening_the_next_day_of_greenwich_has_not_come():
    course, actor = a_course_in_care()
    with pytest.raises(InvalidValue, match="has not come"):
        noted(course, actor, on=TODAY + timedelta(days=1), at=EVENING)
    assert noted(course, actor, at=EVENING).on == TODAY


def test_her_answer_of_the_evening_before_counts_for_the_treatment_of_the_morning():
    course, actor = a_course_in_care()
    with_visits(course, [7, None])
    noted(course, actor, value=4, at=EVENING)
    assert forecast_input(story_of(course), on=TODAY)["visits"][-1] == {"day": 7, "nrs": 4}


def test_the_end_of_a_course_in_the_evening_asks_that_day():
    course, actor = a_course_in_care()
    discharge(by=actor, at=EVENING, course_id=course.pk, version=course.version, outcome=CourseOutcome.LEFT)
    assert MeasureRequest.objects.get(course=course, occasion="discharge").due_on == TODAY


def test_a_complaint_cannot_begin_tomorrow_even_when_it_is_tomorrow_at_greenwich():
    course, actor = a_course_in_care()
    begun = {"by": actor, "at": EVENING, "patient_id": course.patient_id, "complaint": "neck"}
    assert open_course(**begun, onset_on=TODAY).duration_weeks == 0
    with pytest.raises(InvalidValue, match="future"):
        open_course(**begun, onset_on=TODAY + timedelta(days=1))


@pytest.mark.parametrize("code", ["pain_nrs_average_7d", "pain_nrs_worst_7d", "pain_nrs_now", "pgic", "rmdq", "phq2"])
def test_a_score_of_whole_numbers_is_not_noted_between_them(code):
    course, actor = a_course_in_care()
    with pytest.raises(InvalidValue, match="whole number") as refusal:
        noted(course, actor, value=4.5, code=code)
    assert refusal.value.field == "value"
    assert noted(course, actor, value=4, code=code).value == 4


@pytest.mark.parametrize("code", ["peg", "psfs", "ppt_kpa", "rom_degrees"])
def test_means_and_what_is_measured_may_lie_between(code):
    course, actor = a_course_in_care()
    site = "left trapezius" if code in {"ppt_kpa", "rom_degrees"} else ""
    assert noted(course, actor, value=4.5, code=code, site=site).value == 4.5


def test_a_score_is_of_a_day_of_the_course_and_not_before_the_complaint():
    course, actor = a_course_in_care()
    opened = TODAY - timedelta(days=60)
    assert noted(course, actor, on=opened).on == opened
    with pytest.raises(InvalidValue, match="course began on 2026-09-25"):
        noted(course, actor, on=opened - timedelta(days=1))
    course.onset_on = TODAY - timedelta(days=10)
    course.save()
    with pytest.raises(InvalidValue, match="complaint began on 2026-11-14"):
        noted(course, actor, on=TODAY - timedelta(days=11))
    assert noted(course, actor, on=TODAY - timedelta(days=10)).on == TODAY - timedelta(days=10)


def test_of_two_scores_of_one_day_the_later_counts_and_both_stay():
    course, actor = a_course_in_care()
    with_visits(course, [7, 6])
    noted(course, actor, value=4)
    story = story_of(course)
    assert story.scores["pain_nrs_average_7d"] == [(TODAY - timedelta(days=7), 7), (TODAY, 4)]
    assert [(row.measure, row.on, row.was, row.now) for row in story.corrected] == [
        ("pain_nrs_average_7d", TODAY, 6, 4)
    ]
    kept = MeasureScore.objects.filter(course=course, measure="pain_nrs_average_7d", on=TODAY).order_by("pk")
    assert [(row.value, row.replaced_at) for row in kept] == [(6, AT), (4, None)]


def test_a_skipped_question_corrects_no_score_of_that_day():
    course, actor = a_course_in_care()
    noted(course, actor, value=4)
    answered(course, None)
    assert story_of(course).scores["pain_nrs_average_7d"] == [(TODAY, 4)]
    assert story_of(course).corrected == []


def test_the_database_holds_one_current_score_a_day():
    course, actor = a_course_in_care()
    row = noted(course, actor, value=4)
    row.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()
