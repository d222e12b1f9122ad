"""Queries whose SQL is worked out once give the rows of the query set they were made from, joined rows and sums included."""

from __future__ import annotations

from datetime import date

import pytest

from myotome.clinic.needling.actions import record_insertion
from myotome.clinic.needling.queries import needles_and_previous, visit_for, visits_for
from myotome.clinic.needling.shelf import Shelf, lots_of
from myotome.clinic.needling.stocking import receive_needles
from myotome.clinic.people.access import sees_by_care
from myotome.clinic.planning.models import Consent
from myotome.clinic.planning.queries import consents_of
from myotome.clinic.screening.facts import facts_known, facts_of, note_fact
from myotome.vocabulary.errors import NotFound
from myotome.vocabulary.needling import NeedleState
from tests.factories import AT, a_consent, a_needle, a_practitioner, an_actor, an_open_visit

pytestmark = pytest.mark.django_db


def test_a_visit_comes_with_its_joined_rows_in_one_question(django_assert_num_queries):
    visit, elena = an_open_visit()
    assert sees_by_care(elena)
    by_query_set = visits_for(elena).get(pk=visit.pk)
    visit_for(elena, visit.pk)
    with django_assert_num_queries(1):
        row = visit_for(elena, visit.pk)
        joined = [row.course.patient, row.practitioner, row.clinic, row.room, row.plan, row.handed_to]
    assert row == by_query_set
    assert joined == [visit.course.patient, visit.practitioner, visit.clinic, None, None, None]
    assert {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields} == {
        f.attname: getattr(by_query_set, f.attname) for f in row._meta.concrete_fields
    }


def test_a_colleague_without_the_patient_finds_nothing_prepared_or_not():
    visit, elena = an_open_visit()
    note_fact(by=elena, at=AT, patient_id=visit.course.patient_id, code="fever", state="present")
    david = an_actor(a_practitioner(visit.clinic, name="David Okafor").user, visit.clinic)
    with pytest.raises(NotFound):
        visit_for(david, visit.pk)
    assert facts_known(david, visit.course.patient_id) == consents_of(david, course_id=visit.course_id) == []
    assert facts_known(elena, visit.course.patient_id) == list(facts_of(elena, visit.course.patient_id)) != []


def test_consents_needles_and_what_is_left_of_a_lot_are_those_of_the_rows():
    visit, elena = an_open_visit()
    a_consent(visit.course, "retained")
    assert consents_of(elena, course_id=visit.course_id) == list(Consent.objects.order_by("-given_at"))
    receive_needles(by=elena, at=AT, gauge_mm=0.3, length_mm=60, lot="A1", n=10, expires_on=date(2030, 1, 1))
    for number in (1, 2):
        needle = a_needle(f"tablet-{number}", state=NeedleState.OUT, gauge_mm=0.3, length_mm=60)
        record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=needle)
    here, before = needles_and_previous(visit)
    assert ([row.number for row in here], before) == ([1, 2], [])
    assert [row.lot for row in here] == ["A1", "A1"]
    assert [lot.n_left for lot in lots_of(elena)] == [10]
    shelf = Shelf(elena, visit, here, at=AT)
    assert [(lot.lot, lot.n_left) for lot in shelf.lots] == [("A1", 8)]
    assert shelf.usual_size("0.25x40") == "0.30x60"
