"""Depth and needle of a site begin with what was charted there, never with a number that nobody said."""

from __future__ import annotations

from datetime import timedelta

import pytest

from myotome.clinic.needling.actions import record_insertion, strike_insertion
from myotome.clinic.needling.habits import Habit, plan_and_habits
from myotome.clinic.needling.queries import needle_as_value
from myotome.exchange.stricta.facts import CourseFacts, Session
from myotome.exchange.stricta.needles import depth
from myotome.vocabulary.anatomy import NeedleRegion, Side
from myotome.vocabulary.needling import NeedleState, SiteKind, TreatmentMode
from tests.clinic.charting.visits import visit_of
from tests.factories import AT, a_clinic, a_needle, a_practitioner, an_actor, an_open_visit

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(minutes=5)
HERE = ("muscle", "tensor_fasciae_latae", "")


def habit(actor, visit, where=HERE):
    """The actor's habit at one site."""
    return plan_and_habits(actor, visit, [where])[1].get(where)


def charted(actor, visit, at=AT, **values):
    """A needle that is out, at the habit's site unless said."""
    return record_insertion(by=actor, at=at, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT, **values))


def test_a_site_that_she_never_needled_has_no_depth():
    visit, elena = an_open_visit()
    assert habit(elena, visit) is None


def test_her_own_last_depth_and_needle_at_a_site_come_from_any_patient_and_either_side():
    clinic = a_clinic()
    practitioner = a_practitioner(clinic)
    earlier, elena = visit_of(clinic, practitioner)
    charted(elena, earlier, depth_mm=35, length_mm=50)
    charted(elena, earlier, at=LATER, depth_mm=45, gauge_mm=0.25, side=Side.RIGHT)
    visit, _ = visit_of(clinic, practitioner)
    assert habit(elena, visit) == Habit(depth_mm=45, size="0.25x60")


def test_a_needle_whose_depth_was_not_said_leaves_the_last_depth_that_was():
    visit, elena = an_open_visit()
    charted(elena, visit, depth_mm=45)
    charted(elena, visit, at=LATER, depth_mm=None)
    assert habit(elena, visit) == Habit(depth_mm=45, size="0.30x60")


def test_nobody_elses_depth_comes_along():
    visit, elena = an_open_visit()
    charted(elena, visit, depth_mm=45)
    jonas = an_actor(a_practitioner(visit.clinic, name="Jonas Weber").user, visit.clinic)
    assert habit(jonas, visit) is None


def test_nor_that_of_a_needle_charted_by_mistake_or_of_the_other_way_of_treating():
    visit, elena = an_open_visit()
    row = charted(elena, visit, depth_mm=45)
    visit.mode = "acupuncture"
    assert habit(elena, visit) is None
    visit.mode = "ims"
    strike_insertion(by=elena, at=LATER, visit_id=visit.pk, number=row.number, reason="twice")
    assert habit(elena, visit) is None


def test_a_place_without_a_name_has_no_habit_for_it_is_of_one_patient():
    visit, elena = an_open_visit()
    charted(elena, visit, site_kind=SiteKind.FREE, site="scar", region=NeedleRegion.LOW_BACK)
    assert habit(elena, visit, ("free", "scar", "")) is None


def test_a_depth_that_was_not_said_is_recorded_as_such_and_is_not_answered_in_a_report():
    visit, elena = an_open_visit()
    row = charted(elena, visit, depth_mm=None)
    session = Session(number=1, mode=TreatmentMode.IMS, day=0, minutes=None, needles=(needle_as_value(row),))
    assert row.depth_mm is None
    assert not depth(CourseFacts(sessions=(session,))).is_answered
