"""The front desk over HTTP: find, create, join, book by telephone, take back; typing is kept, nothing of health is shown."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from myotome.clinic.booking.actions import book
from myotome.clinic.booking.models import Appointment, Service
from myotome.clinic.booking.queries import free_times_for
from myotome.clinic.people.models import Patient, PatientMerge
from myotome.clinic.screening.models import Intake
from myotome.vocabulary.courses import RedFlagLevel, Role
from tests.factories import a_clinic, a_course, a_patient, a_practitioner, a_receptionist, a_user, an_actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client):
    """(clinic, practitioner, receptionist's actor), with the receptionist logged in."""
    clinic = a_clinic()
    elena = a_practitioner(clinic)
    robin = a_receptionist(clinic)
    client.force_login(robin)
    return clinic, elena, an_actor(robin, clinic)


def at(name, clinic, **ids):
    return reverse(name, kwargs={"clinic": clinic.slug, **ids})


def an_intake(clinic, patient, level=RedFlagLevel.NONE):
    return Intake.objects.create(
        clinic=clinic,
        patient=patient,
        content_version="1",
        channel="phone",
        level=level.value,
        started_at=timezone.now(),
    )


def a_free_time(clinic, actor, kind="assessment_ims", patient=None):
    service = Service.objects.get(clinic=clinic, kind=kind)
    now = timezone.now()
    offers = free_times_for(
        actor, service=service, first_day=now.date() + timedelta(days=2), n_days=7, at=now, patient_id=patient
    )
    return service, offers[0]


def test_a_caller_is_found_and_booked_with_three_requests(client, desk):
    clinic, elena, robin = desk
    hannah = a_patient(clinic)
    an_intake(clinic, hannah)
    page = client.get(at("desk:find", clinic), {"q": "lindq"})
    assert at("desk:book", clinic, patient=hannah.pk) in page.content.decode()
    assert client.get(at("desk:book", clinic, patient=hannah.pk)).status_code == 200
    service, offer = a_free_time(clinic, robin)
    answer = client.post(
        at("desk:book", clinic, patient=hannah.pk),
        {"service": service.pk, "start": f"{offer.starts_at.isoformat()}|{elena.pk}", "key": "one"},
    )
    assert answer.status_code == 302
    assert Appointment.objects.get().patient == hannah


def test_nobody_is_booked_before_the_safety_questions_were_asked(client, desk):
    clinic, elena, robin = desk
    hannah = a_patient(clinic)
    page = client.get(at("desk:book", clinic, patient=hannah.pk)).content.decode()
    assert "Ask the safety questions before you book" in page
    assert 'name="start"' not in page
    service, offer = a_free_time(clinic, robin)
    data = {"service": service.pk, "start": f"{offer.starts_at.isoformat()}|{elena.pk}", "key": "one"}
    answer = client.post(at("desk:book", clinic, patient=hannah.pk), data)
    assert answer.status_code == 409
    assert not Appointment.objects.exists()


def test_an_emergency_answer_stops_the_booking_at_the_desk_too(client, desk):
    clinic, elena, robin = desk
    hannah = a_patient(clinic)
    an_intake(clinic, hannah, RedFlagLevel.EMERGENCY)
    service, offer = a_free_time(clinic, robin)
    data = {"service": service.pk, "start": f"{offer.starts_at.isoformat()}|{elena.pk}", "key": "one"}
    answer = client.post(at("desk:book", clinic, patient=hannah.pk), data)
    assert answer.status_code == 409
    assert "911" in answer.content.decode()
    assert not Appointment.objects.exists()


def test_a_patient_with_a_course_is_offered_treatment_first(client, desk):
    clinic, _, _ = desk
    hannah = a_patient(clinic)
    a_course(clinic, hannah)
    an_intake(clinic, hannah)
    page = client.get(at("desk:book", clinic, patient=hannah.pk)).content.decode()
    assert page.index(">IMS<") < page.index(">IMS assessment<")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"given_name": " "}, "given_name"),
        ({"family_name": ""}, "family_name"),
        ({"born_on": ""}, "born_on"),
        ({"born_on": "03/12/1968"}, "born_on"),
        ({"born_on": "2999-01-01"}, "born_on"),
        ({"born_on": "1850-01-01"}, "born_on"),
    ],
)
def test_a_record_that_cannot_be_is_refused_at_its_field_and_the_typing_is_kept(client, desk, changes, field):
    clinic, _, _ = desk
    typed = {
        "given_name": "Ötzi",
        "family_name": "O’Neil",
        "born_on": "1968-03-12",
        "phone": "604 1",
        "note_for_desk": "<b>",
    }
    answer = client.post(at("desk:new_patient", clinic), typed | changes)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'id="{field}-error"' in page
    assert "604 1" in page
    assert "&lt;b&gt;" in page
    assert not Patient.objects.exists()


def test_two_people_who_correct_the_same_record_see_both_versions(client, desk):
    clinic, _, _ = desk
    hannah = a_patient(clinic)
    form = {
        "given_name": "Hannah",
        "family_name": "Lindqvist",
        "born_on": "1968-03-12",
        "email": "",
        "note_for_desk": "",
    }
    first = client.post(at("desk:correct", clinic, patient=hannah.pk), form | {"version": 1, "phone": "604 555 1111"})
    second = client.post(at("desk:correct", clinic, patient=hannah.pk), form | {"version": 1, "phone": "604 555 2222"})
    assert (first.status_code, second.status_code) == (302, 409)
    page = second.content.decode()
    assert "604 555 1111" in page
    assert "604 555 2222" in page
    assert Patient.objects.get().phone == "604 555 1111"


def test_likely_duplicates_are_shown_joined_and_parted(client, desk):
    clinic, _, _ = desk
    hannah, again = a_patient(clinic), a_patient(clinic, given_name="Hanna")
    assert "The same person: join" in client.get(at("desk:patient", clinic, patient=hannah.pk)).content.decode()
    client.post(at("desk:merge", clinic, patient=hannah.pk), {"other": again.pk})
    merge = PatientMerge.objects.get()
    assert "Part them again" in client.get(at("desk:patient", clinic, patient=hannah.pk)).content.decode()
    client.post(at("desk:unmerge", clinic, merge=merge.pk))
    assert Patient.objects.get(pk=again.pk).merged_into_id is None


def test_reception_sees_the_day_without_a_word_of_anybodys_health(client, desk):
    clinic, elena, robin = desk
    hannah = a_patient(clinic)
    a_course(clinic, hannah, complaint="Sciatica after the harvest")
    service, offer = a_free_time(clinic, robin)
    row = book(
        by=robin,
        at=timezone.now(),
        patient_id=hannah.pk,
        service_id=service.pk,
        practitioner_id=elena.pk,
        starts_at=offer.starts_at,
    )
    local = timezone.localtime(row.starts_at, timezone=__import__("zoneinfo").ZoneInfo(clinic.time_zone))
    for url in (
        f"{at('desk:day', clinic)}?on={local.date()}",
        at("desk:patient", clinic, patient=hannah.pk),
        at("desk:appointment", clinic, appointment=row.pk),
    ):
        page = client.get(url).content.decode()
        assert "Hannah Lindqvist" in page
        assert "Sciatica" not in page


def test_a_held_time_is_booked_after_the_call_and_the_words_of_the_call_are_needed(client, desk):
    clinic, elena, robin = desk
    hannah = a_patient(clinic)
    intake = an_intake(clinic, hannah, RedFlagLevel.CALL_FIRST)
    service, offer = a_free_time(clinic, robin)
    row = book(
        by=robin,
        at=timezone.now(),
        patient_id=hannah.pk,
        service_id=service.pk,
        practitioner_id=elena.pk,
        starts_at=offer.starts_at,
        level=RedFlagLevel.CALL_FIRST,
        intake_id=intake.pk,
    )
    assert "To phone first" in client.get(at("desk:day", clinic)).content.decode()
    client.post(at("desk:phoned", clinic, appointment=row.pk), {"outcome": " ", "go_on": "yes"})
    refused = client.post(at("desk:step", clinic, appointment=row.pk, to="booked"), {"version": row.version})
    assert refused.status_code == 409
    assert "Write what the call came to" in refused.content.decode()
    row.refresh_from_db()
    assert row.status == "requested"
    client.post(at("desk:phoned", clinic, appointment=row.pk), {"outcome": "Seen by her doctor today.", "go_on": "yes"})
    row.refresh_from_db()
    intake.refresh_from_db()
    assert row.status == "booked"
    assert intake.call_outcome == "Seen by her doctor today."


@pytest.mark.parametrize("step", ["arrived", "in-room"])
def test_a_step_of_the_day_is_one_request_and_a_wrong_one_is_told(client, desk, step):
    clinic, elena, robin = desk
    service, offer = a_free_time(clinic, robin)
    hannah = a_patient(clinic)
    row = book(
        by=robin,
        at=timezone.now(),
        patient_id=hannah.pk,
        service_id=service.pk,
        practitioner_id=elena.pk,
        starts_at=offer.starts_at,
    )
    assert (
        client.post(at("desk:step", clinic, appointment=row.pk, to=step), {"version": row.version}).status_code == 302
    )
    row.refresh_from_db()
    assert row.status == step.replace("-", "_")
    client.post(at("desk:step", clinic, appointment=row.pk, to="cancelled"))
    assert client.post(at("desk:step", clinic, appointment=row.pk, to="flown")).status_code == 404


def test_the_owner_sees_totals_and_who_opened_charts_but_no_patient(client):
    clinic = a_clinic()
    a_patient(clinic)
    client.force_login(a_user(clinic, Role.OWNER))
    page = client.get(at("owner:overview", clinic)).content.decode()
    assert "No backup has succeeded yet" in page
    assert "Lindqvist" not in page
    assert client.get(at("desk:day", clinic)).status_code == 403


@pytest.mark.parametrize("value", ["999999", "-1", "ims", "٣"])
def test_a_visit_that_the_clinic_does_not_offer_is_refused_by_name_and_never_becomes_another(client, desk, value):
    clinic, elena, robin = desk
    hannah = a_patient(clinic)
    an_intake(clinic, hannah)
    _service, offer = a_free_time(clinic, robin)
    form = {"service": value, "start": f"{offer.starts_at.isoformat()}|{elena.pk}", "key": "k", "note_for_desk": "knee"}
    answer = client.post(at("desk:book", clinic, patient=hannah.pk), form)
    assert answer.status_code == 422
    assert "choose one of the list" in answer.content.decode()
    assert not Appointment.objects.exists()


def test_two_who_move_the_same_visit_see_both_times(client, desk):
    clinic, elena, robin = desk
    hannah = a_patient(clinic)
    service = Service.objects.get(clinic=clinic, kind="assessment_ims")
    now = timezone.now()
    offers = free_times_for(robin, service=service, first_day=now.date() + timedelta(days=2), n_days=9, at=now)
    times = [offer.starts_at for offer in offers if offer.practitioner_id == elena.pk]
    first, second, third = times[0], times[len(times) // 2], times[-1]
    row = book(by=robin, at=now, patient_id=hannah.pk, service_id=service.pk, practitioner_id=elena.pk, starts_at=first)
    address = at("desk:move", clinic, appointment=row.pk)
    assert client.post(address, {"version": 1, "start": second.isoformat()}).status_code == 302
    answer = client.post(address, {"version": 1, "start": third.isoformat()})
    page = answer.content.decode()
    assert answer.status_code == 409
    zone = ZoneInfo(clinic.time_zone)
    for when in (second, third):
        assert f"{when.astimezone(zone):%H:%M}" in page.split("Saved meanwhile")[1].split("</div></div>")[0]
    row.refresh_from_db()
    assert row.starts_at == second


def test_from_the_day_she_takes_back_tells_who_waits_and_that_somebody_runs_late(client, desk):
    clinic, elena, _ = desk
    page = client.get(at("desk:day", clinic)).content.decode()
    late = reverse("booking:late", kwargs={"clinic": clinic.slug, "practitioner": elena.pk})
    for address in (at("booking:undoable", clinic), at("booking:waiting", clinic), late):
        assert f'href="{address}"' in page
        assert client.get(address).status_code == 200
