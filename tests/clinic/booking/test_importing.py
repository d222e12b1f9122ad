"""Files of other programs: looked through row by row, imported whole or not at all, and twice is the same as once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.booking.importing import KEPT_FOR, handed_in, import_file
from myotome.clinic.booking.models import Appointment, HandedIn, ImportedIdentity
from myotome.clinic.people.actions import correct_patient
from myotome.clinic.people.merging import merge_patients
from myotome.clinic.people.models import Patient, User
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, NotAllowed, NotFound, UnreadableFile
from tests.clinic.booking.files import (
    PATIENTS,
    TWO,
    VISITS,
    a_row,
    calendar,
    elena_of,
    everything,
    faults,
    file_of,
    imported,
    looked,
    outcomes,
)
from tests.factories import (
    AT,
    a_clinic,
    a_patient,
    a_receptionist,
    a_user,
    an_actor,
    the_system,
)

pytestmark = pytest.mark.django_db


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


@pytest.mark.parametrize("changes", [{"family_name": "Roy"}, {"born_on": date(1980, 1, 5)}, {"given_name": "Chloé"}])
def test_who_was_imported_and_then_corrected_is_not_imported_again(robin, changes):
    imported(robin, TWO)
    zoe = Patient.objects.get(given_name="Zoë")
    correct_patient(by=robin, at=AT, patient_id=zoe.pk, version=zoe.version, **changes)
    before = everything()
    again = imported(robin, TWO)
    assert outcomes(again) == ["known", "known"]
    assert [str(row.says).startswith("Imported before and corrected") for row in again.rows] == [True, False]
    assert everything() == before


def test_who_was_here_when_the_file_came_first_is_known_by_it_after_her_correction(robin):
    hannah = a_patient(elena_of(robin).clinic)
    row = PATIENTS + "HANNAH,Lindqvist,1968-03-12,,,\n"
    imported(robin, row)
    correct_patient(by=robin, at=AT, patient_id=hannah.pk, version=1, family_name="Berg")
    assert outcomes(imported(robin, row)) == ["known"]
    assert Patient.objects.count() == 1


def test_a_corrected_record_that_is_joined_to_another_is_still_who_the_file_meant(robin):
    imported(robin, TWO)
    zoe, omar = Patient.objects.order_by("-given_name")
    correct_patient(by=robin, at=AT, patient_id=zoe.pk, version=1, family_name="Roy")
    merge_patients(by=robin, at=AT, keep_id=omar.pk, merge_id=zoe.pk)
    assert outcomes(imported(robin, TWO)) == ["known", "known"]
    assert Patient.objects.count() == 2


def test_another_clinic_imports_the_same_people_for_itself(robin):
    imported(robin, TWO)
    birch = a_clinic(slug="birch")
    other = an_actor(a_receptionist(birch), birch)
    assert outcomes(imported(other, TWO)) == ["new", "new"]
    assert outcomes(imported(other, TWO)) == ["known", "known"]


def test_looking_through_keeps_nothing_of_whom_the_file_means(robin):
    looked(robin, TWO)
    assert not ImportedIdentity.objects.exists()


def test_one_name_and_birth_date_of_files_is_one_patient_in_the_database_too(robin):
    imported(robin, TWO)
    row = ImportedIdentity.objects.first()
    with pytest.raises(IntegrityError), transaction.atomic():
        ImportedIdentity.objects.create(
            clinic_id=row.clinic_id, patient_id=row.patient_id, name=row.name, born_on=row.born_on, imported_at=AT
        )


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
