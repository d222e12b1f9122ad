"""A time that comes free is offered to those who wait for it, in order, and the first yes has it exactly once."""

from datetime import date, time, timedelta

import pytest
from django.core import mail
from django_tasks_db.models import DBTaskResult

from myotome.clinic.booking.actions import book, cancel
from myotome.clinic.booking.answers import say_no, say_yes
from myotome.clinic.booking.models import Appointment, DiaryRules, Hold, Offered, Opening, Service, WaitingWish
from myotome.clinic.booking.openings import give_on_later, offer_next, open_a_time, send_offer
from myotome.clinic.booking.series import book_series
from myotome.clinic.booking.waitlist import stop_waiting, wait_for, waiting
from myotome.clinic.booking.wishes import choose_mail
from myotome.clinic.pathway.actions import course_discharged
from myotome.clinic.people.actions import begin_care
from myotome.clinic.people.queries import patient_by_link
from myotome.clinic.screening.models import Course
from myotome.vocabulary.courses import CourseOutcome, RedFlagLevel
from myotome.vocabulary.errors import AlreadyBooked, InvalidValue, NotAllowed
from tests.factories import AT, a_clinic, a_course, a_patient, a_practitioner, a_receptionist, an_actor, the_system

pytestmark = pytest.mark.django_db
TEN = AT + timedelta(days=1, hours=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def house():
    """(clinic, practitioner, receptionist, service, three patients who wait, in order)."""
    clinic = a_clinic()
    elena, robin = a_practitioner(clinic), an_actor(a_receptionist(clinic), clinic)
    service = Service.objects.get(clinic=clinic, kind="ims")
    people = []
    for n, name in enumerate(("Hannah", "Omar", "Priya")):
        person = a_patient(clinic, given_name=name, email=f"{name.lower()}@example.org")
        a_course(clinic, person)
        wait(robin, service, person, at=AT + timedelta(minutes=n))
        people.append(person)
    return clinic, elena, robin, service, people


def wait(robin, service, person, at=AT, **values):
    values = {"first_day": AT.date(), "last_day": AT.date() + timedelta(days=9)} | values
    return wait_for(by=robin, at=at, patient_id=person.pk, service_id=service.pk, **values)


def open_at(house, starts_at=TEN, at=AT + HOUR):
    clinic, elena, _, service, _ = house
    return open_a_time(
        by=the_system(clinic), at=at, service_id=service.pk, practitioner_id=elena.pk, starts_at=starts_at
    )


def asked(opening):
    rows = Offered.objects.filter(opening=opening).order_by("pk")
    return [row.wish.patient.given_name for row in rows]


def yes(house, name, at):
    offer = Offered.objects.get(wish__patient__given_name=name)
    return say_yes(by=patient_by_link(offer.wish.patient, house[0]), at=at, offer_id=offer.pk)


def test_whoever_waits_longest_is_asked_first_and_the_time_is_held_meanwhile(house):
    _clinic, elena, robin, service, people = house
    opening = open_at(house)
    assert asked(opening) == ["Hannah"]
    with pytest.raises(AlreadyBooked):
        book(
            by=robin, at=AT + HOUR, patient_id=people[2].pk, service_id=service.pk, practitioner_id=elena.pk, starts_at=TEN
        )  # fmt: skip


def test_the_first_yes_has_it_and_she_waits_no_longer(house):
    opening = open_at(house)
    made = yes(house, "Hannah", AT + HOUR)
    assert (made.starts_at, made.patient.given_name, made.status) == (TEN, "Hannah", "booked")
    opening.refresh_from_db()
    assert opening.taken_by.patient.given_name == "Hannah"
    assert [row.patient.given_name for row in waiting(house[2])] == ["Omar", "Priya"]
    assert not Hold.objects.exists()


def test_of_two_who_are_asked_at_once_only_the_first_yes_counts_and_a_yes_said_twice_is_one(house):
    DiaryRules.objects.create(clinic=house[0], offers_at_once=2)
    opening = open_at(house)
    assert asked(opening) == ["Hannah", "Omar"]
    first = yes(house, "Omar", AT + HOUR)
    with pytest.raises(AlreadyBooked):
        yes(house, "Hannah", AT + HOUR)
    assert yes(house, "Omar", AT + HOUR) == first
    assert Appointment.objects.count() == 1


def test_after_a_no_or_no_answer_the_next_is_asked_and_at_the_end_the_time_is_free(house):
    opening = open_at(house)
    system = the_system(house[0])
    say_no(by=system, at=AT + HOUR, offer_id=Offered.objects.get().pk)
    assert asked(opening) == ["Hannah", "Omar"]
    assert offer_next(by=system, at=AT + 2 * HOUR, opening_id=opening.pk) == []
    offer_next(by=system, at=AT + 3 * HOUR, opening_id=opening.pk)
    assert asked(opening) == ["Hannah", "Omar", "Priya"]
    offer_next(by=system, at=AT + 6 * HOUR, opening_id=opening.pk)
    opening.refresh_from_db()
    assert opening.closed_at is not None
    assert not Hold.objects.exists()


def test_an_answer_that_comes_too_late_is_told_so(house):
    open_at(house)
    with pytest.raises(AlreadyBooked, match="run out"):
        yes(house, "Hannah", AT + HOUR + timedelta(hours=2))


@pytest.mark.parametrize(
    ("changes", "is_asked"),
    [
        ({}, True),
        ({"weekdays": [TEN.weekday()]}, True),
        ({"weekdays": [(TEN.weekday() + 1) % 7]}, False),
        ({"from_time": time(12)}, False),
        ({"until_time": time(10)}, True),
        ({"first_day": AT.date() + timedelta(days=3)}, False),
    ],
)
def test_only_who_wished_for_such_a_time_is_asked(house, changes, is_asked):
    for row in waiting(house[2]):
        stop_waiting(by=house[2], at=AT, wish_id=row.pk)
    wait(house[2], house[3], house[4][0], **changes)
    assert (open_at(house) is not None) == is_asked


def test_nothing_is_offered_in_the_quiet_hours(house):
    clinic = house[0]
    night = AT + timedelta(hours=14)
    open_at(house, starts_at=TEN + timedelta(days=1), at=night)
    offer = Offered.objects.get()
    assert offer.expires_at == AT + timedelta(hours=23) + timedelta(hours=2)
    assert DBTaskResult.objects.get(task_path__endswith="send_offer").run_after == AT + timedelta(hours=23)
    assert clinic.time_zone == "America/Vancouver"


def test_an_offer_that_comes_up_at_night_is_sent_in_the_morning_with_its_whole_time_to_answer(house, monkeypatch):
    DiaryRules.objects.create(clinic=house[0], offer_minutes=240)
    opening = open_at(house, starts_at=TEN + timedelta(days=1), at=AT + 11 * HOUR)
    offer = Offered.objects.get()
    night, morning = AT + 14 * HOUR, AT + 23 * HOUR
    monkeypatch.setattr("django.utils.timezone.now", lambda: night)
    send_offer.func(offer.pk)
    assert mail.outbox == []
    assert DBTaskResult.objects.filter(task_path__endswith="send_offer", run_after=morning).count() == 1
    assert offer_next(by=the_system(house[0]), at=AT + 15 * HOUR, opening_id=opening.pk) == [], "her time has not begun"
    monkeypatch.setattr("django.utils.timezone.now", lambda: morning)
    for _ in range(2):
        send_offer.func(offer.pk)
    assert len(mail.outbox) == 1
    offer.refresh_from_db()
    assert offer.expires_at == morning + 4 * HOUR
    assert yes(house, "Hannah", morning + 3 * HOUR).status == "booked"


def test_a_cancelled_visit_is_looked_at_for_those_who_wait(house):
    clinic, elena, robin, service, _people = house
    other = a_patient(clinic, given_name="Sofia", email="")
    a_course(clinic, other)
    hers = book(
        by=robin, at=AT, patient_id=other.pk, service_id=service.pk, practitioner_id=elena.pk, starts_at=TEN
    )  # fmt: skip
    cancel(by=robin, at=AT, appointment_id=hers.pk)
    job = DBTaskResult.objects.get(task_path__endswith="offer_freed_time")
    assert job.run_after == AT + timedelta(minutes=3), "not before the desk can take it back"


def test_an_early_discharge_frees_the_rest_of_a_series_for_those_who_wait(house):
    clinic, elena, robin, service, _ = house
    other = a_patient(clinic, given_name="Sofia", email="", in_care_of=elena)
    course = a_course(clinic, other)
    starts = [TEN + timedelta(days=7 * k) for k in range(3)]
    book_series(
        by=robin, at=AT, patient_id=other.pk, service_id=service.pk, practitioner_id=elena.pk, starts=starts,
        course_id=course.pk,
    )  # fmt: skip
    course_discharged(
        by=an_actor(elena.user, clinic), at=AT + HOUR, course_id=course.pk, version=course.version,
        outcome=CourseOutcome.RECOVERED,
    )  # fmt: skip
    assert not Appointment.objects.filter(status="booked").exists()
    jobs = DBTaskResult.objects.filter(task_path__endswith="offer_freed_time")
    assert sorted(job.args_kwargs["args"][3] for job in jobs) == [start.isoformat() for start in starts]


def discharge(house, course):
    clinic, elena = house[:2]
    course_discharged(
        by=an_actor(elena.user, clinic), at=AT + HOUR, course_id=course.pk, version=course.version,
        outcome=CourseOutcome.RECOVERED,
    )  # fmt: skip


@pytest.mark.parametrize("of_the_course", [True, False])
def test_who_is_discharged_waits_no_longer_and_what_was_held_for_her_goes_on(house, monkeypatch, of_the_course):
    clinic, elena, _robin, _service, (hannah, *_) = house
    begin_care(by=house[2], at=AT, patient_id=hannah.pk, user_id=elena.user_id)
    course = Course.objects.get(patient=hannah)
    if of_the_course:
        WaitingWish.objects.filter(patient=hannah).update(course_id=course.pk)
    opening = open_at(house)
    discharge(house, course)
    assert [row.patient.given_name for row in waiting(house[2])] == ["Omar", "Priya"]
    job = DBTaskResult.objects.get(task_path__endswith="give_on_later")
    assert job.run_after == AT + HOUR + timedelta(minutes=3), "as long as her visits can be taken back"
    monkeypatch.setattr("django.utils.timezone.now", lambda: job.run_after)
    give_on_later.func(*job.args_kwargs["args"])
    offer_next(by=the_system(clinic), at=job.run_after, opening_id=opening.pk)
    assert asked(opening) == ["Hannah", "Omar"]
    assert DBTaskResult.objects.filter(task_path__endswith="offer_to_next").count() == 3, "one of them at once"


def test_who_has_another_course_goes_on_waiting_for_what_is_of_that_one(house):
    _clinic, elena, _robin, _service, (hannah, *_) = house
    begin_care(by=house[2], at=AT, patient_id=hannah.pk, user_id=elena.user_id)
    course = Course.objects.get(patient=hannah)
    other = a_course(house[0], hannah)
    WaitingWish.objects.filter(patient=hannah).update(course_id=other.pk)
    discharge(house, course)
    assert [row.patient.given_name for row in waiting(house[2])] == ["Hannah", "Omar", "Priya"]


def test_a_time_that_is_only_asked_for_is_free_too_after_a_discharge(house):
    _clinic, elena, robin, service, (hannah, *_) = house
    begin_care(by=robin, at=AT, patient_id=hannah.pk, user_id=elena.user_id)
    course = Course.objects.get(patient=hannah)
    made = book(
        by=robin, at=AT, patient_id=hannah.pk, service_id=service.pk, practitioner_id=elena.pk, starts_at=TEN,
        course_id=course.pk, level=RedFlagLevel.CALL_FIRST,
    )  # fmt: skip
    assert made.status == "requested"
    discharge(house, course)
    made.refresh_from_db()
    assert made.status == "cancelled"


def test_the_mail_is_sent_once_and_to_nobody_who_wants_none(house, settings):
    now = AT + HOUR
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.utils.timezone.now", lambda: now)
        open_at(house)
        offer = Offered.objects.get()
        for _ in range(3):
            send_offer.func(offer.pk)
        assert len(mail.outbox) == 1
        assert "/book/offer/" in mail.outbox[0].body
        assert "List-Unsubscribe" in mail.outbox[0].extra_headers
        for word in ("pain", "IMS", "needle"):
            assert word not in mail.outbox[0].body
        omar = house[4][1]
        choose_mail(by=house[2], at=now, patient=omar, reminders=True, offers=False, by_sms=False)
        say_no(by=house[2], at=now, offer_id=offer.pk)
        send_offer.func(Offered.objects.get(wish__patient=omar).pk)
        assert len(mail.outbox) == 1


def test_a_wish_that_cannot_come_true_is_refused(house):
    robin, service, hannah = house[2], house[3], house[4][0]
    for changes in (
        {"last_day": date(2026, 1, 1)},
        {"from_time": time(12), "until_time": time(11)},
        {"weekdays": [7]},
    ):
        with pytest.raises(InvalidValue):
            wait(robin, service, hannah, **changes)
    with pytest.raises(NotAllowed):
        wait(robin, service, a_patient(house[0], given_name="New"))
    assert WaitingWish.objects.count() == 3
    assert not Opening.objects.exists()
