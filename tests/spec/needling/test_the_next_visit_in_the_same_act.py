"""Closing a visit books the next one in the same act: offered from the plan, chosen on the form, never in silence."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from myotome.clinic.booking.models import Appointment, Claim, DeskAct, Notice, Service, ServicePhase
from myotome.clinic.booking.undo import open_acts, undo
from myotome.clinic.followup.models import MeasureRequest
from myotome.clinic.needling.models import TreatmentVisit
from myotome.clinic.pathway.actions import needle_responded, patient_booked, visit_closed, visit_opened
from myotome.clinic.pathway.closing import closing_of
from myotome.clinic.pathway.next_visit import next_visit_of
from myotome.clinic.people.models import Practitioner
from myotome.clinic.planning.models import Plan
from myotome.vocabulary.errors import NeedleUnaccountedFor, StaleVersion
from myotome.vocabulary.needling import NeedleState, NoNextVisit
from tests.factories import (
    AT,
    a_clinic,
    a_consent,
    a_course,
    a_needle,
    a_patient,
    a_practitioner,
    an_actor,
    boxed,
    the_system,
)

pytestmark = pytest.mark.django_db
HERE = ZoneInfo("America/Vancouver")
LATER = AT + timedelta(minutes=30)
WEEK = timedelta(days=7)


def a_plan(course, *, n=6, every=7, mode="ims") -> Plan:
    return Plan.objects.create(
        clinic=course.clinic, course=course, made_by=Practitioner.objects.filter(clinic=course.clinic).first(),
        mode=mode, n_treatments=n, interval_days=every, price_cents_each=9500, made_at=AT, agreed_at=AT,
    )  # fmt: skip


@pytest.fixture
def visit_and_elena():
    """(a visit of Tuesday 09:00 with one needle that is out, its practitioner); the plan asks for six, weekly."""
    clinic = a_clinic()
    elena = a_practitioner(clinic)
    course = a_course(clinic, a_patient(clinic, in_care_of=elena))
    a_consent(course)
    a_plan(course)
    own = book(course, AT, at=AT - timedelta(days=1))
    actor = an_actor(elena.user, clinic)
    visit = visit_opened(by=actor, at=AT, appointment_id=own.pk)
    needle_responded(by=actor, at=AT, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
    return visit, actor


def book(course, starts, *, at=AT, patient=None):
    clinic = course.clinic
    return patient_booked(
        by=the_system(clinic), at=at, patient=patient or course.patient,
        service_id=Service.objects.get(clinic=clinic, kind="ims").pk,
        practitioner_id=Practitioner.objects.filter(clinic=clinic).first().pk, starts_at=starts,
        course_id=None if patient else course.pk, newcomer=False,
    )  # fmt: skip


def close(visit, by, **more):
    return visit_closed(by=by, at=LATER, visit_id=visit.pk, version=visit.version, **{**boxed(1), **more})


def after(visit):
    return Appointment.objects.filter(patient=visit.course.patient, starts_at__gt=LATER, status="booked")


def test_the_same_weekday_and_hour_are_offered_first_within_the_least_and_the_most_days(visit_and_elena):
    visit, elena = visit_and_elena
    found = next_visit_of(elena, visit, at=LATER)
    local = [f"{offer.starts_at.astimezone(HERE):%a %d %b %H:%M}" for offer in found.times]
    assert local == ["Tue 01 Dec 09:00", "Tue 08 Dec 09:00", "Mon 30 Nov 09:00"]
    assert (found.booked, found.n_left, found.is_chosen) == (None, 5, True)


def test_a_visit_that_is_booked_is_shown_and_nothing_is_offered(visit_and_elena):
    visit, elena = visit_and_elena
    there = book(visit.course, AT + 3 * WEEK)
    found = next_visit_of(elena, visit, at=LATER)
    assert (found.booked, found.times, found.is_chosen) == (there, (), False)


@pytest.mark.parametrize("plan", ["none", "used up"])
def test_without_a_plan_that_asks_for_more_no_time_stands_chosen(visit_and_elena, plan):
    visit, elena = visit_and_elena
    Plan.objects.update(**({"replaced_at": AT} if plan == "none" else {"n_treatments": 1}))
    found = next_visit_of(elena, visit, at=LATER)
    assert (len(found.times), found.is_chosen) == (3, False)


def test_the_chosen_time_is_booked_with_the_close_and_told_after_the_minutes_of_a_staff_act(visit_and_elena):
    visit, elena = visit_and_elena
    close(visit, elena, sign=True, next_at=AT + WEEK)
    booked = after(visit).get()
    assert (booked.starts_at, booked.service.kind, booked.course_id) == (AT + WEEK, "ims", visit.course_id)
    assert MeasureRequest.objects.filter(appointment=booked).exists()
    assert DeskAct.objects.get(appointment=booked).until == LATER + timedelta(minutes=3)
    assert Notice.objects.filter(appointment=booked, kind="booked", sent_at__isnull=True).count() == 1
    found = closing_of(elena, TreatmentVisit.objects.get(), at=LATER)
    assert (found.next, found.undo_until) == (booked, LATER + timedelta(minutes=3))
    undo(by=elena, at=LATER, act_id=open_acts(elena, at=LATER)[0].pk)
    assert not after(visit).exists()
    assert not Notice.objects.filter(appointment=booked, kind="booked").exists()


def test_nothing_is_booked_that_nobody_chose(visit_and_elena):
    visit, elena = visit_and_elena
    visit = close(visit, elena, no_next_because=NoNextVisit.RECEPTION_BOOKS)
    assert not after(visit).exists()
    assert (visit.closed_at, visit.no_next_because) == (LATER, "reception_books")


def test_a_time_that_was_taken_meanwhile_closes_the_visit_all_the_same_and_says_which(visit_and_elena):
    visit, elena = visit_and_elena
    book(visit.course, AT + WEEK, patient=a_patient(visit.clinic, given_name="Somebody"))
    n_claims = Claim.objects.count()
    visit = close(visit, elena, next_at=AT + WEEK)
    assert (visit.closed_at, visit.no_next_because, visit.next_refused_at) == (LATER, "taken", AT + WEEK)
    assert not after(visit).exists()
    assert Claim.objects.count() == n_claims
    found = next_visit_of(elena, visit, at=LATER)
    assert [abs(offer.starts_at - AT - WEEK) for offer in found.instead][:2] == [timedelta(minutes=30)] * 2


def no_credential(visit):
    Service.objects.filter(kind="ims").update(credential="iSTOP")


def not_offered(visit):
    Service.objects.filter(kind="ims").update(is_active=False)


@pytest.mark.parametrize(
    ("next_at", "change", "why"),
    [
        (AT + WEEK + timedelta(hours=12), None, "Elena Marchetti does not work then, or not for so long."),
        (AT + WEEK, no_credential, "Elena Marchetti has no iSTOP credential in force that day."),
        (AT + WEEK, not_offered, "The clinic does not offer this treatment any more."),
        (AT + WEEK + timedelta(minutes=2), None, "Times are on 5-minute steps."),
        (AT - WEEK, None, "This time has passed. Please choose a later one."),
        (AT + 60 * WEEK, None, "Bookings open 400 days ahead. At this hour the last day is 2027-12-29."),
    ],
)
def test_a_time_that_cannot_be_booked_closes_the_visit_all_the_same_and_says_why(visit_and_elena, next_at, change, why):
    visit, elena = visit_and_elena
    if change:
        change(visit)
    visit = close(visit, elena, next_at=next_at)
    assert (visit.closed_at, visit.no_next_because, visit.next_refused_at) == (LATER, "refused", next_at)
    assert closing_of(elena, visit, at=LATER).refusal == why
    assert not after(visit).exists()


def test_as_many_resting_as_may_is_no_time_that_somebody_took(visit_and_elena):
    visit, elena = visit_and_elena
    ims, clinic = Service.objects.get(kind="ims"), visit.clinic
    ServicePhase.objects.filter(service=ims).delete()
    for order, (minutes, with_her) in enumerate([(5, True), (40, False)]):
        ServicePhase.objects.create(
            clinic=clinic, service=ims, order=order, minutes=minutes, occupies_practitioner=with_her
        )
    Service.objects.filter(pk=ims.pk).update(most_resting=1)
    book(visit.course, AT + WEEK - timedelta(minutes=10), patient=a_patient(clinic, given_name="Somebody"))
    visit = close(visit, elena, next_at=AT + WEEK)
    assert visit.no_next_because == "refused"
    assert "As many patients as may rest at once" in closing_of(elena, visit, at=LATER).refusal


def test_closing_twice_books_once(visit_and_elena):
    visit, elena = visit_and_elena
    for weeks in (1, 2):
        close(visit, elena, next_at=AT + weeks * WEEK)
    assert after(visit).get().starts_at == AT + WEEK


@pytest.mark.parametrize("why", ["a needle is in", "another version"])
def test_what_refuses_the_close_books_nothing(visit_and_elena, why):
    visit, elena = visit_and_elena
    if why == "a needle is in":
        needle_responded(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    with pytest.raises((NeedleUnaccountedFor, StaleVersion)):
        visit_closed(
            by=elena, at=LATER, visit_id=visit.pk, version=visit.version + (why == "another version"),
            next_at=AT + WEEK, **boxed(1),
        )  # fmt: skip
    assert TreatmentVisit.objects.get().closed_at is None
    assert not after(visit).exists()
