"""A day that is closed names the visits it leaves behind, by the clock of their place, until somebody has moved them."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.booking.actions import book, cancel
from myotome.clinic.booking.closing import close_day, left_behind
from myotome.clinic.booking.models import Appointment, HoursException, Service
from myotome.clinic.booking.set_up import add_day
from myotome.clinic.people.models import Place, Room
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue
from tests.factories import AT, a_clinic, a_course, a_patient, a_practitioner, a_receptionist, a_user, an_actor

pytestmark = pytest.mark.django_db
TODAY = AT.date()
SOON = AT + timedelta(hours=2)  # 11:00


@pytest.fixture
def house(client, monkeypatch):
    """(clinic, Elena, David, Robin), the receptionist logged in at 09:00; each practitioner has a visit at 11:00."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: AT)
    clinic = a_clinic()
    elena, david = a_practitioner(clinic), a_practitioner(clinic, name="David Okafor")
    robin = a_receptionist(clinic)
    client.force_login(robin)
    for name, who in (("Hannah", elena), ("Omar", david)):
        visit(an_actor(robin, clinic), clinic, who, name)
    return clinic, elena, david, an_actor(robin, clinic)


def visit(by, clinic, who, name, starts_at=SOON):
    person = a_patient(clinic, given_name=name, phone=f"604 555 {name}", email="")
    a_course(clinic, person)
    return book(
        by=by, at=AT - timedelta(days=1), patient_id=person.pk, practitioner_id=who.pk, starts_at=starts_at,
        service_id=Service.objects.get(clinic=clinic, kind="ims").pk,
    )  # fmt: skip


def names(rows):
    return [row.patient.given_name for row in rows]


def address(name, clinic):
    return reverse(name, kwargs={"clinic": clinic.slug})


def test_reception_closes_the_day_of_somebody_who_is_ill_and_sees_whom_to_phone(client, house):
    clinic, elena, _david, robin = house
    assert address("booking:away", clinic) in client.get(address("desk:day", clinic)).content.decode()
    form = {"practitioner": elena.pk, "on": f"{TODAY}", "reason": ""}
    page = client.post(address("booking:away", clinic), form, follow=True).content.decode()
    hers = Appointment.objects.get(patient__given_name="Hannah")
    move = reverse("desk:move", kwargs={"clinic": clinic.slug, "appointment": hers.pk})
    for text in ("604 555 Hannah", move, "Tue 24 Nov, 11:00"):
        assert text in page
    assert "604 555 Omar" not in page
    with CaptureQueriesContext(connection) as asked:
        day = client.get(address("desk:day", clinic)).content.decode()
    assert len(asked) <= 15
    assert [text in day for text in ("604 555 Hannah", move, "604 555 Omar")] == [True, True, False]
    event = AuditEvent.objects.get(act="day.changed")
    assert (event.actor_user_id, event.detail["on"]) == (robin.user_id, "2026-11-24")
    close_day(by=robin, at=AT, on=TODAY, practitioner_id=elena.pk)
    assert HoursException.objects.count() == 1, "closed twice it is closed once"
    with pytest.raises(InvalidValue):
        visit(robin, clinic, elena, "Priya", SOON + timedelta(hours=1))
    client.post(address("booking:open_again", clinic), {"day": HoursException.objects.get().pk})
    assert left_behind(robin, at=AT) == []


def test_the_page_of_the_day_asks_anew_once_the_day_is_closed(client, house):
    clinic, elena, _, robin = house
    poll = client.get(address("desk:day", clinic)).context["poll"]
    assert client.get(poll).status_code == 204
    close_day(by=robin, at=AT, on=TODAY, practitioner_id=elena.pk)
    assert client.get(poll).status_code == 200


def test_a_day_that_has_passed_and_nobody_are_refused_beside_the_field(client, house):
    clinic, elena, *_ = house
    for form, status in (
        ({"practitioner": elena.pk, "on": "2026-11-23"}, 400),
        ({"practitioner": elena.pk, "on": "x"}, 400),
        ({"practitioner": 0, "on": f"{TODAY}"}, 404),
    ):
        assert client.post(address("booking:away", clinic), form).status_code in {status, 422}
    assert not HoursException.objects.exists()


def test_an_owner_who_closes_a_day_is_told_how_many_visits_it_leaves_behind_and_at_the_desk_whose(client, house):
    clinic, *_ = house
    change = reverse("booking:change", kwargs={"clinic": clinic.slug, "what": "add-day"})
    for roles, sees in (((Role.OWNER,), False), ((Role.OWNER, Role.RECEPTIONIST), True)):
        client.force_login(a_user(clinic, *roles))
        page = client.post(change, {"on": f"{TODAY}", "reason": "Flood"}, follow=True).content.decode()
        assert "2 visits stand on closed days." in page
        for text in ("604 555 Hannah", "604 555 Omar", "Move to..."):
            assert (text in page) == sees


def test_what_was_cancelled_and_what_an_extra_shift_covers_is_not_left_behind(house):
    clinic, elena, david, robin = house
    owner = an_actor(a_user(clinic, Role.OWNER), clinic)
    add_day(by=owner, at=AT, on=TODAY)
    assert names(left_behind(robin, at=AT)) == ["Hannah", "Omar"]
    add_day(by=owner, at=AT, on=TODAY, practitioner_id=david.pk, starts=time(10), ends=time(13))
    assert names(left_behind(robin, at=AT)) == ["Hannah"]
    cancel(by=robin, at=AT, appointment_id=Appointment.objects.get(practitioner=elena).pk)
    assert left_behind(robin, at=AT) == []


def test_a_day_is_that_of_the_place_where_the_visit_is(house):
    clinic, _elena, _david, robin = house
    tokyo = Place.objects.create(clinic=clinic, name="Bay", time_zone="Asia/Tokyo")
    Room.objects.create(clinic=clinic, place=tokyo, name="Sea")
    sofia = a_practitioner(clinic, name="Sofia Lind")
    sofia.working_hours.update(place=tokyo)
    visit(robin, clinic, sofia, "Priya", AT + timedelta(hours=8))  # 10:00 on Wednesday there, still Tuesday here
    close_day(by=robin, at=AT, on=TODAY + timedelta(days=1), practitioner_id=sofia.pk)
    assert names(left_behind(robin, at=AT)) == ["Priya"]
