"""How a charted needle was done is put right while its visit is open, and what stood there stays on record."""

from __future__ import annotations

import pytest
from django.urls import reverse

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.needling.actions import (
    chart_response,
    close_visit,
    correct_fact,
    correct_insertion,
    record_insertion,
    strike_insertion,
)
from myotome.clinic.needling.models import Incident
from myotome.clinic.needling.queries import needles_of
from myotome.clinic.people.models import User
from myotome.vocabulary.anatomy import Position
from myotome.vocabulary.errors import InvalidValue, NotFound, VisitLocked
from myotome.vocabulary.needling import NeedleState, Technique
from tests.factories import AT, a_needle, an_open_visit, boxed

pytestmark = pytest.mark.django_db


@pytest.fixture
def charted():
    visit, elena = an_open_visit()
    needle = a_needle(state=NeedleState.OUT, position=Position.PRONE, gauge_mm=0.30, length_mm=50, lot="A1", grasp=2)
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=needle)
    return visit, elena


def put_right(charted, **how):
    visit, elena = charted
    return correct_insertion(by=elena, at=AT, visit_id=visit.pk, number=1, **how)


@pytest.mark.parametrize(
    ("how", "was"),
    [
        ({"technique": Technique.PECK}, {"technique": "in_out"}),
        ({"position": Position.SITTING}, {"position": "prone"}),
        ({"position": None}, {"position": "prone"}),
        ({"gauge_mm": 0.25, "length_mm": 40, "lot": "B2"}, {"gauge_mm": 0.30, "length_mm": 50, "lot": "A1"}),
        ({"response_sought": "twitch", "deqi": ("heavy",)}, {"response_sought": "", "deqi": []}),
        ({"painless": True}, {"painless": None}),
        ({"seconds": 12.0}, {"seconds": None}),
        ({"technique": Technique.ELECTRICAL, "electrical_hz": 2.0}, {"technique": "in_out", "electrical_hz": None}),
        ({"technique": Technique.IN_OUT, "electrical_hz": 2.0}, {}),
        ({}, {}),
    ],
)
def test_each_word_of_how_it_was_done_is_put_right_and_the_old_one_stays_in_the_audit(charted, how, was):
    put_right(charted, **how)
    events = AuditEvent.objects.filter(act="needle.corrected")
    assert [(row.detail["number"], row.detail["was"]) for row in events] == ([(1, was)] if was else [])
    row = needles_of(charted[0])[0]
    for name in was:
        now = getattr(row, name)
        assert now == (how[name] or "" if name == "position" else list(how[name]) if name == "deqi" else how[name])
    assert row.grasp == 2


def test_without_current_there_are_no_numbers_of_it(charted):
    put_right(charted, technique=Technique.ELECTRICAL, electrical_hz=2.0, electrical_ma=1.5)
    row = put_right(charted, technique=Technique.ROTATE)
    assert (row.technique, row.electrical_hz, row.electrical_ma) == ("rotate", None, None)


def test_current_that_is_said_afterwards_opens_the_incident_of_its_stop(charted):
    visit, elena = charted
    correct_fact(by=elena, at=AT, visit_id=visit.pk, code="pacemaker", state="present", detail="card seen")
    put_right(charted, technique=Technique.ELECTRICAL)
    assert ("needled_against_stop", "pacemaker_electrical") in Incident.objects.values_list("kind", "detail")


@pytest.mark.parametrize(
    ("how", "field"),
    [
        ({"gauge_mm": 9.0}, "gauge_mm"),
        ({"length_mm": 1}, "length_mm"),
        ({"seconds": 99_999.0}, "seconds"),
        ({"site": "soleus"}, "site"),
    ],
)
def test_a_value_that_no_needle_has_or_another_place_is_refused_at_its_field(charted, how, field):
    with pytest.raises(InvalidValue) as refused:
        put_right(charted, **how)
    assert refused.value.field == field
    assert not AuditEvent.objects.filter(act="needle.corrected").exists()


def test_a_struck_needle_and_a_closed_visit_take_no_correction(charted):
    visit, elena = charted
    strike_insertion(by=elena, at=AT, visit_id=visit.pk, number=1, reason="twice")
    with pytest.raises(NotFound):
        put_right(charted, technique=Technique.PECK)
    close_visit(by=elena, at=AT, visit_id=visit.pk, version=1, **boxed(0))
    with pytest.raises(VisitLocked):
        put_right(charted, technique=Technique.PECK)


def test_a_response_that_takes_anothers_place_leaves_that_one_in_the_audit(charted):
    visit, elena = charted
    chart_response(by=elena, at=AT, visit_id=visit.pk, number=1, grasp=3, cramp=4)
    assert AuditEvent.objects.get(act="needle.response").detail["was"] == {"grasp": 2}


def test_on_its_page_the_form_begins_as_charted_keeps_what_was_typed_and_saves(charted, client):
    visit, elena = charted
    client.force_login(User.objects.get(pk=elena.user_id))
    url = reverse("needling:correct", kwargs={"clinic": visit.clinic.slug, "visit": visit.pk, "number": 1})
    page = client.get(url).content.decode()
    assert 'value="0.30x50@A1"' in page
    assert '<option value="prone" selected>' in page
    typed = {"technique": "peck", "size": "thin", "position": "sitting", "deqi": ["heavy"], "client_id": "c1"}
    refused = client.post(url, typed)
    words = refused.content.decode()
    assert refused.status_code == 422
    assert 'href="#id_size"' in words
    assert 'value="thin"' in words
    assert '<option value="peck" selected>' in words
    for _ in range(2):
        answer = client.post(url, typed | {"size": ".25x40@B2", "client_id": "c2"})
        assert answer.status_code == 302
        assert answer["Location"].endswith("#needle-1")
    row = needles_of(visit)[0]
    assert (row.technique, row.gauge_mm, row.length_mm, row.lot) == ("peck", 0.25, 40, "B2")
    assert (row.position, row.deqi) == ("sitting", ["heavy"])
    assert AuditEvent.objects.filter(act="needle.corrected").count() == 1
