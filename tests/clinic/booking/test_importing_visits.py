"""Visits and calendars of other programs: booked with all that belongs to a visit, each once, whose it is beyond doubt."""

from datetime import UTC, date, datetime, timedelta

import pytest

from myotome.clinic.booking.actions import cancel, move
from myotome.clinic.booking.importing_rows import Outcome
from myotome.clinic.booking.models import Appointment, Claim, Notice, WorkingHours
from myotome.clinic.people.actions import correct_patient
from myotome.clinic.people.models import Place, Practitioner
from tests.clinic.booking.files import (
    VANCOUVER,
    VISITS,
    a_row,
    elena_of,
    event,
    everything,
    faults,
    import_calendar,
    imported,
    looked,
    outcomes,
)
from tests.factories import (
    AT,
    a_course,
    a_patient,
)

pytestmark = pytest.mark.django_db


def test_visits_are_booked_with_their_claims_and_reminders_and_nobody_is_written_to(robin):
    a_patient(elena_of(robin).clinic)
    done = imported(robin, VISITS + a_row() + a_row(day="8 Dec 2026", clock="2:30 pm", service="acupuncture"), "visits")
    assert outcomes(done) == ["new", "new"]
    first, second = Appointment.objects.order_by("starts_at")
    assert first.starts_at == datetime(2026, 12, 1, 14, tzinfo=VANCOUVER)
    assert second.starts_at == datetime(2026, 12, 8, 14, 30, tzinfo=VANCOUVER)
    assert Claim.objects.filter(appointment=first).exists()
    assert set(Notice.objects.values_list("kind", flat=True)) == {"reminder"}


def test_a_visit_is_of_the_course_that_is_open_and_of_none_when_there_is_none(robin):
    clinic = elena_of(robin).clinic
    course = a_course(clinic, a_patient(clinic))
    a_patient(clinic, given_name="Omar", family_name="Aziz")
    imported(
        robin,
        VISITS + a_row() + a_row(who="Omar,Aziz,1968-03-12", day="2026-12-08", service="IMS assessment"),
        "visits",
    )
    first, second = Appointment.objects.order_by("starts_at")
    assert (first.course_id, second.course_id) == (course.pk, None)


def test_a_visit_imported_and_then_moved_or_cancelled_here_stays_so_when_the_file_comes_again(robin):
    a_patient(elena_of(robin).clinic)
    text = VISITS + a_row() + a_row(day="2026-12-08")
    imported(robin, text, "visits")
    first, second = Appointment.objects.order_by("starts_at")
    move(by=robin, at=AT, appointment_id=first.pk, version=1, starts_at=first.starts_at + timedelta(days=1))
    cancel(by=robin, at=AT, appointment_id=second.pk)
    before = everything()
    assert outcomes(imported(robin, text, "visits")) == ["known", "known"]
    assert everything() == before


def test_a_file_of_visits_comes_again_after_her_name_and_the_practitioners_were_corrected_and_one_was_moved(robin):
    hannah = a_patient(elena_of(robin).clinic)
    text = VISITS + a_row() + a_row(day="2026-12-08")
    imported(robin, text, "visits")
    first = Appointment.objects.earliest("starts_at")
    move(by=robin, at=AT, appointment_id=first.pk, version=1, starts_at=first.starts_at + timedelta(days=1))
    correct_patient(by=robin, at=AT, patient_id=hannah.pk, version=1, given_name="Johanna", born_on=date(1968, 12, 3))
    Practitioner.objects.filter(pk=elena_of(robin).pk).update(name="Élena Marchetti")
    before = everything()
    assert outcomes(imported(robin, text, "visits")) == ["known", "known"]
    assert everything() == before


def test_a_later_file_finds_by_her_old_name_whom_an_earlier_one_meant(robin):
    hannah = a_patient(elena_of(robin).clinic)
    imported(robin, VISITS + a_row(), "visits")
    correct_patient(by=robin, at=AT, patient_id=hannah.pk, version=1, family_name="Berg")
    imported(robin, VISITS + a_row(day="2026-12-08"), "visits")
    import_calendar(robin, event("a", "20261215T140000"))
    assert set(Appointment.objects.values_list("patient_id", flat=True)) == {hannah.pk}
    assert Appointment.objects.count() == 3
    a_patient(elena_of(robin).clinic)
    assert "2 records" in faults(looked(robin, VISITS + a_row(day="2026-12-22"), "visits"))[2]


def test_a_calendar_comes_again_after_her_name_was_corrected(robin):
    hannah = a_patient(elena_of(robin).clinic)
    import_calendar(robin, event("a"))
    first = Appointment.objects.get()
    move(by=robin, at=AT, appointment_id=first.pk, version=1, starts_at=first.starts_at + timedelta(days=1))
    correct_patient(by=robin, at=AT, patient_id=hannah.pk, version=1, family_name="Berg")
    before = everything()
    assert outcomes(import_calendar(robin, event("a"))) == ["known"]
    assert everything() == before


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"who": "Nobody,Here,1990-01-01"}, "Nobody of this name"),
        ({"service": "Massage"}, "No service here"),
        ({"practitioner": "Dr. Who"}, "Nobody who treats here"),
        ({"clock": "14:02"}, "5-minute steps"),
        ({"clock": "25:00"}, "no time of day"),
        ({"clock": "22:00"}, "does not work then"),
        ({"day": "2026-12-05"}, "does not work then"),
        ({"day": "2028-12-05"}, "400 days"),
        ({"day": "12/01/2026"}, "may be two days"),
        ({"day": "9999-12-31"}, "400 days"),
    ],
)
def test_a_visit_that_cannot_be_is_named_with_the_reason(robin, row, says):
    a_patient(elena_of(robin).clinic)
    found = looked(robin, VISITS + a_row(**row), "visits")
    assert says in faults(found)[2]


def test_two_visits_of_a_file_at_one_time_and_one_on_a_taken_time_are_faults(robin):
    clinic = elena_of(robin).clinic
    a_patient(clinic)
    a_patient(clinic, given_name="Omar", family_name="Aziz")
    omar = a_row(who="Omar,Aziz,1968-03-12")
    found = looked(robin, VISITS + a_row() + omar, "visits")
    assert outcomes(found) == ["new", "fault"]
    imported(robin, VISITS + a_row(), "visits")
    assert "just been taken" in faults(looked(robin, VISITS + omar, "visits"))[2]


def test_a_time_that_the_clock_skips_is_a_fault_and_one_that_has_passed_is_left_out(robin):
    a_patient(elena_of(robin).clinic)
    WorkingHours.objects.filter(clinic_id=robin.clinic_id).update(starts="00:00")
    Place.objects.filter(clinic_id=robin.clinic_id).update(time_zone="America/Toronto")
    found = looked(robin, VISITS + a_row(day="2027-03-14", clock="02:30") + a_row(day="2026-11-20"), "visits")
    assert "does not exist" in faults(found)[2]
    assert outcomes(found) == ["fault", "left_out"]


def test_a_time_that_comes_twice_is_asked_about_and_the_row_may_say_which(robin):
    a_patient(elena_of(robin).clinic)
    WorkingHours.objects.filter(clinic_id=robin.clinic_id).update(starts="00:00", weekday=6)
    Place.objects.filter(clinic_id=robin.clinic_id).update(time_zone="America/Toronto")
    night = "2027-11-07"
    found = looked(robin, VISITS + a_row(day=night, clock="01:30"), "visits")
    assert "Write 01:30 -0400 or 01:30 -0500" in faults(found)[2]
    assert "not that far" in faults(looked(robin, VISITS + a_row(day=night, clock="09:00 -0400"), "visits"))[2]
    imported(robin, VISITS + a_row(day=night, clock="01:30 -0500"), "visits")
    assert Appointment.objects.get().starts_at == datetime(2027, 11, 7, 6, 30, tzinfo=UTC)


def test_a_calendar_is_imported_by_the_e_mail_or_the_name_and_twice_is_once(robin):
    clinic = elena_of(robin).clinic
    a_patient(clinic)
    a_patient(clinic, given_name="Omar", family_name="Aziz", email="omar@example.org")
    events = [
        event("1"),
        event("2", "20261201T150000", "IMS", "ATTENDEE;CN=Omar:mailto:OMAR@example.org\r\n"),
        event("3", "20261103T150000", "Hannah Lindqvist"),
        event("4", "20261202T150000", "Hannah Lindqvist", "STATUS:CANCELLED\r\n"),
        event("5", "20261209T090000", "Hannah Lindqvist", "RRULE:FREQ=WEEKLY;COUNT=3\r\nEXDATE:20261216T090000\r\n"),
    ]
    done = import_calendar(robin, *events)
    assert sorted(outcomes(done)) == ["left_out", "left_out", "new", "new", "new", "new"]
    assert Appointment.objects.filter(patient__given_name="Omar").get().starts_at == datetime(
        2026, 12, 1, 15, tzinfo=VANCOUVER
    )
    before = everything()
    assert import_calendar(robin, *events).n_new == 0
    assert everything() == before


def test_an_event_that_says_of_nobody_whose_it_is_is_a_fault(robin):
    clinic = elena_of(robin).clinic
    a_patient(clinic)
    a_patient(clinic, given_name="Astrid", born_on=date(1999, 1, 1))  # her daughter, at the same address
    assert "whose visit" in faults(import_calendar(robin, event("1", summary="Lunch")))[1]
    shared = "ATTENDEE:mailto:hannah@example.org\r\n"
    assert "whose visit" in faults(import_calendar(robin, event("1", summary="IMS", more=shared)))[1]
    named = "ATTENDEE;CN=Astrid Lindqvist:mailto:hannah@example.org\r\n"
    assert import_calendar(robin, event("1", summary="IMS", more=named)).n_new == 1


def test_an_event_of_another_length_is_imported_as_long_as_the_service_and_says_so(robin):
    a_patient(elena_of(robin).clinic)
    (row,) = import_calendar(robin, event("1").replace("PT30M", "PT45M")).rows
    assert (row.outcome, str(row.says)) == (Outcome.NEW, "There it lasts 45 minutes, here 30.")
