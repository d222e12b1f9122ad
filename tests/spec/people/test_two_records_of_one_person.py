"""Two records of one person are joined without losing a row, and parted again as they were."""

from datetime import timedelta

import pytest

from myotome.clinic.booking.actions import book
from myotome.clinic.booking.models import Appointment, Claim, Service
from myotome.clinic.pathway.actions import patients_joined, patients_parted
from myotome.clinic.people.merging import likely_duplicates
from myotome.clinic.people.models import Patient
from myotome.clinic.people.queries import find_patients
from myotome.clinic.screening.models import Course
from myotome.vocabulary.errors import AlreadyBooked, InvalidValue, NotFound
from tests.factories import AT, a_clinic, a_course, a_patient, a_practitioner, a_receptionist, an_actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    clinic = a_clinic()
    return clinic, an_actor(a_receptionist(clinic), clinic)


def booked(clinic, robin, patient, practitioner, hours):
    return book(
        by=robin,
        at=AT,
        patient_id=patient.pk,
        service_id=Service.objects.get(clinic=clinic, kind="assessment_ims").pk,
        practitioner_id=practitioner.pk,
        starts_at=AT + timedelta(hours=hours),
    )


def test_the_same_birth_date_and_family_name_are_shown_as_likely_the_same_person(desk):
    clinic, robin = desk
    hannah = a_patient(clinic)
    again = a_patient(clinic, given_name="Hanna", phone="")
    a_patient(
        clinic, given_name="Omar", family_name="Aziz", born_on=hannah.born_on.replace(year=1990), phone="604 555 0001"
    )
    assert likely_duplicates(robin, hannah) == [again]


def test_a_family_may_share_one_e_mail_and_one_telephone(desk):
    clinic, robin = desk
    mother = a_patient(clinic)
    child = a_patient(clinic, given_name="Lena", born_on=mother.born_on.replace(year=2012))
    assert child.email == mother.email
    assert likely_duplicates(robin, mother) == []


def test_joining_moves_courses_visits_and_claims_and_hides_the_second_record(desk):
    clinic, robin = desk
    elena = a_practitioner(clinic)
    keep, other = a_patient(clinic), a_patient(clinic, given_name="Hanna")
    course = a_course(clinic, other)
    appointment = booked(clinic, robin, other, elena, 1)
    patients_joined(by=robin, at=AT, keep_id=keep.pk, merge_id=other.pk)
    course.refresh_from_db()
    appointment.refresh_from_db()
    assert course.patient_id == appointment.patient_id == keep.pk
    assert not Claim.objects.filter(resource=f"patient:{other.pk}").exists()
    assert Claim.objects.filter(resource=f"patient:{keep.pk}").exists()
    assert find_patients(robin, "lindqvist") == [keep]
    assert Course.objects.for_actor(an_actor(elena.user, clinic)).get() == course
    with pytest.raises(AlreadyBooked):
        booked(clinic, robin, keep, a_practitioner(clinic, name="David Okafor"), 1)


def test_parting_gives_each_record_its_own_rows_back(desk):
    clinic, robin = desk
    elena = a_practitioner(clinic)
    keep, other = a_patient(clinic), a_patient(clinic, given_name="Hanna")
    hers = booked(clinic, robin, keep, elena, 1)
    others = booked(clinic, robin, other, elena, 3)
    merge = patients_joined(by=robin, at=AT, keep_id=keep.pk, merge_id=other.pk)
    patients_parted(by=robin, at=AT, merge_id=merge.pk)
    patients_parted(by=robin, at=AT, merge_id=merge.pk)
    assert Appointment.objects.get(pk=hers.pk).patient_id == keep.pk
    assert Appointment.objects.get(pk=others.pk).patient_id == other.pk
    assert Patient.objects.get(pk=other.pk).merged_into_id is None
    assert Claim.objects.filter(resource=f"patient:{other.pk}", appointment=others).exists()


def test_two_records_booked_at_the_same_time_are_not_joined(desk):
    clinic, robin = desk
    keep, other = a_patient(clinic), a_patient(clinic, given_name="Hanna")
    booked(clinic, robin, keep, a_practitioner(clinic), 1)
    booked(clinic, robin, other, a_practitioner(clinic, name="David Okafor"), 1)
    with pytest.raises(AlreadyBooked, match="Cancel one"):
        patients_joined(by=robin, at=AT, keep_id=keep.pk, merge_id=other.pk)
    assert Patient.objects.get(pk=other.pk).merged_into_id is None


def test_a_record_is_not_joined_to_itself_nor_to_another_clinics(desk):
    clinic, robin = desk
    hannah = a_patient(clinic)
    with pytest.raises(InvalidValue):
        patients_joined(by=robin, at=AT, keep_id=hannah.pk, merge_id=hannah.pk)
    with pytest.raises(NotFound):
        patients_joined(by=robin, at=AT, keep_id=hannah.pk, merge_id=a_patient(a_clinic("birch")).pk)
