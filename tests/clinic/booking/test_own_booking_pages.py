"""She books her next visit on her own page: behind her birth date or with her account, free times only, in few queries."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from myotome.clinic.booking.models import Appointment, Notice, Service, WorkingHours
from myotome.clinic.booking.queries import free_times_for
from myotome.clinic.pathway.actions import patient_booked
from myotome.clinic.people.links import link_token
from myotome.clinic.people.models import Patient, Practitioner
from myotome.clinic.planning.models import Plan
from myotome.vocabulary.courses import Role
from tests.factories import a_clinic, a_course, a_page_link, a_patient, a_practitioner, a_user, the_system

pytestmark = pytest.mark.django_db
TIME = re.compile(r'name="start" value="([^"]+)"')


@pytest.fixture
def hannah():
    """In care, with an agreed plan of six IMS visits; two practitioners; IMS is open to patients in care."""
    clinic, now = a_clinic(), timezone.now()
    elena = a_practitioner(clinic)
    a_practitioner(clinic, name="David Okafor")
    patient = a_patient(clinic, in_care_of=elena)
    Plan.objects.create(
        clinic=clinic, course=a_course(clinic, patient, opened_at=now), made_by=elena, mode="ims", n_treatments=6,
        price_cents_each=9500, made_at=now, agreed_at=now,
    )  # fmt: skip
    Service.objects.filter(kind="ims").update(in_care_may_book=True)
    return patient


def at(patient, name="book_by_link"):
    return reverse(f"portal:{name}", kwargs={"clinic": patient.clinic.slug, "token": a_page_link(patient)})


def come_in(client, patient):
    client.post(at(patient, "page"), {"born_on": "1968-03-12"})


def test_nothing_is_shown_before_her_birth_date(client, hannah):
    assert client.get(at(hannah)).url == at(hannah, "page")
    assert (
        client.post(at(hannah), {"start": "2026-12-01T09:00:00-08:00|1", "service": "1", "key": "k"}).status_code == 302
    )
    assert not Appointment.objects.exists()


def test_from_her_page_to_a_booked_visit_with_the_policy_before_it_and_a_mail_after_it(client, hannah):
    come_in(client, hannah)
    assert at(hannah) in client.get(at(hannah, "page")).content.decode()
    page = client.get(at(hannah)).content.decode()
    times = TIME.findall(page)
    assert times
    assert {row.partition("|")[2] for row in times} == {str(Practitioner.objects.order_by("pk").first().pk)}
    service = Service.objects.get(kind="ims").pk
    asked = client.get(at(hannah), {"service": service, "start": times[0]}).content.decode()
    assert "Please change or cancel at least 24 hours before." in asked
    assert "Kept for you until" in asked
    key = re.search(r'name="key" value="([^"]+)"', asked)[1]
    form = {"service": service, "start": times[0], "key": key}
    for _ in range(2):
        done = client.post(at(hannah), form, follow=True)
        assert "Your visit is booked" in done.content.decode()
    booked = Appointment.objects.get()
    assert booked.starts_at == datetime.fromisoformat(times[0].partition("|")[0])
    assert Notice.objects.filter(appointment=booked, kind="booked").exists()


def test_anybody_shows_others_times_and_nobodys_patients(client, hannah):
    a_patient(hannah.clinic, given_name="Maja", family_name="Secret")
    WorkingHours.objects.filter(practitioner__name="Elena Marchetti", weekday__lt=4).delete()
    come_in(client, hannah)
    page = client.get(at(hannah), {"with": "anybody"}).content.decode()
    assert "David Okafor" in page
    assert "Secret" not in page


def test_a_taken_time_comes_with_the_free_ones(client, hannah):
    come_in(client, hannah)
    other = a_patient(hannah.clinic, given_name="Maja")
    start, _bar, who = TIME.findall(client.get(at(hannah)).content.decode())[0].partition("|")
    service = Service.objects.get(kind="ims").pk
    patient_booked(
        by=the_system(hannah.clinic), at=timezone.now(), patient=other, service_id=service, practitioner_id=int(who),
        starts_at=datetime.fromisoformat(start), newcomer=False,
    )  # fmt: skip
    refused = client.post(at(hannah), {"service": service, "start": f"{start}|{who}", "key": "k"})
    assert refused.status_code == 409
    assert TIME.findall(refused.content.decode())


def test_moving_by_link_offers_only_days_that_keep_the_plans_distance_and_refuses_a_forced_one(client, hannah):
    service, who = Service.objects.get(kind="ims"), Practitioner.objects.order_by("pk").first()
    now = timezone.now()
    free = free_times_for(
        the_system(hannah.clinic), service=service, first_day=now.date(), n_days=28, at=now, practitioner_id=who.pk
    )
    monday = next(row for row in free if row.on.weekday() == 0 and (row.on - now.date()).days > 6)
    thursday = next(row for row in free if (row.on - monday.on).days == 10)
    mine, _other = (
        patient_booked(
            by=the_system(hannah.clinic), at=now, patient=hannah, service_id=service.pk, practitioner_id=who.pk,
            starts_at=offer.starts_at, newcomer=False,
        )
        for offer in (monday, thursday)
    )  # fmt: skip
    url = reverse(
        "booking:move",
        kwargs={"clinic": hannah.clinic.slug, "token": link_token("appointment", mine.pk, mine.link_version)},
    )
    pages = [client.get(url, {"page": n}).content.decode() for n in range(4)]
    assert all("at least 5 days apart" in page for page in pages)
    seen = {datetime.fromisoformat(row.partition("|")[0]).date() for page in pages for row in TIME.findall(page)}
    assert {monday.on, monday.on + timedelta(days=1)} <= seen
    assert all(abs((day - thursday.on).days) >= 5 for day in seen)
    near = next(row for row in free if (thursday.on - row.on).days == 1)
    refused = client.post(url, {"version": 1, "start": near.starts_at.isoformat()})
    assert refused.status_code == 422
    first = thursday.on + timedelta(days=5)
    assert f"It may be on {first:%d %b %Y}" in refused.content.decode()
    mine.refresh_from_db()
    assert mine.starts_at == monday.starts_at
    far = next(row for row in free if (row.on - monday.on).days == 1)
    assert client.post(url, {"version": 1, "start": far.starts_at.isoformat()}).status_code == 302


@pytest.mark.parametrize(
    "form",
    [
        {"start": "soon", "service": "1", "key": "k"},
        {"start": "2026-12-01T09:00|1", "service": "1", "key": "k"},
        {"start": "2026-12-01T09:00:00-08:00|x", "service": "x", "key": "k"},
        {"start": "2026-12-01T09:00:00-08:00|1", "service": "99999999999999999999999", "key": "k"},
        {"start": "2026-12-01T09:00:00-08:00|99", "key": ""},
    ],
)
def test_what_cannot_be_read_is_refused_in_words(client, hannah, form):
    come_in(client, hannah)
    answer = client.post(at(hannah), form)
    assert 400 <= answer.status_code < 500
    assert "summary-of-errors" in answer.content.decode()
    assert not Appointment.objects.exists()


def test_where_nothing_can_be_booked_the_page_says_why_and_whom_to_phone(client, hannah):
    Plan.objects.update(agreed_at=None)
    come_in(client, hannah)
    page = client.get(at(hannah)).content.decode()
    assert "A plan is agreed on with you first. Please phone us." in page
    assert "tel:604 555 0142" in page


def test_with_her_account_too(client, hannah):
    user = a_user(hannah.clinic, Role.PATIENT)
    Patient.objects.filter(pk=hannah.pk).update(user=user)
    client.force_login(user)
    where = reverse("portal:book", kwargs={"clinic": hannah.clinic.slug})
    time = TIME.findall(client.get(where).content.decode())[0]
    client.post(where, {"service": Service.objects.get(kind="ims").pk, "start": time, "key": "k"})
    assert Appointment.objects.get().patient == hannah


def test_the_page_opens_in_the_week_in_which_her_plan_lets_her_come_again(client, hannah):
    come_in(client, hannah)
    service = Service.objects.get(kind="ims").pk
    for key in ("one", "two", "three"):
        answer = client.get(at(hannah))
        starts = TIME.findall(answer.content.decode())
        assert starts, f"nothing to choose before visit {key}"
        assert client.post(at(hannah), {"service": service, "start": starts[0], "key": key}).status_code == 302
    assert answer.context["page"] >= 1
    assert Appointment.objects.count() == 3


def test_the_page_of_free_times_needs_at_most_fifteen_queries(client, hannah):
    come_in(client, hannah)
    client.get(at(hannah))
    with CaptureQueriesContext(connection) as captured:
        client.get(at(hannah))
    asked = [row["sql"] for row in captured if "SAVEPOINT" not in row["sql"]]
    assert len(asked) <= 15, "\n".join(asked)


def test_the_owner_opens_a_treatment_to_patients_in_care(client, hannah):
    Service.objects.update(in_care_may_book=False)
    owner = a_user(hannah.clinic, Role.OWNER)
    client.force_login(owner)
    page = client.get(reverse("booking:set_up", kwargs={"clinic": hannah.clinic.slug})).content.decode()
    assert page.count('name="in_care_may_book"') == 3, "treatments, not assessments, and a new one"
    come_in(client, hannah)
    assert at(hannah) not in client.get(at(hannah, "page")).content.decode()
    service = Service.objects.get(kind="ims")
    client.post(
        reverse("booking:change", kwargs={"clinic": hannah.clinic.slug, "what": "service"}),
        {
            "service": service.pk, "version": service.version, "phases": "30 both", "name": "IMS", "price_cents": "9500", "room_kind": "any",
            "buffer_minutes": "0", "turnover_minutes": "0", "most_resting": "3", "in_care_may_book": "yes", "is_active": "yes",
        },
    )  # fmt: skip
    assert at(hannah) in client.get(at(hannah, "page")).content.decode()
