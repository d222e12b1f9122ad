"""The patient's pages by link, as plain HTML: birth date, one question a screen, her own page, her record."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from myotome.clinic.followup.actions import refresh_forecast, share
from myotome.clinic.followup.activities import name_activities
from myotome.clinic.followup.asking import ask
from myotome.clinic.followup.models import MeasureAnswer, MeasureRequest, MeasureScore
from myotome.clinic.followup.queries import questions_of, request_by_link, request_link
from myotome.clinic.followup.scores import note_score
from myotome.clinic.pathway.patient_page import open_page_with_birth_date
from myotome.clinic.people.days import clinic_day
from myotome.clinic.people.links import page_link
from myotome.vocabulary.measures import Occasion
from tests.clinic.followup.courses import a_course_in_care, with_visits
from tests.factories import AT, a_page_link, the_system

pytestmark = pytest.mark.django_db


@pytest.fixture
def care():
    course, actor = a_course_in_care()
    return with_visits(course, [7, 6, 6, 4]), actor


def a_request(course, occasion=Occasion.BEFORE_VISIT, **more):
    now = timezone.now()
    return ask(by=the_system(course.clinic), at=now, course=course, occasion=occasion, due_on=now.date(), **more)


def door(request):
    return reverse("portal:questions", kwargs={"clinic": request.clinic.slug, "token": request_link(request)})


def her_page(course, name="page"):
    return reverse(f"portal:{name}", kwargs={"clinic": course.clinic.slug, "token": a_page_link(course.patient)})


def test_nothing_is_shown_before_the_birth_date(client, care):
    course, _ = care
    where, mine = door(a_request(course)), her_page(course)
    page = client.get(where).content.decode()
    assert "birth date" in page
    assert "Hannah" not in page
    assert "pain" not in page
    assert client.get(where + "1/").url == where
    assert client.get(f"{mine}record/").url == mine
    wrong = client.post(where, {"born_on": "1970-01-01"})
    assert wrong.status_code == 422
    assert "That is not the birth date" in wrong.content.decode()


def test_two_questions_one_a_screen_and_they_are_scores(client, care, django_assert_max_num_queries):
    course, _ = care
    request = a_request(course)
    first = client.post(door(request), {"born_on": "1968-03-12"}).url
    with django_assert_max_num_queries(15):
        page = client.get(first).content.decode()
    assert page.count("<legend>") == 1
    assert "How strong was your pain on average" in page
    second = client.post(first, {"value": "5"}).url
    thanks = client.post(second, {"value": "8"}, follow=True)
    assert "your answers are there" in thanks.content.decode()
    assert list(MeasureScore.objects.filter(request=request).order_by("pk").values_list("value", flat=True)) == [5, 8]


def at_the_form(client, course) -> tuple[MeasureRequest, str]:
    """A full set of a back whose questions before the form are all skipped, and where the form stands."""
    type(course).objects.filter(pk=course.pk).update(condition="low_back_pain")
    course.refresh_from_db()
    request = a_request(course, occasion=Occasion.REVIEW, visit_number=4)
    where = client.post(door(request), {"born_on": "1968-03-12"}).url
    while "that is all we need" not in client.get(where).content.decode():
        where = client.post(where, {"skip": "1"}).url
    return request, where


def test_a_back_ticks_roland_morris_on_one_page_and_blanks_are_no(client, care):
    request, where = at_the_form(client, care[0])
    page = client.get(where, {"more": "1"}).content.decode()
    assert page.count('name="ticked"') == 24
    client.post(where, {"ticked": ["s1", "s5", "s24"]}, follow=True)
    assert MeasureScore.objects.get(request=request, measure="rmdq").value == 3
    assert MeasureAnswer.objects.filter(request=request, measure="rmdq", value=0).count() == 21


def test_the_form_is_offered_when_all_else_is_answered_and_left_out_it_is_missing_and_not_zero(client, care):
    request, where = at_the_form(client, care[0])
    offer = client.get(where).content.decode()
    assert "24 sentences" in offer
    assert 'name="ticked"' not in offer
    assert "your answers are there" in client.post(where, {"skip": "1"}, follow=True).content.decode()
    request.refresh_from_db()
    assert request.completed_at is not None
    assert MeasureScore.objects.get(request=request, measure="rmdq").value is None


def test_nothing_ticked_is_asked_about_and_a_form_that_is_skipped_is_missing_and_not_zero(client, care):
    request, where = at_the_form(client, care[0])
    refused = client.post(where, {})
    assert refused.status_code == 422
    assert "None of these" in refused.content.decode()
    both = client.post(where, {"ticked": ["s3"], "none": "1"})
    assert both.status_code == 422
    assert 'value="s3" checked' in both.content.decode()
    client.post(where, {"skip": "1"}, follow=True)
    assert MeasureScore.objects.get(request=request, measure="rmdq").value is None


def test_none_of_these_is_a_zero_that_she_said(client, care):
    request, where = at_the_form(client, care[0])
    client.post(where, {"none": "1"}, follow=True)
    assert MeasureScore.objects.get(request=request, measure="rmdq").value == 0


def test_going_back_shows_the_answer_and_a_double_submit_changes_nothing(client, care):
    course, _ = care
    request = a_request(course)
    where = door(request)
    first = client.post(where, {"born_on": "1968-03-12"}).url
    for _ in range(2):
        client.post(first, {"value": "5"})
    assert 'value="5" checked' in client.get(first).content.decode()
    assert MeasureAnswer.objects.filter(request=request).count() == 1
    assert client.get(where).url == first.replace("/1/", "/2/")


def test_nothing_chosen_is_asked_again_and_skipping_is_missing(client, care):
    course, _ = care
    request = a_request(course)
    first = client.post(door(request), {"born_on": "1968-03-12"}).url
    refused = client.post(first, {})
    assert refused.status_code == 422
    assert "Choose a number, or skip" in refused.content.decode()
    assert client.post(first, {"value": "eleven"}).status_code == 422
    assert client.post(first, {"value": "11"}).status_code == 422
    client.post(first, {"skip": "1"})
    row = MeasureAnswer.objects.get(request=request)
    assert (row.item, row.value) == ("score", None)


def assert_crisis_buttons(page: str):
    for where, words in (("tel:988", "Call 988"), ("sms:988", "Text 988"), ("tel:911", "Call 911")):
        assert f'<a class="danger" href="{where}">{words}</a>' in page


def test_low_mood_shows_where_help_is_at_once(client, care):
    course, _ = care
    request = a_request(course, Occasion.INTAKE)
    n = client.post(door(request), {"born_on": "1968-03-12"}).url
    for _ in range(20):
        page = client.get(n)
        if page.status_code == 302 or b"your answers are there" in page.content:
            break
        text = page.content.decode()
        if "pleasure in doing things" in text:
            assert "harming yourself" in text
            assert_crisis_buttons(text)
        n = client.post(n, {"value": "3"}).url
    end = client.get(n).content.decode()
    assert "the last two weeks have been hard for you" in end
    assert_crisis_buttons(end)


@pytest.mark.parametrize(
    ("pain", "is_urged"), [("10", True), ("7", True), ("6", False), ("0", False), (None, False)], ids=str
)
def test_two_days_after_a_treatment_she_reads_when_to_phone(client, care, pain, is_urged):
    course, _ = care
    request = a_request(course, Occasion.TWO_DAYS_AFTER, visit_number=4)
    first = client.post(door(request), {"born_on": "1968-03-12"}).url
    page = client.post(first, {"skip": "1"} if pain is None else {"value": pain}, follow=True).content.decode()
    assert ("Please phone us today" in page) == is_urged
    assert ("When to phone us" in page) != is_urged
    digits = re.sub(r"\D", "", course.clinic.phone)
    assert re.search(rf'href="tel:\+?{digits}">Call ', page)
    assert 'href="tel:911">Call 911' in page


def test_without_a_score_before_the_treatment_nobody_is_urged_to_phone(client):
    course, _ = a_course_in_care()
    request = a_request(with_visits(course, [None, 3]), Occasion.TWO_DAYS_AFTER, visit_number=1)
    first = client.post(door(request), {"born_on": "1968-03-12"}).url
    page = client.post(first, {"value": "10"}, follow=True).content.decode()
    assert "When to phone us" in page


def test_other_questions_end_without_it(client, care):
    request = a_request(care[0])
    where = client.post(door(request), {"born_on": "1968-03-12"}).url
    for value in ("9", "10"):
        where = client.post(where, {"value": value}).url
    assert "phone us" not in client.get(where).content.decode()


def test_the_thanks_lead_to_her_own_page_which_knows_her(client, care):
    request = a_request(care[0])
    where = client.post(door(request), {"born_on": "1968-03-12"}).url
    for value in ("9", "10"):
        where = client.post(where, {"value": value}).url
    mine = re.search(r'<a class="act" href="([^"]*/me/page/[^"]*)">My page', client.get(where).content.decode())[1]
    assert "Hannah" in client.get(mine).content.decode()
    client.session.flush()
    client.cookies.clear()
    assert "birth date" in client.get(mine).content.decode(), "to anybody else it is the door"


def at_headache_days(client, course):
    """A full set of headaches, where it asks on how many days there was one."""
    type(course).objects.filter(pk=course.pk).update(condition="headache_tension")
    course.refresh_from_db()
    request = a_request(course, Occasion.REVIEW, visit_number=4)
    where = client.post(door(request), {"born_on": "1968-03-12"}).url
    while "On how many of the last 28 days" not in client.get(where).content.decode():
        where = client.post(where, {"skip": "1"}).url
    return request, where


def test_after_no_day_with_headache_nobody_asks_how_strong_they_were_and_it_is_missing(client, care):
    request, where = at_headache_days(client, care[0])
    strength = client.post(where, {"value": "3"}).url
    assert "how strong was it" in client.get(strength).content.decode()
    after = client.post(strength, {"value": "6"}).url
    assert f'href="{strength}"' in client.get(after).content.decode()
    assert 'value="3" checked' in client.get(where).content.decode()
    following = client.post(where, {"value": "0"}).url
    page = client.get(following).content.decode()
    assert "how strong was it" not in page
    assert f'href="{where}"' in page, "back leads to the days"
    while "your answers are there" not in client.get(following).content.decode():
        following = client.post(following, {"skip": "1"}).url
    scores = dict(MeasureScore.objects.filter(request=request).values_list("measure", "value"))
    assert (scores["headache_days"], scores["headache_intensity"]) == (0, None)


def test_the_strength_is_asked_again_when_the_days_are_corrected(client, care):
    _request, where = at_headache_days(client, care[0])
    client.post(where, {"value": "0"})
    strength = client.post(where, {"value": "2"}).url
    assert "how strong was it" in client.get(strength).content.decode()


def test_an_activity_is_named_before_it_is_asked_how_well_she_does_it(care):
    course, elena = care
    name_activities(by=elena, at=AT, course_id=course.pk, words=["sleeping through the night", "Stairs", "to lift"])
    texts = [row.text for row in questions_of(a_request(course, Occasion.REVIEW)) if row.measure == "psfs"]
    assert texts[0] == "Sleeping through the night: how well can you do it today?"


@pytest.mark.parametrize(("code", "value", "is_said"), [("phq2", 3, True), ("gad2", 4, True), ("phq2", 2, False)])
def test_as_long_as_her_answers_are_low_the_crisis_line_stands_on_her_page(client, care, code, value, is_said):
    course, actor = care
    note_score(by=actor, at=AT, course_id=course.pk, measure_code=code, value=value, on=AT.date())
    client.post(her_page(course), {"born_on": "1968-03-12"})
    page = client.get(her_page(course)).content.decode()
    assert ("harming yourself" in page) == is_said
    assert (f"Call or text {course.clinic.crisis_line} now" in page) == is_said
    if is_said:
        assert_crisis_buttons(page)


def test_her_page_shows_what_was_shared_and_nothing_more(client, care, django_assert_max_num_queries):
    course, actor = care
    client.post(her_page(course), {"born_on": "1968-03-12"})
    page = client.get(her_page(course)).content.decode()
    assert "Hannah" in page
    assert "How I am doing" not in page
    assert "people like you" not in page
    shown = refresh_forecast(by=actor, at=AT, course_id=course.pk)
    share(by=actor, at=AT, course_id=course.pk, what="chart", content={})
    share(by=actor, at=AT, course_id=course.pk, what="stop_rule", content={"rule": shown.answer["stop_rule"]})
    share(by=actor, at=AT, course_id=course.pk, what="forecast", content={"answer": shown.answer})
    states = {"left:gluteus_medius": 2, "left:piriformis": 0}
    content = {"n_first": 2, "n_still": 1, "n_let_go": 1, "states": states}
    share(by=actor, at=AT, course_id=course.pk, what="muscles", content=content)
    with django_assert_max_num_queries(15):
        page = client.get(her_page(course)).content.decode()
    assert "Your pain went from 7 to 4 in 3 weeks." in page
    assert "a change you would notice" in page
    assert "1 still tight." in page
    assert "1 has let go." in page
    assert "people like you" in page
    assert f"which takes {shown.answer['weeks_left']['median']:g} weeks." in page
    assert "More than 1 in 10 are not there after 40." in page
    assert "Call 911" in page
    for word in ("diagnosis", "candidate", "proven", "cure", "safe depth"):
        assert word not in page.lower()


@pytest.mark.parametrize(
    ("occasion", "words"), [(Occasion.FOLLOW_UP, "Three minutes."), (Occasion.TWO_DAYS_AFTER, "A minute.")]
)
def test_her_page_says_how_long_the_questions_take(client, care, occasion, words):
    course, _ = care
    a_request(course, occasion)
    client.post(her_page(course), {"born_on": "1968-03-12"})
    page = client.get(her_page(course)).content.decode()
    assert f"<p>{words}</p>" in page
    assert "when you arrive" not in page


def test_questions_that_are_due_stand_on_her_page(client, care):
    course, _ = care
    request = a_request(course)
    client.post(her_page(course), {"born_on": "1968-03-12"})
    page = client.get(her_page(course)).content.decode()
    token = page.partition("/me/questions/")[2].partition("/")[0]
    assert request_by_link(course.clinic, token, at=timezone.now()) == request


def test_she_takes_her_record_with_her(client, care):
    course, _ = care
    client.post(her_page(course), {"born_on": "1968-03-12"})
    answer = client.get(her_page(course, "record_by_link"))
    assert answer["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert set(archive.namelist()) == {"record.json", "record.html", "calendar.ics"}
        assert b"Lindqvist" in archive.read("record.json")


@pytest.mark.parametrize(
    ("typed", "says"),
    [("1968-12-03", "you gave 3 December 1968"), ("", "whole birth date"), ("12/03/1968", "whole birth")],
)
def test_a_birth_date_that_does_not_match_stays_in_the_field_and_is_said_in_words(client, care, typed, says):
    for where in (door(a_request(care[0])), her_page(care[0])):
        page = client.post(where, {"born_on": typed}).content.decode()
        assert f'autocomplete="bday" value="{typed}"' in page
        assert says in page
        assert "1968-03-12" not in page
        assert 'href="tel:6045550142"' in page


def assert_names_the_clinic(answer):
    page = answer.content.decode()
    assert "Alder Street Clinic</a></header>" in page
    assert 'href="tel:6045550142">Call 604 555 0142</a>' in page
    assert "Myotome" not in page


def test_a_link_that_ran_out_says_so(client, care):
    course, _ = care
    request = a_request(course)
    type(request).objects.filter(pk=request.pk).update(expires_at=timezone.now() - timedelta(minutes=1))
    answer = client.get(door(request))
    assert answer.status_code == 410
    assert "This link has run out" in answer.content.decode()
    assert "Hannah" not in answer.content.decode()
    assert_names_the_clinic(answer)


def test_the_fifth_wrong_birth_date_says_that_the_link_is_closed(client, care):
    where = door(a_request(care[0]))
    for _try in range(4):
        assert client.post(where, {"born_on": "1970-01-01"}).status_code == 422
    for born_on in ("1970-01-01", "1968-03-12"):
        refused = client.post(where, {"born_on": born_on})
        assert refused.status_code == 429
        assert "did not match five times" in refused.content.decode()
        assert "try again" not in refused.content.decode()
        assert "Hannah" not in refused.content.decode()
        assert_names_the_clinic(refused)


def test_the_link_to_her_page_runs_out_thirty_days_after_its_visit(client, care):
    course, _ = care
    today = clinic_day(course.clinic, timezone.now())

    def page(*, days_ago):
        token = page_link(course.patient, visit_on=today - timedelta(days=days_ago))
        return reverse("portal:page", kwargs={"clinic": course.clinic.slug, "token": token})

    assert client.post(page(days_ago=30), {"born_on": "1968-03-12"}).status_code == 302
    for where in (page(days_ago=31), page(days_ago=31) + "record/"):
        answer = client.get(where)
        assert answer.status_code == 410
        assert "reminder of your next visit brings a new one" in answer.content.decode()
        assert "Hannah" not in answer.content.decode()


def test_five_wrong_birth_dates_close_her_page_for_a_day(client, care):
    course, _ = care
    patient, mine = course.patient, her_page(course)
    for _try in range(4):
        assert client.post(mine, {"born_on": "1970-01-01"}).status_code == 422
    for born_on in ("1970-01-01", patient.born_on.isoformat()):
        refused = client.post(mine, {"born_on": born_on})
        assert refused.status_code == 429
        assert "try again tomorrow" in refused.content.decode()
        assert "few minutes" not in refused.content.decode()
        assert "Hannah" not in refused.content.decode()
        assert_names_the_clinic(refused)
    tomorrow = timezone.now() + timedelta(days=1, minutes=1)
    assert open_page_with_birth_date(clinic=course.clinic, at=tomorrow, patient=patient, born_on=patient.born_on)
