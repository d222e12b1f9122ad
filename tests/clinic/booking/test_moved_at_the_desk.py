"""A visit moved, cancelled or missed at the desk: whom it is said to tell, what an old page may do, what lies where."""

import re
from datetime import datetime, timedelta
from html import unescape

import pytest

from myotome.clinic.booking.actions import step
from myotome.clinic.booking.apart import interval_warnings
from myotome.clinic.booking.models import Appointment, Notice
from myotome.clinic.people.links import link_token
from myotome.vocabulary.scheduling import AppointmentStatus
from tests.clinic.booking.test_desk_acts import VANCOUVER, a_visit, at, clock
from tests.factories import AT, a_course, a_patient, a_practitioner

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("tell", ["yes", "no"])
def test_a_visit_is_moved_to_another_practitioner_and_the_patient_told_or_not(client, desk, tell):
    clinic, _, _, _, _ = desk
    david = a_practitioner(clinic, name="David Okafor")
    row = a_visit(desk, clock(10, days=1))
    Notice.objects.filter(appointment=row, kind="booked").update(sent_at=AT)
    address = at("desk:move", clinic, appointment=row.pk)
    page = client.get(address, {"with": ""}).content.decode()
    assert "David Okafor" in page
    assert "Tell the patient?" in page
    start = f"{clock(11, days=1).isoformat()}|{david.pk}"
    assert client.post(address, {"version": row.version, "start": start, "tell": tell}).status_code == 302
    row.refresh_from_db()
    assert (row.practitioner, row.starts_at) == (david, clock(11, days=1))
    assert Notice.objects.filter(appointment=row, kind="moved").exists() is (tell == "yes")


def as_sent(page, *names):
    """The hidden fields of a page's form, as a tab holds them."""
    return {name: re.search(rf'name="{name}" value="([^"]*)"', page)[1] for name in names}


@pytest.mark.parametrize("to", ["cancelled", "no-show", "arrived"])
@pytest.mark.parametrize("name", ["desk:day", "desk:appointment"])
def test_a_tab_from_before_a_move_changes_nothing_and_is_shown_both_versions(client, desk, name, to):
    clinic = desk[0]
    row = a_visit(desk, clock(9, 5))
    ids = {"appointment": row.pk} if name == "desk:appointment" else {}
    page = client.get(at(name, clinic, **ids)).content.decode()
    old = as_sent(page, "version", "seen")
    moved(client, desk, row)
    answer = client.post(at("desk:step", clinic, appointment=row.pk, to=to), old)
    assert answer.status_code == 409
    said = answer.content.decode()
    assert "changed in the meantime" in said
    assert "Thursday 26 November, 11:00" in said
    assert "Tuesday 24 November, 09:05" in said
    row.refresh_from_db()
    assert row.status == "booked"
    again = client.post(at("desk:step", clinic, appointment=row.pk, to="arrived"), as_sent(said, "version", "seen"))
    assert again.status_code == 302


def test_a_step_taken_twice_from_the_same_tab_is_taken_once(client, desk):
    row = a_visit(desk, clock(9, 5))
    address = at("desk:step", desk[0], appointment=row.pk, to="arrived")
    sent = {"version": row.version}
    assert [client.post(address, sent).status_code for _ in range(2)] == [302, 302]


def test_her_own_old_tab_does_not_cancel_a_visit_that_the_desk_has_moved(client, desk):
    clinic = desk[0]
    row = a_visit(desk, clock(10, days=1))
    address = at("booking:cancel", clinic, token=link_token("appointment", row.pk, row.link_version))
    old = as_sent(client.get(address).content.decode(), "version", "seen")
    moved(client, desk, row)
    answer = client.post(address, old)
    said = answer.content.decode()
    assert answer.status_code == 409
    assert "Thursday 26 November, 11:00" in said
    assert "Wednesday 25 November, 10:00" in said
    row.refresh_from_db()
    assert row.status == "booked"
    assert client.post(address, as_sent(said, "version", "seen")).status_code == 302
    row.refresh_from_db()
    assert row.status == "cancelled"


def test_a_call_noted_on_an_old_page_does_not_give_back_a_time_that_was_moved(client, desk):
    row = a_visit(desk, clock(10, days=1))
    Appointment.objects.update(status="requested")
    sent = {"outcome": "She is well.", "go_on": "no", "version": row.version}
    moved(client, desk, row)
    client.post(at("desk:phoned", desk[0], appointment=row.pk), sent)
    row.refresh_from_db()
    assert row.status == "requested"


def moved(client, desk, row, **form):
    """The page after the desk has moved a visit to eleven of the day after tomorrow."""
    start = f"{clock(11, days=2).isoformat()}|{desk[1].pk}"
    typed = {"version": row.version, "start": start} | form
    return client.post(at("desk:move", desk[0], appointment=row.pk), typed, follow=True).content.decode()


def test_a_patient_without_mail_is_not_said_to_be_told_and_no_mail_is_offered(client, desk):
    clinic = desk[0]
    ines = a_patient(clinic, given_name="Ines", family_name="Roy", email="", phone="604 555 0142")
    a_course(clinic, ines)
    row = a_visit(desk, clock(10, days=1), ines)
    page = client.get(at("desk:move", clinic, appointment=row.pk)).content.decode()
    assert "Yes, by mail" not in page
    assert "Ines Roy has no e-mail: phone 604 555 0142." in page
    page = moved(client, desk, row)
    assert "Moved. Ines Roy has no e-mail: phone 604 555 0142." in page
    assert "told by mail" not in page
    assert not Notice.objects.filter(appointment=row).exists()


def test_a_booking_told_of_after_all_is_not_said_to_be_kept_quiet(client, desk):
    row = a_visit(desk, clock(10, days=1))
    page = moved(client, desk, row, tell="no")
    assert "The patient is not told" not in page
    assert "had not gone out yet: it goes out" in page
    row.refresh_from_db()
    assert Notice.objects.filter(appointment=row, sequence=row.sequence, kind="booked").exists()


@pytest.mark.parametrize(("tell", "said"), [("yes", "Moved. The patient is told by mail."), ("no", "is not told.")])
def test_a_visit_she_knows_of_is_moved_with_or_without_a_word(client, desk, tell, said):
    row = a_visit(desk, clock(10, days=1))
    Notice.objects.filter(kind="booked").update(sent_at=AT)
    assert said in moved(client, desk, row, tell=tell)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "Cancelled. The patient is told by mail."),
        ({"email": "", "phone": "604 555 0142"}, "has no e-mail: phone 604 555 0142."),
        ({"email": "", "phone": ""}, "has neither e-mail nor telephone number: nobody tells her."),
    ],
)
def test_cancelling_at_the_desk_says_whether_she_hears_of_it(client, desk, values, said):
    ines = a_patient(desk[0], given_name="Ines", **values)
    a_course(desk[0], ines)
    row = a_visit(desk, clock(10, days=1), ines)
    address = at("desk:step", desk[0], appointment=row.pk, to="cancelled")
    assert said in client.post(address, {"version": row.version}, follow=True).content.decode()


def test_a_move_against_the_rule_of_distances_is_made_and_warned_of(client, desk):
    clinic, elena, _, _, hannah = desk
    course = hannah.courses.get()
    rows = [a_visit(desk, clock(10, days=days)) for days in (1, 8)]
    Appointment.objects.update(course=course)
    start = f"{clock(10, days=3).isoformat()}|{elena.pk}"
    answer = client.post(
        at("desk:move", clinic, appointment=rows[1].pk), {"version": rows[1].version, "start": start}, follow=True
    )
    assert "lie 2 days apart" in answer.content.decode()


@pytest.mark.parametrize(
    ("days", "said"),
    [(0, "Two visits are on one day, 24 Nov; the rule"), (1, "24 Nov and 25 Nov lie 1 day apart; the")],
)
def test_a_distance_of_one_day_or_none_is_said_in_right_words(days, said):
    first = datetime(2026, 11, 24, 10, tzinfo=VANCOUVER)
    (warning,) = interval_warnings([first, first + timedelta(days=days, hours=2)], zone="America/Vancouver")
    assert warning.startswith(said)


def test_who_came_after_all_when_her_time_is_taken_is_offered_the_nearest_free_ones(client, desk, monkeypatch):
    clinic, _, robin, _, hannah = desk
    row = a_visit(desk, clock(10))
    now = clock(10, 10)
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    step(by=robin, at=now, appointment_id=row.pk, to=AppointmentStatus.NO_SHOW)
    omar = a_patient(clinic, given_name="Omar", email="omar@example.org")
    a_course(clinic, omar)
    a_visit(desk, clock(10), omar)
    row.refresh_from_db()
    answer = client.post(at("desk:step", clinic, appointment=row.pk, to="booked"), {"version": row.version})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "The nearest free times" in page
    assert at("desk:book", clinic, patient=hannah.pk) in page
    start = unescape(re.search(r'name="start" value="([^"]+)"', page)[1])
    form = {"service": row.service_id, "start": start, "key": "one"}
    assert datetime.fromisoformat(start.partition("|")[0]) > now
    assert client.post(at("desk:book", clinic, patient=hannah.pk), form).status_code == 302
    assert Appointment.objects.filter(patient=hannah, status="booked").count() == 1
    row.refresh_from_db()
    assert row.status == "no_show"


@pytest.mark.parametrize("by", ["practitioner", "room"])
def test_who_did_not_come_does_not_lie_under_who_has_the_place_now(client, desk, monkeypatch, by):
    clinic, _, robin, _, _ = desk
    missed = a_visit(desk, clock(10))
    now = clock(10, 10)
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    step(by=robin, at=now, appointment_id=missed.pk, to=AppointmentStatus.NO_SHOW)
    omar = a_patient(clinic, given_name="Omar", email="omar@example.org")
    a_course(clinic, omar)
    here = a_visit(desk, clock(10), omar)
    page = client.get(at("desk:day", clinic), {"by": by}).content.decode()
    assert f'id="block-{here.pk}"' in page
    assert f'id="block-{missed.pk}"' not in page
    assert "Without a room" not in page
    assert f'id="booked-{missed.pk}"' in page, "she stands in the list, with her step back"
