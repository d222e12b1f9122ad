"""The close form with the next visit on it, and the page of the closed visit: without script, and in few queries."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from myotome.clinic.booking.models import Appointment, Service
from myotome.clinic.needling.actions import open_visit, record_insertion
from myotome.clinic.needling.models import TreatmentVisit
from myotome.clinic.pathway.actions import patient_booked
from myotome.clinic.people.models import Place, Practitioner, User
from myotome.clinic.planning.models import Plan
from myotome.vocabulary.needling import NeedleState, TreatmentMode
from tests.factories import (
    a_clinic,
    a_consent,
    a_course,
    a_needle,
    a_patient,
    a_practitioner,
    an_actor,
    the_system,
)

pytestmark = pytest.mark.django_db
CHOICE = re.compile(r'name="next" value="([^"]+)"( checked)?')


@pytest.fixture
def visit(client):
    """A visit of now with one needle out, in a course whose plan asks for six; its practitioner is logged in."""
    clinic, now = a_clinic(), timezone.now()
    elena = a_practitioner(clinic)
    course = a_course(clinic, a_patient(clinic, in_care_of=elena), opened_at=now)
    a_consent(course)
    Plan.objects.create(
        clinic=clinic, course=course, made_by=elena, mode="ims", n_treatments=6, price_cents_each=9500, made_at=now,
        agreed_at=now,
    )  # fmt: skip
    actor = an_actor(elena.user, clinic)
    visit = open_visit(by=actor, at=now, course_id=course.pk, mode=TreatmentMode.IMS)
    record_insertion(by=actor, at=now, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
    client.force_login(User.objects.get(pk=elena.user_id))
    return visit


def at(name, visit):
    return reverse(f"needling:{name}", kwargs={"clinic": visit.clinic.slug, "visit": visit.pk})


def closing(visit, **more):
    return {"version": visit.version, "n_needles_opened": "1", "n_needles_in_sharps": "1", "sign": "1"} | more


def test_without_script_the_link_that_closes_brings_the_times_with_the_first_one_chosen(client, visit):
    page = client.get(at("chart", visit)).content.decode()
    assert f'href="{at("chart", visit)}?closing=1#closing"' in page
    assert CHOICE.findall(page) == []
    choices = CHOICE.findall(client.get(at("chart", visit) + "?closing=1").content.decode())
    assert [bool(checked) for _, checked in choices] == [True, False, False, False]
    assert choices[-1][0] == "no"


def test_the_form_that_is_open_already_asks_for_the_same_times(client, visit):
    whole = CHOICE.findall(client.get(at("chart", visit) + "?closing=1").content.decode())
    with CaptureQueriesContext(connection) as captured:
        part = CHOICE.findall(client.get(at("next_visit", visit)).content.decode())
    assert part == whole
    assert len([row for row in captured if "SAVEPOINT" not in row["sql"]]) <= 15


def test_closing_books_what_was_chosen_and_the_page_says_until_when_it_can_be_taken_back(client, visit):
    chosen = CHOICE.findall(client.get(at("next_visit", visit)).content.decode())[0][0]
    page = client.post(at("close", visit), closing(visit, next=chosen), follow=True).content.decode()
    assert Appointment.objects.get().starts_at == datetime.fromisoformat(chosen)
    assert "Next visit:" in page
    assert "Take it back" in page
    with CaptureQueriesContext(connection) as captured:
        client.get(at("chart", visit))
    asked = [row["sql"] for row in captured if "SAVEPOINT" not in row["sql"]]
    assert len(asked) <= 15, "\n".join(asked)


def test_a_time_taken_meanwhile_is_named_with_the_nearest_to_press(client, visit):
    chosen = CHOICE.findall(client.get(at("next_visit", visit)).content.decode())[0][0]
    taken = datetime.fromisoformat(chosen)
    patient_booked(
        by=the_system(visit.clinic), at=timezone.now(), patient=a_patient(visit.clinic, given_name="Somebody"),
        service_id=Service.objects.get(kind="ims").pk, practitioner_id=Practitioner.objects.get().pk,
        starts_at=taken, newcomer=False,
    )  # fmt: skip
    page = client.post(at("close", visit), closing(visit, next=chosen), follow=True).content.decode()
    assert TreatmentVisit.objects.get().signed_at is not None
    assert "was taken in the meantime: no next visit is booked." in page
    with CaptureQueriesContext(connection) as captured:
        client.get(at("chart", visit))
    assert len([row for row in captured if "SAVEPOINT" not in row["sql"]]) <= 15
    part = client.get(at("next_visit", visit)).content.decode()
    instead = re.findall(r'form="instead" name="start" value="([^"]+)"', part)
    assert len(instead) == 3
    book = reverse("desk:book", kwargs={"clinic": visit.clinic.slug, "patient": visit.course.patient_id})
    assert f"{book}?practitioner=" in page
    form = {"service": Service.objects.get(kind="ims").pk, "key": "k", "start": instead[0]}
    assert client.post(book, form).status_code == 302
    assert Appointment.objects.filter(patient=visit.course.patient, starts_at__gt=timezone.now()).count() == 1


def test_a_time_that_cannot_be_booked_is_named_with_the_true_reason_and_the_way_on(client, visit):
    chosen = CHOICE.findall(client.get(at("next_visit", visit)).content.decode())[0][0]
    Service.objects.filter(kind="ims").update(credential="<b>iSTOP</b>")
    page = client.post(at("close", visit), closing(visit, next=chosen), follow=True).content.decode()
    assert TreatmentVisit.objects.get().signed_at is not None
    assert "could not be booked: no next visit is booked." in page
    assert "has no &lt;b&gt;iSTOP&lt;/b&gt; credential in force that day." in page
    assert "was taken" not in page
    assert "Book the next visit" in page


@pytest.mark.parametrize("typed", ["no", "", "soon", "2026-13-45T00:00", "2026-12-01T09:00"])
def test_no_choice_and_no_nonsense_keeps_a_visit_open(client, visit, typed):
    why = {"no_next_because": "she_books_herself" if typed == "no" else "taken"}
    page = client.post(at("close", visit), closing(visit, next=typed) | why, follow=True).content.decode()
    assert TreatmentVisit.objects.get().closed_at is not None
    assert not Appointment.objects.exists()
    said = "No next visit is booked: she books herself." if typed == "no" else "No next visit is booked."
    assert said in page


def test_a_close_that_is_refused_keeps_the_choice(client, visit):
    choices = CHOICE.findall(client.get(at("next_visit", visit)).content.decode())
    wrong = closing(visit, next=choices[1][0]) | {"n_needles_in_sharps": "7"}
    answer = client.post(at("close", visit), wrong)
    assert answer.status_code >= 400
    kept = [bool(checked) for _, checked in CHOICE.findall(answer.content.decode())]
    assert kept == [False, True, False, False]


def test_what_is_booked_is_named_on_the_form(client, visit):
    now = timezone.now()
    booked = Appointment.objects.create(
        clinic=visit.clinic, patient=visit.course.patient, practitioner=Practitioner.objects.get(), place=Place.objects.get(),
        service=Service.objects.get(kind="ims"), starts_at=now + timedelta(days=7), ends_at=now + timedelta(days=7, hours=1),
        created_at=now, created_by="Robin", status="booked",
    )  # fmt: skip
    part = client.get(at("next_visit", visit)).content.decode()
    assert "The next visit is booked" in part
    assert booked.practitioner.name in part
    assert 'name="next"' not in part
