"""No time is given twice: not to a practitioner, not to a room, not to a patient."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction

from myotome.clinic.booking.actions import book, cancel, move, nearest_free, step
from myotome.clinic.booking.models import Appointment, Claim, DeskAct, Service
from myotome.clinic.booking.queries import free_times_for
from myotome.clinic.booking.undo import undo
from myotome.clinic.booking.weeks import day_at_the_desk
from myotome.clinic.pathway.actions import request_phoned
from myotome.clinic.people.models import Room
from myotome.vocabulary.courses import RedFlagLevel
from myotome.vocabulary.errors import (
    AlreadyBooked,
    BookingStopped,
    InvalidValue,
    KeyReused,
    NotAllowed,
    NotAsThingsStand,
    StaleVersion,
)
from myotome.vocabulary.scheduling import AppointmentStatus, ServiceKind
from tests.factories import AT, a_clinic, a_course, a_patient, a_practitioner, a_receptionist, an_actor

pytestmark = pytest.mark.django_db
TEN = AT + timedelta(hours=1)


@pytest.fixture
def desk():
    clinic = a_clinic()
    elena = a_practitioner(clinic)
    return clinic, elena, an_actor(a_receptionist(clinic), clinic)


def service(clinic, kind=ServiceKind.ASSESSMENT_IMS):
    return Service.objects.get(clinic=clinic, kind=kind.value)


def book_at(desk, starts_at=TEN, kind=ServiceKind.ASSESSMENT_IMS, patient=None, practitioner=None, **values):
    clinic, elena, robin = desk
    patient = patient or a_patient(clinic)
    return book(
        by=robin,
        at=AT,
        patient_id=patient.pk,
        service_id=service(clinic, kind).pk,
        practitioner_id=(practitioner or elena).pk,
        starts_at=starts_at,
        **values,
    )


def room_of(appointment):
    return appointment.spans.get(resource_kind="room").room_id


def held_until_phoned(actor):
    """What the desk reads under "To phone first"."""
    return day_at_the_desk(actor, on=AT.date(), zone="America/Vancouver")[1]


def test_a_practitioner_cannot_be_booked_twice_at_the_same_time(desk):
    book_at(desk)
    with pytest.raises(AlreadyBooked):
        book_at(desk, starts_at=TEN + timedelta(minutes=30))
    assert Appointment.objects.count() == 1


def test_a_patient_cannot_be_in_two_rooms_at_once(desk):
    clinic, _, _ = desk
    hannah, david = a_patient(clinic), a_practitioner(clinic, name="David Okafor")
    book_at(desk, patient=hannah)
    with pytest.raises(AlreadyBooked):
        book_at(desk, patient=hannah, practitioner=david)


def test_when_every_room_is_taken_nobody_is_booked(desk):
    clinic, _, _ = desk
    Room.objects.filter(clinic=clinic, name="Room 2").update(is_active=False)
    book_at(desk)
    with pytest.raises(AlreadyBooked):
        book_at(desk, practitioner=a_practitioner(clinic, name="David Okafor"))


def test_each_practitioner_begins_with_a_room_of_her_own_and_takes_another_while_it_is_taken(desk):
    clinic, _, _ = desk
    david, mei, noor = (a_practitioner(clinic, name=name) for name in ("David Okafor", "Mei Tan", "Noor Aziz"))
    hers = [room_of(book_at(desk, practitioner=who)) for who in (david, mei)]
    assert len(set(hers)) == 2
    assert [room_of(book_at(desk, TEN + timedelta(hours=2), practitioner=who)) for who in (mei, david)] == hers[::-1]
    only_left = book_at(desk, TEN + timedelta(hours=4), practitioner=noor)
    taken = {room_of(only_left), room_of(book_at(desk, TEN + timedelta(hours=4), practitioner=david))}
    assert taken == set(hers)


def test_the_database_itself_refuses_a_second_claim(desk):
    appointment = book_at(desk)
    claim = Claim.objects.filter(appointment=appointment).first()
    with pytest.raises(IntegrityError), transaction.atomic():
        Claim.objects.create(clinic=claim.clinic, appointment=None, resource=claim.resource, tick=claim.tick)


def test_a_refused_booking_leaves_nothing_behind(desk):
    book_at(desk)
    before = Claim.objects.count()
    with pytest.raises(AlreadyBooked):
        book_at(desk)
    assert Claim.objects.count() == before


def test_an_acupuncturist_begins_with_the_next_patient_while_needles_rest(desk):
    clinic = desk[0]
    mei = a_practitioner(clinic, name="Mei-Lin Chow")
    one, two = a_patient(clinic), a_patient(clinic, given_name="Omar")
    for patient in (one, two):
        a_course(clinic, patient)
    book_at(desk, kind=ServiceKind.ACUPUNCTURE, patient=one, practitioner=mei)
    second = book_at(
        desk, kind=ServiceKind.ACUPUNCTURE, patient=two, practitioner=mei, starts_at=TEN + timedelta(minutes=15)
    )
    first = Appointment.objects.earliest("pk")
    rooms = [{span.room_id for span in row.spans.filter(resource_kind="room")} for row in (first, second)]
    assert len(rooms[0]) == len(rooms[1]) == 1
    assert rooms[0] != rooms[1]


def test_a_new_patient_begins_with_an_assessment(desk):
    with pytest.raises(NotAllowed, match="assessment"):
        book_at(desk, kind=ServiceKind.IMS)


def test_an_emergency_answer_stops_the_booking(desk):
    with pytest.raises(BookingStopped):
        book_at(desk, level=RedFlagLevel.EMERGENCY)
    assert not Appointment.objects.exists()


def test_call_first_holds_the_time_until_somebody_has_phoned(desk):
    held = book_at(desk, level=RedFlagLevel.CALL_FIRST)
    assert held.status == AppointmentStatus.REQUESTED.value
    assert held_until_phoned(desk[2]) == [held]
    with pytest.raises(AlreadyBooked):
        book_at(desk)
    with pytest.raises(NotAsThingsStand, match="somebody has phoned"):
        step(by=desk[2], at=AT, appointment_id=held.pk, to=AppointmentStatus.BOOKED)
    with pytest.raises(InvalidValue):
        request_phoned(by=desk[2], at=AT, appointment_id=held.pk, go_on=True, outcome=" ")
    assert held_until_phoned(desk[2]) == [held]
    assert request_phoned(by=desk[2], at=AT, appointment_id=held.pk, go_on=True, outcome="Well.").status == "booked"


def test_the_same_form_sent_twice_is_one_booking(desk):
    hannah = a_patient(desk[0])
    first = book_at(desk, patient=hannah, key="k1")
    assert book_at(desk, patient=hannah, key="k1") == first
    with pytest.raises(KeyReused):
        book_at(desk, patient=hannah, key="k1", starts_at=TEN + timedelta(hours=2))


def test_the_form_of_a_booking_that_was_taken_back_books_nothing_and_says_so(desk):
    hannah = a_patient(desk[0])
    book_at(desk, patient=hannah, key="k1")
    undo(by=desk[2], at=AT + timedelta(minutes=1), act_id=DeskAct.objects.get().pk)
    with pytest.raises(KeyReused, match="was taken back"):
        book_at(desk, patient=hannah, key="k1")
    assert [row.status for row in Appointment.objects.all()] == ["cancelled"]
    assert book_at(desk, patient=hannah, key="k2").status == "booked"


@pytest.mark.parametrize(
    ("shift", "words"),
    [
        (timedelta(hours=-2), "has passed"),
        (timedelta(minutes=2), "5-minute steps"),
        (timedelta(hours=9), "does not work then"),
        (timedelta(days=5000), "days ahead"),
        (timedelta(days=4), "does not work then"),
    ],
)
def test_an_impossible_time_is_refused_in_words(desk, shift, words):
    with pytest.raises(InvalidValue, match=words) as refusal:
        book_at(desk, starts_at=TEN + shift)
    assert refusal.value.field == "start"


def test_moving_onto_a_taken_time_leaves_the_old_one_hers(desk):
    hers = book_at(desk)
    book_at(desk, starts_at=TEN + timedelta(hours=2))
    with pytest.raises(AlreadyBooked):
        move(by=desk[2], at=AT, appointment_id=hers.pk, version=1, starts_at=TEN + timedelta(hours=2))
    hers.refresh_from_db()
    assert hers.starts_at == TEN
    with pytest.raises(AlreadyBooked):
        book_at(desk)


def test_a_moved_visit_frees_its_old_time(desk):
    hers = book_at(desk)
    moved = move(by=desk[2], at=AT, appointment_id=hers.pk, version=1, starts_at=TEN + timedelta(hours=2))
    assert (moved.sequence, moved.version) == (1, 2)
    assert book_at(desk).starts_at == TEN


def test_two_people_who_move_the_same_visit_are_told(desk):
    hers = book_at(desk)
    move(by=desk[2], at=AT, appointment_id=hers.pk, version=1, starts_at=TEN + timedelta(hours=2))
    with pytest.raises(StaleVersion):
        move(by=desk[2], at=AT, appointment_id=hers.pk, version=1, starts_at=TEN + timedelta(hours=3))


def test_cancelling_twice_is_cancelling_once_and_frees_the_time(desk):
    hers = book_at(desk)
    cancel(by=desk[2], at=AT, appointment_id=hers.pk)
    again = cancel(by=desk[2], at=AT + timedelta(minutes=1), appointment_id=hers.pk)
    assert again.cancelled_at == AT
    assert book_at(desk).starts_at == TEN


def test_a_cancelled_visit_cannot_be_confirmed(desk):
    hers = book_at(desk)
    cancel(by=desk[2], at=AT, appointment_id=hers.pk)
    with pytest.raises(NotAsThingsStand) as refused:
        step(by=desk[2], at=AT, appointment_id=hers.pk, to=AppointmentStatus.ARRIVED)
    assert refused.value.http_status == 409


def test_nobody_has_stayed_away_before_the_visit_begins_and_none_is_done_before_its_day(desk):
    hers = book_at(desk, TEN + timedelta(days=7))
    no_show, done = AppointmentStatus.NO_SHOW, AppointmentStatus.DONE
    day_before = hers.starts_at - timedelta(hours=10)
    wall = hers.starts_at.astimezone(ZoneInfo(hers.place.time_zone))
    with pytest.raises(NotAsThingsStand, match=f"{wall:%Y-%m-%d %H:%M}"):
        step(by=desk[2], at=hers.starts_at - timedelta(minutes=1), appointment_id=hers.pk, to=no_show)
    with pytest.raises(NotAsThingsStand, match=f"from {wall:%Y-%m-%d} on"):
        step(by=desk[2], at=day_before - timedelta(hours=1), appointment_id=hers.pk, to=done)
    hers.refresh_from_db()
    assert hers.status == "booked"
    assert step(by=desk[2], at=hers.starts_at, appointment_id=hers.pk, to=no_show).status == "no_show"
    step(by=desk[2], at=hers.starts_at, appointment_id=hers.pk, to=AppointmentStatus.BOOKED)
    assert step(by=desk[2], at=hers.starts_at - timedelta(hours=9), appointment_id=hers.pk, to=done).status == "done"


def test_a_visit_goes_from_arrived_to_room_to_done_and_a_slip_is_taken_back(desk):
    hers = book_at(desk)
    for status in ("arrived", "in_room", "done", "in_room"):
        assert step(by=desk[2], at=AT, appointment_id=hers.pk, to=AppointmentStatus(status)).status == status


def test_a_taken_time_comes_with_the_nearest_free_ones(desk):
    hers = book_at(desk)
    offers = nearest_free(desk[2], appointment=hers, at=AT)
    assert len(offers) == 3
    assert all(abs(offer.starts_at - TEN) <= timedelta(hours=3) for offer in offers)


def test_free_times_never_overlap_a_booking(desk):
    clinic, elena, robin = desk
    hers = book_at(desk)
    offers = free_times_for(
        robin, service=service(clinic), first_day=date(2026, 11, 24), n_days=1, at=AT, practitioner_id=elena.pk
    )
    assert offers
    assert all(o.ends_at <= hers.starts_at or o.starts_at >= hers.ends_at for o in offers)


def test_booked_means_the_practitioner_may_open_the_chart(desk):
    clinic, elena, _ = desk
    hannah = a_patient(clinic)
    course = a_course(clinic, hannah)
    from myotome.clinic.screening.models import Course

    assert not Course.objects.for_actor(an_actor(elena.user, clinic)).exists()
    book_at(desk, patient=hannah)
    assert list(Course.objects.for_actor(an_actor(elena.user, clinic))) == [course]
