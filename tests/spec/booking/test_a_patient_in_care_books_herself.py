"""A patient in care books her next treatment: what her agreed plan asks for, of services opened to her, told at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from myotome.clinic.booking import actions
from myotome.clinic.booking.actions import fresh_key
from myotome.clinic.booking.models import Appointment, DeskAct, Hold, Notice, Service
from myotome.clinic.followup.models import MeasureRequest
from myotome.clinic.needling.models import TreatmentVisit
from myotome.clinic.pathway.own_booking import own_choices, own_time_held, own_visit_booked
from myotome.clinic.pathway.spacing import own_visit_moved
from myotome.clinic.people.models import Practitioner
from myotome.clinic.people.queries import patient_by_link
from myotome.clinic.planning.models import Plan
from myotome.clinic.screening.models import Course, Intake
from myotome.vocabulary.errors import AlreadyBooked, BookingStopped, InvalidValue, NotAllowed, NotFound, StaleVersion
from tests.factories import AT, a_clinic, a_course, a_patient, a_practitioner, a_receptionist, an_actor

pytestmark = pytest.mark.django_db
DAY, WEEK = timedelta(days=1), timedelta(days=7)


@pytest.fixture
def hannah():
    """Hannah by her link: in care, with an agreed plan of three IMS visits a week apart, of a clinic that opened IMS."""
    clinic = a_clinic()
    elena = a_practitioner(clinic)
    patient = a_patient(clinic, in_care_of=elena)
    a_plan(a_course(clinic, patient), elena)
    Service.objects.filter(kind="ims").update(in_care_may_book=True)
    return patient_by_link(patient, clinic)


def a_plan(course, elena, **values):
    values = {"mode": "ims", "n_treatments": 3, "interval_days": 7, "agreed_at": AT} | values
    return Plan.objects.create(
        clinic=course.clinic, course=course, made_by=elena, price_cents_each=9500, made_at=AT, **values
    )


def ask(by, starts_at=AT + WEEK, *, kind="ims", key="", act=own_visit_booked):
    more = {"key": key or fresh_key()} if act is own_visit_booked else {}
    return act(
        by=by, at=AT, service_id=Service.objects.get(kind=kind).pk, starts_at=starts_at,
        practitioner_id=Practitioner.objects.order_by("pk").first().pk, **more,
    )  # fmt: skip


def test_her_own_visit_is_booked_in_her_course_and_told_at_once(hannah):
    made = ask(hannah)
    assert (made.status, made.course, made.created_by) == ("booked", Course.objects.get(), hannah.name)
    assert not DeskAct.objects.exists(), "an act of hers has no undo"
    assert Notice.objects.filter(appointment=made, kind="booked").exists()
    assert MeasureRequest.objects.filter(appointment=made).exists()


def test_the_same_form_sent_twice_is_one_visit(hannah):
    assert ask(hannah, key="k") == ask(hannah, key="k")
    assert Appointment.objects.count() == 1


@pytest.mark.parametrize(
    ("model", "change"),
    [
        (Service, {"in_care_may_book": False}),
        (Service, {"is_active": False}),
        (Plan, {"agreed_at": None}),
        (Plan, {"replaced_at": AT}),
        (Plan, {"mode": "acupuncture"}),
        (Course, {"closed_at": AT, "outcome": "recovered"}),
    ],
)
def test_she_books_only_what_is_opened_to_her_and_agreed_on_in_a_course_that_is_open(hannah, model, change):
    model.objects.update(**change)
    with pytest.raises(NotAllowed):
        ask(hannah)
    found = own_choices(hannah, at=AT)
    assert found.choices == ()
    assert found.why_not


def test_an_assessment_is_not_booked_this_way(hannah):
    Service.objects.update(in_care_may_book=True)
    with pytest.raises(NotAllowed):
        ask(hannah, kind="assessment_ims")


def test_somebody_new_has_nothing_to_choose(hannah):
    clinic = Course.objects.get().clinic
    with pytest.raises(NotAllowed):
        ask(patient_by_link(a_patient(clinic, given_name="Somebody"), clinic))


def test_the_desk_does_not_book_for_herself(hannah):
    clinic = Course.objects.get().clinic
    with pytest.raises(NotAllowed):
        ask(an_actor(a_receptionist(clinic), clinic))
    with pytest.raises(NotFound):
        own_choices(an_actor(a_receptionist(clinic), clinic), at=AT)


def test_no_more_than_the_plan_asks_for_visits_that_were_had_counted(hannah):
    course = Course.objects.get()
    TreatmentVisit.objects.create(
        clinic=course.clinic, course=course, mode="ims", number=1, practitioner=Practitioner.objects.get(), opened_at=AT
    )
    assert own_choices(hannah, at=AT).choices[0].n_left == 2
    ask(hannah)
    ask(hannah, AT + 2 * WEEK)
    with pytest.raises(NotAllowed, match="All visits of your plan are booked"):
        ask(hannah, AT + 3 * WEEK)


def test_no_more_than_four_visits_are_ahead(hannah):
    Plan.objects.update(n_treatments=8)
    for weeks in range(1, 5):
        ask(hannah, AT + weeks * WEEK)
    with pytest.raises(NotAllowed, match="Four visits are booked already"):
        ask(hannah, AT + 5 * WEEK)


@pytest.mark.parametrize(("days", "every", "fits"), [(2, 7, False), (6, 7, True), (2, 2, True), (1, 2, False)])
def test_her_visits_lie_as_far_apart_as_the_plan_says_at_least(hannah, days, every, fits):
    Plan.objects.update(interval_days=every)
    ask(hannah, AT + WEEK)
    if fits:
        assert ask(hannah, AT + WEEK + days * DAY).pk
    else:
        with pytest.raises(InvalidValue, match="days apart"):
            ask(hannah, AT + WEEK + days * DAY)


def move(by, visit, starts_at, **more):
    return own_visit_moved(by=by, at=AT, appointment_id=visit.pk, starts_at=starts_at, **{"version": 1} | more)


def test_a_visit_that_she_moves_keeps_the_same_distance_and_the_refusal_names_the_day_that_does(hannah):
    first, second = ask(hannah), ask(hannah, AT + 2 * WEEK)
    with pytest.raises(InvalidValue, match=r"at least 5 days apart\. It may be on 13 Dec 2026") as refused:
        move(hannah, first, AT + 2 * WEEK - 4 * DAY)
    assert refused.value.field == "start"
    first.refresh_from_db()
    assert (first.starts_at, first.version) == (AT + WEEK, 1)
    assert not Notice.objects.filter(kind="moved").exists()
    assert move(hannah, first, AT + 2 * WEEK - 5 * DAY).starts_at == AT + 9 * DAY
    assert move(hannah, second, AT + 15 * DAY).starts_at == AT + 15 * DAY


def test_a_treatment_that_she_has_had_counts_when_she_moves_one(hannah):
    visit, course = ask(hannah), Course.objects.get()
    TreatmentVisit.objects.create(
        clinic=course.clinic, course=course, mode="ims", number=1, practitioner=Practitioner.objects.get(), opened_at=AT
    )
    with pytest.raises(InvalidValue, match="29 Nov 2026"):
        move(hannah, visit, AT + DAY)


def test_without_an_agreed_plan_for_it_and_at_the_desk_a_visit_is_moved_as_before(hannah):
    first, _second = ask(hannah), ask(hannah, AT + 2 * WEEK)
    clinic = Course.objects.get().clinic
    robin = an_actor(a_receptionist(clinic), clinic)
    moved = actions.move(by=robin, at=AT, appointment_id=first.pk, version=1, starts_at=AT + 2 * WEEK - DAY)
    Plan.objects.update(replaced_at=AT)
    assert move(hannah, moved, AT + 2 * WEEK - 4 * DAY, version=2).pk == first.pk


def test_a_visit_that_has_changed_is_said_as_such_before_its_distance(hannah):
    first, _second = ask(hannah), ask(hannah, AT + 2 * WEEK)
    with pytest.raises(StaleVersion):
        move(hannah, first, AT + 2 * WEEK - DAY, version=7)


def test_a_credential_that_has_run_out_by_then_books_nothing(hannah):
    Service.objects.filter(kind="ims").update(credential="iSTOP")
    with pytest.raises(InvalidValue, match="credential"):
        ask(hannah)


def test_a_taken_time_is_refused_and_one_she_holds_is_hers(hannah):
    other = a_patient(Course.objects.get().clinic, given_name="Maja")
    a_plan(a_course(other.clinic, other), Practitioner.objects.get())
    maja = patient_by_link(other, other.clinic)
    ask(hannah, act=own_time_held)
    ask(hannah, AT + 2 * WEEK, act=own_time_held)
    assert Hold.objects.get().starts_at == AT + 2 * WEEK, "one time for one patient"
    with pytest.raises(AlreadyBooked):
        ask(maja, AT + 2 * WEEK)
    assert ask(hannah, AT + 2 * WEEK).pk
    assert not Hold.objects.exists()
    assert ask(maja, AT + WEEK).pk


@pytest.mark.parametrize(("minutes", "stops"), [(-5, False), (5, True)])
def test_an_emergency_answer_since_the_course_began_stops_it(hannah, minutes, stops):
    Intake.objects.create(
        clinic_id=hannah.clinic_id, patient_id=hannah.patient_id, content_version="1", channel="online", answers={},
        level="emergency", started_at=AT + timedelta(minutes=minutes),
    )  # fmt: skip
    if stops:
        with pytest.raises(BookingStopped):
            ask(hannah)
    else:
        assert ask(hannah).pk


@pytest.mark.parametrize(
    ("others", "first"),
    [((), 0), ((1,), 6), ((-3,), 2), ((1, 8), 13), ((1, 12), 6), ((20,), 0)],
)
def test_the_first_day_that_fits_is_far_enough_from_each_of_her_other_visits(hannah, others, first):
    choice = replace(own_choices(hannah, at=AT).choices[0], others=tuple(AT + timedelta(days=n) for n in others))
    day = choice.first_day(AT, "America/Vancouver")
    assert choice.least_days == 5
    assert (day - AT.date()).days == first
