"""Her headache diary: written a day at a time by link, corrected, and asked about no more when it tells enough."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.followup.actions import answer, finish
from myotome.clinic.followup.asking import ask
from myotome.clinic.followup.diary import diary_of, write_day
from myotome.clinic.followup.models import HeadacheDay, MeasureScore
from myotome.clinic.followup.queries import questions_of
from myotome.clinic.people.days import clinic_day
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.measures import Occasion
from tests.clinic.followup.courses import a_course_in_care
from tests.factories import a_page_link, the_system

pytestmark = pytest.mark.django_db


@pytest.fixture
def course():
    course, _elena = a_course_in_care()
    type(course).objects.filter(pk=course.pk).update(condition="headache_tension")
    course.refresh_from_db()
    return course


def today(course):
    return clinic_day(course.clinic, timezone.now())


def written(course, days_ago: int, strength: int = 5, took: bool = False) -> HeadacheDay:
    on = today(course) - timedelta(days=days_ago)
    return write_day(
        by=the_system(course.clinic), at=timezone.now(), course=course, on=on, strength=strength, took_something=took
    )


def at_her_diary(client, course) -> str:
    where = {"clinic": course.clinic.slug, "token": a_page_link(course.patient)}
    assert client.get(reverse("portal:diary_by_link", kwargs=where)).status_code == 302
    client.post(reverse("portal:page", kwargs=where), {"born_on": "1968-03-12"})
    assert "Headache diary" in client.get(reverse("portal:page", kwargs=where)).content.decode()
    return reverse("portal:diary_by_link", kwargs=where)


def test_she_writes_a_day_and_corrects_it_and_both_stay(client, course, django_assert_max_num_queries):
    diary = at_her_diary(client, course)
    day = today(course).isoformat()
    assert client.post(diary, {"on": day, "strength": "7", "took": "yes"}).status_code == 302
    assert client.post(diary, {"on": day, "strength": "4", "took": "yes"}).status_code == 302
    with django_assert_max_num_queries(15):
        page = client.get(diary).content.decode()
    assert "1 of 28 days are written" in page
    assert "4 of 10, took something" in page
    first, second = HeadacheDay.objects.order_by("pk")
    assert (first.strength, second.strength) == (7, 4)
    assert first.replaced_at is not None
    assert second.replaced_at is None
    assert AuditEvent.objects.filter(act="diary.written").count() == 2


def test_a_day_that_was_written_says_so_once_and_is_chosen_to_be_corrected(client, course):
    written(course, 3, strength=6, took=True)
    diary, on = at_her_diary(client, course), today(course) - timedelta(days=3)
    assert f'href="?on={on.isoformat()}"' in client.get(diary).content.decode()
    page = client.get(diary, {"on": on.isoformat()}).content.decode()
    assert f'value="{on.isoformat()}"' in page
    assert 'name="strength" value="6" checked' in page
    assert 'name="took" value="yes" checked' in page
    said = f"{on:%A} {on.day} {on:%B} is written."
    typed = {"on": on.isoformat(), "strength": "2", "took": "no"}
    assert said in client.post(diary, typed, follow=True).content.decode()
    assert said not in client.get(diary).content.decode()
    assert HeadacheDay.objects.get(on=on, replaced_at__isnull=True).strength == 2


@pytest.mark.parametrize("asked", ["", "yesterday", "2020-01-01"])
def test_a_day_that_nobody_can_write_leaves_today_with_nothing_chosen(client, course, asked):
    page = client.get(at_her_diary(client, course), {"on": asked}).content.decode()
    assert f'value="{today(course).isoformat()}"' in page
    assert " checked" not in page


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"strength": "3"}, "Say whether you took something"),
        ({"took": "no"}, "Choose how strong it was"),
        ({"strength": "11", "took": "no"}, "Choose how strong it was"),
        ({"strength": "3", "took": "no", "on": "yesterday"}, "year, month, day"),
        ({"strength": "3", "took": "no", "on": "2020-01-01"}, "A day of the last four weeks"),
        ({"strength": "3", "took": "no", "on": "2120-01-01"}, "A day of the last four weeks"),
    ],
)
def test_what_is_missing_is_asked_for_and_what_was_typed_stays(client, course, typed, says):
    diary = at_her_diary(client, course)
    refused = client.post(diary, {"on": today(course).isoformat()} | typed)
    assert refused.status_code == 422
    page = refused.content.decode()
    assert says in page
    if typed.get("strength") == "3":
        assert 'value="3" checked' in page
    assert not HeadacheDay.objects.exists()


def test_other_complaints_keep_no_diary(client, course):
    type(course).objects.filter(pk=course.pk).update(condition="low_back_pain")
    where = {"clinic": course.clinic.slug, "token": a_page_link(course.patient)}
    client.post(reverse("portal:page", kwargs=where), {"born_on": "1968-03-12"})
    assert "Headache diary" not in client.get(reverse("portal:page", kwargs=where)).content.decode()
    assert client.get(reverse("portal:diary_by_link", kwargs=where)).status_code == 302
    course.refresh_from_db()
    with pytest.raises(InvalidValue):
        written(course, 0)


def test_a_diary_that_tells_enough_is_scored_and_not_asked_about(course):
    by, now = the_system(course.clinic), timezone.now()
    for days_ago in range(20):
        written(course, days_ago, strength=6 if days_ago < 10 else 0, took=days_ago < 5)
    request = ask(by=by, at=now, course=course, occasion=Occasion.REVIEW, due_on=today(course), visit_number=4)
    assert "headache_days" in {question.measure for question in questions_of(request)}
    written(course, 20, strength=0)
    left = questions_of(request)
    assert not {question.measure for question in left} & {"headache_days", "headache_intensity", "headache_drug_days"}
    answer(by=by, at=now, request=request, measure_code=left[0].measure, item=left[0].item, value=4)
    finish(by=by, at=now, request=request)
    scores = dict(MeasureScore.objects.filter(request=request).values_list("measure", "value"))
    assert (scores["headache_days"], scores["headache_intensity"], scores["headache_drug_days"]) == (13, 6, 7)


def test_the_four_weeks_end_on_the_day_that_is_asked_about(course):
    written(course, 3)
    weeks = diary_of(course, on=today(course))
    assert len(weeks) == 28
    assert [row is not None for _on, row in weeks].index(True) == 3
