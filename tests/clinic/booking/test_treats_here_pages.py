"""Pages on which a patient is said to be one of the practitioners: the desk's, her own, the week, and her calendar."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from myotome.clinic.booking.calendars import make_feed
from myotome.clinic.booking.holds import block_time
from myotome.clinic.booking.models import Appointment, Claim
from myotome.clinic.booking.told import read_feed
from myotome.clinic.people.models import OwnRecord
from tests.clinic.booking.test_desk_acts import a_visit, at, clock
from tests.factories import AT, a_course, a_page_link, a_patient, a_practitioner, an_actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def elena(desk):
    """(desk, Elena's record as a patient, David): she has the name of the practitioner, he treats too."""
    clinic = desk[0]
    david = a_practitioner(clinic, name="David Okafor")
    person = a_patient(clinic, given_name="Elena", family_name="Marchetti", email="elena@example.org")
    a_course(clinic, person)
    return desk, person, david


def test_the_desk_is_asked_says_yes_and_can_take_it_back(client, elena):
    (clinic, who, *_), person, _ = elena
    page = at("desk:patient", clinic, patient=person.pk)
    address = at("desk:treats_here", clinic, patient=person.pk)
    assert "Elena Marchetti treats here. Is this patient she?" in client.get(page).content.decode()
    assert client.post(address, {"practitioner": who.pk}).status_code == 302
    shown = client.get(page).content.decode()
    assert "While she is treated she does not treat, and she is never offered herself." in shown
    assert "She treats here herself" not in shown
    details = (
        client.get(at("desk:patient", clinic, patient=elena[0][4].pk)).content.decode().partition('id="details"')[2]
    )
    assert "She treats here herself" in details.partition("</details>")[0], (
        "of somebody else it is asked where she is put right"
    )
    assert client.post(address, {"is_she": "no"}).status_code == 302
    assert not OwnRecord.objects.exists()
    assert "Is this patient she?" in client.get(page).content.decode()


def test_where_her_own_time_is_blocked_the_desk_reads_when_and_is_led_to_giving_it_back(client, elena):
    desk, person, david = elena
    clinic, who, robin, service, hannah = desk
    hold = block_time(
        by=robin, at=AT, starts_at=clock(10, days=1), ends_at=clock(11, days=1), reason="own treatment",
        practitioner_id=who.pk,
    )  # fmt: skip
    client.post(at("desk:treats_here", clinic, patient=person.pk), {"practitioner": who.pk})
    hers = a_visit((clinic, david, *desk[2:]), clock(12, days=1), person)
    book, move = at("desk:book", clinic, patient=person.pk), at("desk:move", clinic, appointment=hers.pk)
    for address in (book, move):
        page = client.get(address, {"service": service.pk}).content.decode()
        assert f'href="{at("booking:block", clinic)}#block-{hold.pk}">Wed 25 Nov, 10:00 – 11:00 (own treatment)' in page
    assert "her own time is blocked" not in client.get(book, {"service": service.pk, "page": 1}).content.decode()
    assert "her own time is blocked" not in client.get(at("desk:book", clinic, patient=hannah.pk)).content.decode()


def test_somebody_of_another_name_is_chosen_from_the_list_and_nobody_is_not(client, elena):
    (clinic, _, _, _, hannah), _, david = elena
    page = at("desk:patient", clinic, patient=hannah.pk)
    address = at("desk:treats_here", clinic, patient=hannah.pk)
    assert "Is this patient she?" not in client.get(page).content.decode()
    assert client.post(address, {"practitioner": ""}).status_code == 422
    assert client.post(address, {"practitioner": david.pk}).status_code == 302
    assert "She is David Okafor." in client.get(page).content.decode()


def test_the_desk_reads_which_visits_collide_before_two_are_one(client, elena):
    desk, person, david = elena
    clinic, who, *_, hannah = desk
    a_visit(desk, clock(10, days=1), hannah)
    hers = a_visit((clinic, david, *desk[2:]), clock(10, days=1), person)
    answer = client.post(at("desk:treats_here", clinic, patient=person.pk), {"practitioner": who.pk})
    assert answer.status_code == 409
    said = answer.content.decode()
    assert "Wed 25 Nov 10:00 she is a patient and treats Hannah Lindqvist." in said
    assert f'<option value="{who.pk}" selected>' in said
    assert not OwnRecord.objects.exists()
    assert not Claim.objects.filter(appointment=hers, resource=f"practitioner:{who.pk}").exists()


def test_pages_of_the_desk_do_not_offer_her_herself(client, elena):
    (clinic, who, _, service, _), person, _ = elena
    client.post(at("desk:treats_here", clinic, patient=person.pk), {"practitioner": who.pk})
    for name in ("desk:book", "booking:series", "booking:wait"):
        page = client.get(at(name, clinic, patient=person.pk), {"service": service.pk}).content.decode()
        assert "David Okafor" in page
        assert f'value="{who.pk}">Elena Marchetti' not in page
        assert f"practitioner={who.pk}" not in page
        assert f"|{who.pk}" not in page
    start = f"{clock(10, days=1).isoformat()}|{who.pk}"
    form = {"service": service.pk, "start": start, "key": "k"}
    answer = client.post(at("desk:book", clinic, patient=person.pk), form)
    assert answer.status_code == 422
    assert "Elena Marchetti is this patient herself." in answer.content.decode()
    assert not Appointment.objects.exists()


def test_her_own_visit_stands_in_her_row_of_the_week(client, elena):
    desk, person, david = elena
    clinic, who, *_ = desk
    client.post(at("desk:treats_here", clinic, patient=person.pk), {"practitioner": who.pk})
    a_visit((clinic, david, *desk[2:]), clock(10, days=1), person)
    week = client.get(at("desk:week", clinic)).content.decode()
    row = week.partition('<th scope="row">Elena Marchetti')[2].partition("</tr>")[0]
    assert "a visit of her own" in row
    assert "10:00 – 10:30" in row
    by_room = client.get(at("desk:week", clinic), {"by": "room"}).content.decode()
    assert "a visit of her own" not in by_room


def test_her_calendar_says_that_she_is_not_free_and_no_more(client, elena):
    desk, person, david = elena
    clinic, who, *_ = desk
    client.post(at("desk:treats_here", clinic, patient=person.pk), {"practitioner": who.pk})
    row = a_visit((clinic, david, *desk[2:]), clock(10, days=1), person)
    made = make_feed(by=an_actor(who.user, clinic), at=AT, name="telephone", shows_initials=True)
    (event,) = read_feed(made.feed, at=AT).events
    assert (event.summary, event.location, event.starts) == ("Blocked", "", row.starts_at)
    Appointment.objects.filter(pk=row.pk).update(status="cancelled")
    (event,) = read_feed(made.feed, at=AT + timedelta(minutes=1)).events
    assert event.status == "CANCELLED"


def her_page(person):
    """(a browser that knows her, the address of her page, of saying so)."""
    where, browser = {"clinic": person.clinic.slug, "token": a_page_link(person)}, Client()
    page = reverse("portal:page", kwargs=where)
    browser.post(page, {"born_on": "1968-03-12"})
    return browser, page, reverse("portal:treats_here_by_link", kwargs=where)


def test_she_says_it_under_her_link_and_the_desk_confirms(client, elena):
    (clinic, who, *_), person, _ = elena
    browser, page, address = her_page(person)
    assert "If you are Elena Marchetti, say so" in browser.get(page).content.decode()
    assert browser.post(address, {"practitioner": who.pk}).status_code == 302
    assert "It counts once the desk has confirmed it." in browser.get(page).content.decode()
    assert OwnRecord.objects.get().confirmed_at is None
    desk_page = client.get(at("desk:patient", clinic, patient=person.pk)).content.decode()
    assert "She says that she is Elena Marchetti (24 Nov 2026)." in desk_page
    client.post(at("desk:treats_here", clinic, patient=person.pk), {"practitioner": who.pk})
    shown = browser.get(page).content.decode()
    assert "It counts once" not in shown
    assert "treat here too" not in shown


def test_who_has_no_practitioners_name_is_not_asked_and_without_her_birth_date_nobody_says_anything(elena):
    (_, who, _, _, hannah), person, _ = elena
    browser, page, _ = her_page(hannah)
    assert "treat here too" not in browser.get(page).content.decode()
    _, _, address = her_page(person)
    Client().post(address, {"practitioner": who.pk})
    assert not OwnRecord.objects.exists()


def test_with_the_login_of_the_practitioner_it_counts_at_once(elena):
    (clinic, who, *_), person, _ = elena
    person.user = who.user
    person.save()
    browser = Client()
    browser.force_login(who.user)
    home = reverse("portal:home", kwargs={"clinic": clinic.slug})
    assert "If you are Elena Marchetti, say so" in browser.get(home).content.decode()
    browser.post(reverse("portal:treats_here", kwargs={"clinic": clinic.slug}), {"practitioner": who.pk})
    assert OwnRecord.objects.get().confirmed_at == AT
