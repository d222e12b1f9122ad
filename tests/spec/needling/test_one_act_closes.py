"""One act closes visit, timers, appointment and invoice draft, and its page says what was done and what remains."""

from __future__ import annotations

from datetime import timedelta

import pytest

from myotome.clinic.booking.models import Appointment, Service
from myotome.clinic.money.actions import charge_visit
from myotome.clinic.money.queries import uncharged
from myotome.clinic.needling.models import AfterCheck, TreatmentVisit
from myotome.clinic.needling.queries import needles_in_now
from myotome.clinic.pathway.actions import needle_responded, visit_closed, visit_opened
from myotome.clinic.pathway.closing import closing_of
from myotome.clinic.people.models import Place, Practitioner
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import NeedleUnaccountedFor
from myotome.vocabulary.needling import NeedleState
from tests.factories import (
    AT,
    a_clinic,
    a_consent,
    a_course,
    a_needle,
    a_patient,
    a_practitioner,
    a_user,
    an_actor,
    boxed,
)

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(minutes=30)


def an_appointment(course, *, starts, status="arrived") -> Appointment:
    clinic = course.clinic
    return Appointment.objects.create(
        clinic=clinic,
        patient=course.patient,
        course=course,
        service=Service.objects.get(clinic=clinic, kind="ims"),
        practitioner=Practitioner.objects.filter(clinic=clinic).first(),
        place=Place.objects.filter(clinic=clinic).first(),
        starts_at=starts,
        ends_at=starts + timedelta(minutes=30),
        status=status,
        created_at=AT,
        created_by="a test",
    )


def a_visit_of_today():
    """(visit with one needle in, its practitioner)."""
    clinic = a_clinic()
    elena = a_practitioner(clinic)
    course = a_course(clinic, a_patient(clinic, in_care_of=elena))
    a_consent(course)
    actor = an_actor(elena.user, clinic)
    visit = visit_opened(by=actor, at=AT, appointment_id=an_appointment(course, starts=AT).pk)
    needle_responded(by=actor, at=AT, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
    return visit, actor


def close(visit, by, **more):
    return visit_closed(by=by, at=LATER, visit_id=visit.pk, version=visit.version, sign=True, **boxed(1), **more)


def test_one_act_closes_signs_ends_the_appointment_drafts_the_invoice_and_queues_the_check():
    visit, elena = a_visit_of_today()
    visit = close(visit, elena, fit_to_drive_asked=True)
    found = closing_of(elena, visit, at=LATER)
    assert (visit.closed_at, visit.signed_at, found.is_done) == (LATER, LATER, True)
    assert needles_in_now(elena) == []
    assert (found.draft.cents, found.draft.currency, found.draft.is_charged) == (9500, "CAD", False)
    assert found.check.state == "waiting"
    assert (found.next, found.wished.says) == (None, "usual")
    desk = an_actor(a_user(visit.clinic, Role.RECEPTIONIST), visit.clinic)
    assert [row.pk for row in uncharged(desk, at=LATER)] == [visit.appointment_id]


def test_while_a_needle_is_in_nothing_at_all_is_closed():
    visit, elena = a_visit_of_today()
    needle_responded(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    with pytest.raises(NeedleUnaccountedFor):
        close(visit, elena)
    assert TreatmentVisit.objects.get().closed_at is None
    assert Appointment.objects.get().status == "in_room"
    assert not AfterCheck.objects.exists()


def test_closing_twice_does_everything_once():
    visit, elena = a_visit_of_today()
    for _ in range(2):
        visit = close(visit, elena)
    assert AfterCheck.objects.count() == 1


def test_the_charge_that_the_desk_wrote_stands_in_place_of_the_draft():
    visit, elena = a_visit_of_today()
    visit = close(visit, elena)
    desk = an_actor(a_user(visit.clinic, Role.RECEPTIONIST), visit.clinic)
    charge_visit(by=desk, at=LATER, appointment_id=visit.appointment_id, net_cents=8000)
    found = closing_of(elena, visit, at=LATER).draft
    assert (found.cents, found.is_charged) == (8000, True)


def test_what_costs_nothing_has_no_draft():
    visit, elena = a_visit_of_today()
    Service.objects.filter(kind="ims").update(price_cents=0)
    assert closing_of(elena, close(visit, elena), at=LATER).draft is None


def test_the_next_visit_of_hers_is_named_and_past_or_cancelled_ones_are_not():
    visit, elena = a_visit_of_today()
    visit = close(visit, elena)
    an_appointment(visit.course, starts=AT + timedelta(days=7), status="cancelled")
    an_appointment(visit.course, starts=AT + timedelta(days=21), status="booked")
    soonest = an_appointment(visit.course, starts=AT + timedelta(days=14), status="booked")
    found = closing_of(elena, visit, at=LATER)
    assert (found.next, found.wished) == (soonest, None)


def test_an_appointment_that_cannot_be_done_is_said_to_remain():
    visit, elena = a_visit_of_today()
    Appointment.objects.update(status="no_show")
    found = closing_of(elena, close(visit, elena), at=LATER)
    assert (found.is_done, found.draft, found.appointment.status) == (False, None, "no_show")


def test_the_drive_home_is_reminded_of_with_what_is_published():
    visit, elena = a_visit_of_today()
    drowsy = closing_of(elena, close(visit, elena), at=LATER).drowsy
    assert (drowsy.in_100, drowsy.of, drowsy.source) == (24.4, 9408, "macpherson2005")
