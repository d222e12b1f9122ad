"""What the fields of the next needle begin with on the page, and what a tap then charts."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone

from myotome.clinic.needling.actions import record_insertion
from myotome.clinic.needling.models import NeedleInsertion
from myotome.vocabulary.anatomy import NeedleRegion
from myotome.vocabulary.needling import NeedleState, SiteKind
from tests.clinic.charting.visits import GLMAX, OVER_LUNG, POINTS, at, visit_of
from tests.factories import a_needle, a_practitioner

pytestmark = pytest.mark.django_db
BUTTOCK = {"site": "gluteus_maximus", "region": NeedleRegion.BUTTOCK}


def depth_on(page):
    """The value of the depth field under the keys."""
    return re.search(r'id="id_depth_mm" min="0" max="150" value="(\d*)"', page)[1]


def size_on(page):
    """The chosen option of the needle's size."""
    return re.search(r'<option value="([^"]*)" selected>', page)[1]


def a_needle_before(clinic, practitioner, **values):
    """A needle of another patient of the clinic, charted by this practitioner."""
    visit, actor = visit_of(clinic, practitioner)
    needle = a_needle(state=NeedleState.OUT, **(BUTTOCK | values))
    record_insertion(by=actor, at=timezone.now(), visit_id=visit.pk, needle=needle)


@pytest.mark.parametrize("chosen", [{}, {"site": GLMAX}, {"site": "muscle:piriformis::left"}])
def test_where_nobody_said_a_depth_the_field_is_empty_and_one_tap_charts_none(client, clinic, elena, chosen):
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    assert depth_on(client.get(at("chart", visit), chosen).content.decode()) == ""
    form = {"site": GLMAX, "client_id": "t", "size": "0.30x50", "depth_mm": "", "quick": "grasp-release"}
    client.post(at("needle", visit), form)
    row = NeedleInsertion.objects.get()
    assert (row.depth_mm, row.grasp, row.state) == (None, 2, "out")
    page = client.get(at("printed", visit)).content.decode()
    assert "<td></td><td>.30×50</td>" in page


def test_over_the_lung_no_depth_stands_in_the_field_before_she_types_one(client, clinic, elena):
    visit, _ = visit_of(clinic, elena, sites=OVER_LUNG)
    client.force_login(elena.user)
    assert depth_on(client.get(at("chart", visit)).content.decode()) == ""


def test_her_own_last_depth_and_needle_at_the_site_stand_in_the_fields_another_ones_do_not(client, clinic, elena):
    a_needle_before(clinic, elena, depth_mm=45, gauge_mm=0.30, length_mm=75)
    a_needle_before(clinic, a_practitioner(clinic, name="Jonas Weber"), depth_mm=61, gauge_mm=0.35, length_mm=100)
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    page = client.get(at("chart", visit)).content.decode()
    assert (depth_on(page), size_on(page)) == ("45", "0.30x75")
    other = client.get(at("chart", visit), {"site": "muscle:gluteus_medius::left"}).content.decode()
    assert (depth_on(other), size_on(other)) == ("", "0.30x50")
    again = client.get(at("chart", visit), {"site": "muscle:gluteus_maximus::right"}).content.decode()
    assert depth_on(again) == "45"


def test_the_last_visit_of_this_patient_comes_before_the_habit(client, clinic, elena):
    visit, actor = visit_of(clinic, elena, number_of_visits=2)
    first = visit.course.visits.order_by("number")[0]
    needle = a_needle(state=NeedleState.OUT, depth_mm=33, length_mm=40, **BUTTOCK)
    record_insertion(by=actor, at=timezone.now(), visit_id=first.pk, needle=needle)
    a_needle_before(clinic, elena, depth_mm=45)
    client.force_login(elena.user)
    page = client.get(at("chart", visit)).content.decode()
    assert (depth_on(page), size_on(page)) == ("33", "0.30x40")


def test_a_set_at_rest_begins_without_depths_and_is_charted_without(client, clinic, elena):
    visit, _ = visit_of(clinic, elena, mode="acupuncture", sites=POINTS, kind=SiteKind.ACUPOINT)
    client.force_login(elena.user)
    page = client.get(at("chart", visit)).content.decode()
    assert re.findall(r'name="depth:acupoint:\w+::left" value="(\d*)"', page) == ["", "", ""]
    key = "acupoint:ST36::left"
    client.post(at("needle_set", visit), {"site": key, f"depth:{key}": "", f"size:{key}": "0.25x40"})
    assert NeedleInsertion.objects.get().depth_mm is None


def test_a_depth_that_she_took_away_does_not_come_back_by_itself(client, clinic, elena):
    a_needle_before(clinic, elena, depth_mm=45)
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    assert depth_on(client.get(at("chart", visit), {"site": GLMAX, "depth_mm": ""}).content.decode()) == ""
