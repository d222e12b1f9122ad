"""A time that comes free is offered to those who wait for another treatment too, and so are hours that are given back."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse
from django_tasks_db.models import DBTaskResult

from myotome.clinic.booking.actions import book, cancel
from myotome.clinic.booking.answers import say_no
from myotome.clinic.booking.closing import close_day, open_again
from myotome.clinic.booking.given_back import offer_hours, unblock_time
from myotome.clinic.booking.holds import block_time
from myotome.clinic.booking.models import Hold, HoursException, Offered, Opening, Service
from myotome.clinic.booking.openings import offer_freed_time, offer_to_other_services
from myotome.clinic.booking.set_up import add_day, remove_day
from myotome.clinic.booking.waitlist import wait_for
from myotome.clinic.people.models import Room, User
from myotome.vocabulary.courses import Role
from tests.factories import (
    AT,
    a_clinic,
    a_course,
    a_patient,
    a_practitioner,
    a_receptionist,
    a_user,
    an_actor,
    the_system,
)

pytestmark = pytest.mark.django_db
TEN = AT + timedelta(days=1, hours=1)
DAY = date(2026, 11, 25)
MINUTE = timedelta(minutes=1)
JOBS = {
    "offer_freed_time": offer_freed_time,
    "offer_hours": offer_hours,
    "offer_to_other_services": offer_to_other_services,
}


class House:
    """Elena's diary; nobody waits yet."""

    def __init__(self):
        self.clinic = a_clinic()
        self.elena = a_practitioner(self.clinic)
        self.robin = an_actor(a_receptionist(self.clinic), self.clinic)
        self.n = 0

    def person(self, name):
        person = a_patient(self.clinic, given_name=name, email=f"{name.lower()}@example.org")
        a_course(self.clinic, person)
        return person

    def service(self, kind):
        return Service.objects.get(clinic=self.clinic, kind=kind)

    def waits(self, name, kind, **values):
        self.n += 1
        days = {"first_day": AT.date(), "last_day": AT.date() + timedelta(days=9)} | values
        return wait_for(
            by=self.robin, at=AT + self.n * MINUTE, patient_id=self.person(name).pk, service_id=self.service(kind).pk, **days
        )  # fmt: skip

    def frees(self, kind):
        """A visit of this kind at ten, cancelled."""
        visit = book(
            by=self.robin, at=AT, patient_id=self.person("Sofia").pk, service_id=self.service(kind).pk,
            practitioner_id=self.elena.pk, starts_at=TEN,
        )  # fmt: skip
        cancel(by=self.robin, at=AT, appointment_id=visit.pk)


@pytest.fixture
def house(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: AT + 60 * MINUTE)
    return House()


def run(name):
    rows = DBTaskResult.objects.filter(task_path__endswith=f".{name}")
    for row in rows:
        JOBS[name].func(*row.args_kwargs["args"])
    return rows.count()


def told_from():
    """When the queue looks for who waits for hours that are hers again."""
    return DBTaskResult.objects.get(task_path__endswith=".offer_hours").run_after


def opened():
    """Each opening: when, what, who was asked."""
    return [
        (row.starts_at, row.service.kind, [offer.wish.patient.given_name for offer in row.offers.order_by("pk")])
        for row in Opening.objects.order_by("starts_at", "pk")
    ]


def test_a_cancelled_treatment_is_offered_to_who_waits_for_another_that_fits(house):
    house.waits("Hannah", "acupuncture")
    house.frees("ims")
    run("offer_freed_time")
    assert opened() == [(TEN, "acupuncture", ["Hannah"])]


def test_it_goes_to_the_treatment_for_which_somebody_waits_longest_among_those_that_fit(house):
    house.waits("Hannah", "acupuncture", last_day=AT.date())  # not on that day
    house.waits("Omar", "assessment_ims")
    house.waits("Priya", "ims")
    house.frees("ims")
    run("offer_freed_time")
    assert opened() == [(TEN, "assessment_ims", ["Omar"])]


def test_what_does_not_fit_between_two_visits_is_passed_over(house):
    house.waits("Omar", "assessment_ims")
    house.waits("Priya", "ims")
    book(
        by=house.robin, at=AT, patient_id=house.person("Maja").pk, service_id=house.service("ims").pk,
        practitioner_id=house.elena.pk, starts_at=TEN + 30 * MINUTE,
    )  # fmt: skip
    house.frees("ims")
    run("offer_freed_time")
    assert opened() == [(TEN, "ims", ["Priya"])]


def test_when_nobody_takes_it_for_one_treatment_it_is_offered_for_the_next_and_each_once(house):
    house.waits("Hannah", "acupuncture")
    house.waits("Priya", "ims")
    house.frees("ims")
    run("offer_freed_time")
    for _ in range(3):
        for offer in Offered.objects.filter(answered_at__isnull=True):
            say_no(by=the_system(house.clinic), at=AT + 61 * MINUTE, offer_id=offer.pk)
        run("offer_to_other_services")
    assert opened() == [(TEN, "acupuncture", ["Hannah"]), (TEN, "ims", ["Priya"])]


def test_nobody_waits_with_her_and_nothing_is_queued(house):
    david = a_practitioner(house.clinic, name="David Okafor")
    house.waits("Hannah", "ims", practitioner_id=david.pk)
    house.frees("ims")
    assert run("offer_freed_time") == 0


def at_wall(hour, minute=0):
    return datetime(2026, 11, 25, hour, minute, tzinfo=UTC) + timedelta(hours=8)


def test_a_block_given_back_is_offered_one_start_to_each_who_waits_inside_the_block_only(house):
    hold = block_time(
        by=house.robin, at=AT, starts_at=at_wall(13), ends_at=at_wall(14, 15), reason="", practitioner_id=house.elena.pk
    )
    for name in ("Hannah", "Omar", "Priya"):
        house.waits(name, "ims")
    unblock_time(by=house.robin, at=AT, hold_id=hold.pk)
    assert told_from() == AT + 3 * MINUTE
    assert run("offer_hours") == 1
    assert opened() == [(at_wall(13), "ims", ["Hannah"]), (at_wall(13, 30), "ims", ["Omar"])]


def test_a_block_given_back_by_mistake_is_blocked_again_by_the_form_that_stands_there_and_nobody_was_told(
    client, house, monkeypatch
):
    monkeypatch.setattr("django.utils.timezone.now", lambda: AT)
    client.force_login(User.objects.get(pk=house.robin.user_id))
    room = Room.objects.order_by("pk")[0]
    hold = block_time(
        by=house.robin, at=AT, starts_at=at_wall(13), ends_at=at_wall(14, 15), reason="staff meeting",
        practitioner_id=house.elena.pk, room_id=room.pk,
    )  # fmt: skip
    house.waits("Hannah", "ims")
    address = {"clinic": house.clinic.slug}
    answer = client.post(reverse("booking:unblock", kwargs=address), {"hold": hold.pk}, follow=True)
    page = answer.content.decode()
    assert "Who waits for such a time is asked from 09:03:00 on. To take this back, send the form below." in page
    form = answer.context["typed"]
    assert all(f'value="{form[name]}"' in page for name in ("on", "starts", "ends", "reason"))
    assert f'<option value="{house.elena.pk}" selected>' in page
    client.post(reverse("booking:block", kwargs=address), form)
    again = Hold.objects.get()
    assert (again.starts_at, again.ends_at, again.reason) == (hold.starts_at, hold.ends_at, "staff meeting")
    assert (again.practitioner_id, again.room_id) == (house.elena.pk, room.pk)
    assert run("offer_hours") == 1
    assert opened() == []


def test_a_day_opened_by_mistake_is_closed_again_by_the_form_that_stands_there_and_nobody_was_told(
    client, house, monkeypatch
):
    monkeypatch.setattr("django.utils.timezone.now", lambda: AT)
    client.force_login(User.objects.get(pk=house.robin.user_id))
    row = close_day(by=house.robin, at=AT, on=DAY, practitioner_id=house.elena.pk, reason="ill")
    house.waits("Hannah", "ims")
    address = {"clinic": house.clinic.slug}
    answer = client.post(reverse("booking:open_again", kwargs=address), {"day": row.pk}, follow=True)
    assert "is asked from 09:03:00 on" in answer.content.decode()
    client.post(reverse("booking:away", kwargs=address), answer.context["typed"])
    again = HoursException.objects.get()
    assert (again.on, again.practitioner_id, again.reason) == (DAY, house.elena.pk, "ill")
    assert run("offer_hours") == 1
    assert opened() == []


@pytest.mark.parametrize("how", ["opened at the desk", "opened by the owner", "opened for all by the owner"])
def test_a_closed_day_that_is_opened_is_offered_to_who_waits_for_it(house, how):
    owner = an_actor(a_user(house.clinic, Role.OWNER, name="Olive"), house.clinic)
    if how == "opened for all by the owner":
        row = add_day(by=owner, at=AT, on=DAY)
    else:
        row = close_day(by=house.robin, at=AT, on=DAY, practitioner_id=house.elena.pk)
    house.waits("Hannah", "ims", last_day=DAY - timedelta(days=1))
    house.waits("Omar", "ims")
    house.waits("Priya", "acupuncture")
    if how == "opened at the desk":
        open_again(by=house.robin, at=AT, day_id=row.pk)
    else:
        remove_day(by=owner, at=AT, day_id=row.pk)
    assert told_from() == AT + 3 * MINUTE
    assert run("offer_hours") == 1
    assert [(kind, names) for _, kind, names in opened()] == [("ims", ["Omar"]), ("acupuncture", ["Priya"])]
    assert opened()[0][0] == at_wall(8)
