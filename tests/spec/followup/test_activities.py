"""Function is rated on three to five activities that the patient named in her own words."""

from datetime import timedelta

import pytest

from myotome.clinic.followup.actions import answer, finish
from myotome.clinic.followup.activities import activities_of, name_activities
from myotome.clinic.followup.models import Activity
from myotome.clinic.followup.queries import questions_of
from myotome.clinic.screening.models import Intake
from myotome.vocabulary.errors import InvalidValue, NotAllowed
from myotome.vocabulary.measures import Occasion
from tests.clinic.followup.courses import a_course_in_care, asked
from tests.factories import AT, a_receptionist, an_actor, the_system

pytestmark = pytest.mark.django_db
WORDS = ["sit through a film", "garden for an hour", "sleep on my left side"]


def named(course, actor, words, at=AT):
    return name_activities(by=actor, at=at, course_id=course.pk, words=words)


def test_those_of_the_intake_count_until_others_are_named():
    course, actor = a_course_in_care()
    assert activities_of(course) == {}
    course.intake = Intake.objects.create(
        clinic=course.clinic, patient=course.patient, content_version="1", channel="online", started_at=AT,
        answers={"activity_1": "ride my bicycle", "activity_2": " "},
    )  # fmt: skip
    course.save()
    assert activities_of(course) == {"activity_1": "ride my bicycle"}
    named(course, actor, [" sit  through a film", "", *WORDS[1:]])
    assert list(activities_of(course).values()) == WORDS


def test_five_activities_are_five_questions_and_one_mean():
    course, actor = a_course_in_care()
    named(course, actor, [*WORDS, "lift my grandson", "walk to work"])
    request = asked(course, occasion=Occasion.REVIEW, visit_number=4)
    questions = [question for question in questions_of(request) if question.measure == "psfs"]
    first = [words[0].upper() + words[1:] for words in (*WORDS, "lift my grandson", "walk to work")]
    assert [question.text.partition(": ")[0] for question in questions] == first
    for question, value in zip(questions, (2, 4, 6, 8, None), strict=True):
        answer(
            by=the_system(course.clinic), at=AT, request=request, measure_code="psfs", item=question.item, value=value
        )
    scores = {score.measure: score.value for score in finish(by=the_system(course.clinic), at=AT, request=request)}
    assert scores["psfs"] == 5


@pytest.mark.parametrize(
    "words", [[], WORDS[:2], [*WORDS, "a", "b", "c"], [*WORDS, "Garden for an  hour"]], ids=["none", "2", "6", "twice"]
)
def test_fewer_than_three_more_than_five_or_one_twice_are_refused(words):
    course, actor = a_course_in_care()
    with pytest.raises(InvalidValue) as refusal:
        named(course, actor, words)
    assert refusal.value.field == "activities"
    assert not Activity.objects.exists()


def test_another_activity_keeps_the_old_one_on_record_and_the_same_writes_nothing():
    course, actor = a_course_in_care()
    named(course, actor, WORDS)
    named(course, actor, WORDS, at=AT + timedelta(hours=1))
    assert Activity.objects.count() == 3
    later = AT + timedelta(hours=2)
    named(course, actor, [WORDS[0], "swim", WORDS[2]], at=later)
    rows = Activity.objects.filter(course=course, code="activity_2").order_by("pk")
    assert [(row.words, row.replaced_at) for row in rows] == [(WORDS[1], later), ("swim", None)]
    assert Activity.objects.count() == 4


def test_reception_does_not_name_them():
    course, _ = a_course_in_care()
    with pytest.raises(NotAllowed):
        named(course, an_actor(a_receptionist(course.clinic), course.clinic), WORDS)
