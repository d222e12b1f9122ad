"""The patient sees what the practitioner shared, as it was shared, and nothing else of findings and forecasts."""

import pytest

from myotome.clinic.followup.actions import refresh_forecast, share, take_back
from myotome.clinic.followup.models import ForecastShown, Share
from myotome.clinic.followup.queries import shares_of
from myotome.clinic.people.queries import patient_by_link
from myotome.vocabulary.errors import InvalidValue, NotAllowed
from tests.clinic.followup.courses import a_course_in_care, with_visits
from tests.factories import AT, a_receptionist, an_actor

pytestmark = pytest.mark.django_db


def test_a_forecast_is_not_hers_to_see_until_it_is_shared():
    course, actor = a_course_in_care()
    with_visits(course, [7, 6])
    shown = refresh_forecast(by=actor, at=AT, course_id=course.pk)
    hannah = patient_by_link(course.patient, course.clinic)
    assert not ForecastShown.objects.for_actor(hannah).exists()
    share(by=actor, at=AT, course_id=course.pk, what="forecast", content={"answer": shown.answer})
    assert [row.what for row in shares_of(hannah, course_id=course.pk)] == ["forecast"]


def test_sharing_again_replaces_and_taking_back_keeps_that_it_was_shared():
    course, actor = a_course_in_care()
    share(by=actor, at=AT, course_id=course.pk, what="chart", content={})
    share(by=actor, at=AT, course_id=course.pk, what="chart", content={})
    assert len(shares_of(actor, course_id=course.pk)) == 1
    take_back(by=actor, at=AT, course_id=course.pk, what="chart")
    assert shares_of(actor, course_id=course.pk) == []
    assert Share.objects.filter(course=course).count() == 2


def test_only_a_practitioner_shares_and_only_what_there_is_to_share():
    course, actor = a_course_in_care()
    robin = an_actor(a_receptionist(course.clinic), course.clinic)
    with pytest.raises(NotAllowed):
        share(by=robin, at=AT, course_id=course.pk, what="chart", content={})
    with pytest.raises(InvalidValue):
        share(by=actor, at=AT, course_id=course.pk, what="notes", content={})
