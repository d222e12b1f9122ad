"""Answers about mood or worry that are enough ask the practitioner to talk, until she has; what was left out hides none."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.urls import reverse

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.followup.actions import answer, finish
from myotome.clinic.followup.models import MeasureScore, MoodTalk
from myotome.clinic.followup.mood import note_talk
from myotome.clinic.followup.queries import questions_of, request_link, story_of
from myotome.clinic.followup.scores import note_score
from myotome.knowledge.measures import measure
from myotome.science.followup.scoring import enough_without_the_rest
from myotome.vocabulary.errors import NotAllowed, NotFound
from myotome.vocabulary.measures import Occasion
from tests.clinic.followup.courses import a_course_in_care, asked, with_visits
from tests.factories import AT, PASSWORD, a_clinic, a_page_link, a_receptionist, an_actor, the_system

pytestmark = pytest.mark.django_db
TALK = "Talk about it today"


@pytest.mark.parametrize(
    ("given", "at_least"),
    [
        ({"down": 3.0}, 3.0),
        ({"interest": None, "down": 3.0}, 3.0),
        ({"interest": 2.0, "down": None}, None),
        ({"interest": 0.0}, None),
        ({}, None),
        ({"interest": 3.0, "down": 3.0}, None),
    ],
)
def test_a_question_left_out_does_not_hide_that_the_other_is_enough(given, at_least):
    assert enough_without_the_rest(measure("phq2"), given) == at_least


def test_a_measure_without_a_line_is_never_enough_by_a_part():
    assert enough_without_the_rest(measure("peg"), {"pain": 10.0}) is None


def answers(course, given, *, days_ago=0):
    """Her answers to the full set, by item; all else is skipped."""
    request, by = asked(course, days_ago=days_ago, occasion=Occasion.INTAKE), the_system(course.clinic)
    at = AT - timedelta(days=days_ago)
    for question in questions_of(request):
        value = given.get(question.item)
        answer(by=by, at=at, request=request, measure_code=question.measure, item=question.item, value=value)
    finish(by=by, at=at, request=request)
    return request


@pytest.fixture
def care():
    course, elena = a_course_in_care()
    return with_visits(course, [7, 6]), elena


def mood(course):
    return story_of(course).mood


def test_a_part_that_is_enough_is_no_score_and_asks_all_the_same(care):
    course, _ = care
    answers(course, {"worry": 3.0})
    row = MeasureScore.objects.get(measure="gad2")
    assert row.value is None, "what was left out is missing, never zero"
    assert row.details == {"at_least": 3.0}
    assert MeasureScore.objects.get(measure="phq2").details == {}
    (found,) = mood(course).positives
    assert (found.measure, found.value, found.is_whole) == ("gad2", 3.0, False)
    assert mood(course).asks


def test_answers_of_before_that_are_enough_are_found_too(care):
    course, _ = care
    answers(course, {"worry": 3.0, "interest": 1.0})
    MeasureScore.objects.filter(course=course).update(details={})
    assert not mood(course).is_low
    import_module("myotome.clinic.followup.migrations.0013_mood_talks").keep_what_is_enough(apps, None)
    assert [row.measure for row in mood(course).positives] == ["gad2"]


def test_what_says_nothing_changes_nothing_and_a_low_score_of_later_ends_it(care):
    course, elena = care
    answers(course, {"interest": 2.0, "down": 2.0}, days_ago=9)
    answers(course, {"interest": 1.0}, days_ago=5)
    assert [(row.measure, row.value) for row in mood(course).positives] == [("phq2", 4.0)], (
        "one answer of 1 is not known"
    )
    note_score(by=elena, at=AT, course_id=course.pk, measure_code="phq2", value=2, on=AT.date())
    assert not mood(course).is_low
    answers(course, {"down": 3.0})
    assert mood(course).is_low, "of one day the later answer counts"


def test_a_talk_quiets_the_prompt_until_a_new_answer_is_enough(care):
    course, elena = care
    answers(course, {"interest": 2.0, "down": 2.0}, days_ago=9)
    newest = mood(course).newest
    talk = note_talk(by=elena, at=AT, course_id=course.pk, score_id=newest)
    found = mood(course)
    assert (found.is_low, found.asks) == (True, False)
    assert (found.talked_at, found.talked_by) == (AT, elena.name)
    assert AuditEvent.objects.get(act="mood.talked").patient_id == course.patient_id
    assert note_talk(by=elena, at=AT + timedelta(hours=1), course_id=course.pk, score_id=newest) == talk, "said once"
    note_score(by=elena, at=AT, course_id=course.pk, measure_code="gad2", value=2, on=AT.date())
    assert not mood(course).asks, "an answer below the line is none to talk about"
    note_score(by=elena, at=AT, course_id=course.pk, measure_code="gad2", value=3, on=AT.date())
    assert mood(course).asks


def test_a_talk_is_about_what_she_saw_and_not_about_an_answer_that_came_meanwhile(care):
    course, elena = care
    answers(course, {"down": 3.0}, days_ago=3)
    seen = mood(course).newest
    answers(course, {"worry": 3.0})
    note_talk(by=elena, at=AT, course_id=course.pk, score_id=seen)
    assert mood(course).asks


def test_only_who_treats_her_notes_a_talk_and_only_about_such_an_answer(care):
    course, elena = care
    answers(course, {"down": 3.0}, days_ago=3)
    pain = MeasureScore.objects.filter(course=course, measure="pain_nrs_average_7d").first()
    other, another = a_course_in_care(a_clinic("other"))
    for by, course_id, score_id in ((elena, course.pk, pain.pk), (elena, course.pk, 0), (another, course.pk, 1)):
        with pytest.raises(NotFound):
            note_talk(by=by, at=AT, course_id=course_id, score_id=score_id)
    with pytest.raises(NotAllowed):
        note_talk(
            by=an_actor(a_receptionist(course.clinic), course.clinic),
            at=AT,
            course_id=course.pk,
            score_id=mood(course).newest,
        )
    assert not MoodTalk.objects.exists()
    assert other.pk != course.pk


def signed_in(client, course):
    client.login(username=course.visits.first().practitioner.user.email, password=PASSWORD)
    return client


def url(course, name):
    return reverse(f"followup:{name}", kwargs={"clinic": course.clinic.slug, "course": course.pk})


def test_the_page_names_the_answer_and_the_talk_and_asks_no_more(client, care):
    course, _ = care
    answers(course, {"down": 3.0}, days_ago=3)
    page = signed_in(client, course).get(url(course, "course")).content.decode()
    assert TALK in page
    assert "Low mood at least 3 of 6, one question left out, 21 Nov" in page
    done = client.post(url(course, "talked"), {"score": mood(course).newest}, follow=True).content.decode()
    assert TALK not in done
    assert "Elena Marchetti talked about it" in done
    assert client.post(url(course, "talked"), {"score": "x"}).status_code == 404


def test_from_the_chart_one_comes_back_to_the_chart(client, care):
    course, _ = care
    visit = course.visits.order_by("number").last()
    chart = reverse("needling:chart", kwargs={"clinic": course.clinic.slug, "visit": visit.pk})
    answers(course, {"worry": 3.0})
    page = signed_in(client, course).get(chart).content.decode()
    assert TALK in page
    assert f'name="visit" value="{visit.pk}"' in page
    answer = client.post(url(course, "talked"), {"score": mood(course).newest, "visit": visit.pk})
    assert answer.url == chart
    assert TALK not in client.get(chart).content.decode()


def test_she_reads_where_help_is_as_long_as_her_answers_are_low_whoever_has_talked_with_her(client, care):
    course, elena = care
    request = answers(course, {"worry": 3.0})
    door = reverse("portal:page", kwargs={"clinic": course.clinic.slug, "token": a_page_link(course.patient)})
    born = {"born_on": course.patient.born_on.isoformat()}
    page = client.post(door, born, follow=True).content.decode()
    assert "harming yourself" in page
    assert "Your practitioner will talk with you" in page
    note_talk(by=elena, at=AT, course_id=course.pk, score_id=mood(course).newest)
    page = client.get(door).content.decode()
    assert "harming yourself" in page
    assert "Your practitioner will talk with you" not in page
    thanks = reverse("portal:question", kwargs={"clinic": "alder", "token": request_link(request), "number": 99})
    assert "the last two weeks have been hard for you" in client.get(thanks).content.decode()
