"""The waiting list holds a time only for somebody who can be told of it and can come, and lets go as soon as she cannot."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django_tasks_db.models import DBTaskResult

from myotome.clinic.booking.actions import book, cancel
from myotome.clinic.booking.answers import say_no, say_yes, yes_by_phone
from myotome.clinic.booking.asking import to_phone
from myotome.clinic.booking.closing import close_day
from myotome.clinic.booking.models import Appointment, Claim, DeskAct, Hold, Offered, Opening, Service, WaitingWish
from myotome.clinic.booking.openings import give_on_later, offer_freed_time, offer_next, offer_to_next, open_a_time
from myotome.clinic.booking.undo import undo
from myotome.clinic.booking.waitlist import put_back, wait_for, waiting
from myotome.clinic.booking.wishes import choose_mail
from myotome.clinic.people.queries import patient_by_link
from myotome.vocabulary.errors import AlreadyBooked, NotAsThingsStand
from tests.factories import AT, a_clinic, a_course, a_patient, a_practitioner, a_receptionist, an_actor, the_system

pytestmark = pytest.mark.django_db
TEN = AT + timedelta(days=1, hours=1)
HOUR = timedelta(hours=1)


class House:
    """A clinic in which Hannah and Omar wait for IMS, in this order; both have an e-mail address."""

    def __init__(self):
        self.clinic = a_clinic()
        self.elena = a_practitioner(self.clinic)
        self.user = a_receptionist(self.clinic)
        self.robin = an_actor(self.user, self.clinic)
        self.service = Service.objects.get(clinic=self.clinic, kind="ims")
        self.system = the_system(self.clinic)
        self.hannah, self.omar = (
            self.waits(name, AT + timedelta(minutes=n)) for n, name in enumerate(("Hannah", "Omar"))
        )

    def person(self, name, **values):
        person = a_patient(self.clinic, given_name=name, **({"email": f"{name.lower()}@example.org"} | values))
        a_course(self.clinic, person)
        return person

    def waits(self, name, at=AT, **values):
        person = self.person(name, **values)
        wait_for(
            by=self.robin, at=at, patient_id=person.pk, service_id=self.service.pk, first_day=AT.date(),
            last_day=AT.date() + timedelta(days=9),
        )  # fmt: skip
        return person

    def opens(self, starts_at=TEN, at=AT + HOUR, **values):
        return open_a_time(
            by=self.system,
            at=at,
            service_id=self.service.pk,
            practitioner_id=self.elena.pk,
            starts_at=starts_at,
            **values,
        )

    def books(self, person, starts_at=TEN, at=AT):
        return book(
            by=self.robin, at=at, patient_id=person.pk, service_id=self.service.pk, practitioner_id=self.elena.pk,
            starts_at=starts_at,
        )  # fmt: skip


@pytest.fixture
def house():
    return House()


def asked(opening, **values):
    rows = Offered.objects.filter(opening=opening, **({"by_phone": False} | values)).order_by("pk")
    return [row.wish.patient.given_name for row in rows]


@pytest.mark.parametrize("why", ["no address", "wants no offers"])
def test_nothing_is_held_for_somebody_whom_no_message_reaches_the_desk_phones_and_the_next_is_asked(house, why):
    if why == "no address":
        house.hannah.email = ""
        house.hannah.save()
    else:
        choose_mail(by=house.robin, at=AT, patient=house.hannah, reminders=True, offers=False, by_sms=False)
    opening = house.opens()
    assert asked(opening) == ["Omar"]
    (row,) = to_phone(house.robin, at=AT + HOUR)
    assert row.offer.wish.patient == house.hannah
    assert row.held_until is not None, "it is offered to Omar"


def test_when_nobody_can_be_reached_the_time_is_free_for_everybody_at_once(house):
    for person in (house.hannah, house.omar):
        person.email = ""
        person.save()
    opening = house.opens()
    opening.refresh_from_db()
    assert opening.closed_at is not None
    assert not Hold.objects.exists()
    assert [row.offer.wish.patient.given_name for row in to_phone(house.robin, at=AT + HOUR)] == ["Hannah", "Omar"]
    house.books(house.person("Sofia"), at=AT + HOUR)
    assert to_phone(house.robin, at=AT + HOUR) == []


def test_her_yes_on_the_telephone_books_the_time_unless_it_is_offered_to_another(client, house, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: AT + HOUR)
    house.hannah.email, house.hannah.phone = "", "604 555 0171"
    house.hannah.save()
    house.opens()
    client.force_login(house.user)
    with CaptureQueriesContext(connection) as questions:
        page = client.get(reverse("booking:waiting", kwargs={"clinic": house.clinic.slug})).content.decode()
    assert len(questions) <= 15
    assert "604 555 0171" in page
    hers = Offered.objects.get(by_phone=True)
    answer = reverse("booking:phoned_about", kwargs={"clinic": house.clinic.slug, "offer": hers.pk})
    assert "taken" in client.post(answer, {"answer": "yes"}, follow=True).content.decode()
    assert not Appointment.objects.exists()
    say_no(by=house.system, at=AT + HOUR, offer_id=Offered.objects.get(by_phone=False).pk)
    assert "Booked." in client.post(answer, {"answer": "yes"}, follow=True).content.decode()
    assert Appointment.objects.get().patient == house.hannah
    assert "waits no longer" in client.post(answer, {"answer": "yes"}, follow=True).content.decode()
    his = Offered.objects.get(by_phone=False)
    assert client.post(answer.replace(f"/{hers.pk}/", f"/{his.pk}/")).status_code == 404


def test_her_no_on_the_telephone_takes_her_off_for_this_time_only(client, house, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: AT + HOUR)
    house.hannah.email = ""
    house.hannah.save()
    house.opens()
    client.force_login(house.user)
    kwargs = {"clinic": house.clinic.slug, "offer": Offered.objects.get(by_phone=True).pk}
    client.post(reverse("booking:phoned_about", kwargs=kwargs), {"answer": "no"})
    assert to_phone(house.robin, at=AT + HOUR) == []
    assert WaitingWish.objects.get(patient=house.hannah).ended_at is None


def test_who_gives_her_own_time_back_is_not_offered_it(house, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: AT + HOUR)
    hers = house.books(house.hannah)
    cancel(by=house.robin, at=AT, appointment_id=hers.pk)
    job = DBTaskResult.objects.get(task_path__endswith="offer_freed_time")
    offer_freed_time.func(*job.args_kwargs["args"])
    opening = Opening.objects.get()
    assert asked(opening) == ["Omar"]
    offer_next(by=house.system, at=AT + 4 * HOUR, opening_id=opening.pk)
    assert asked(opening) == ["Omar"], "nor when the next is looked for"
    assert house.opens(TEN + HOUR, freed_by=house.hannah.pk) is not None


def test_who_is_in_the_diary_then_is_not_asked(house):
    david = a_practitioner(house.clinic, name="David Okafor")
    book(
        by=house.robin, at=AT, patient_id=house.hannah.pk, service_id=house.service.pk, practitioner_id=david.pk,
        starts_at=TEN - timedelta(minutes=15),
    )  # fmt: skip
    assert asked(house.opens()) == ["Omar"]
    assert asked(house.opens(TEN + HOUR)) == ["Hannah"], "an hour later she has time"


def test_of_two_wishes_of_one_person_one_is_asked(house):
    wait_for(
        by=house.robin, at=AT, patient_id=house.hannah.pk, service_id=house.service.pk, first_day=AT.date(),
        last_day=AT.date() + timedelta(days=2),
    )  # fmt: skip
    opening = house.opens()
    say_no(by=house.system, at=AT + HOUR, offer_id=Offered.objects.get().pk)
    assert asked(opening) == ["Hannah", "Omar"]


def run_the_queue():
    for job in DBTaskResult.objects.filter(task_path__endswith="offer_to_next", run_after__gt=AT + timedelta(days=999)):
        offer_to_next.func(*job.args_kwargs["args"])


def test_what_else_is_held_for_her_goes_on_at_once_when_she_has_said_yes(house, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: AT + HOUR)
    first, second = house.opens(), house.opens(TEN + HOUR)
    assert (asked(first), asked(second)) == (["Hannah"], ["Hannah"])
    say_yes(by=patient_by_link(house.hannah, house.clinic), at=AT + HOUR, offer_id=first.offers.get().pk)
    run_the_queue()
    assert (asked(first), asked(second)) == (["Hannah"], ["Hannah", "Omar"])


@pytest.mark.parametrize("is_put_back", [False, True])
def test_who_is_taken_off_the_list_can_be_put_back_for_three_minutes_and_nobody_is_asked_before(
    client, house, monkeypatch, is_put_back
):
    monkeypatch.setattr("django.utils.timezone.now", lambda: AT + HOUR)
    opening, client_of = house.opens(), {"clinic": house.clinic.slug}
    hers = WaitingWish.objects.get(patient=house.hannah)
    client.force_login(house.user)
    page = client.post(reverse("booking:stop_waiting", kwargs=client_of | {"wish": hers.pk}), follow=True)
    assert "Taken off a moment ago" in page.content.decode()
    run_the_queue()
    assert asked(opening) == ["Hannah"]
    if is_put_back:
        back = reverse("booking:put_back", kwargs=client_of | {"wish": hers.pk})
        assert "She waits again, in her old place." in client.post(back, follow=True).content.decode()
    (later,) = DBTaskResult.objects.filter(task_path__endswith="give_on_later")
    assert later.run_after == AT + HOUR + timedelta(minutes=3)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later.run_after)
    give_on_later.func(*later.args_kwargs["args"])
    run_the_queue()
    assert asked(opening) == (["Hannah"] if is_put_back else ["Hannah", "Omar"])
    assert [row.patient for row in waiting(house.robin)] == (
        [house.hannah, house.omar] if is_put_back else [house.omar]
    )
    if is_put_back:
        assert say_yes(by=house.system, at=later.run_after, offer_id=Offered.objects.get().pk).patient == house.hannah
    else:
        with pytest.raises(NotAsThingsStand, match="too late to put her back"):
            put_back(by=house.robin, at=later.run_after, wish_id=hers.pk)


def test_a_yes_on_the_telephone_that_is_taken_back_leaves_her_waiting_and_to_be_phoned(house):
    house.hannah.email = ""
    house.hannah.save()
    WaitingWish.objects.filter(patient=house.omar).delete()
    opening = house.opens()
    made = yes_by_phone(by=house.robin, at=AT + HOUR, offer_id=Offered.objects.get().pk)
    assert waiting(house.robin) == []
    undo(by=house.robin, at=AT + HOUR, act_id=DeskAct.objects.get(appointment=made).pk)
    assert [row.patient for row in waiting(house.robin)] == [house.hannah]
    (again,) = to_phone(house.robin, at=AT + HOUR)
    assert again.offer.opening == opening
    assert yes_by_phone(by=house.robin, at=AT + HOUR, offer_id=again.offer.pk).starts_at == TEN


def test_a_time_that_somebody_took_after_the_hold_ran_out_is_not_offered(house):
    opening = house.opens()
    late = AT + 5 * HOUR
    house.books(house.person("Sofia"), at=late)
    assert offer_next(by=house.system, at=late, opening_id=opening.pk) == []
    opening.refresh_from_db()
    assert (opening.closed_at, asked(opening)) == (late, ["Hannah"])


@pytest.mark.parametrize("gone", ["run out", "swept"])
def test_a_hold_that_is_gone_is_placed_again_before_the_next_is_asked(house, gone):
    opening = house.opens()
    late = AT + 5 * HOUR
    if gone == "swept":
        Claim.objects.filter(hold=opening.hold_id).delete()
    offer_next(by=house.system, at=late, opening_id=opening.pk)
    assert asked(opening) == ["Hannah", "Omar"]
    with pytest.raises(AlreadyBooked):
        house.books(house.person("Sofia"), at=late + HOUR)


def test_a_time_on_a_day_that_has_been_closed_is_not_offered_on(house):
    opening = house.opens()
    close_day(by=house.robin, at=AT + HOUR, on=TEN.date(), practitioner_id=house.elena.pk)
    say_no(by=house.system, at=AT + HOUR, offer_id=Offered.objects.get().pk)
    opening.refresh_from_db()
    assert opening.closed_at is not None
    assert asked(opening) == ["Hannah"]
