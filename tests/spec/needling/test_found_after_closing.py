"""A needle that is found after closing is recorded: late, counted, with an addendum, and somebody else reviews it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from myotome.clinic.needling.actions import (
    chart_response,
    close_visit,
    leave_in,
    note_fragment,
    record_insertion,
    resolve_incident,
    sign_missing,
    sign_visit,
    take_out,
)
from myotome.clinic.needling.models import Incident, NeedleInsertion
from myotome.clinic.needling.queries import addenda_of, needle_as_value, needles_in_now, needles_of, reviews_waiting
from myotome.vocabulary.errors import NotAllowed, VisitLocked
from myotome.vocabulary.needling import NeedleState
from tests.factories import AT, a_consent, a_needle, an_open_visit, boxed

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(hours=3)
NEXT_DAY = AT + timedelta(days=1)


def a_signed_visit():
    """One needle out, counted, closed and signed."""
    visit, elena = an_open_visit()
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
    close_visit(by=elena, at=AT, visit_id=visit.pk, version=1, **boxed(1))
    sign_visit(by=elena, at=AT, visit_id=visit.pk)
    return visit, elena


@pytest.mark.parametrize("state", [NeedleState.IN, NeedleState.OUT])
def test_a_needle_found_after_signing_is_recorded_late_with_an_addendum_and_an_incident(state):
    visit, elena = a_signed_visit()
    row = record_insertion(by=elena, at=LATER, visit_id=visit.pk, needle=a_needle(state=state, note="in her sock"))
    assert (row.number, row.state, row.found_at) == (2, state.value, LATER)
    text = addenda_of(visit)[0].text
    assert text.startswith(f"Needle 2, tensor fasciae latae left: charted after closing, {state.value}.")
    assert "1 opened, 1 in the sharps box" in text
    assert text.endswith("in her sock")
    incident = Incident.objects.get()
    assert (incident.kind, incident.review_due_at) == ("needle_found_after_closing", LATER + timedelta(days=3))
    assert reviews_waiting(elena) == [incident]
    with pytest.raises(NotAllowed):
        resolve_incident(by=elena, at=LATER, incident_id=incident.pk, resolution="my mistake")
    visit.refresh_from_db()
    assert (visit.signed_at, visit.n_needles_opened) == (AT, 1)


def test_found_and_still_in_it_is_in_for_everybody_until_it_is_out():
    visit, elena = a_signed_visit()
    row = record_insertion(by=elena, at=LATER, visit_id=visit.pk, needle=a_needle())
    assert row.in_at == visit.opened_at
    assert needles_in_now(elena) == [row]
    take_out(by=elena, at=NEXT_DAY, visit_id=visit.pk, number=2)
    assert needles_in_now(elena) == []
    assert addenda_of(visit)[1].text == "Needle 2 is out; it was in."


def test_the_same_needle_sent_late_twice_is_one_late_entry():
    visit, elena = a_signed_visit()
    for at in (LATER, NEXT_DAY):
        record_insertion(by=elena, at=at, visit_id=visit.pk, needle=a_needle("tablet-9", state=NeedleState.OUT))
    assert (len(needles_of(visit)), len(addenda_of(visit)), Incident.objects.count()) == (2, 1, 1)


def test_a_found_needle_may_break_or_go_missing():
    visit, elena = a_signed_visit()
    record_insertion(by=elena, at=LATER, visit_id=visit.pk, needle=a_needle())
    note_fragment(by=elena, at=LATER, visit_id=visit.pk, number=2, detail="tip")
    assert [row.state for row in needles_in_now(elena)] == ["fragment"]
    sign_missing(by=elena, at=NEXT_DAY, visit_id=visit.pk, number=2, reason="nothing on the picture")
    assert needles_in_now(elena) == []


def test_a_needle_that_was_counted_is_not_charted_anew_after_closing():
    visit, elena = a_signed_visit()
    for act, given in ((note_fragment, {"detail": "tip"}), (chart_response, {"grasp": 1})):
        with pytest.raises(VisitLocked):
            act(by=elena, at=LATER, visit_id=visit.pk, number=1, **given)


def test_a_needle_that_stayed_in_on_purpose_comes_out_days_later():
    visit, elena = an_open_visit()
    a_consent(visit.course, "retained")
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    leave_in(by=elena, at=AT, visit_id=visit.pk, number=1, reason="press needle")
    close_visit(by=elena, at=AT, visit_id=visit.pk, version=1, n_needles_opened=1, n_needles_in_sharps=0)
    take_out(by=elena, at=NEXT_DAY, visit_id=visit.pk, number=1)
    row = NeedleInsertion.objects.get()
    assert (row.out_at, row.seconds) == (NEXT_DAY, None)
    assert needle_as_value(row).state is NeedleState.OUT
    assert [row.text for row in addenda_of(visit)] == ["Needle 1 is out; it was left in."]


def test_a_needle_that_was_missing_is_found():
    visit, elena = an_open_visit()
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    sign_missing(by=elena, at=AT, visit_id=visit.pk, number=1, reason="table and floor")
    close_visit(by=elena, at=AT, visit_id=visit.pk, version=1, n_needles_opened=1, n_needles_in_sharps=0)
    take_out(by=elena, at=LATER, visit_id=visit.pk, number=1, note="in the sheet")
    assert [row.text for row in addenda_of(visit)] == ["Needle 1 is out; it was missing."]


def test_the_database_still_refuses_a_needle_in_a_closed_visit_that_nobody_found():
    visit, _elena = a_signed_visit()
    with pytest.raises(DatabaseError), transaction.atomic():
        NeedleInsertion.objects.filter(visit=visit).update(state="fragment")
