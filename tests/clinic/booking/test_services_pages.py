"""Services through HTTP: added and retired by the owner, chosen by name at the desk, on the plan and by somebody new."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.booking.models import Appointment, DeskAct, Service
from myotome.clinic.booking.queries import free_times_for
from myotome.clinic.booking.waitlist import wait_for
from myotome.clinic.money.actions import charge_visit
from myotome.clinic.pathway.actions import patient_booked
from myotome.clinic.planning.models import Plan
from myotome.vocabulary.courses import Role
from tests.clinic.booking.test_bad_times import answered
from tests.factories import (
    AT,
    a_clinic,
    a_course,
    a_patient,
    a_practitioner,
    a_receptionist,
    a_service,
    a_user,
    an_actor,
    the_system,
)

pytestmark = pytest.mark.django_db
NEW = {
    "kind": "ims", "name": "IMS 45 minutes", "phases": "45 both", "price_cents": "13000", "buffer_minutes": "5",
    "turnover_minutes": "0", "most_resting": "3", "room_kind": "any", "equipment": "", "credential": "",
}  # fmt: skip


@pytest.fixture
def clinic():
    return a_clinic()


@pytest.fixture
def elena(clinic):
    return a_practitioner(clinic)


@pytest.fixture
def hannah(clinic, elena):
    patient = a_patient(clinic, in_care_of=elena)
    a_course(clinic, patient)
    return patient


def logged_in(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def owner(clinic):
    return logged_in(a_user(clinic, Role.OWNER))


@pytest.fixture
def desk(clinic):
    return logged_in(a_receptionist(clinic))


def at(clinic, name, **more):
    return reverse(name, kwargs={"clinic": clinic.slug, **more})


def post(client, clinic, what="add-service", **form):
    return client.post(at(clinic, "booking:change", what=what), form, follow=True)


def words_of(answer):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", answer.content.decode())))


def a_plan(patient, elena, service):
    return Plan.objects.create(
        clinic=patient.clinic, course=patient.courses.get(), made_by=elena, mode=service.kind, n_treatments=6,
        service=service, price_cents_each=service.price_cents, made_at=AT, agreed_at=AT,
    )  # fmt: skip


def test_the_owner_adds_a_service_and_is_told_that_its_tax_is_not_said_yet(clinic, owner):
    page = words_of(post(owner, clinic, **NEW, in_care_may_book="yes"))
    made = Service.objects.get(name="IMS 45 minutes")
    assert (made.kind, made.minutes, made.price_cents, made.buffer_minutes) == ("ims", 45, 13000, 5)
    assert (made.in_care_may_book, made.new_patients_may_book, made.is_active) == (True, False, True)
    assert "IMS 45 minutes is exempt from tax until its tax is set under Money, Prices and tax." in page
    assert "IMS 45 minutes IMS, 45 minutes" in page
    assert AuditEvent.objects.filter(act="service.added", subject_id=made.pk).exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "ims"}, "name"),
        ({"name": ""}, "name"),
        ({"kind": ""}, "kind"),
        ({"phases": "45 nobody"}, "phases"),
        ({"price_cents": "much"}, "price_cents"),
        ({"room_kind": "cellar"}, "room_kind"),
    ],
)
def test_what_is_refused_stays_open_with_all_that_was_typed(clinic, owner, changes, field):
    answer = post(owner, clinic, **NEW | {"credential": "IMS, level 2"} | changes)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'href="#add-service-{field}"' in page
    assert page.count(f'id="add-service-{field}"') == 1
    assert f'id="add-service-{field}-error"' in page
    assert 'value="IMS, level 2"' in page
    assert Service.objects.count() == 4


def test_a_rename_to_anothers_name_is_refused_at_its_own_form(clinic, owner):
    long = a_service(clinic, "IMS 45 minutes")
    form = NEW | {"service": long.pk, "version": long.version, "name": "Ims", "is_active": "yes"}
    answer = post(owner, clinic, "service", **form)
    assert answer.status_code == 422
    assert f'id="service-{long.pk}-name-error"' in answer.content.decode()
    assert "There is a service called “IMS” already" in words_of(answer)


def test_a_retired_service_stands_last_and_says_so(clinic, owner):
    short = Service.objects.get(kind="ims")
    form = NEW | {"service": short.pk, "version": short.version, "name": "IMS", "phases": "30 both"}
    page = words_of(post(owner, clinic, "service", **form))
    assert "IMS IMS, 30 minutes, not offered" in page
    assert page.index("Save Acupuncture") < page.index("Save IMS Add a service")


def test_nobody_but_the_owner_adds_a_service(clinic, desk, elena):
    for client in (desk, logged_in(elena.user)):
        assert post(client, clinic, **NEW).status_code == 403
    assert Service.objects.count() == 4


def test_the_desk_books_by_name_and_begins_with_what_the_plan_says(clinic, desk, elena, hannah):
    long = a_service(clinic, "IMS 45 minutes")
    address = at(clinic, "desk:book", patient=hannah.pk)
    assert 'aria-current="true">IMS</a>' in desk.get(address).content.decode()
    a_plan(hannah, elena, long)
    page = desk.get(address).content.decode()
    assert 'aria-current="true">IMS 45 minutes</a>' in page
    start = re.search(r'name="start" value="([^"]+)" form="book-form"|form="book-form"[^>]*value="([^"]+)"', page)
    key = re.search(r'name="key" value="([^"]+)"', page)[1]
    desk.post(address, {"service": long.pk, "key": key, "start": unescape(start[1] or start[2])})
    assert Appointment.objects.get().service == long


def test_somebody_new_begins_with_an_assessment_whatever_a_plan_says(clinic, desk, elena):
    page = desk.get(at(clinic, "desk:book", patient=a_patient(clinic).pk)).content.decode()
    assert "IMS assessment" in page
    assert ">IMS</a>" not in page


@pytest.mark.parametrize("page", ["booking:series", "booking:wait"])
def test_a_series_and_a_wish_begin_with_what_the_plan_says(clinic, desk, elena, hannah, page):
    long = a_service(clinic, "IMS 45 minutes")
    a_plan(hannah, elena, long)
    shown = desk.get(at(clinic, page, patient=hannah.pk)).content.decode()
    assert re.findall(r'name="service" value="(\d+)" checked', shown) == [str(long.pk)]


def test_series_placed_together_begin_with_what_each_plan_says(clinic, desk, elena, hannah):
    short, long = Service.objects.get(kind="ims"), a_service(clinic, "IMS 45 minutes")
    omar = a_patient(clinic, in_care_of=elena, given_name="Omar")
    a_course(clinic, omar)
    a_plan(hannah, elena, long)
    a_plan(omar, elena, short)
    shown = desk.get(at(clinic, "booking:together")).content.decode()
    for patient, name in ((hannah, "IMS 45 minutes"), (omar, "IMS")):
        box = re.search(rf'<select id="id_service-{patient.pk}".*?</select>', shown, re.S)[0]
        assert re.findall(r"selected>([^<]+)<", box) == [name]


def test_who_waits_for_a_service_that_is_retired_is_named_so_on_the_waiting_list(clinic, desk, hannah):
    long, today = a_service(clinic, "IMS 45 minutes"), timezone.localdate()
    wait_for(
        by=the_system(clinic), at=timezone.now(), patient_id=hannah.pk, service_id=long.pk, first_day=today,
        last_day=today + timedelta(days=9),
    )  # fmt: skip
    assert "not offered any more" not in words_of(desk.get(at(clinic, "booking:waiting")))
    Service.objects.filter(pk=long.pk).update(is_active=False)
    assert "IMS 45 minutes not offered any more" in words_of(desk.get(at(clinic, "booking:waiting")))


def booked(patient, elena, service):
    days = free_times_for(
        the_system(patient.clinic), service=service, first_day=timezone.localdate(), n_days=14, at=timezone.now()
    )
    return patient_booked(
        by=the_system(patient.clinic), at=timezone.now(), patient=patient, service_id=service.pk, practitioner_id=elena.pk,
        starts_at=days[0].starts_at, course_id=patient.courses.get().pk, newcomer=False,
    )  # fmt: skip


def test_the_desk_moves_a_visit_as_another_service_and_is_told_that_it_is_charged(clinic, desk, elena, hannah):
    short, long = Service.objects.get(kind="ims"), a_service(clinic, "IMS 45 minutes")
    visit = booked(hannah, elena, short)
    charge_visit(by=an_actor(a_receptionist(clinic), clinic), at=timezone.now(), appointment_id=visit.pk)
    address = at(clinic, "desk:move", appointment=visit.pk)
    assert 'aria-current="true">IMS</a>' in desk.get(address).content.decode()
    page = desk.get(address, {"service": long.pk}).content.decode()
    assert 'aria-current="true">IMS 45 minutes</a>' in page
    assert "IMS assessment" not in page
    start = f"{visit.starts_at.isoformat()}|{elena.pk}"
    form = {"version": visit.version, "start": start, "service": long.pk}
    answer = desk.post(address, form, follow=True)
    visit.refresh_from_db()
    assert (visit.service, (visit.ends_at - visit.starts_at).seconds) == (long, 45 * 60)
    assert "It is charged as IMS. Take that back under Money if IMS 45 minutes has another price." in words_of(answer)


def test_a_visit_is_not_moved_in_silence_as_what_it_was_when_the_other_service_is_gone(clinic, desk, elena, hannah):
    short, long = Service.objects.get(kind="ims"), a_service(clinic, "IMS 45 minutes")
    visit = booked(hannah, elena, short)
    Service.objects.filter(pk=long.pk).update(is_active=False)
    form = {"version": visit.version, "start": f"{visit.starts_at.isoformat()}|{elena.pk}", "service": long.pk}
    answer = desk.post(at(clinic, "desk:move", appointment=visit.pk), form)
    assert answer.status_code == 422
    assert "Please choose one of the list" in words_of(answer)
    visit.refresh_from_db()
    assert (visit.service, visit.version) == (short, form["version"])


def test_a_move_from_just_before_an_update_is_still_taken_back(clinic, desk, elena, hannah):
    """Until now an act did not keep which service the visit was."""
    visit = booked(hannah, elena, Service.objects.get(kind="ims"))
    later = visit.starts_at + timedelta(days=7)
    form = {"version": visit.version, "start": f"{later.isoformat()}|{elena.pk}"}
    desk.post(at(clinic, "desk:move", appointment=visit.pk), form)
    act = DeskAct.objects.get(act="moved")
    del act.before["service_id"]
    act.save()
    desk.post(at(clinic, "booking:take_back", act=act.pk))
    back = Appointment.objects.get()
    assert (back.starts_at, back.service) == (visit.starts_at, visit.service)


def test_a_treatment_that_is_open_to_somebody_new_is_still_one_for_a_series(clinic, desk, elena, hannah):
    Service.objects.filter(kind="ims").update(new_patients_may_book=True)
    a_service(clinic, "Second look", kind="assessment_ims")
    for page in ("booking:series", "booking:wait"):
        shown = words_of(desk.get(at(clinic, page, patient=hannah.pk)))
        assert "Treatment Second look IMS Acupuncture With" in shown


def plan_page(client, hannah, name="plan"):
    return reverse(f"planning:{name}", kwargs={"clinic": hannah.clinic.slug, "course": hannah.courses.get().pk})


SERIES = {"mode": "acupuncture", "n_treatments": "4", "review_every": "4", "interval_days": "7", "instead_of": "0"}


def test_a_plan_asks_which_service_where_there_are_several_and_shows_its_price(clinic, elena, hannah):
    client, two = logged_in(elena.user), a_service(clinic, "Acupuncture, long", kind="acupuncture", price_cents=12000)
    page = words_of(client.get(plan_page(client, hannah) + "?mode=acupuncture"))
    assert "Which treatment?" in page
    assert "Acupuncture, long $120 each" in page
    assert client.post(plan_page(client, hannah, "make"), SERIES | {"service": two.pk}).status_code == 302
    made = Plan.objects.get()
    assert (made.service, made.price_cents_each) == (two, 12000)
    page = words_of(client.get(plan_page(client, hannah) + "?mode=acupuncture"))
    assert "Acupuncture, long" in page
    assert "4 treatments, $480" in page


def test_a_plan_is_not_made_while_nobody_says_which_of_several(clinic, elena, hannah):
    client = logged_in(elena.user)
    a_service(clinic, "Acupuncture, long", kind="acupuncture")
    answer = client.post(plan_page(client, hannah, "make"), SERIES | {"rationale": "because"})
    assert answer.status_code == 422
    assert "Please choose one of the treatments that are offered." in words_of(answer)
    assert "because" in answer.content.decode()
    assert not Plan.objects.exists()


def test_where_there_is_one_of_the_kind_a_plan_takes_it_unasked(clinic, elena, hannah):
    client = logged_in(elena.user)
    assert "Which treatment?" not in words_of(client.get(plan_page(client, hannah) + "?mode=acupuncture"))
    client.post(plan_page(client, hannah, "make"), SERIES)
    assert Plan.objects.get().service == Service.objects.get(kind="acupuncture")


def test_a_new_plan_begins_with_the_service_of_the_one_before(clinic, elena, hannah):
    client = logged_in(elena.user)
    a_plan(hannah, elena, a_service(clinic, "Acupuncture, long", kind="acupuncture"))
    page = client.get(plan_page(client, hannah) + "?mode=acupuncture&again=1").content.decode()
    assert re.search(r'name="service" value="\d+" checked> <span>Acupuncture, long', page)


@pytest.fixture
def somebody_new(clinic, elena, client):
    """(client, link of her intake, answered with no)."""
    return client, answered(client)


def test_somebody_new_chooses_by_name_and_reads_how_long_it_takes(clinic, somebody_new):
    client, token = somebody_new
    short = a_service(clinic, "Short assessment", kind="assessment_ims", minutes=40, new_patients_may_book=True)
    page = words_of(client.get(at(clinic, "booking:choose"), {"intake": token}))
    assert "IMS assessment Short assessment Acupuncture assessment" in page
    assert "60 minutes to listen and examine" in page
    page = words_of(client.get(at(clinic, "booking:choose"), {"intake": token, "service": short.pk}))
    assert "40 minutes to listen and examine" in page


def test_where_nothing_is_open_to_somebody_new_she_is_asked_to_phone(clinic, somebody_new, desk):
    client, token = somebody_new
    Service.objects.update(new_patients_may_book=False)
    answer = client.get(at(clinic, "booking:choose"), {"intake": token})
    assert answer.status_code == 200
    assert "Call 604 555 0142" in words_of(answer)
    answer = desk.get(at(clinic, "desk:book", patient=a_patient(clinic).pk))
    assert answer.status_code == 200
    assert "No service is open to somebody new" in words_of(answer)


def test_a_service_retired_while_somebody_new_chooses_is_refused_in_words(clinic, somebody_new, elena):
    client, token = somebody_new
    service = Service.objects.get(kind="assessment_ims")
    Service.objects.filter(pk=service.pk).update(is_active=False)
    for address, more in (("booking:choose", {}), ("booking:details", {"practitioner": elena.pk})):
        form = {"intake": token, "service": service.pk, "start": timezone.now().isoformat(), **more}
        answer = client.get(at(clinic, address), form)
        assert answer.status_code in {404, 422}
        assert re.search(r"There is nothing here that you can see|cannot be booked here", words_of(answer))
    assert not Appointment.objects.exists()
