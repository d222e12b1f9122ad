"""The page of a course that has ended, and its end asked for once more."""

from __future__ import annotations

import pytest
from django.urls import reverse

from myotome.clinic.followup.models import ForecastShown, MeasureScore
from myotome.clinic.people.days import clinic_day
from tests.clinic.followup.courses import a_course_in_care, with_visits
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


def url(course, name="course"):
    return reverse(f"followup:{name}", kwargs={"clinic": course.clinic.slug, "course": course.pk})


def day_of(course):
    return f"{clinic_day(course.clinic, course.closed_at):%-d %b %Y}"


@pytest.fixture
def course():
    return with_visits(a_course_in_care()[0], [7, 6, 6, 4])


@pytest.fixture
def elena(client, course):
    client.login(username=course.visits.first().practitioner.user.email, password=PASSWORD)
    return client


@pytest.fixture
def ended(elena, course):
    elena.get(url(course))
    typed = {"version": course.version, "outcome": "plateaued", "reason": "agreed to pause"}
    assert elena.post(url(course, "discharge"), typed).status_code == 302
    course.refresh_from_db()
    return course


def test_an_ended_course_says_when_it_ended_and_forecasts_nothing(elena, ended):
    assert ForecastShown.objects.filter(course=ended).exists()
    page = elena.get(url(ended)).content.decode()
    assert f"This course ended on {day_of(ended)}" in page
    for words in ("What is likely from here", "more visits", "in 100", "Stop rule", "still above", 'class="fan3"'):
        assert words not in page


def test_an_ended_course_offers_no_end_and_says_the_way_on(elena, ended):
    for answer, status in (
        (elena.get(url(ended, "discharge")), 200),
        (elena.post(url(ended, "discharge"), {"version": ended.version, "outcome": "left"}), 409),
    ):
        page = answer.content.decode()
        assert answer.status_code == status
        assert "This course has ended" in page
        assert f"Plateaued, {day_of(ended)}" in page
        assert "discharge-form" not in page
        assert f'href="{url(ended)}"' in page


def test_a_score_of_an_ended_course_can_be_noted_and_put_right(elena, ended):
    n_shown = ForecastShown.objects.count()
    page = elena.get(url(ended)).content.decode()
    assert f'action="{url(ended, "score")}"' in page
    for words in (url(ended, "share"), url(ended, "describe"), url(ended, "activities")):
        assert words not in page
    day = clinic_day(ended.clinic, ended.opened_at).isoformat()
    for value in ("0", "6"):
        typed = {"measure": "pain_nrs_average_7d", "value": value, "on": day}
        assert elena.post(url(ended, "score"), typed).status_code == 302
    assert MeasureScore.objects.filter(course=ended, on=day, replaced_at=None).get().value == 6
    assert "0, corrected to 6." in elena.get(url(ended)).content.decode()
    assert ForecastShown.objects.count() == n_shown
