"""The owner asks how many visits a week her clinic needs; the queue works it out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.learning import capacity
from myotome.clinic.learning.models import CapacityPlan
from myotome.clinic.screening.models import Course
from myotome.vocabulary.courses import Role
from tests.clinic.followup.courses import a_course_in_care
from tests.factories import a_clinic, a_course, a_patient, a_user, an_actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client):
    clinic = a_clinic()
    user = a_user(clinic, Role.OWNER)
    client.force_login(user)
    return clinic, an_actor(user, clinic)


@pytest.fixture
def with_a_mix(owner):
    clinic, actor = owner
    patient = a_patient(clinic)
    for k in range(12):
        course = a_course(clinic, patient, opened_at=timezone.now() - timedelta(days=7 * k))
        type(course).objects.filter(pk=course.pk).update(duration_weeks=10.0 * (k + 1), n_segments=1 + k % 3)
    return clinic, actor


def page(clinic) -> str:
    return reverse("owner:capacity", kwargs={"clinic": clinic.slug})


def test_without_courses_the_page_says_that_there_is_no_mix_yet(client, owner):
    clinic, _actor = owner
    assert "too few courses yet" in client.get(page(clinic)).content.decode()
    refused = client.post(page(clinic), {"new_a_week": "6", "most_treatments": "12"})
    assert refused.status_code == 422
    assert "0 courses are too few" in refused.content.decode()


def test_a_plan_is_asked_for_worked_out_by_the_queue_and_shown_as_a_range(
    client, with_a_mix, monkeypatch, django_capture_on_commit_callbacks
):
    clinic, _actor = with_a_mix
    monkeypatch.setattr("myotome.science.followup.capacity.PEOPLE_A_WORLD", 20)
    before = client.get(page(clinic)).content.decode()
    assert "In the last twelve weeks 1.0 courses a week began" in before
    assert "latest 12 courses" in before
    with django_capture_on_commit_callbacks() as queued:
        assert client.post(page(clinic), {"new_a_week": "6,5", "most_treatments": "10"}).status_code == 302
    assert len(queued) == 1
    row = CapacityPlan.objects.get()
    assert "worked out: 0 %" in client.get(page(clinic)).content.decode()
    assert client.post(page(clinic), {"new_a_week": "6", "most_treatments": "10"}).status_code == 422
    capacity.work_out.call(row.pk)
    row.refresh_from_db()
    needs = row.answer["policies"][0]["visits_a_week"]
    text = client.get(page(clinic)).content.decode()
    assert f"This mix of new patients needs {needs['q10']} to {needs['q90']} visits a week." in text
    assert "Every two weeks" in text
    assert 'class="chart capacity-chart"' in text
    assert (row.done_percent, row.new_a_week) == (100, 6.5)
    assert [event.act for event in AuditEvent.objects.filter(act__startswith="capacity.")] == ["capacity.asked"]
    capacity.work_out.call(row.pk)
    assert CapacityPlan.objects.get().ended_at == row.ended_at


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"new_a_week": "x", "most_treatments": "12"}, "Please give a number."),
        ({"new_a_week": "nan", "most_treatments": "12"}, "Please give a number."),
        ({"new_a_week": "inf", "most_treatments": "12"}, "Please give a number."),
        ({"new_a_week": "6", "most_treatments": "1e999"}, "Please give a number."),
        ({"new_a_week": "900", "most_treatments": "12"}, "New patients a week are 0.1 to 200."),
        ({"new_a_week": "6", "most_treatments": "0"}, "Treatments at most are 1 to 40."),
        ({"new_a_week": "6", "most_treatments": "2.5"}, "whole number"),
    ],
)
def test_what_was_typed_stays_beside_its_error(client, with_a_mix, typed, says):
    clinic, _actor = with_a_mix
    refused = client.post(page(clinic), typed)
    assert refused.status_code == 422
    text = refused.content.decode()
    assert says in text
    assert f'value="{typed["new_a_week"]}"' in text
    assert not CapacityPlan.objects.exists()


def test_the_mix_holds_no_name_and_no_date_and_is_of_this_clinic_alone(with_a_mix):
    _clinic, actor = with_a_mix
    a_course_in_care(a_clinic("other"))
    mix = capacity.mix_of(actor, at=timezone.now())
    assert len(mix) == 12
    assert {frozenset(kind) for kind in mix} == {
        frozenset({"condition", "age", "duration_weeks", "segments", "scar", "expected"})
    }


def test_a_fact_that_cannot_be_is_not_known_and_stops_no_plan(with_a_mix):
    clinic, actor = with_a_mix
    Course.objects.filter(clinic=clinic, duration_weeks=20.0).update(n_segments=45)
    assert sum(kind["segments"] is None for kind in capacity.mix_of(actor, at=timezone.now())) == 1


def test_the_page_takes_few_queries(client, with_a_mix, django_assert_max_num_queries):
    clinic, _actor = with_a_mix
    with django_assert_max_num_queries(15):
        client.get(page(clinic))
