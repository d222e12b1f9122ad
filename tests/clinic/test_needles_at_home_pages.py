"""The list to take home, the day of removal on the chart, and what the desk is told, through HTTP."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from myotome.clinic.needling.actions import close_visit, record_insertion
from myotome.clinic.needling.models import NeedleInsertion, RetainedNeedle
from myotome.clinic.people.days import clinic_day
from tests.clinic.charting.visits import at, visit_of
from tests.factories import a_clinic, a_needle, a_practitioner, a_receptionist

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic():
    return a_clinic()


@pytest.fixture
def elena(clinic):
    return a_practitioner(clinic)


def test_a_needle_that_stays_has_its_day_its_list_and_its_line_at_the_desk(client, clinic, elena):
    visit, actor = visit_of(clinic, elena)
    now = timezone.now()
    record_insertion(by=actor, at=now, visit_id=visit.pk, needle=a_needle())
    client.force_login(elena.user)
    tomorrow = clinic_day(clinic, now) + timedelta(days=1)
    form = {"reason": "ear press needle", "remove_on": "soon"}
    refused = client.post(at("left_in", visit, number=1), form)
    assert refused.status_code == 422
    assert NeedleInsertion.objects.get().state == "in"
    client.post(at("left_in", visit, number=1), form | {"remove_on": str(tomorrow)})
    assert RetainedNeedle.objects.get().due_on == tomorrow
    assert at("take_home", visit) in client.get(at("chart", visit)).content.decode()
    shown = client.get(at("take_home", visit)).content.decode()
    assert "Tensor fasciae latae" in shown
    assert "Count: 1 needle." in shown
    assert clinic.phone in shown
    close_visit(by=actor, at=now, visit_id=visit.pk, version=1, n_needles_opened=1, n_needles_in_sharps=0)
    client.force_login(a_receptionist(clinic))
    desk = client.get(reverse("desk:day", kwargs={"clinic": "alder"})).content.decode()
    assert "Needles at home, to come out" in desk
    assert "Hannah Lindqvist" in desk
    assert at("chart", visit) not in desk
