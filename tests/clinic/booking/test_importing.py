"""Files of other programs: looked through row by row, imported whole or not at all, and twice is the same as once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.booking.actions import cancel, move
from myotome.clinic.booking.importing import KEPT_FOR, hand_in, handed_in, import_file, look_through
from myotome.clinic.booking.importing_rows import Outcome
from myotome.clinic.booking.models import Appointment, Claim, HandedIn, Notice, Service, WorkingHours
from myotome.clinic.people.merging import merge_patients
from myotome.clinic.people.models import Patient, Place, Practitioner, User
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, NotAllowed, NotFound, UnreadableFile
from tests.factories import (
    AT,
    a_clinic,
    a_course,
    a_patient,
    a_practitioner,
    a_receptionist,
    a_user,
    an_actor,
    the_system,
)

pytestmark = pytest.mark.django_db
PATIENTS = "First name,Last name,Date of birth,Phone,E-mail,Shoe size\n"
TWO = PATIENTS + "Zoë,Tremblay,1980-05-01,604 555 0111,zoe@example.org,38\nOmar,Aziz,13/04/1975,+1 604 555 0112,,44\n"
VISITS = "first name,last name,birth date,service,practitioner,date,time\n"
VANCOUVER = ZoneInfo("America/Vancouver")


@pytest.fixture
def robin():
    """The receptionist of a clinic with a practitioner."""
    clinic = a_clinic()
    a_practitioner(clinic)
    return an_actor(a_receptionist(clinic), clinic)


def file_of(robin, content, kind="patients", at=AT, **values):
    content = content.encode() if isinstance(content, str) else content
    return hand_in(by=robin, at=at, kind=kind, name="export.csv", content=content, **values)


def looked(robin, content, kind="patients", at=AT, **values):
    return look_through(robin, file_of(robin, content, kind, at=at, **values), at=at)


def imported(robin, content, kind="patients", at=AT, **values):
    return import_file(by=robin, at=at, file=file_of(robin, content, kind, at=at, **values))


def faults(found):
    return {row.number: str(row.says) for row in found.rows if row.outcome is Outcome.FAULT}


def outcomes(found):
    return [row.outcome.value for row in found.rows]


def elena_of(robin):
    return Practitioner.objects.get(clinic_id=robin.clinic_id, name="Elena Marchetti")


def a_row(
    day="2026-12-01", clock="14:00", who="Hannah,Lindqvist,1968-03-12", service="IMS", practitioner="Elena Marchetti"
):
    return f"{who},{service},{practitioner},{day},{clock}\n"


def event(uid, starts="20261201T140000", summary="Hannah Lindqvist", more=""):
    return (
        f"BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTART:{starts}\r\nDURATION:PT30M\r\nSUMMARY:{summary}\r\n{more}END:VEVENT\r\n"
    )


def calendar(*events):
    return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//x//EN\r\n" + "".join(events) + "END:VCALENDAR\r\n"


def import_calendar(robin, *events, at=AT):
    service = Service.objects.get(clinic_id=robin.clinic_id, kind="ims")
    return imported(
        robin, calendar(*events), "calendar", at=at, practitioner_id=elena_of(robin).pk, service_id=service.pk
    )


def everything():
    return (
        sorted(Patient.objects.values_list("pk", "search_name", "phone", "email", "version")),
        sorted(Appointment.objects.values_list("pk", "starts_at", "status", "version")),
        Claim.objects.count(),
        Notice.objects.count(),
    )


def test_looking_through_says_what_importing_will_do_and_changes_nothing(robin):
    before = everything()
    found = looked(robin, TWO)
    assert (found.n_new, found.n_faults, found.ignored) == (2, 0, ("Shoe size",))
    assert everything() == before
    assert imported(robin, TWO).rows == found.rows
    zoe = Patient.objects.get(given_name="Zoë")
    assert (zoe.born_on, zoe.phone_digits, zoe.email) == (date(1980, 5, 1), "6045550111", "zoe@example.org")
    assert AuditEvent.objects.filter(act="patient.created").count() >= 2
    assert AuditEvent.objects.filter(act="import.done").count() == 1


def test_the_same_file_twice_changes_nothing(robin):
    imported(robin, TWO)
    before = everything()
    again = imported(robin, TWO)
    assert (again.n_new, again.n_known) == (0, 2)
    assert everything() == before


def test_with_one_row_at_fault_nothing_is_imported(robin):
    before = everything()
    done = imported(robin, TWO + "Lee,,1990-01-01,,,\n")
    assert faults(done) == {4: "Please give a family name."}
    assert everything() == before


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("A,B,03/04/1980,,,", "may be two days"),
        ("A,B,1980-02-30,,,", "is no day"),
        ("A,B,2090-01-01,,,", "lies in the future"),
        ("A,B,1850-01-01,,,", "years ago"),
        ("=HYPERLINK(1),B,1980-01-01,,,", "formula"),
        ("A,@B,1980-01-01,,,", "formula"),
        ("A,B,1980-01-01,=1+1,,", "formula"),
        ("A,B,1980-01-01,none,,", "no telephone number"),
        ("A,B,1980-01-01,12,,", "too short"),
        ("A,B,1980-01-01,,nobody,", "not an e-mail address"),
        (f"{'x' * 81},B,1980-01-01,,,", "At most 80 characters"),
        ("A,B,1980-01-01", "the heading has 6"),
        ("bell\x07,B,1980-01-01,,,", "cannot be stored"),
        ('"A,B,1980-01-01,,,', "a quote is opened"),
    ],
)
def test_a_row_that_cannot_be_right_is_named_with_the_reason(robin, row, says):
    found = looked(robin, f"{PATIENTS}C,D,1970-01-01,,,\n{row}\n")
    assert outcomes(found) == ["new", "fault"]
    assert says in faults(found)[3]


def test_a_name_with_a_break_and_one_with_an_accent_are_kept(robin):
    imported(robin, PATIENTS + '"Ana\r\nMaría",Peña,1980-05-01,,,\n')
    assert Patient.objects.get(family_name="Peña").given_name.split() == ["Ana", "María"]


def test_the_order_of_day_and_month_is_asked_for_and_kept_to(robin):
    text = PATIENTS + "A,B,03/04/1980,,,\n"
    assert looked(robin, text).n_faults == 1
    imported(robin, text, day_order="day")
    assert Patient.objects.get(given_name="A").born_on == date(1980, 4, 3)
    assert looked(robin, PATIENTS + "A,B,04/13/1980,,,\n", day_order="day").n_faults == 1


def test_the_same_person_twice_in_a_file_is_one_and_two_stories_of_her_are_a_fault(robin):
    same = looked(robin, PATIENTS + "A,B,1980-01-01,,,\n a , B ,1980-01-01,,,\n")
    assert outcomes(same) == ["new", "left_out"]
    other = looked(robin, PATIENTS + "A,B,1980-01-01,604 555 0101,,\nA,B,1980-01-01,604 555 0102,,\n")
    assert faults(other) == {3: "Row 2 is the same person, with something else beside."}


def test_who_is_here_already_stays_as_she_is(robin):
    hannah = a_patient(elena_of(robin).clinic)
    done = imported(robin, PATIENTS + "HANNAH,Lindqvist,1968-03-12,604 555 0000,new@example.org,\n")
    assert outcomes(done) == ["known"]
    hannah.refresh_from_db()
    assert (hannah.phone, hannah.version) == ("604 555 0199", 1)


def test_a_joined_record_stands_for_the_one_it_was_joined_to_and_two_that_are_not_joined_are_a_fault(robin):
    clinic = elena_of(robin).clinic
    one, two = a_patient(clinic), a_patient(clinic)
    row = PATIENTS + "Hannah,Lindqvist,1968-03-12,,,\n"
    assert "2 records" in faults(looked(robin, row))[2]
    merge_patients(by=robin, at=AT, keep_id=one.pk, merge_id=two.pk)
    assert outcomes(looked(robin, row)) == ["known"]


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


@pytest.mark.parametrize("content", [b"", b"MZ\x90\x00", "é".encode("latin-1"), b"a,b\n1,2\n"])
@pytest.mark.parametrize("kind", ["patients", "visits"])
def test_what_is_no_such_file_is_refused(robin, kind, content):
    with pytest.raises(UnreadableFile):
        looked(robin, content, kind)


def test_a_file_is_for_whoever_handed_it_in_for_an_hour_and_then_forgotten(robin):
    file = file_of(robin, TWO)
    clinic = elena_of(robin).clinic
    other = an_actor(a_receptionist(clinic, "Ira Moss"), clinic)
    with pytest.raises(NotFound):
        handed_in(other, file.pk, at=AT)
    assert handed_in(robin, file.pk, at=AT + KEPT_FOR) == file
    with pytest.raises(NotFound):
        handed_in(robin, file.pk, at=AT + KEPT_FOR + timedelta(seconds=1))
    file_of(other, TWO, at=AT + KEPT_FOR + timedelta(seconds=1))
    assert not HandedIn.objects.filter(pk=file.pk).exists()


def test_an_imported_file_is_forgotten_at_once_and_a_second_yes_does_nothing(robin):
    file = file_of(robin, TWO)
    assert import_file(by=robin, at=AT, file=file).n_new == 2
    assert import_file(by=robin, at=AT, file=file).rows == ()
    assert bytes(HandedIn.objects.get().content) == b""


def test_importing_is_for_the_desk(robin):
    clinic = elena_of(robin).clinic
    steward = an_actor(a_user(clinic, Role.STEWARD), clinic)
    with pytest.raises(NotAllowed):
        file_of(steward, TWO)
    with pytest.raises(NotAllowed):
        file_of(the_system(clinic), TWO)
    with pytest.raises(InvalidValue):
        file_of(robin, TWO, "prices")
    with pytest.raises(InvalidValue):
        file_of(robin, calendar(), "calendar")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["patients", "visits"])
def test_two_who_import_the_same_at_once_import_it_once(robin, kind):
    if kind == "visits":
        a_patient(elena_of(robin).clinic)
        content = VISITS + a_row() + a_row(day="2026-12-08") + a_row(day="2026-12-15")
    else:
        content = PATIENTS + "".join(f"Given{n},Family{n},1980-01-01,,,\n" for n in range(20))
    files = [file_of(robin, content, kind) for _ in range(4)]
    start = Barrier(4)

    def go(file):
        start.wait(30)
        try:
            return import_file(by=robin, at=timezone.now() if kind == "patients" else AT, file=file)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(go, files))
    n_rows = 20 if kind == "patients" else 3
    assert sorted(found.n_new for found in done) == [0, 0, 0, n_rows]
    assert sorted(found.n_known for found in done) == [0, n_rows, n_rows, n_rows]
    assert Appointment.objects.count() + Patient.objects.filter(given_name__startswith="Given").count() == n_rows


def send(client, content, **form):
    upload = SimpleUploadedFile("export.csv", content.encode() if isinstance(content, str) else content)
    form = {"kind": "patients"} | form
    return client.post(reverse("booking:import", kwargs={"clinic": "alder"}), form | {"file": upload})


@pytest.fixture
def client(robin):
    client = Client()
    client.force_login(User.objects.get(pk=robin.user_id))
    return client


def test_on_the_page_a_file_is_looked_through_and_then_imported(client):
    answer = send(client, TWO)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "2 rows would be imported." in page
    assert "Zoë Tremblay, 1980-05-01" in page
    assert not Patient.objects.exists()
    done = client.post(reverse("booking:import_it", kwargs={"clinic": "alder", "handed": HandedIn.objects.get().pk}))
    assert done.status_code == 302
    assert Patient.objects.count() == 2
    assert "2 new" in client.get(done["Location"]).content.decode()


def test_on_the_page_faults_come_first_inert_and_there_is_nothing_to_say_yes_to(client):
    answer = send(client, PATIENTS + "C,D,1970-01-01,,,\n<script>x</script>,{{ 1 }},1980-02-30,,,\n")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "1 row has to be put right first." in page
    assert "&lt;script&gt;x&lt;/script&gt; {{ 1 }}" in page
    assert "import_it" not in page
    assert f"/import/{HandedIn.objects.get().pk}/" not in page


@pytest.mark.parametrize(
    ("content", "form", "status"),
    [
        ("", {}, 415),
        (b"\x89PNG\r\n\x1a\n\x00", {}, 415),
        ("a,b\n1,2\n", {}, 415),
        (b"x" * 10_000_001, {}, 413),
        (PATIENTS + "A,B,1980-01-01,,,\n" * 5_001, {}, 413),
        (TWO, {"kind": "prices"}, 422),
        (TWO, {"kind": "calendar"}, 422),
        (TWO, {"kind": "calendar", "practitioner": "999999", "service": "1"}, 404),
    ],
)
def test_on_the_page_a_file_that_cannot_be_read_is_refused_and_not_kept(client, content, form, status):
    answer = send(client, content, **form)
    assert answer.status_code == status
    assert not HandedIn.objects.exists()


def test_each_row_costs_a_few_questions_to_the_database_and_no_more(robin):
    rows = "".join(f"Given{n},Family{n},1980-01-01,604 555 {n:04},p{n}@example.org,\n" for n in range(300))
    with CaptureQueriesContext(connection) as captured:
        assert looked(robin, PATIENTS + rows).n_new == 300
    assert len(captured) < 300 * 8
