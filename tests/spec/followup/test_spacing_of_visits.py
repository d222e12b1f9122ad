"""The forecast takes the visits as far apart as they will be."""

from datetime import timedelta

import pytest

from myotome.clinic.booking.models import Appointment
from myotome.clinic.followup.actions import refresh_forecast
from myotome.clinic.followup.queries import forecast_input, story_of
from myotome.clinic.people.models import Practitioner
from myotome.clinic.planning.models import Plan
from tests.clinic.followup.courses import a_course_in_care, with_visits
from tests.factories import AT
from tests.spec.followup.test_questions import an_appointment

pytestmark = pytest.mark.django_db


def a_plan(course, interval_days):
    return Plan.objects.create(
        clinic=course.clinic,
        course=course,
        made_by=Practitioner.objects.filter(clinic=course.clinic).first(),
        mode="ims",
        n_treatments=6,
        interval_days=interval_days,
        price_cents_each=9500,
        made_at=AT,
    )


def spacing(course):
    story = story_of(course)
    assert forecast_input(story, on=AT.date())["interval_days"] == story.spacing.days
    return (story.spacing.days, story.spacing.says)


def test_with_nothing_planned_or_booked_visits_are_a_week_apart():
    course, _ = a_course_in_care()
    assert spacing(course) == (7, "usual")


def test_visits_go_on_as_they_have_been_as_planned_or_as_booked_the_nearest_counts():
    course, actor = a_course_in_care()
    with_visits(course, [7, 5, 3])
    assert spacing(course) == (7, "so_far")
    weekly = refresh_forecast(by=actor, at=AT, course_id=course.pk)
    a_plan(course, 14)
    assert spacing(course) == (14, "plan")
    shown = refresh_forecast(by=actor, at=AT, course_id=course.pk)
    assert shown.answer["curve"][1]["day"] - shown.answer["curve"][0]["day"] == 14
    assert shown.answer["weeks_left"]["median"] > weekly.answer["weeks_left"]["median"]
    an_appointment(course, days=10)
    assert spacing(course) == (14, "plan")
    for days in (20, 30):
        an_appointment(course, days=days)
    assert spacing(course) == (10, "booked")
    Appointment.objects.filter(course=course).update(status="cancelled")
    assert spacing(course) == (14, "plan")


def test_a_plan_that_was_replaced_does_not_count():
    course, _ = a_course_in_care()
    row = a_plan(course, 14)
    row.replaced_at = AT + timedelta(days=1)
    row.save()
    assert spacing(course) == (7, "usual")
