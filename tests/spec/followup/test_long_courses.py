"""A course of any length opens, its visits close, and its forecast says which part of it was read."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.urls import reverse

from myotome.clinic.followup import actions
from myotome.clinic.followup.actions import refresh_forecast
from myotome.clinic.followup.models import ForecastShown, MeasureScore
from myotome.clinic.followup.queries import forecast_input, story_of
from myotome.clinic.followup.reading import MOST_READ, STEP, beginning, newest_part
from myotome.clinic.followup.track import track_record
from myotome.clinic.learning.actions import begin_refit, keep_result
from myotome.clinic.learning.courses import courses_to_learn_from
from myotome.clinic.needling.actions import record_insertion, take_out
from myotome.clinic.needling.models import NeedleInsertion, TreatmentVisit
from myotome.clinic.pathway.actions import visit_closed
from myotome.clinic.planning.models import Plan
from myotome.knowledge.measures import PAIN_AVERAGE
from myotome.refit.courses import courses_from, readable
from myotome.science.followup.answer import forecast_answer
from myotome.science.followup.course import LONGEST_DAYS, LONGEST_GAP_DAYS, MOST_VISITS
from myotome.science.followup.stopping import rule_from, stop_rule_sentence
from myotome.vocabulary.courses import CourseOutcome, Role
from myotome.vocabulary.errors import InvalidValue
from tests.clinic.followup.courses import a_course_in_care, with_visits
from tests.factories import AT, PASSWORD, a_clinic, a_needle, a_user, an_open_visit, boxed, the_system
from tests.fits import a_fit

pytestmark = pytest.mark.django_db


def earlier_visits(course, days_ago, *, pain=5):
    """Visits so many days ago, each with its score of that day."""
    who = course.visits.first().practitioner
    TreatmentVisit.objects.bulk_create(
        TreatmentVisit(
            clinic=course.clinic, course=course, number=1000 + k, mode="ims", practitioner=who,
            opened_at=AT - timedelta(days=days), closed_at=AT - timedelta(days=days), closed_by="Elena",
        )
        for k, days in enumerate(days_ago)
    )  # fmt: skip
    MeasureScore.objects.bulk_create(
        MeasureScore(
            clinic=course.clinic, course=course, measure=PAIN_AVERAGE, on=(AT - timedelta(days=days)).date(), value=pain,
            rule_version="1", scored_at=AT - timedelta(days=days),
        )
        for days in days_ago
    )  # fmt: skip


def a_needled_visit(days_ago=()):
    """An open visit with one needle in and out, in a course with visits so many days ago."""
    visit, elena = an_open_visit()
    earlier_visits(visit.course, days_ago)
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle("n-1"))
    take_out(by=elena, at=AT + timedelta(minutes=9), visit_id=visit.pk, number=1)
    return visit, elena


def closed(visit, elena):
    visit.refresh_from_db()
    more = {"visit_id": visit.pk, "version": visit.version, **boxed(1)}
    return visit_closed(by=elena, at=AT + timedelta(minutes=20), **more)


@pytest.mark.parametrize(
    "days_ago",
    [[4200], [4200, 4199, *range(7, 7 * 220, 7)]],
    ids=["twelve years", "twelve years and more visits than a forecast reads"],
)
def test_a_visit_of_a_course_of_any_length_closes_with_its_needles_counted(days_ago):
    visit, elena = a_needled_visit(days_ago)
    assert closed(visit, elena).closed_at is not None
    assert NeedleInsertion.objects.get(visit=visit).state == "out"
    shown = ForecastShown.objects.get()
    assert 0 < len(shown.evidence["visits"]) <= MOST_READ
    assert shown.after_visit == len(days_ago) + 1
    assert not MeasureScore.objects.filter(course=visit.course, on__lt=date(2010, 1, 1)).exists()


def broken(*_args, **_more):
    raise ZeroDivisionError("a fault in the model")


@pytest.mark.parametrize("fault", [broken, lambda *_a, **_m: (_ for _ in ()).throw(InvalidValue("No."))])
def test_no_fault_of_a_forecast_keeps_a_visit_from_closing_and_the_last_forecast_stands(monkeypatch, fault):
    visit, elena = a_needled_visit([21, 14, 7])
    before = refresh_forecast(by=elena, at=AT, course_id=visit.course_id)
    MeasureScore.objects.filter(course=visit.course).update(value=3)
    monkeypatch.setattr(actions, "forecast_answer", fault)
    assert closed(visit, elena).closed_at is not None
    assert visit.course.scores.count() == 3
    assert list(ForecastShown.objects.all()) == [before]


def signed_in(client, course):
    user = course.visits.first().practitioner.user
    client.login(username=user.email, password=PASSWORD)
    return client


def page_of(client, course, name="followup:course", **data):
    url = reverse(name, kwargs={"clinic": course.clinic.slug, "course": course.pk})
    answer = client.post(url, data, follow=True) if data else client.get(url)
    return answer.status_code, re.sub(r"\s+", " ", answer.content.decode())


def test_the_page_opens_without_the_new_forecast_and_says_of_when_the_old_one_is(client, monkeypatch):
    course, elena = a_course_in_care()
    with_visits(course, [7, 6, 5])
    old = refresh_forecast(by=elena, at=AT - timedelta(days=1), course_id=course.pk)
    MeasureScore.objects.filter(course=course).update(value=4)
    monkeypatch.setattr(actions, "forecast_answer", broken)
    signed_in(client, course)
    status, page = page_of(client, course)
    assert status == 200
    assert "The forecast could not be worked out anew; the one of 23 Nov stands." in page
    assert "What is likely from here" in page
    status, page = page_of(client, course, "followup:score", measure=PAIN_AVERAGE, value="2")
    assert status == 200
    assert MeasureScore.objects.filter(course=course, value=2).exists(), "a score is noted whatever the forecast does"
    page_of(client, course, "followup:share", what=["chart", "forecast"])
    assert {row.what for row in course.shares.filter(withdrawn_at__isnull=True)} == {"chart"}, (
        "a forecast that is not of now is not shared as the one of now"
    )
    old.delete()
    status, page = page_of(client, course)
    assert status == 200
    assert "The forecast could not be worked out. All else on this page is as it is charted." in page
    assert "What is likely from here" not in page


def test_a_forecast_of_a_long_course_reads_its_newest_part_and_the_page_says_from_which_visit(client):
    course, elena = a_course_in_care()
    with_visits(course, [6, 5])
    n = 3 * MOST_READ
    earlier_visits(course, [7 * k for k in range(n, 1, -1)])
    shown = refresh_forecast(by=elena, at=AT, course_id=course.pk)
    read = len(shown.evidence["visits"])
    assert MOST_READ - STEP < read <= MOST_READ
    assert shown.evidence["visits"][0]["day"] == 0
    assert shown.evidence["visits"][-1] == {"day": 7 * (read - 1), "nrs": 5}
    first = shown.answer["reads_from"]
    assert first["visit"] == n + 1 - read + 1
    assert date.fromisoformat(first["on"]) == (AT - timedelta(days=7 * (read - 1))).date()
    review = shown.answer["stop_rule"]["visit"]
    assert (review % 4, n + 1 < review <= n + 5) == (0, True), (
        "visits are numbered as she knows them, reviews are each fourth"
    )
    assert shown.answer["stop_rule"]["says"] == stop_rule_sentence(rule_from(shown.answer["stop_rule"]))
    signed_in(client, course)
    status, page = page_of(client, course)
    assert status == 200
    assert f"This course is longer than a forecast reads: it begins here with visit {first['visit']} of" in page
    assert page_of(client, course, "followup:discharge")[0] == 200


def test_the_part_that_is_read_begins_anew_once_in_many_visits_so_that_its_first_score_stays():
    days = [AT.date() + timedelta(days=7 * k) for k in range(3 * MOST_READ)]
    firsts = [newest_part(days[:n])[0] for n in range(1, len(days) + 1)]
    assert firsts[:MOST_READ] == [days[0]] * MOST_READ
    assert len(set(firsts)) == 1 + 2 * MOST_READ // STEP
    assert all(len(newest_part(days[:n])) <= MOST_READ for n in range(1, len(days) + 1))
    apart = [days[0] + timedelta(days=n) for n in (0, 1400, 2800, LONGEST_DAYS, LONGEST_DAYS + 1)]
    assert newest_part(apart[:4]) == apart[:4]
    assert newest_part(apart) == apart[1:]
    assert newest_part([]) == []
    assert MOST_READ <= MOST_VISITS


@pytest.mark.parametrize(
    ("facts", "born_on", "unknown"),
    [
        ({"n_segments": 0}, None, "segments"),
        ({"n_segments": 45}, None, "segments"),
        ({"duration_weeks": -5}, None, "duration_weeks"),
        ({}, date(1903, 1, 1), "age"),
        ({}, date(2030, 1, 1), "age"),
        ({"condition": "a word of its own"}, None, "condition"),
    ],
)
def test_a_fact_that_cannot_be_is_not_known_to_forecast_and_refit_and_stops_neither(facts, born_on, unknown):
    course, elena = a_course_in_care()
    with_visits(course, [7, 6])
    type(course).objects.filter(pk=course.pk).update(**facts)
    if born_on:
        type(course.patient).objects.filter(pk=course.patient_id).update(born_on=born_on)
    course = type(course).objects.get(pk=course.pk)
    assert refresh_forecast(by=elena, at=AT, course_id=course.pk).evidence[unknown] in (None, "unknown")
    (row,) = courses_to_learn_from(the_system(course.clinic))
    assert row[unknown] in (None, "unknown")
    assert courses_from([row]).n_scores == 2


def test_a_plan_of_few_visits_a_year_is_forecast_as_the_longest_distance_that_the_model_knows():
    course, _ = a_course_in_care()
    with_visits(course, [7, 6])
    Plan.objects.create(
        clinic=course.clinic,
        course=course,
        interval_days=180,
        n_treatments=4,
        made_at=AT,
        mode="ims",
        made_by=course.visits.first().practitioner,
        price_cents_each=9000,
    )
    evidence = forecast_input(story_of(course), on=AT.date())
    assert evidence["interval_days"] == 90
    assert forecast_answer(evidence)["treatments_left"]


def test_who_comes_back_after_four_years_begins_anew_for_forecast_and_refit():
    def after(gap):
        days = [AT.date() + timedelta(days=n) for n in (0, 7, 7 + gap, 14 + gap)]
        return days, [{"day": (day - days[0]).days, "nrs": 5} for day in days]

    days, entries = after(LONGEST_GAP_DAYS)
    assert (newest_part(days), beginning(entries)) == (days, entries)
    days, entries = after(LONGEST_GAP_DAYS + 1)
    assert (newest_part(days), beginning(entries)) == (days[2:], entries[:2])


def test_a_long_course_does_not_stop_a_refit_which_reads_its_beginning():
    course, _ = a_course_in_care()
    with_visits(course, [6, 5])
    earlier_visits(course, [2500, *(7 * k for k in range(300, 1, -1))])
    type(course).objects.filter(pk=course.pk).update(closed_at=AT, outcome=CourseOutcome.LEFT.value)
    (row,) = courses_to_learn_from(the_system(course.clinic))
    assert len(row["visits"]) == MOST_VISITS
    assert row["visits"][:2] == [{"day": 0, "nrs": 5}, {"day": 2500 - 2100, "nrs": 5}]
    assert row["left"] is False, "how it ended is not known from its beginning"
    assert len(courses_from([row])) == 1


def test_a_course_that_cannot_be_read_is_left_out_of_a_refit_and_counted():
    good = {"visits": [{"day": 0, "nrs": 7}]}
    bad = [{"visits": [{"day": 0, "nrs": 70}]}, {"age": 400, "visits": []}, {"visits": [{"day": 5, "nrs": 7}]}]
    assert readable([good, *bad, good]) == ([good, good], 3)


def test_the_owner_reads_how_many_courses_a_refit_left_out(client):
    clinic = a_clinic()
    by, owner, fit = the_system(clinic), a_user(clinic, Role.OWNER), a_fit()
    for n_left_out, words in (
        (0, ""),
        (1, "1 course could not be read and was left out."),
        (3, "3 courses could not be"),
    ):
        data = fit.about["data"] | {"n_left_out": n_left_out}
        row = begin_refit(by=by, at=AT)
        keep_result(by=by, at=AT, fit_id=row.pk, fit=replace(fit, about=fit.about | {"data": data}))
        client.force_login(owner)
        page = client.get(reverse("owner:learning", kwargs={"clinic": clinic.slug})).content.decode()
        assert words in page
        assert ("could not be read" in page) is bool(n_left_out)


def test_a_forecast_that_has_read_a_part_is_not_held_against_the_answer_of_another_visit():
    course, elena = a_course_in_care()
    with_visits(course, [7, 6, 5, 4])
    for n in (2, 3, 4):
        visits = [{"day": 7 * k, "nrs": 9 - k} for k in range(n)]
        ForecastShown.objects.create(
            clinic=course.clinic, course=course, after_visit=n, shown_at=AT, evidence={"visits": visits},
            answer={"next_score": {"q10": 0, "q90": 10}}, model_version="x", definition_version="y",
        )  # fmt: skip
    assert track_record(elena, at=AT).later.n == 2
    ForecastShown.objects.filter(after_visit__in=(2, 3)).delete()
    ForecastShown.objects.filter(after_visit=4).update(after_visit=104)
    part = [{"day": 7 * k, "nrs": 5} for k in range(3)]
    ForecastShown.objects.create(
        clinic=course.clinic, course=course, after_visit=103, shown_at=AT, evidence={"visits": part},
        answer={"next_score": {"q10": 0, "q90": 10}}, model_version="x", definition_version="y",
    )  # fmt: skip
    assert track_record(elena, at=AT + timedelta(hours=1)).later.n == 0
