"""Somebody new proves her address before a time is hers; a machine gets neither visit nor record, and holds few times."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from myotome.clinic.booking.actions import book
from myotome.clinic.booking.holds import sweep
from myotome.clinic.booking.models import Appointment, AskedBooking, Claim, DiaryRules, Hold, Service
from myotome.clinic.booking.proving import PROOF_MINUTES, message_for, send_proof
from myotome.clinic.booking.queries import free_times_for
from myotome.clinic.people.models import Patient
from myotome.clinic.people.queries import public_actor
from myotome.pages.booking.limits import MOST_HELD
from tests.clinic.booking.test_bad_times import address, answered, form
from tests.factories import a_patient, the_system

pytestmark = pytest.mark.django_db
assert form  # a fixture


@pytest.fixture(autouse=True)
def mail_leaves_the_house(settings):
    settings.PROVE_EMAIL = True
    cache.clear()
    yield
    cache.clear()


def link_in(message):
    return re.search(r"https?://[^/]+(/\S+/book/proof/\S+)", message)[1]


def asked_for(client, form):
    """The link that she was sent after she asked."""
    clinic, good = form
    answer = client.post(address(clinic), good)
    assert answer.status_code == 200
    send_proof.call(AskedBooking.objects.get().pk)
    return link_in(mail.outbox[-1].body)


def passed(monkeypatch, **time):
    later = timezone.now() + timedelta(**time)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    return later


def test_nothing_is_booked_and_nobody_is_known_before_the_link_is_followed(client, form):
    clinic, good = form
    page = client.post(address(clinic), good).content.decode()
    assert "Look into your mail" in page
    assert "hannah@example.org" in page
    assert not Appointment.objects.exists()
    assert not Patient.objects.exists()
    hold = Hold.objects.get()
    assert hold.starts_at.isoformat() == good["start"]
    assert hold.expires_at - hold.created_at == timedelta(minutes=PROOF_MINUTES)


def test_the_mail_says_when_and_nothing_that_was_typed(client, form):
    asked_for(client, form)
    message = mail.outbox[-1]
    assert message.to == ["hannah@example.org"]
    assert "Hannah" not in message.body + message.subject
    assert "Lindqvist" not in message.body
    assert "assessment" not in message.body.lower()


def test_the_link_alone_books_nothing_and_its_button_books_once(client, form):
    _clinic, good = form
    link = asked_for(client, form)
    page = client.get(link).content.decode()
    assert "Yes, book this time" in page
    assert not Appointment.objects.exists()
    first, second = client.post(link), client.post(link)
    assert (first.status_code, second.status_code) == (302, 302)
    assert first.url == second.url
    row = Appointment.objects.get()
    assert (row.status, row.starts_at.isoformat(), row.patient.email) == ("booked", good["start"], "hannah@example.org")
    assert not Hold.objects.exists()
    assert client.get(link).status_code == 302


def test_after_an_hour_the_time_is_free_again_and_what_was_typed_is_gone(client, form, monkeypatch):
    _clinic, _good = form
    link = asked_for(client, form)
    later = passed(monkeypatch, minutes=PROOF_MINUTES + 1)
    answer = client.post(link)
    assert answer.status_code == 410
    assert "has been given back" in answer.content.decode()
    assert not Appointment.objects.exists()
    sweep(at=later + timedelta(hours=2))
    assert not AskedBooking.objects.exists()
    assert not Hold.objects.exists()
    assert not Claim.objects.exists()


def test_the_form_sent_twice_asks_once_and_with_another_time_it_is_refused(client, form):
    clinic, good = form
    for _ in range(2):
        assert client.post(address(clinic), good).status_code == 200
    asked = AskedBooking.objects.get()
    later = asked.starts_at + timedelta(hours=1)
    assert client.post(address(clinic), good | {"start": later.isoformat()}).status_code == 409
    assert AskedBooking.objects.get().starts_at == asked.starts_at


def test_an_address_that_was_mistyped_is_asked_anew(client, form):
    clinic, good = form
    client.post(address(clinic), good | {"email": "hanna@example.org"})
    client.post(address(clinic), good)
    assert AskedBooking.objects.get().email == "hannah@example.org"
    assert Hold.objects.count() == 1


def test_one_address_has_two_times_that_wait_and_no_more(client, form):
    clinic, good = form
    for n in range(3):
        offer = free_times_for(
            public_actor(clinic), service=Service.objects.get(pk=good["service"]),
            first_day=timezone.now().date() + timedelta(days=2), n_days=7, at=timezone.now(),
        )[0]  # fmt: skip
        asks = good | {"intake": answered(client), "key": f"form {n}", "start": offer.starts_at.isoformat()}
        answer = client.post(address(clinic), asks)
        assert answer.status_code == (200 if n < 2 else 429)
    assert "Two times wait for this address" in answer.content.decode()
    assert AskedBooking.objects.count() == Hold.objects.count() == 2


def test_one_connection_holds_few_times(client, form):
    clinic, good = form
    statuses = []
    for _n in range(MOST_HELD + 1):
        offer = free_times_for(
            public_actor(clinic), service=Service.objects.get(pk=good["service"]),
            first_day=timezone.now().date() + timedelta(days=2), n_days=14, at=timezone.now(),
        )[0]  # fmt: skip
        asks = {name: good[name] for name in ("service", "practitioner")}
        asks |= {"intake": answered(client), "start": offer.starts_at.isoformat()}
        statuses.append(client.get(address(clinic), asks).status_code)
    assert statuses == [200] * MOST_HELD + [429]
    assert Hold.objects.count() == MOST_HELD


def test_with_a_telephone_number_alone_the_clinic_phones_before_it_is_booked(client, form):
    clinic, good = form
    answer = client.post(address(clinic), good | {"email": ""}, follow=True)
    page = answer.content.decode()
    assert Appointment.objects.get().status == "requested"
    assert "We phone you within one working day" in page
    assert "Because of one of your answers" not in page


def test_a_time_lost_meanwhile_is_told_with_the_way_to_another(client, form):
    clinic, _good = form
    link = asked_for(client, form)
    Hold.objects.all().delete()
    row = AskedBooking.objects.get()
    other = a_patient(clinic, given_name="Omar", email="")
    book(
        by=the_system(clinic), at=timezone.now(), patient_id=other.pk, service_id=row.service_id,
        practitioner_id=row.practitioner_id, starts_at=row.starts_at,
    )  # fmt: skip
    answer = client.post(link)
    assert answer.status_code == 409
    assert reverse("booking:choose", kwargs={"clinic": clinic.slug}) in answer.content.decode()
    assert Patient.objects.count() == 1


def test_a_mail_server_that_is_down_is_tried_again(client, form, monkeypatch):
    clinic, good = form
    client.post(address(clinic), good)
    asked = AskedBooking.objects.get()
    monkeypatch.setattr("django.core.mail.EmailMessage.send", lambda self: (_ for _ in ()).throw(OSError("down")))
    send_proof.call(asked.pk)
    asked.refresh_from_db()
    assert (asked.sent_at, asked.n_failures) == (None, 1)
    monkeypatch.undo()
    send_proof.call(asked.pk)
    send_proof.call(asked.pk)
    assert len(mail.outbox) == 1
    assert message_for(asked).to == ["hannah@example.org"]


def test_the_policy_is_shown_before_she_cancels(client, form, settings):
    settings.PROVE_EMAIL = False
    clinic, good = form
    DiaryRules.objects.create(clinic=clinic, cancel_hours=168, no_show_fee_cents=4000)
    manage = client.post(address(clinic), good).url
    page = client.get(f"{manage}cancel/").content.decode()
    assert "at least 168 hours before" in page
    assert "It is later than that now" in page
    assert "$40.00" in page
    assert Appointment.objects.get().status == "booked"
    assert client.post(f"{manage}cancel/", {"version": 1}).status_code == 302
    assert Appointment.objects.get().status == "cancelled"
