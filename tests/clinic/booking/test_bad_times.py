"""Bad times, contacts and choices typed into the address or the form: refused in words, nothing written, the typing kept."""

from datetime import date, datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.urls import reverse
from django.utils import timezone

from myotome.clinic.booking.models import Appointment, Claim, Service
from myotome.clinic.booking.queries import free_times_for
from myotome.clinic.pathway.actions import Person, new_patient_booked
from myotome.clinic.people.models import Patient
from myotome.clinic.people.queries import public_actor
from myotome.clinic.screening.by_link import intake_by_link
from tests.canaries import SCRIPT
from tests.clinic.screening.test_intake_pages import answer, begin, walk_safety
from tests.factories import a_clinic, a_practitioner

pytestmark = pytest.mark.django_db
PERSON = {
    "given_name": "Hannah",
    "family_name": "Lindqvist",
    "born_on": "1968-03-12",
    "phone": "604 555 0147",
    "email": "hannah@example.org",
}


def answered(client):
    """The link of an intake whose safety questions are answered with no."""
    token = begin(client, fresh=True)
    answer(client, token, "where", regions=["left:low_back"])
    answer(client, token, "age", age="58")
    walk_safety(client, token)
    return token


@pytest.fixture
def form(client):
    """(clinic, a form that would be booked)."""
    clinic = a_clinic()
    elena = a_practitioner(clinic)
    service = Service.objects.get(clinic=clinic, kind="assessment_ims")
    now = timezone.now()
    offer = free_times_for(
        public_actor(clinic), service=service, first_day=now.date() + timedelta(days=2), n_days=7, at=now
    )[0]
    good = PERSON | {
        "intake": answered(client),
        "service": str(service.pk),
        "practitioner": str(elena.pk),
        "start": offer.starts_at.isoformat(),
        "key": "one form",
    }
    return clinic, good


def address(clinic):
    return reverse("booking:details", kwargs={"clinic": clinic.slug})


BAD_STARTS = [
    "",
    "tomorrow",
    "2027-02-30T10:00+00:00",
    "2027-03-14T02:30",
    "2027-11-07T01:30",
    "2027-01-04T10:00",
    "2027-01-04T25:00+00:00",
    "2016-12-31T23:59:60+00:00",
    "9999-12-31T23:59:59-14:00",
    "9999-01-04T10:00:00+00:00",
    "0001-01-01T00:00:00+14:00",
    "2020-01-06T10:00:00+00:00",
    SCRIPT,
    "\u202e10:00",
    "2027-01-04T10:00:00+00:00" * 50,
]


@pytest.mark.parametrize("start", BAD_STARTS)
def test_an_impossible_start_is_refused_in_words_and_nothing_is_written(client, form, start):
    clinic, good = form
    for reply in (
        client.post(address(clinic), good | {"start": start}),
        client.get(
            address(clinic), {name: good[name] for name in ("intake", "service", "practitioner")} | {"start": start}
        ),
    ):
        assert reply.status_code < 500
        assert SCRIPT not in reply.content.decode()
    reply = client.post(address(clinic), good | {"start": start})
    assert reply.status_code == 422
    assert not Appointment.objects.exists()
    assert not Claim.objects.exists()
    assert not Patient.objects.exists()
    assert "Lindqvist" in reply.content.decode()


@pytest.mark.parametrize("field", ["service", "practitioner"])
@pytest.mark.parametrize("value", ["", "0", "999999", "-1", "1; drop table", "٣", "9" * 40])
def test_an_unknown_service_or_practitioner_is_refused(client, form, field, value):
    clinic, good = form
    reply = client.post(address(clinic), good | {field: value})
    assert reply.status_code in {404, 422}
    assert not Appointment.objects.exists()


def test_a_practitioner_who_does_not_give_the_treatment_cannot_be_booked_for_it(client, form):
    clinic, good = form
    mei = a_practitioner(clinic, name="Mei-Lin Chow", ims=False)
    reply = client.post(address(clinic), good | {"practitioner": str(mei.pk)})
    assert reply.status_code in {409, 422}
    assert not Appointment.objects.exists()


def test_a_treatment_is_not_open_to_somebody_new(client, form):
    clinic, good = form
    ims = Service.objects.get(clinic=clinic, kind="ims")
    assert client.post(address(clinic), good | {"service": str(ims.pk)}).status_code == 403
    assert not Appointment.objects.exists()


@pytest.mark.parametrize("born_on", ["", "1968-13-40", "2999-01-01", "1700-01-01", "12/03/1968", SCRIPT])
def test_an_impossible_birth_date_is_refused_and_the_typing_is_kept(client, form, born_on):
    clinic, good = form
    reply = client.post(address(clinic), good | {"born_on": born_on})
    assert reply.status_code == 422
    assert "hannah@example.org" in reply.content.decode()
    assert not Patient.objects.exists()


def test_the_same_form_twice_is_one_booking_and_with_another_time_it_is_refused(client, form):
    clinic, good = form
    first, second = client.post(address(clinic), good), client.post(address(clinic), good)
    assert (first.status_code, second.status_code) == (302, 302)
    assert Appointment.objects.count() == Patient.objects.count() == 1
    later = Appointment.objects.get().starts_at + timedelta(hours=2)
    assert client.post(address(clinic), good | {"start": later.isoformat()}).status_code == 409
    assert Appointment.objects.count() == 1


def test_a_time_just_taken_is_refused_with_other_times_and_the_typing_kept(client, form):
    clinic, good = form
    client.post(address(clinic), good)
    reply = client.post(
        address(clinic), good | {"intake": answered(client), "key": "another form", "given_name": "Omar"}
    )
    assert reply.status_code == 409
    page = reply.content.decode()
    assert "Omar" in page
    assert "start=" in page
    assert Patient.objects.count() == 1


@pytest.mark.parametrize("field", ["given_name", "family_name", "phone", "email"])
@pytest.mark.parametrize(
    "text", ["nul \x00 inside", "bell \x07 rings", "escape \x1b[31m", "next\x85line", "x" * 500, "only spaces"]
)
def test_a_contact_that_cannot_be_kept_is_refused_at_its_field_and_the_rest_stays(client, form, field, text):
    clinic, good = form
    typed = {"only spaces": "   "}.get(text, text)
    if typed.isspace() and field in {"phone", "email"}:
        return  # one of the two is enough
    body = urlencode(good | {field: typed})
    reply = client.post(address(clinic), body, content_type="application/x-www-form-urlencoded")
    assert reply.status_code == 422
    page = reply.content.decode()
    assert f'id="{field}-error"' in page
    kept = "family_name" if field != "family_name" else "given_name"
    assert f'value="{good[kept]}"' in page
    assert not Patient.objects.exists()
    assert not Appointment.objects.exists()


@pytest.mark.parametrize(
    ("field", "text"),
    [("email", "hannah"), ("email", "a@b"), ("email", "a@b@c.org"), ("email", "a b@example.org"), ("phone", "12")],
)
def test_an_address_that_reaches_nobody_is_refused_at_its_field(client, form, field, text):
    clinic, good = form
    reply = client.post(address(clinic), good | {field: text})
    assert reply.status_code == 422
    assert f'id="{field}-error"' in reply.content.decode()
    assert not Patient.objects.exists()


def test_of_two_clicks_at_once_the_second_finds_what_the_first_has_booked(form):
    clinic, good = form
    intakes = [intake_by_link(clinic, good["intake"]) for _ in range(2)]
    booked = [
        new_patient_booked(
            by=public_actor(clinic),
            at=timezone.now(),
            person=Person(
                given_name="Hannah", family_name="Lindqvist", born_on=date(1968, 3, 12), email="hannah@example.org"
            ),
            intake=intake,
            service_id=int(good["service"]),
            practitioner_id=int(good["practitioner"]),
            starts_at=datetime.fromisoformat(good["start"]),
            key="one form",
        )
        for intake in intakes
    ]
    assert booked[0].pk == booked[1].pk
    assert Patient.objects.count() == Appointment.objects.count() == 1


def test_a_form_key_that_no_database_can_look_up_is_a_sentence_not_a_fault(client, form):
    clinic, good = form
    body = urlencode(good | {"key": "nul \x00 inside"})
    reply = client.post(address(clinic), body, content_type="application/x-www-form-urlencoded")
    assert reply.status_code == 422
    assert not Appointment.objects.exists()
